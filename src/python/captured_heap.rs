//! A captured heap to look at from Python: what the tests compare with the interpreter's own
//! answers.

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::live::LiveHeap;
use crate::capture::{self, CaptureError, GiveBack, Introspection, Need, Sizes};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex};

/// A heap at one moment. Holds addresses only and keeps nothing alive. Objects are named by
/// their addresses; an address where none was raises `KeyError`.
#[pyclass(frozen, module = "heapgraph._core")]
pub(super) struct CapturedHeap {
    graph: HeapGraph,
    _give_back: GiveBack,
}

#[pymethods]
impl CapturedHeap {
    /// Captures the live heap.
    #[new]
    fn new(py: Python<'_>) -> PyResult<Self> {
        let types = Introspection::new(py)?;
        let graph = capture::capture(&types, &[], Sizes::Measured, Need::Answer)?.graph;
        Ok(Self {
            _give_back: GiveBack::after(&graph),
            graph,
        })
    }

    /// Number of objects.
    #[getter]
    fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    /// Number of references.
    #[getter]
    fn edge_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// Bytes of all objects together.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.graph
            .nodes()
            .map(|node| self.graph.shallow_size(node))
            .sum()
    }

    /// The addresses of all objects, in capture order.
    fn addresses(&self) -> Vec<u64> {
        self.graph
            .nodes()
            .map(|node| self.graph.address(node))
            .collect()
    }

    /// Addresses of what the object at `address` refers to, repeated where it refers twice.
    fn referents(&self, address: u64) -> PyResult<Vec<u64>> {
        Ok(self.addresses_of(self.graph.referents(self.node(address)?)))
    }

    /// Addresses of what refers to the object at `address`, repeated likewise.
    fn referrers(&self, address: u64) -> PyResult<Vec<u64>> {
        Ok(self.addresses_of(self.graph.referrers(self.node(address)?)))
    }

    /// Full name of the type, shallow size in bytes, reference count (`None` if immortal) and
    /// whether the collector tracks the object at `address`.
    fn record(&self, address: u64) -> PyResult<(String, u64, Option<u32>, bool)> {
        let node = self.node(address)?;
        let flags = self.graph.flags(node);
        let is_immortal = flags.contains(NodeFlags::IMMORTAL);
        Ok((
            self.graph.type_of(node).full_name().into_owned(),
            self.graph.shallow_size(node),
            (!is_immortal).then(|| self.graph.reference_count(node)),
            flags.contains(NodeFlags::TRACKED),
        ))
    }

    fn __contains__(&self, address: u64) -> bool {
        self.graph.node_at(address).is_some()
    }
}

impl CapturedHeap {
    fn node(&self, address: u64) -> PyResult<NodeIndex> {
        let unknown = || PyKeyError::new_err(format!("no object was captured at {address:#x}"));
        self.graph.node_at(address).ok_or_else(unknown)
    }

    fn addresses_of(&self, nodes: &[NodeIndex]) -> Vec<u64> {
        nodes.iter().map(|&node| self.graph.address(node)).collect()
    }
}

/// Says where functions for hidden references are registered: a dict whose keys are the addresses of
/// classes, and what asks them about a list of objects.
#[pyfunction]
pub(super) fn set_referents_registry(by_class: Py<PyDict>, ask: Py<PyAny>) {
    capture::set_registry(by_class, ask);
}

/// What `obj` refers to now, each with the name of the reference.
#[pyfunction]
pub(super) fn named_referents<'py>(
    py: Python<'py>,
    obj: &Bound<'py, PyAny>,
) -> PyResult<Vec<(String, Bound<'py, PyAny>)>> {
    let heap = LiveHeap::capture(py, std::slice::from_ref(obj))?;
    let Some(node) = heap.node_of(obj) else {
        return Ok(Vec::new());
    };
    let describer = heap.describer()?;
    let labels = describer.labels(node).map_err(CaptureError::from)?;
    let names = labels.iter().map(|label| label.to_string());
    let referents = heap.objects(heap.graph().referents(node));
    let answer = names.zip(referents).collect();
    drop(labels);
    drop(describer);
    heap.let_go()?;
    Ok(answer)
}
