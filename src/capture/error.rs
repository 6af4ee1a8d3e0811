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
    /// A snapshot would take more memory than there is.
    #[error(
        "a snapshot needs about {} MiB of memory and {} MiB are left: \
         make room, or pass force=True to try all the same",
        needed >> 20, available >> 20
    )]
    TooLittleMemory {
        /// Bytes that the snapshot is expected to need.
        needed: u64,
        /// Bytes that the machine, or the control group of the process, has left.
        available: u64,
    },
    /// The interpreter refused something the walk asked of it.
    #[error("the heap could not be captured: {0}")]
    Python(#[from] PyErr),
}
