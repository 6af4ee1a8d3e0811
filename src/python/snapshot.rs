//! Detached heaps: taken, saved, loaded and asked.

use pyo3::prelude::*;

use crate::capture::{self, SnapshotOptions};
use crate::snapshot;

/// A heap at one moment.
#[pyclass(frozen, module = "heapgraph")]
pub(super) struct HeapSnapshot {
    inner: snapshot::HeapSnapshot,
}

/// Captures the live heap.
#[pyfunction]
pub(super) fn take_snapshot(
    py: Python<'_>,
    collected: bool,
    names: bool,
    values: bool,
) -> PyResult<HeapSnapshot> {
    let options = SnapshotOptions {
        collected,
        names,
        values,
    };
    Ok(HeapSnapshot {
        inner: capture::take_snapshot(py, options)?,
    })
}

#[pymethods]
impl HeapSnapshot {
    fn labels_at(&self, address: u64) -> Vec<String> {
        let Some(node) = self.inner.graph().node_at(address) else {
            return Vec::new();
        };
        self.inner
            .labels(node)
            .iter()
            .map(ToString::to_string)
            .collect()
    }
    fn roots(&self) -> Vec<(u64, String, String)> {
        self.inner
            .roots()
            .iter()
            .map(|r| {
                (
                    self.inner.graph().address(r.node),
                    r.kind.to_string(),
                    r.name.clone(),
                )
            })
            .collect()
    }
}
