//! Objects that nothing refers to.

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::live::LiveHeap;
use crate::graph::{NodeFlags, NodeIndex};

/// Those of `objects` (of all objects that the collector tracks if `None`) to which nothing in
/// the heap refers, in their order. Neither `objects` nor `container`, which they come from,
/// counts as a referrer.
///
/// Left out are the roots that have a name, such as running frames, functions called at exit, and
/// what the interpreter is known to hold.
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
    let is_unreferenced = |&node: &NodeIndex| {
        let mut referrers = graph.referrers(node).iter();
        referrers.all(|&referrer| not_referrers.contains(&Some(referrer)))
            && roots.kind(node).is_none()
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
