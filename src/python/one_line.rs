//! Names into text, for what Python puts into words.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::capture::text;
use crate::render;

/// The text in one line, with every character that a terminal would obey, or draw as nothing, spelled as
/// `repr` spells it. Lone surrogates, which no file can hold, are spelled too.
#[pyfunction]
#[pyo3(name = "one_line")]
pub(super) fn one_line_of(words: &Bound<'_, PyAny>) -> PyResult<String> {
    let words = text(words).ok_or_else(|| PyTypeError::new_err("a str is needed"))?;
    Ok(render::one_line(&words).into_owned())
}
