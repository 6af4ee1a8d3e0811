//! What cycles keep that the collector cannot free.

use std::sync::Arc;

use pyo3::prelude::*;

use super::analysed_heap::AnalysedHeap;
use super::node::Node;
use crate::analysis;
use crate::render;
use crate::render::text::uncollectable_words;

/// Objects that cycles of one kind keep, which the collector cannot free because it does not see all
/// references of them. Its `str` says so.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct HeldByCycle {
    snapshot: Arc<AnalysedHeap>,
    held: analysis::HeldByCycle,
}

impl HeldByCycle {
    pub(super) fn all(snapshot: &Arc<AnalysedHeap>, held: &[analysis::HeldByCycle]) -> Vec<Self> {
        let view = |held: &analysis::HeldByCycle| Self {
            snapshot: Arc::clone(snapshot),
            held: held.clone(),
        };
        held.iter().map(view).collect()
    }
}

#[pymethods]
impl HeldByCycle {
    /// The way round one of the cycles in Python's spelling: `Table.part -> Table.base`.
    #[getter]
    fn path(&self) -> String {
        render::cycle_text(&self.snapshot, &self.held.group.cycle)
    }

    /// How the path of what such a cycle keeps begins in an answer of `find_growth`.
    #[getter]
    fn holder(&self) -> String {
        let path = self.held.group.path(&self.snapshot);
        render::one_line(&path).into_owned()
    }

    /// That path and the type of the first object in 16 hexadecimal digits, the same in every process.
    #[getter]
    fn fingerprint(&self) -> String {
        self.held.group.fingerprint(&self.snapshot).to_string()
    }

    /// The references of that cycle that the collector does not see: `Table.base`.
    #[getter]
    fn unseen_references(&self) -> Vec<String> {
        self.held.group.cycle.unseen_references(&self.snapshot)
    }

    /// The objects asked about that such cycles keep, in the order of capture: a list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        let nodes = self.held.nodes.iter();
        let view = |&node| Node::new(Arc::clone(&self.snapshot), node);
        nodes.map(view).collect()
    }

    /// How many such cycles there are.
    #[getter]
    fn cycle_count(&self) -> usize {
        self.held.group.count
    }

    /// How many objects they keep, those on the cycles included.
    #[getter]
    fn kept_count(&self) -> u64 {
        self.held.group.kept.count
    }

    /// Bytes of these objects.
    #[getter]
    fn kept_size(&self) -> u64 {
        self.held.group.kept.bytes
    }

    fn __str__(&self) -> String {
        uncollectable_words(&self.snapshot, &self.held.group).join("\n")
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.HeldByCycle {}>", self.path())
    }
}
