//! The cyclic garbage collector: its lists, and keeping it quiet.

use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Object;
use super::containers::list_item;
use super::layout::Layout;

/// Takes a container that holds nothing to collect off the collector's list, as the collector
/// itself does when it meets one.
pub(crate) fn untrack(object: &Bound<'_, PyAny>) {
    if Object::from_bound(object).is_tracked() {
        // SAFETY: a live object that the collector tracks.
        unsafe { c::PyObject_GC_UnTrack(object.as_ptr().cast()) };
    }
}

/// The header in front of every object that belongs to the collector.
#[repr(C)]
struct CollectorHead {
    next: usize,
    previous: usize,
}

/// Low bits of the links, where the collector keeps marks.
const LINK_MARKS: usize = 0b11;
/// `struct gc_generation`: the head of a list, a threshold and a count.
const GENERATION_SIZE: usize = 24;
const GENERATIONS: usize = 3;

/// The lists in which the collector of CPython 3.10 to 3.13 keeps the objects it tracks.
///
/// Going through them is what `gc.get_objects()` does, without the list and without touching
/// reference counts. The layout is private, though frozen in those versions; so
/// [`agree_with_collector`](Self::agree_with_collector) compares the outcome with the official one
/// before anything else relies on it.
#[derive(Debug)]
pub(in crate::capture) struct CollectorLists {
    youngest: *const CollectorHead,
}

impl CollectorLists {
    /// Finds the lists of the running interpreter; `None` if its version has others.
    pub(in crate::capture) fn find(py: Python<'_>, layout: &Layout) -> Option<Self> {
        if !layout.has_collector_lists() {
            return None;
        }
        // A new object is the last of the youngest generation: next comes the head of its list.
        let newest = PyList::empty(py);
        // SAFETY: a list has a collector's header in front of it.
        let header = unsafe { newest.as_ptr().cast::<CollectorHead>().sub(1) };
        // SAFETY: as above.
        let youngest = unsafe { (*header).next } & !LINK_MARKS;
        Some(Self {
            youngest: std::ptr::with_exposed_provenance(youngest),
        })
    }

    /// Calls `visit` with every object the collector tracks, in the order of `gc.get_objects()`.
    pub(in crate::capture) fn for_each(&self, mut visit: impl FnMut(Object)) {
        for head in self.heads() {
            let mut header = Self::next(head);
            while header != head {
                visit(Self::object(header));
                header = Self::next(header);
            }
        }
    }

    /// As [`for_each`](Self::for_each), faster where `visit` does not look at the object: from
    /// both ends of each list, so that the processor waits for two objects at a time.
    pub(in crate::capture) fn for_each_unseen(&self, mut visit: impl FnMut(Object)) {
        for head in self.heads() {
            let (mut front, mut back) = (Self::next(head), Self::previous(head));
            let mut second_half = Vec::new();
            while front != head {
                visit(Self::object(front));
                if front == back {
                    break;
                }
                second_half.push(Self::object(back));
                let next = Self::next(front);
                if next == back {
                    break;
                }
                (front, back) = (next, Self::previous(back));
            }
            second_half.into_iter().rev().for_each(&mut visit);
        }
    }

    /// The heads of the generations' lists, the youngest first.
    fn heads(&self) -> impl Iterator<Item = *const CollectorHead> {
        let youngest = self.youngest;
        (0..GENERATIONS).map(move |n| youngest.wrapping_byte_add(n * GENERATION_SIZE))
    }

    fn next(header: *const CollectorHead) -> *const CollectorHead {
        // SAFETY: `for_each` starts at the head of a generation's list and passes what it is
        // led to: a circle of headers of live objects that ends at the head.
        let next = unsafe { (*header).next };
        std::ptr::with_exposed_provenance(next & !LINK_MARKS)
    }

    fn previous(header: *const CollectorHead) -> *const CollectorHead {
        // SAFETY: as in `next`; outside of a collection the links back are whole too.
        let previous = unsafe { (*header).previous };
        std::ptr::with_exposed_provenance(previous & !LINK_MARKS)
    }

    fn object(header: *const CollectorHead) -> Object {
        let object = header.wrapping_add(1).cast_mut().cast();
        // SAFETY: an object follows its header, and a header is not at address 0.
        Object(unsafe { NonNull::new_unchecked(object) })
    }

    /// True if and only if the lists hold exactly what `gc.get_objects()` gives, in its order and
    /// read either way.
    pub(in crate::capture) fn agree_with_collector(&self, official: &Bound<'_, PyList>) -> bool {
        let (mut addresses, mut from_both_ends) = (Vec::new(), Vec::new());
        self.for_each(|object| addresses.push(object.address()));
        self.for_each_unseen(|object| from_both_ends.push(object.address()));
        if addresses != from_both_ends {
            return false;
        }
        addresses.retain(|&address| address != Object::from_bound(official).address());
        let listed = (0..official.len()).filter_map(|n| list_item(official, n));
        listed.map(Object::address).eq(addresses)
    }
}

/// Keeps collections from being started while it lives, then leaves the collector as it was.
///
/// A collection that was due before may still run where the interpreter handles what is pending:
/// on 3.12 `PyErr_CheckSignals` does. Nothing here calls that while addresses are in use.
#[derive(Debug)]
pub(crate) struct CollectorPause {
    was_enabled: bool,
}

impl CollectorPause {
    pub(crate) fn new(_py: Python<'_>) -> Self {
        // SAFETY: attached.
        let was_enabled = unsafe { c::PyGC_Disable() } != 0;
        Self { was_enabled }
    }
}

impl Drop for CollectorPause {
    fn drop(&mut self) {
        if self.was_enabled {
            // SAFETY: made and dropped within one attachment: it is not Send into a detached one.
            unsafe { c::PyGC_Enable() };
        }
    }
}
