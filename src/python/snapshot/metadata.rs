//! Where a snapshot comes from.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::snapshot::HeapSnapshot;

/// The metadata by name, as `heapgraph.HeapSnapshot.metadata` documents it.
pub(super) fn as_dict<'py>(
    py: Python<'py>,
    snapshot: &HeapSnapshot,
) -> PyResult<Bound<'py, PyDict>> {
    let known = snapshot.metadata();
    let metadata = PyDict::new(py);
    metadata.set_item("program", &known.program)?;
    metadata.set_item("pid", known.pid)?;
    metadata.set_item("first_captured_at", known.first_captured_at)?;
    metadata.set_item("captured_at", known.captured_at)?;
    metadata.set_item("capture_seconds", known.capture_time.as_secs_f64())?;
    metadata.set_item("python_version", &known.python_version)?;
    metadata.set_item("platform", &known.platform)?;
    metadata.set_item("heapgraph_version", &known.tool_version)?;
    metadata.set_item("collected", known.collected)?;
    metadata.set_item("has_names", snapshot.edge_names().is_some())?;
    metadata.set_item(
        "has_keys",
        known.has_keys && snapshot.edge_names().is_some(),
    )?;
    metadata.set_item("has_values", !snapshot.values().is_empty())?;
    metadata.set_item("unseen", &known.unseen)?;
    Ok(metadata)
}
