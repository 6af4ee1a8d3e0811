//! What can go wrong in a capture.

use pyo3::PyErr;

use crate::graph::GraphError;

/// Why the live heap could not become a graph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CaptureError {
    /// The heap is larger than a graph can be.
    #[error("the heap could not be captured: {0}")]
    Graph(#[from] GraphError),
    /// The interpreter refused something the walk asked of it.
    #[error("the heap could not be captured: {0}")]
    Python(#[from] PyErr),
}
