//! The one bridge from errors of the core to Python exceptions.

use pyo3::create_exception;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::capture::CaptureError as Capture;

create_exception!(
    heapgraph,
    HeapGraphError,
    PyException,
    "Base class of heapgraph's errors."
);
create_exception!(
    heapgraph,
    CaptureError,
    HeapGraphError,
    "The heap could not be captured."
);

impl From<Capture> for PyErr {
    fn from(error: Capture) -> Self {
        match error {
            // The interpreter's own words (MemoryError, KeyboardInterrupt) are not covered up.
            Capture::Python(error) => error,
            error => CaptureError::new_err(error.to_string()),
        }
    }
}
