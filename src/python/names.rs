//! Names into text, for what Python puts into words.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyType};

use crate::capture::{Introspection, shown_name, text};
use crate::render;

/// The text in one line, with every character that a terminal would obey, or draw as nothing, spelled as
/// `repr` spells it. Lone surrogates, which no file can hold, are spelled too.
#[pyfunction]
#[pyo3(name = "one_line")]
pub(super) fn one_line_of(words: &Bound<'_, PyAny>) -> PyResult<String> {
    let words = text(words).ok_or_else(|| PyTypeError::new_err("a str is needed"))?;
    Ok(render::one_line(&words).into_owned())
}

/// The name of a class in one line, whatever its metaclass says.
#[pyfunction]
pub(super) fn type_name(cls: &Bound<'_, PyAny>) -> PyResult<String> {
    let name = Introspection::new(cls.py())?.type_name(cls);
    Ok(render::one_line(&name).into_owned())
}

/// As [`type_name`], with the classes and functions around it.
#[pyfunction]
pub(super) fn qualified_name(cls: &Bound<'_, PyAny>) -> PyResult<String> {
    let name = Introspection::new(cls.py())?.qualified_name(cls);
    Ok(render::one_line(&name).into_owned())
}

/// What an object is called if it is a class, a module, a function, code or a frame, or if its type is not
/// ready; `None` of any other.
#[pyfunction]
#[pyo3(name = "shown_name")]
pub(super) fn shown_name_of(obj: &Bound<'_, PyAny>) -> PyResult<Option<String>> {
    Ok(shown_name(&Introspection::new(obj.py())?, obj))
}

/// True of an instance of a class, or of one that is derived from it, whatever it says of itself; of none whose
/// type is not ready, which `issubclass` cannot be asked about.
#[pyfunction]
pub(super) fn is_instance(obj: &Bound<'_, PyAny>, cls: &Bound<'_, PyType>) -> PyResult<bool> {
    Ok(Introspection::new(obj.py())?.is_instance(obj, cls))
}

/// True of what stands for other objects in a question: a class, a `str` or an `int`.
#[pyfunction]
pub(super) fn stands_for_others(obj: &Bound<'_, PyAny>) -> bool {
    let is_name = obj.is_exact_instance_of::<PyString>() || obj.is_exact_instance_of::<PyInt>();
    is_name || obj.is_instance_of::<PyType>()
}
