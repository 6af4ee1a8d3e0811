//! What `get_new_ids` remembers between two calls.

use std::borrow::Cow;
use std::collections::BTreeMap;

use pyo3::prelude::*;
use pyo3::types::PySet;

use crate::analysis;
use crate::capture::{self, GiveBack, Introspection, Need, Sizes};
use crate::graph::ObjectList;
use crate::process;

/// Bytes that an object takes while it is compared, beside the list that it is in: what is kept of it.
const BYTES_AN_OBJECT: usize = 24;
/// Bytes of an id in a set, and of the lists that the set is made from.
const BYTES_AN_ID: usize = 120;

/// Number of objects of one type name: before, now, and of those the new ones.
type Counts = (usize, usize, usize);

/// The tracked objects as they were at the last update, in a few bytes each. Holds no object.
#[pyclass(module = "heapgraph._core")]
#[derive(Default)]
pub(super) struct SeenObjects {
    seen: analysis::SeenObjects,
}

#[pymethods]
impl SeenObjects {
    /// Nothing seen yet.
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Forgets what was seen.
    fn clear(&mut self) {
        let _give_back = GiveBack::of(self.seen.memory_size());
        self.seen = analysis::SeenObjects::default();
    }

    /// Looks at all objects there are now, tracked or not. A walk over the heap.
    fn look(slf: &Bound<'_, Self>) -> PyResult<()> {
        let types = Introspection::new(slf.py())?;
        let heap = capture::capture(&types, &[], Sizes::Skipped, Need::Answer)?;
        let list = capture::list_captured(&types, &heap.graph)?;
        drop(heap);
        Self::count(slf, list).map(drop)
    }

    /// Looks at what the collector tracks now. Type names with the number of objects before, now,
    /// and of those that were not there before.
    fn update(
        slf: &Bound<'_, Self>,
        short_names: bool,
    ) -> PyResult<Vec<(String, usize, usize, usize)>> {
        // An import after the look would be new at the next.
        default_dict(slf.py())?;
        // Not while `slf` is borrowed: another thread may run meanwhile.
        let counts = Self::count(slf, capture::list_tracked(slf.py())?)?;
        let mut by_name: BTreeMap<String, Counts> = BTreeMap::new();
        for class in counts {
            let name = class.ty.display_name(short_names).into_owned();
            let (old, current, new) = by_name.entry(name).or_default();
            *old += class.old;
            *current += class.current;
            *new += class.new;
        }
        let rows = by_name.into_iter();
        Ok(rows
            .map(|(name, (old, current, new))| (name, old, current, new))
            .collect())
    }

    /// The ids of the objects that were new at the last update, by the names of all types it has
    /// counted: a `defaultdict` of sets that is the caller's.
    ///
    /// They hold nothing to collect, and the collector does not track them: what a caller keeps
    /// of them is not new at the next update.
    fn new_ids<'py>(&self, py: Python<'py>, short_names: bool) -> PyResult<Bound<'py, PyAny>> {
        let new_count = self.seen.new_objects().count();
        let _give_back = GiveBack::of(BYTES_AN_OBJECT * new_count);
        process::ensure((BYTES_AN_ID * new_count) as u64)?;
        let mut by_name: BTreeMap<Cow<'_, str>, Vec<u64>> = BTreeMap::new();
        for ty in self.seen.classes() {
            by_name.entry(ty.display_name(short_names)).or_default();
        }
        for (ty, address) in self.seen.new_objects() {
            let addresses = by_name.entry(ty.display_name(short_names)).or_default();
            addresses.push(address);
        }
        let ids = default_dict(py)?.call1((py.get_type::<PySet>(),))?;
        for (name, addresses) in by_name {
            let set = PySet::new(py, addresses)?;
            ids.set_item(name, &set)?;
            capture::untrack(&set);
        }
        capture::untrack(&ids);
        Ok(ids)
    }

    /// Number of objects at the last update.
    #[getter]
    fn object_count(&self) -> usize {
        self.seen.object_count()
    }

    /// Bytes of memory that this keeps.
    #[getter]
    fn memory_size(&self) -> usize {
        self.seen.memory_size()
    }
}

impl SeenObjects {
    /// Takes a list as what there is now, and counts what was there before, is there now, and is new.
    fn count(slf: &Bound<'_, Self>, list: ObjectList) -> PyResult<Vec<analysis::ClassCounts>> {
        let bytes = BYTES_AN_OBJECT * list.objects.len();
        let _give_back = GiveBack::of(bytes);
        process::ensure(bytes as u64)?;
        Ok(slf.try_borrow_mut()?.seen.update(list))
    }

    /// The addresses of objects of `list` that were not there at the look before the last; at the last, if
    /// there was no other. `None` if there was none.
    pub(super) fn new_since(&self, list: ObjectList) -> Option<Vec<u64>> {
        let _give_back = GiveBack::of(BYTES_AN_OBJECT * list.objects.len());
        self.seen.new_since(list)
    }
}

impl Drop for SeenObjects {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Takes an object that is no part of a cycle, and never will be, off the collector's lists: so
/// that what this package keeps is not counted.
#[pyfunction]
pub(super) fn untrack(obj: &Bound<'_, PyAny>) {
    capture::untrack(obj);
}

/// Makes what an answer needs, so that no object is left when there is the first one.
pub(super) fn prepare(py: Python<'_>) -> PyResult<()> {
    default_dict(py).map(drop)
}

fn default_dict(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // Not from `collections`, which may not be imported yet.
    py.import("_collections")?.getattr("defaultdict")
}
