//! All objects that the collector tracks.

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::ffi::{self, CollectorLists, Layout, Object};
use super::interned::intern;

/// Where the tracked objects are enumerated from, and who keeps them alive meanwhile.
pub(super) enum Tracked<'py> {
    /// The collector's own lists: nobody.
    Lists(CollectorLists),
    /// The result of `gc.get_objects()`: it holds one reference to each.
    Official(Bound<'py, PyList>),
}

impl<'py> Tracked<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        match CollectorLists::find(py, Layout::get(py)) {
            Some(lists) => Ok(Self::Lists(lists)),
            None => Ok(Self::Official(official_list(py)?)),
        }
    }

    /// Calls `visit` with each object, in the order of `gc.get_objects()`.
    #[inline]
    pub(super) fn for_each(&self, mut visit: impl FnMut(Object)) {
        match self {
            Self::Lists(lists) => lists.for_each(visit),
            Self::Official(list) => {
                for position in 0..list.len() {
                    if let Some(object) = ffi::list_item(list, position) {
                        visit(object);
                    }
                }
            }
        }
    }

    /// As [`for_each`](Self::for_each), for a `visit` that does not look at the object.
    pub(super) fn for_each_unseen(&self, visit: impl FnMut(Object)) {
        match self {
            Self::Lists(lists) => lists.for_each_unseen(visit),
            Self::Official(_) => self.for_each(visit),
        }
    }

    /// References to each object that exist only because of the enumeration.
    pub(super) fn held_count(&self) -> u32 {
        match self {
            Self::Lists(_) => 0,
            Self::Official(_) => 1,
        }
    }
}

fn official_list(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let gc = py.import(intern!(py, "gc"))?;
    Ok(gc
        .getattr(intern!(py, "get_objects"))?
        .call0()?
        .cast_into()?)
}
