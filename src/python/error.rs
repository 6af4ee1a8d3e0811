//! The one bridge from errors of the core to Python exceptions, whose messages are one line each.

use std::io;

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyMemoryError, PyOSError};
use pyo3::prelude::*;

use crate::capture;
use crate::process::TooLittleMemory;
use crate::render::{self, one_line};
use crate::snapshot::SnapshotError as SnapshotFileError;

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
create_exception!(
    heapgraph,
    RenderError,
    HeapGraphError,
    "A picture could not be drawn."
);

create_exception!(
    heapgraph,
    SnapshotError,
    HeapGraphError,
    "A snapshot could not be saved or loaded."
);

/// Where no walk and no file is concerned.
impl From<TooLittleMemory> for PyErr {
    fn from(error: TooLittleMemory) -> Self {
        PyMemoryError::new_err(error.to_string())
    }
}

impl From<SnapshotFileError> for PyErr {
    fn from(error: SnapshotFileError) -> Self {
        SnapshotError::new_err(one_line(&error.to_string()).into_owned())
    }
}

impl From<capture::CaptureError> for PyErr {
    fn from(error: capture::CaptureError) -> Self {
        match error {
            // The interpreter's own words (MemoryError, KeyboardInterrupt) are not covered up.
            capture::CaptureError::Python(error) => error,
            error => CaptureError::new_err(one_line(&error.to_string()).into_owned()),
        }
    }
}

impl From<render::RenderError> for PyErr {
    fn from(error: render::RenderError) -> Self {
        match error {
            // Becomes the subclass of OSError for its number, with the file's name.
            render::RenderError::Io { path, source } => {
                if let Some(number) = source.raw_os_error() {
                    let text = source.to_string();
                    return PyOSError::new_err((number, text, path.into_os_string()));
                }
                let kind = source.kind();
                let error = render::RenderError::Io { path, source };
                io::Error::new(kind, one_line(&error.to_string())).into()
            }
            error => RenderError::new_err(one_line(&error.to_string()).into_owned()),
        }
    }
}
