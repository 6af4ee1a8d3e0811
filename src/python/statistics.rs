//! Counting and finding objects by type or address.

use std::collections::BTreeMap;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use rustc_hash::FxHashSet;

use crate::capture::{self, GiveBack, Introspection, Need, Sizes, TypePattern, text};
use crate::graph::{NodeFlags, NodeIndex};
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

/// Bytes of those of `objects` (of all objects that the collector tracks if `None`) that are of each type,
/// by name: shallow sizes. O(objects + references).
#[pyfunction]
pub(super) fn sizes_by_type<'py>(
    py: Python<'py>,
    objects: Option<&Bound<'py, PyList>>,
    short_names: bool,
) -> PyResult<BTreeMap<String, u64>> {
    let types = Introspection::new(py)?;
    let graph = capture::capture(&types, &[], Sizes::Measured, Need::Answer)?.graph;
    let _give_back = GiveBack::after(&graph);
    let nodes: Vec<NodeIndex> = match objects {
        Some(objects) => (objects.iter())
            .filter_map(|object| graph.node_at(object.as_ptr() as u64))
            .collect(),
        None => (graph.nodes())
            .filter(|&node| graph.flags(node).contains(NodeFlags::TRACKED))
            .collect(),
    };
    let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
    for node in nodes {
        let name = graph.type_of(node).display_name(short_names);
        let sum = by_name.entry(name.into_owned()).or_default();
        *sum = sum.saturating_add(graph.shallow_size(node));
    }
    Ok(by_name)
}

/// How many objects the collector tracks, and how many references the lists, tuples, dicts and sets
/// among them hold.
#[pyfunction]
pub(super) fn count_tracked(py: Python<'_>) -> PyResult<(u64, u64)> {
    capture::count_tracked(py)
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
