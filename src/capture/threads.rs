//! The threads of the program.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::ffi;
use super::interned::intern;
use super::introspection::{Introspection, text};

/// What `threading.get_ident` says of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(u64);

impl ThreadId {
    /// The thread of a key of `sys._current_frames()`.
    pub(super) fn new(ident: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self(ident.extract()?))
    }

    /// The thread that this runs in.
    pub(super) fn current(py: Python<'_>) -> PyResult<Self> {
        let module = py.import(intern!(py, "_thread"))?;
        Self::new(&module.getattr(intern!(py, "get_ident"))?.call0()?)
    }

    /// The name of the thread, as `threading` knows it. Runs no code of a class derived from
    /// `Thread`, nor any other of the program.
    pub(super) fn name(self, types: &Introspection<'_>) -> String {
        let known = self.known_name(types);
        known.unwrap_or_else(|| "without a name".into())
    }

    fn known_name(self, types: &Introspection<'_>) -> Option<String> {
        let py = types.py;
        let threading = ffi::value_under(&ffi::module_table(py)?, c"threading")?.bound(py);
        let active = ffi::value_under(&ffi::module_namespace(&threading)?, c"_active")?.bound(py);
        let active = active.cast_into::<PyDict>().ok()?;
        let mut threads = ffi::dict_entries(ffi::Object::from_bound(&active));
        let is_own = |ident: &Bound<'_, PyAny>| {
            ident.is_exact_instance_of::<pyo3::types::PyInt>()
                && ident.extract().is_ok_and(|ident: u64| ident == self.0)
        };
        let (_, thread) = threads.find(|(ident, _)| is_own(&ident.bound(py)))?;
        let thread = thread.bound(py);
        let is_on_class = types.type_mro(&thread.get_type()).iter().any(|class| {
            let namespace = types.type_namespace(class);
            namespace.is_some_and(|names| ffi::value_under(&names, c"_name").is_some())
        });
        if is_on_class {
            return None;
        }
        text(&ffi::generic_attribute(&thread, intern!(py, "_name"))?)
    }
}
