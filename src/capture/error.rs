//! What can go wrong in a capture.

use pyo3::PyErr;

use crate::graph::GraphError;
use crate::process::TooLittleMemory;

/// Why the live heap could not become a graph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CaptureError {
    /// The heap is larger than a graph can be.
    #[error("the heap could not be captured: {0}")]
    Graph(GraphError),
    /// The walk, or what is asked of the graph, would take more memory than there is.
    #[error("the heap could not be captured: {0}; make room, or ask in a process with more")]
    TooLittleMemory(#[from] TooLittleMemory),
    /// The interpreter refused something the walk asked of it.
    #[error("the heap could not be captured: {0}")]
    Python(#[from] PyErr),
}

impl From<GraphError> for CaptureError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::TooLittleMemory(error) => Self::TooLittleMemory(error),
            error => Self::Graph(error),
        }
    }
}
