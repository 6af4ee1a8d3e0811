//! What objects of a snapshot retain.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::analysed_heap::AnalysedHeap;
use super::node::Node;
use crate::analysis::{self, RetainedByType};
use crate::graph::NodeIndex;
use crate::render::{self, one_line};

/// The objects of one type, and what they retain.
#[pyclass(frozen, eq, get_all, module = "heapgraph")]
#[derive(PartialEq, Eq)]
pub(in crate::python) struct TypeRetained {
    /// Number of objects that are alive.
    count: u64,
    /// Bytes of all of them, without what they refer to.
    shallow_size: u64,
    /// Number of objects that they retain, themselves included.
    retained_count: u64,
    /// Bytes of all that they retain.
    retained_size: u64,
}

impl TypeRetained {
    /// What the objects of each type retain, by the name of the type, the most first.
    pub(super) fn by_name<'py>(
        py: Python<'py>,
        snapshot: &AnalysedHeap,
    ) -> PyResult<Bound<'py, PyDict>> {
        let types = snapshot.ask_dominators(py, |snapshot, tree| {
            RetainedByType::new(snapshot.graph(), tree)
        })?;
        let by_name = PyDict::new(py);
        for row in &types.types {
            by_name.set_item(&row.type_name, Self::new(row))?;
        }
        Ok(by_name)
    }

    fn new(row: &analysis::TypeRetained) -> Self {
        Self {
            count: row.objects.count,
            shallow_size: row.objects.bytes,
            retained_count: row.retained.count,
            retained_size: row.retained.bytes,
        }
    }
}

#[pymethods]
impl TypeRetained {
    fn __repr__(&self) -> String {
        let Self {
            count,
            shallow_size,
            retained_count,
            retained_size,
        } = self;
        format!(
            "TypeRetained(count={count}, shallow_size={shallow_size}, \
             retained_count={retained_count}, retained_size={retained_size})"
        )
    }
}

/// An object that no other dominates, and where in it most of what it retains is.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Owner {
    snapshot: Arc<AnalysedHeap>,
    found: analysis::Owner,
    /// Bytes of all that is alive.
    heap_size: u64,
}

impl Owner {
    pub(super) fn largest(
        py: Python<'_>,
        snapshot: &Arc<AnalysedHeap>,
        limit: usize,
    ) -> PyResult<Vec<Self>> {
        let (owners, heap_size) = snapshot.ask_dominators(py, |_, tree| {
            (analysis::Owner::largest(tree, limit), tree.total().bytes)
        })?;
        let owners = owners.into_iter().map(|found| Self {
            snapshot: Arc::clone(snapshot),
            found,
            heap_size,
        });
        Ok(owners.collect())
    }

    fn view(&self, node: NodeIndex) -> Node {
        Node::new(Arc::clone(&self.snapshot), node)
    }
}

#[pymethods]
impl Owner {
    /// The object.
    #[getter]
    fn node(&self) -> Node {
        self.view(self.found.node)
    }

    /// Bytes of what it retains, its own included.
    #[getter]
    fn retained_size(&self) -> u64 {
        self.found.retained.bytes
    }

    /// Number of objects that it retains, itself included.
    #[getter]
    fn retained_count(&self) -> u64 {
        self.found.retained.count
    }

    /// What it retains as a part of all bytes that are alive, between 0 and 1.
    #[getter]
    #[expect(clippy::cast_precision_loss, reason = "a share is read, not added up")]
    fn share(&self) -> f64 {
        self.found.retained.bytes as f64 / self.heap_size.max(1) as f64
    }

    /// Where most of it is: a list of `Node`, each the largest that the one before it dominates, as
    /// long as that retains at least seven tenths of it; at most a thousand.
    #[getter]
    fn descent(&self) -> Vec<Node> {
        let descent = self.found.descent.iter();
        descent.map(|&node| self.view(node)).collect()
    }

    fn __repr__(&self) -> String {
        format!(
            "<heapgraph.Owner {} at {:#x}: {} bytes in {} objects>",
            one_line(&render::root_words(&self.snapshot, self.found.node)),
            self.snapshot.graph().address(self.found.node),
            self.found.retained.bytes,
            self.found.retained.count,
        )
    }
}
