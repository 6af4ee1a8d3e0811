//! The paths of files as Python programs give them.

use std::path::PathBuf;

use pyo3::prelude::*;

use crate::capture;
use crate::render::{self, Access};

/// A path given as `str`, `bytes` or an `os.PathLike` of either.
pub(super) struct FilePath(pub(super) PathBuf);

impl<'py> FromPyObject<'_, 'py> for FilePath {
    type Error = PyErr;

    fn extract(path: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let of_path = path
            .py()
            .import("heapgraph._arguments")?
            .getattr("path_text")?;
        Ok(Self(capture::call(&of_path, (path,))?.extract()?))
    }
}

/// Refuses what no file can be saved to: a device, a pipe, a link that somebody else may have put there.
#[pyfunction]
pub(super) fn check_target(path: FilePath) -> PyResult<()> {
    Ok(render::check_target(&path.0)?)
}

/// Writes a file, whole or not at all: a new one has the permissions that any new file gets, a replaced one
/// keeps those it had.
#[pyfunction]
pub(super) fn write_whole(py: Python<'_>, path: FilePath, contents: &[u8]) -> PyResult<()> {
    let write = || render::write_whole(&path.0, Access::Ordinary, |file| file.write_all(contents));
    Ok(py.detach(write)?)
}
