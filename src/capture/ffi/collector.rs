//! The cyclic garbage collector: its lists, and keeping it quiet.

use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Object;
use super::layout::Layout;
use super::layout::table::{CollectorHead, GENERATIONS, Generation, LINK_MARKS};
use crate::process::grow;

/// Takes a container that holds nothing to collect off the collector's list, as the collector
/// itself does when it meets one.
pub(crate) fn untrack(object: &Bound<'_, PyAny>) {
    if Object::from_bound(object).is_tracked() {
        // SAFETY: a live object that the collector tracks.
        unsafe { c::PyObject_GC_UnTrack(object.as_ptr().cast()) };
    }
}

/// Objects that are made or freed between one look at their count and another.
const NEW_MEANWHILE: u32 = 8;

/// The lists in which the collector of CPython 3.10 to 3.13 keeps the objects it tracks.
///
/// Going through them is what `gc.get_objects()` does, without the list and without touching
/// reference counts. The layout is private, though frozen in those versions; so
/// [`probe`](Self::probe) compares what can be compared in no time before anything else relies on it.
#[derive(Debug)]
pub(in crate::capture) struct CollectorLists {
    youngest: *const Generation,
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

    /// True if and only if the lists are where they are expected, as far as can be told in the same time
    /// however large the heap is:
    ///
    /// * objects made for it are the last of the youngest list, one after the other, and its head is
    ///   next to them from either side;
    /// * beside the heads of the three lists are the numbers that `gc.get_threshold()` and
    ///   `gc.get_count()` give;
    /// * each of the lists comes back to its head, from either end.
    pub(super) fn probe(py: Python<'_>, layout: &Layout) -> Option<bool> {
        let _pause = CollectorPause::new(py);
        let lists = Self::find(py, layout)?;
        let gc = py.import("gc").ok()?;
        let numbers = |name| -> Option<[i32; GENERATIONS]> {
            let numbers = gc.call_method0(name).ok()?;
            numbers.extract().ok()
        };
        let thresholds = numbers("get_threshold")?;
        let planted = [PyList::empty(py), PyList::empty(py), PyList::empty(py)];
        let counts = numbers("get_count")?;
        // Nothing is left of what it took to ask.
        let are_last = lists.end_with(&planted);
        let are_beside = (lists.numbers().zip(thresholds).zip(counts).enumerate()).all(
            |(generation, ((number, threshold), count))| {
                // The first count is that of new objects, of which the answer is one.
                let allowed = if generation == 0 { NEW_MEANWHILE } else { 0 };
                number.0 == threshold && number.1.abs_diff(count) <= allowed
            },
        );
        Some(are_last && are_beside && lists.heads().all(Self::is_circle))
    }

    /// True if and only if the youngest list ends with these objects.
    fn end_with(&self, planted: &[Bound<'_, PyList>]) -> bool {
        let header = |list: &Bound<'_, PyList>| {
            let object = list.as_ptr().cast::<CollectorHead>();
            // SAFETY: a list has a collector's header in front of it.
            unsafe { object.sub(1) }.cast_const()
        };
        let youngest = self.youngest.cast::<CollectorHead>();
        let circle = planted.iter().map(header).chain([youngest]);
        let circle: Vec<*const CollectorHead> = circle.collect();
        circle.windows(2).all(|pair| {
            Self::next(pair[0]).addr() == pair[1].addr()
                && Self::previous(pair[1]).addr() == pair[0].addr()
        })
    }

    /// Threshold and count of each generation, the youngest first.
    fn numbers(&self) -> impl Iterator<Item = (i32, i32)> {
        let youngest = self.youngest;
        (0..GENERATIONS).map(move |n| {
            let generation = youngest.wrapping_add(n);
            // SAFETY: the head of a list that a new object is in lies in the state of the
            // interpreter, with more behind it than three generations take (CPython 3.10 to 3.13).
            let threshold = unsafe { (*generation).threshold };
            // SAFETY: as above.
            let count = unsafe { (*generation).count };
            (threshold, count)
        })
    }

    /// True if and only if the first and the last of a list have its head on their other side.
    fn is_circle(head: *const CollectorHead) -> bool {
        let (first, last) = (Self::next(head), Self::previous(head));
        Self::previous(first).addr() == head.addr() && Self::next(last).addr() == head.addr()
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
                if second_half.len() == second_half.capacity()
                    && grow(&mut second_half, usize::MAX).is_err()
                {
                    // Where there is no memory, the rest is taken from one end.
                    front = Self::next(front);
                    while front != back {
                        visit(Self::object(front));
                        front = Self::next(front);
                    }
                    visit(Self::object(back));
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
        (0..GENERATIONS).map(move |n| youngest.wrapping_add(n).cast())
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
