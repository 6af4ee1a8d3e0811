//! Which dicts hold the names of attributes and modules, and not data of the program.

use pyo3::prelude::*;
use pyo3::types::PyType;

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::lent_object;
use super::walk::WalkedHeap;
use crate::graph::{HeapGraph, NodeFlags, NodeSet};
use crate::snapshot::Namespaces;

/// The namespaces of modules, classes and instances, and the table of modules.
///
/// What a dict is called does not tell: an `lru_cache` has its results in a dict beside that of its
/// attributes. Where an instance has its namespace, its type says. O(nodes).
pub(super) fn namespaces(types: &Introspection<'_>, heap: &WalkedHeap<'_>) -> PyResult<Namespaces> {
    let (py, graph) = (types.py, &heap.graph);
    let mut of_attributes = NodeSet::new(graph);
    let mut add = |address: u64| {
        let found = graph.node_at(address);
        if let Some(dict) = found.filter(|&node| graph.flags(node).contains(NodeFlags::DICT)) {
            of_attributes.insert(dict);
        }
    };
    let offsets = InstanceDicts::new(types, graph)?;
    for node in graph.nodes() {
        let flags = graph.flags(node);
        let object = lent_object(py, graph, node);
        if flags.contains(NodeFlags::MODULE_NAMESPACE) {
            add(graph.address(node));
        } else if flags.contains(NodeFlags::TYPE) {
            let namespace = types.type_namespace(&object);
            add(namespace.map_or(0, |dict| Object::from_bound(dict.as_any()).address()));
        } else {
            add(offsets.address_of_dict(graph.type_index(node).index(), &object));
        }
    }
    let table = ffi::module_table(py);
    let of_modules =
        table.and_then(|table| graph.node_at(Object::from_bound(table.as_any()).address()));
    Ok(Namespaces {
        of_attributes,
        of_modules,
    })
}

/// Where the instances of each type of a graph have their dict.
struct InstanceDicts(Vec<Place>);

#[derive(Clone, Copy)]
enum Place {
    /// The instances have none, or one that is not to be found without making it.
    Nowhere,
    /// In front of the instance.
    Managed,
    /// So many bytes into the instance.
    Inside(usize),
}

impl InstanceDicts {
    fn new(types: &Introspection<'_>, graph: &HeapGraph) -> PyResult<Self> {
        let of_type = types.py.get_type::<PyType>().getattr("__dict__")?;
        let offset = of_type.get_item("__dictoffset__")?;
        let mut places = vec![None; graph.types().len()];
        for node in graph.nodes() {
            let place = &mut places[graph.type_index(node).index()];
            if place.is_none() {
                let object = lent_object(types.py, graph, node);
                *place = Some(place_of_dict(types, &offset, &object));
            }
        }
        let places = places
            .into_iter()
            .map(|place| place.unwrap_or(Place::Nowhere));
        Ok(Self(places.collect()))
    }

    /// An address to compare with known ones.
    fn address_of_dict(&self, ty: usize, object: &Bound<'_, PyAny>) -> u64 {
        let object = Object::from_bound(object);
        match self.0[ty] {
            Place::Nowhere => 0,
            Place::Managed => object.hidden_dict_address(),
            Place::Inside(offset) => object.dict_address_at(offset),
        }
    }
}

fn place_of_dict(
    types: &Introspection<'_>,
    offset: &Bound<'_, PyAny>,
    object: &Bound<'_, PyAny>,
) -> Place {
    let class = object.get_type();
    let flags = Object::from_bound(&class).type_flags();
    if types.layout.has_managed_dict(flags) {
        return Place::Managed;
    }
    let offset = ffi::descriptor_get(offset, &class).and_then(|offset| offset.extract::<isize>());
    let (size, _) = types.instance_sizes(&class);
    // Counted from the end of a tuple or number of any length, it is below 0.
    match offset.map(isize::cast_unsigned) {
        Ok(offset) if offset > 0 && offset.saturating_add(8) as u64 <= size => {
            Place::Inside(offset)
        }
        _ => Place::Nowhere,
    }
}
