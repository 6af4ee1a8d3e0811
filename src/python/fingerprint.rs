//! What an object looks like, as a number: the same in every run of the same program.

use std::hash::Hasher;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};
use rustc_hash::FxHasher;

use super::live::LiveHeap;
use crate::capture::{module_name, spell_atom};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex};

/// References that are followed from an object.
const DEPTH: usize = 2;
/// Referents looked at of one object, unless it is a set.
const WIDTH: usize = 32;
/// Longer strings and bytes count by their length only.
const LONGEST: usize = 1000;
/// Larger integers do not count: they may be addresses.
const LARGEST_INTEGER: u64 = 1 << 30;

/// Tells objects apart by their contents, where neither names nor types do. Neither the order in
/// which the collector has objects nor that of a set is the same in every run.
pub(super) struct Fingerprints<'a, 'py> {
    heap: &'a LiveHeap<'py>,
}

impl<'a, 'py> Fingerprints<'a, 'py> {
    pub(super) fn new(heap: &'a LiveHeap<'py>) -> Self {
        Self { heap }
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
            let class = self.heap.object(node);
            hasher.write(self.heap.class_name(&class).as_bytes());
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

    /// How a small object without referents is spelled.
    fn atom(&self, node: NodeIndex) -> Option<String> {
        let object = self.heap.object(node);
        if object.is_exact_instance_of::<PyString>() || object.is_exact_instance_of::<PyBytes>() {
            let length = object.len().ok()?;
            return if length > LONGEST {
                Some(length.to_string())
            } else {
                spell_atom(&object)
            };
        }
        if object.is_exact_instance_of::<PyInt>() {
            let number: i64 = object.extract().ok()?;
            return (number.unsigned_abs() <= LARGEST_INTEGER).then(|| number.to_string());
        }
        let is_spelled =
            object.is_exact_instance_of::<PyBool>() || object.is_exact_instance_of::<PyFloat>();
        is_spelled.then(|| spell_atom(&object)).flatten()
    }
}

/// True if and only if the order of the object's references is that of its elements' hashes.
fn is_set(graph: &HeapGraph, node: NodeIndex) -> bool {
    let ty = graph.type_of(node);
    !ty.is_heap_type && matches!(ty.name.as_str(), "set" | "frozenset")
}
