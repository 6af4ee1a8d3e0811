//! A finished drawing, to look at or to save.

use std::ffi::OsString;

use pyo3::prelude::*;

use super::file_path::FilePath;
use crate::render::{self, Format, View};

/// A finished drawing: text and shapes only, no object is kept alive by it.
#[pyclass(frozen, module = "heapgraph._core")]
pub(super) struct Picture {
    pub(super) view: View,
    /// Objects drawn, without the nodes that stand for others.
    #[pyo3(get)]
    pub(super) node_count: usize,
}

#[pymethods]
impl Picture {
    /// The drawing in Graphviz's language.
    fn to_dot(&self) -> String {
        render::to_dot(&self.view)
    }

    /// The drawing as an SVG document.
    pub(super) fn to_svg(&self, py: Python<'_>) -> PyResult<String> {
        Ok(py.detach(|| render::to_svg(&self.view))?)
    }

    /// The drawing as a PNG image.
    fn to_png(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        Ok(py.detach(|| render::to_png(&self.view))?)
    }

    /// Writes the drawing to a file, whole or not at all, in the format of its ending. Returns
    /// the name of the format: `dot`, `svg`, `png` or another that Graphviz knows.
    fn save(&self, py: Python<'_>, path: FilePath) -> PyResult<String> {
        let format = py.detach(|| render::save(&self.view, &path.0))?;
        Ok(match format {
            Format::Dot => "dot".into(),
            Format::Svg => "svg".into(),
            Format::Png => "png".into(),
            Format::Other(name) => name,
        })
    }

    /// Writes the drawing to a new SVG file in the folder for temporary files. Returns its path.
    fn save_temporary(&self, py: Python<'_>) -> PyResult<OsString> {
        // As text: a `pathlib.Path` would import its module.
        let path = py.detach(|| render::save_temporary(&self.view))?;
        Ok(path.into_os_string())
    }

    fn _repr_svg_(&self, py: Python<'_>) -> PyResult<String> {
        self.to_svg(py)
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.Picture of {} objects>", self.node_count)
    }
}
