//! One object of a snapshot.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use pyo3::prelude::*;

use super::analysed_heap::AnalysedHeap;
use crate::graph::{NodeFlags, NodeIndex};
use crate::render::{self, one_line};

/// One object as it was when the snapshot was taken. Keeps the snapshot, and no object.
#[pyclass(frozen, eq, hash, module = "heapgraph")]
pub(in crate::python) struct Node {
    snapshot: Arc<AnalysedHeap>,
    node: NodeIndex,
}

/// A reference of an object: its name, and the object at the other end.
#[pyclass(frozen, get_all, module = "heapgraph")]
pub(in crate::python) struct Reference {
    /// How the holder refers to the object: `.attr`, `['key']`, `[3]`.
    name: String,
    /// The object at the other end.
    node: Py<Node>,
}

impl Node {
    pub(in crate::python) fn new(snapshot: Arc<AnalysedHeap>, node: NodeIndex) -> Self {
        Self { snapshot, node }
    }

    pub(super) fn index(&self) -> NodeIndex {
        self.node
    }

    pub(super) fn is_of(&self, snapshot: &Arc<AnalysedHeap>) -> bool {
        Arc::ptr_eq(&self.snapshot, snapshot)
    }

    fn reference(&self, py: Python<'_>, name: String, node: NodeIndex) -> PyResult<Reference> {
        let node = Py::new(py, Self::new(Arc::clone(&self.snapshot), node))?;
        Ok(Reference { name, node })
    }

    fn has(&self, flag: NodeFlags) -> bool {
        self.snapshot.graph().flags(self.node).contains(flag)
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.is_of(&other.snapshot) && self.node == other.node
    }
}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.node.hash(state);
    }
}

#[pymethods]
impl Node {
    /// Full name of the type.
    #[getter]
    fn type_name(&self) -> String {
        self.snapshot
            .graph()
            .type_of(self.node)
            .full_name()
            .into_owned()
    }

    /// What `id` gave for the object.
    #[getter]
    fn address(&self) -> u64 {
        self.snapshot.graph().address(self.node)
    }

    /// Bytes of the object itself, as `sys.getsizeof` gives them.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.snapshot.graph().shallow_size(self.node)
    }

    /// Bytes of all that would go if the object went, its own included; `None` if no root leads to
    /// it. See `HeapSnapshot.retained_size`.
    #[getter]
    fn retained_size(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let retained = self.snapshot.dominators(py)?.retained(self.node);
        Ok(retained.map(|tally| tally.bytes))
    }

    /// Number of the objects that would go if the object went, itself included; `None` if no root
    /// leads to it.
    #[getter]
    fn retained_count(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let retained = self.snapshot.dominators(py)?.retained(self.node);
        Ok(retained.map(|tally| tally.count))
    }

    /// The reference count; `None` if the object is immortal.
    #[getter]
    fn reference_count(&self) -> Option<u32> {
        let count = self.snapshot.graph().reference_count(self.node);
        (!self.has(NodeFlags::IMMORTAL)).then_some(count)
    }

    /// References to the object that were not found in the heap: those of compiled code, of the
    /// value stack of a running function, or of the interpreter; `None` if the object is immortal.
    #[getter]
    fn unexplained_count(&self) -> Option<u32> {
        let count = self.snapshot.graph().unexplained_count(self.node);
        (!self.has(NodeFlags::IMMORTAL)).then_some(count)
    }

    /// Whether the collector tracks the object.
    #[getter]
    fn is_tracked(&self) -> bool {
        self.has(NodeFlags::TRACKED)
    }

    /// What the object is called, if it is a module, class, function, code or frame; of a weak reference
    /// what it refers to, if that is gone or the reference is a key or not the only one to it; of a buffer
    /// that is larger than it has to be how many bytes it uses.
    #[getter]
    fn name(&self) -> Option<&str> {
        self.snapshot.node_names().get(self.node)
    }

    /// What a string, bytes or number says, if values were recorded.
    #[getter]
    fn value(&self) -> Option<&str> {
        self.snapshot.values().get(self.node)
    }

    /// Why the object is alive although nothing has to refer to it, in words; `None` if it is no
    /// root.
    #[getter]
    fn root(&self) -> Option<String> {
        let root = self.snapshot.root(self.node)?;
        Some(format!("{}: {}", root.kind, root.name))
    }

    /// What the object refers to, in its own order: a list of `Reference`.
    #[getter]
    fn referents(&self, py: Python<'_>) -> PyResult<Vec<Reference>> {
        let labels = self.snapshot.labels(self.node).into_iter();
        let referents = self.snapshot.graph().referents(self.node);
        let named = labels.zip(referents);
        named
            .map(|(label, &node)| self.reference(py, label.to_string(), node))
            .collect()
    }

    /// What refers to the object, a `Reference` for each way in which it does.
    #[getter]
    fn referrers(&self, py: Python<'_>) -> PyResult<Vec<Reference>> {
        let graph = self.snapshot.graph();
        let mut holders = graph.referrers(self.node).to_vec();
        holders.dedup();
        let mut references = Vec::new();
        for holder in holders {
            let positions = graph.edge_positions(holder).zip(graph.referents(holder));
            for (position, _) in positions.filter(|&(_, &held)| held == self.node) {
                let label = self.snapshot.label(position).to_string();
                references.push(self.reference(py, label, holder)?);
            }
        }
        Ok(references)
    }

    fn __repr__(&self) -> String {
        let words = render::node_words(&self.snapshot, self.node);
        format!("<Node {} at {:#x}>", one_line(&words), self.address())
    }
}

#[pymethods]
impl Reference {
    fn __repr__(&self) -> String {
        let node = self.node.get().__repr__();
        format!("<Reference {} {node}>", one_line(&self.name))
    }
}
