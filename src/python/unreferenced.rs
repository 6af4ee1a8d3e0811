//! Objects that nothing refers to.

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyList, PyType};
use rustc_hash::FxHashSet;

use super::live::LiveHeap;
use crate::capture::Roots;
use crate::graph::{HeapGraph, NodeFlags, NodeIndex, RootKind};

/// Those of `objects` (of all objects that the collector tracks if `None`) to which nothing in
/// the heap refers, in their order. Neither `objects` nor `container`, which they come from,
/// counts as a referrer.
///
/// Left out are the roots that have a name, such as running frames and functions called at exit,
/// and what the interpreter is known to hold: the functions that run, and the subclasses that a
/// class knows.
#[pyfunction]
pub(super) fn unreferenced<'py>(
    py: Python<'py>,
    objects: Option<&Bound<'py, PyList>>,
    container: &Bound<'py, PyAny>,
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let asked_about: Vec<_> = objects.into_iter().flatten().collect();
    let heap = LiveHeap::capture(py, &asked_about)?;
    let graph = heap.graph();
    let list = objects.map_or(container, |list| list.as_any());
    let not_referrers = [heap.node_of(list), heap.node_of(container)];
    let roots = heap.roots()?;
    let running_code = running_code(graph, &roots);
    let is_unreferenced = |&node: &NodeIndex| {
        let mut referrers = graph.referrers(node).iter();
        referrers.all(|&referrer| not_referrers.contains(&Some(referrer)))
            && roots.kind(node).is_none()
            && !is_running_function(graph, node, &running_code)
            && !is_table_of_subclasses(&heap, node)
    };
    let found: Vec<NodeIndex> = if objects.is_some() {
        let nodes = asked_about.iter().filter_map(|object| heap.node_of(object));
        nodes.filter(is_unreferenced).collect()
    } else {
        let is_tracked = |&node: &NodeIndex| graph.flags(node).contains(NodeFlags::TRACKED);
        let nodes = graph.nodes().filter(is_tracked);
        nodes.filter(is_unreferenced).collect()
    };
    Ok(heap.objects(&found))
}

/// What running frames refer to that is code.
fn running_code(graph: &HeapGraph, roots: &Roots<'_, '_>) -> FxHashSet<NodeIndex> {
    let is_running = |&node: &NodeIndex| roots.kind(node) == Some(RootKind::Frame);
    let frames = graph.nodes().filter(is_running);
    let referents = frames.flat_map(|frame| graph.referents(frame).iter().copied());
    referents
        .filter(|&node| graph.type_of(node).full_name() == "builtins.code")
        .collect()
}

/// From 3.11 on a running frame holds its function, and no attribute of it says so.
fn is_running_function(
    graph: &HeapGraph,
    node: NodeIndex,
    running_code: &FxHashSet<NodeIndex>,
) -> bool {
    let mut referents = graph.referents(node).iter();
    graph.type_of(node).full_name() == "builtins.function"
        && referents.any(|referent| running_code.contains(referent))
}

/// A class keeps weak references to its subclasses in a dict, under their addresses, which its
/// traverse does not visit.
fn is_table_of_subclasses(heap: &LiveHeap<'_>, node: NodeIndex) -> bool {
    let graph = heap.graph();
    let is_entry = |&[key, value]: &[NodeIndex; 2]| {
        let ty = graph.type_of(value);
        if ty.name != "ReferenceType" || ty.is_heap_type {
            return false;
        }
        let key = heap.object(key);
        // Of any other type the number may come from an `__index__` of the program.
        let number = key.is_exact_instance_of::<PyInt>().then_some(&key);
        let address: Option<u64> = number.and_then(|number| number.extract().ok());
        let class = heap.object(value).call0();
        class.is_ok_and(|class| {
            class.is_none()
                || class.is_instance_of::<PyType>() && address == Some(class.as_ptr().addr() as u64)
        })
    };
    let (entries, _) = graph.referents(node).as_chunks();
    graph.type_of(node).full_name() == "builtins.dict"
        && !entries.is_empty()
        && entries.iter().all(is_entry)
}
