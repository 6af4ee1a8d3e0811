//! What an object looks like, as a number: the same in every run of the same program.

use std::hash::Hasher;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyType};
use rustc_hash::FxHasher;

use super::live::LiveHeap;
use crate::capture::{module_name, spell_atom, text};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex};

/// References that are followed from an object.
const DEPTH: usize = 2;
/// Referents looked at of one object, unless it is a set.
const WIDTH: usize = 32;
/// Strings and bytes of more bytes count by their size only.
const LONGEST: u64 = 1000;
/// Integers of more bytes do not count: they may be addresses.
const LARGEST_INTEGER: u64 = 28;

/// Tells objects apart by their contents, where neither names nor types do. Neither the order in
/// which the collector has objects nor that of a set is the same in every run.
pub(super) struct Fingerprints<'a, 'py> {
    heap: &'a LiveHeap<'py>,
    /// The descriptors of `type` for a class's name and module, past any metaclass.
    name_descriptors: Vec<Bound<'py, PyAny>>,
}

impl<'a, 'py> Fingerprints<'a, 'py> {
    pub(super) fn new(heap: &'a LiveHeap<'py>, py: Python<'py>) -> PyResult<Self> {
        let of_type = py.get_type::<PyType>().getattr("__dict__")?;
        let descriptors = ["__module__", "__qualname__"].map(|name| of_type.get_item(name));
        Ok(Self {
            heap,
            name_descriptors: descriptors.into_iter().collect::<PyResult<_>>()?,
        })
    }

    /// Depends on the object's name if it is a module or class, on its contents otherwise. Runs
    /// no code of the program. O(referents nearby), at most 32 of each object that is no set.
    pub(super) fn of(&self, node: NodeIndex) -> u64 {
        self.to_depth(node, DEPTH)
    }

    fn to_depth(&self, node: NodeIndex, depth: usize) -> u64 {
        let graph = self.heap.graph();
        let mut hasher = FxHasher::default();
        hasher.write(graph.type_of(node).full_name().as_bytes());
        let flags = graph.flags(node);
        if flags.contains(NodeFlags::MODULE) {
            let name = module_name(&self.heap.object(node)).unwrap_or_default();
            hasher.write(name.as_bytes());
        } else if flags.contains(NodeFlags::TYPE) {
            hasher.write(self.class_name(node).as_bytes());
        } else if let Some(content) = self.atom(node) {
            hasher.write(content.as_bytes());
        } else if depth > 0 && !flags.contains(NodeFlags::MODULE_NAMESPACE) {
            hasher.write_u64(self.contents(graph, node, depth - 1));
        }
        hasher.finish()
    }

    fn contents(&self, graph: &HeapGraph, node: NodeIndex, depth: usize) -> u64 {
        let referents = graph.referents(node).iter();
        if is_set(graph, node) {
            let elements = referents.map(|&element| self.to_depth(element, depth));
            return elements.fold(0, u64::wrapping_add);
        }
        let mut hasher = FxHasher::default();
        for &referent in referents.take(WIDTH) {
            hasher.write_u64(self.to_depth(referent, depth));
        }
        hasher.finish()
    }

    fn class_name(&self, node: NodeIndex) -> String {
        let class = self.heap.object(node);
        let parts = self.name_descriptors.iter().filter_map(|descriptor| {
            let part = descriptor.call_method1("__get__", (&class,)).ok()?;
            text(&part)
        });
        parts.collect::<Vec<_>>().join(".")
    }

    /// How a small object without referents is spelled.
    fn atom(&self, node: NodeIndex) -> Option<String> {
        let object = self.heap.object(node);
        let size = self.heap.graph().shallow_size(node);
        let is_string = object.is_exact_instance_of::<PyString>();
        let is_bytes = object.is_exact_instance_of::<PyBytes>();
        if (is_string || is_bytes) && size > LONGEST {
            return Some(size.to_string());
        }
        if is_string {
            return text(&object);
        }
        let is_spelled = is_bytes
            || object.is_exact_instance_of::<PyBool>()
            || object.is_exact_instance_of::<PyFloat>()
            || (object.is_exact_instance_of::<PyInt>() && size <= LARGEST_INTEGER);
        is_spelled.then(|| spell_atom(&object)).flatten()
    }
}

/// True if and only if the order of the object's references is that of its elements' hashes.
fn is_set(graph: &HeapGraph, node: NodeIndex) -> bool {
    let ty = graph.type_of(node);
    !ty.is_heap_type && matches!(ty.name.as_str(), "set" | "frozenset")
}
