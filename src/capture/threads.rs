//! The threads of the program.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt};
use rustc_hash::FxHashMap;

use super::ffi;
use super::interned::intern;
use super::introspection::{Introspection, text};

/// What `threading.get_ident` says of a thread, where that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThreadId(Option<u64>);

impl ThreadId {
    pub(super) fn new(ident: Option<u64>) -> Self {
        Self(ident)
    }
}

/// The names of threads, as `threading` knows them.
pub(super) struct ThreadNames(FxHashMap<u64, String>);

impl ThreadNames {
    /// Reads them. Runs no code of a class derived from `Thread`, nor any other of the program.
    pub(super) fn read(types: &Introspection<'_>) -> Self {
        let Some(active) = active_threads(types) else {
            return Self(FxHashMap::default());
        };
        let named =
            ffi::dict_entries(ffi::Object::from_bound(&active)).filter_map(|(ident, thread)| {
                let ident = ident.lent(types.py);
                let ident = ident
                    .is_exact_instance_of::<PyInt>()
                    .then(|| ident.extract());
                Some((ident?.ok()?, name_of(types, &thread.lent(types.py))?))
            });
        Self(named.collect())
    }

    /// The name of a thread.
    pub(super) fn of(&self, thread: ThreadId) -> &str {
        match thread.0 {
            Some(ident) => self.0.get(&ident).map_or("without a name", String::as_str),
            None => "unknown",
        }
    }
}

/// Threads by what `get_ident` says of them.
fn active_threads<'py>(types: &Introspection<'py>) -> Option<Bound<'py, PyDict>> {
    let py = types.py;
    let threading = ffi::value_under(&ffi::module_table(py)?, c"threading")?.bound(py);
    let namespace = ffi::module_namespace(&threading)?;
    let active = ffi::value_under(&namespace, c"_active")?.bound(py);
    active.cast_into().ok()
}

fn name_of<'py>(types: &Introspection<'py>, thread: &Bound<'py, PyAny>) -> Option<String> {
    let name = types.own_attribute(thread, intern!(types.py, "_name"))?;
    text(&name.lent(types.py))
}
