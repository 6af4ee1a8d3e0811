//! Which dicts hold the names of attributes and modules, and not data of the program.

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::lent_object;
use super::own_attributes::DictPlace;
use super::walk::WalkedHeap;
use crate::graph::{HeapGraph, NodeFlags, NodeSet};
use crate::snapshot::Namespaces;

/// The namespaces of modules, classes and instances, and the table of modules.
///
/// What a dict is called does not tell: an `lru_cache` has its results in a dict beside that of its
/// attributes. Where an instance has its namespace, its type says. O(nodes).
pub(super) fn namespaces(types: &Introspection<'_>, heap: &WalkedHeap<'_>) -> Namespaces {
    let (py, graph) = (types.py, &heap.graph);
    let mut of_attributes = NodeSet::new(graph);
    let mut add = |address: u64| {
        let found = graph.node_at(address);
        if let Some(dict) = found.filter(|&node| graph.flags(node).contains(NodeFlags::DICT)) {
            of_attributes.insert(dict);
        }
    };
    let offsets = InstanceDicts::new(types, graph);
    for node in graph.nodes() {
        let flags = graph.flags(node);
        let object = lent_object(py, graph, node);
        if flags.contains(NodeFlags::MODULE_NAMESPACE) {
            add(graph.address(node));
        } else if flags.contains(NodeFlags::TYPE) {
            let namespace = types.type_namespace(&object);
            add(namespace.map_or(0, |dict| Object::from_bound(dict.as_any()).address()));
        } else {
            let object = Object::from_bound(&object);
            add(offsets.address_of_dict(graph.type_index(node).index(), object));
        }
    }
    let table = ffi::module_table(py);
    let of_modules =
        table.and_then(|table| graph.node_at(Object::from_bound(table.as_any()).address()));
    Namespaces {
        of_attributes,
        of_modules,
    }
}

/// Where the instances of each type of a graph have their dict, as far as there are any.
struct InstanceDicts(Vec<Option<DictPlace>>);

impl InstanceDicts {
    fn new(types: &Introspection<'_>, graph: &HeapGraph) -> Self {
        let mut places = vec![None; graph.types().len()];
        for node in graph.nodes() {
            let place = &mut places[graph.type_index(node).index()];
            let object = ffi::object_at(graph.address(node));
            if let Some(object) = object.filter(|_| place.is_none()) {
                *place = Some(DictPlace::of(types, object.type_object()));
            }
        }
        Self(places)
    }

    /// An address to compare with known ones.
    fn address_of_dict(&self, ty: usize, object: Object) -> u64 {
        self.0[ty].map_or(0, |place| place.address(object))
    }
}
