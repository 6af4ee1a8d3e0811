//! Counting and finding objects by type or address.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use rustc_hash::FxHashSet;

use crate::capture::{self, TypePattern, text};
use crate::render::one_line;

/// How many of `objects` (all objects that the collector tracks if `None`) there are of each
/// type, by name, in the order in which the types are first met.
#[pyfunction]
pub(super) fn count_by_type<'py>(
    py: Python<'py>,
    objects: Option<&Bound<'py, PyList>>,
    short_names: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let counts = capture::count_by_type(py, objects)?;
    // Made after the count, which would see it: from 3.14 every dict is tracked.
    let by_name = PyDict::new(py);
    for (ty, count) in counts {
        let name = PyString::new(py, &ty.display_name(short_names));
        let others: usize = match by_name.get_item(&name)? {
            Some(others) => others.extract()?,
            None => 0,
        };
        by_name.set_item(name, others + count)?;
    }
    Ok(by_name)
}

/// Those of `objects` (of all objects that the collector tracks if `None`) whose type has the
/// given name, or is the given class, in their order.
#[pyfunction]
pub(super) fn objects_of_type<'py>(
    py: Python<'py>,
    pattern: &Bound<'py, PyAny>,
    objects: Option<&Bound<'py, PyList>>,
) -> PyResult<Bound<'py, PyList>> {
    PyList::new(
        py,
        capture::objects_of_type(py, &type_pattern(pattern)?, objects)?,
    )
}

/// The objects that the collector tracks at the given addresses, in the collector's order.
#[pyfunction]
pub(super) fn objects_at(py: Python<'_>, addresses: FxHashSet<u64>) -> PyResult<Bound<'_, PyList>> {
    PyList::new(
        py,
        capture::tracked_at(py, |address| addresses.contains(&address))?,
    )
}

fn type_pattern<'py>(pattern: &Bound<'py, PyAny>) -> PyResult<TypePattern<'py>> {
    if let Some(name) = text(pattern) {
        Ok(TypePattern::Name(name))
    } else if pattern.is_instance_of::<PyType>() {
        Ok(TypePattern::Class(pattern.clone()))
    } else {
        Err(PyTypeError::new_err(format!(
            "a type name (str) or a class is needed, not an instance of {}",
            one_line(&text(&pattern.get_type().name()?.into_any()).unwrap_or_default())
        )))
    }
}
