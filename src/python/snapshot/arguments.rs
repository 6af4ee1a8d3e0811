//! What the methods of a snapshot are asked about.

use pyo3::exceptions::{PyKeyError, PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyType};

use super::HeapSnapshot;
use super::node::Node;
use crate::analysis::{self, TypePattern};
use crate::capture::{self, text};
use crate::graph::NodeIndex;
use crate::render::one_line;

/// A number of things: below 0 none, and no number is too large.
pub(in crate::python) struct Limit(pub(super) usize);

impl<'py> FromPyObject<'_, 'py> for Limit {
    type Error = PyErr;

    fn extract(number: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match number.extract() {
            Ok(number) => Ok(Self(number)),
            Err(error) if error.is_instance_of::<PyOverflowError>(number.py()) => {
                Ok(Self(if number.lt(0)? { 0 } else { usize::MAX }))
            }
            Err(error) => Err(error),
        }
    }
}

/// The types that a name or a class means.
pub(super) fn type_pattern(pattern: &Bound<'_, PyAny>) -> PyResult<TypePattern> {
    if let Some(name) = text(pattern) {
        return Ok(TypePattern::new(name));
    }
    if pattern.is_instance_of::<PyType>() {
        let types = capture::Introspection::new(pattern.py())?;
        return Ok(TypePattern::new(types.class_name(pattern)));
    }
    Err(PyTypeError::new_err(format!(
        "type_name must be a type name (str) or a class, not an instance of {}",
        one_line(&text(&pattern.get_type().name()?.into_any()).unwrap_or_default())
    )))
}

impl HeapSnapshot {
    /// The nodes that the one argument of `find` which is given stands for.
    pub(super) fn matching(
        &self,
        py: Python<'_>,
        type_name: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        obj: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<NodeIndex>> {
        match (type_name, address, obj) {
            (Some(name), None, None) => {
                let pattern = type_pattern(name)?;
                let found = |snapshot: &_| analysis::find_objects(snapshot, &pattern);
                Ok(self.inner.ask(py, found)?)
            }
            (None, Some(address), None) => Ok(self.node_at(address)?.into_iter().collect()),
            (None, None, Some(object)) => Ok(self.node_of(object)?.into_iter().collect()),
            _ => Err(PyTypeError::new_err(
                "find takes one of type_name, address and obj",
            )),
        }
    }

    /// The node that a `Node`, an address or an object of this process stands for.
    pub(super) fn target(&self, target: &Bound<'_, PyAny>) -> PyResult<NodeIndex> {
        if let Ok(node) = target.cast_exact::<Node>() {
            let node = node.get();
            return if node.is_of(&self.inner) {
                Ok(node.index())
            } else {
                Err(PyValueError::new_err("the node is of another snapshot"))
            };
        }
        let is_address = target.is_exact_instance_of::<PyInt>();
        let node = if is_address {
            self.node_at(target)?
        } else {
            self.node_of(target)?
        };
        if let Some(node) = node {
            return Ok(node);
        }
        let what = if is_address {
            let address = target.call_method1("__format__", ("#x",))?;
            format!("no object at {}", text(&address).unwrap_or_default())
        } else {
            "no such object".to_owned()
        };
        Err(PyKeyError::new_err(format!(
            "{what} in the snapshot: it may be newer, or gone when the snapshot was taken"
        )))
    }

    /// The node at an address, which may be any integer.
    fn node_at(&self, address: &Bound<'_, PyAny>) -> PyResult<Option<NodeIndex>> {
        match address.extract() {
            Ok(address) => Ok(self.inner.graph().node_at(address)),
            Err(error) if error.is_instance_of::<PyOverflowError>(address.py()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The node of an object of this process.
    fn node_of(&self, object: &Bound<'_, PyAny>) -> PyResult<Option<NodeIndex>> {
        let why = match self.process {
            Some(process) if process == std::process::id() => {
                return Ok(self.inner.graph().node_at(object.as_ptr().addr() as u64));
            }
            Some(_) => "was taken before this process was forked".to_owned(),
            None => format!(
                "is of process {}, as a file says, where this object may not be",
                self.inner.metadata().pid
            ),
        };
        Err(PyValueError::new_err(format!(
            "the snapshot {why}: find objects by type_name or address"
        )))
    }
}
