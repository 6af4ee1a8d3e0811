//! The threads of this interpreter, and the frames they are in.
//!
//! `sys._current_frames()` goes through the threads of all interpreters and makes frame objects
//! for them. Beside one that has a GIL of its own that is a crash; beside any other, what it gives
//! is not ours.

use std::ffi::c_void;
use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;

use super::calls::exported;

/// The threads of this interpreter.
pub(in crate::capture) struct Threads<'py> {
    py: Python<'py>,
    states: Vec<NonNull<c::PyThreadState>>,
    current: Option<NonNull<c::PyThreadState>>,
    /// Offset of the number that a thread has in Python.
    ident: Option<usize>,
    /// True if all of them are here, and not the current one alone.
    pub(in crate::capture) are_all: bool,
}

/// A thread of this interpreter.
pub(in crate::capture) struct Thread<'py> {
    /// What `threading.get_ident` says of it, where that can be read.
    pub(in crate::capture) ident: Option<u64>,
    pub(in crate::capture) is_current: bool,
    /// The innermost frame, if it runs any Python code.
    pub(in crate::capture) frame: Option<Bound<'py, PyAny>>,
}

impl<'py> Threads<'py> {
    /// Finds them; `ident` is where a thread state has the number of its thread, if that is known.
    /// Runs no Python code, and lets no other thread run.
    pub(in crate::capture) fn find(py: Python<'py>, ident: Option<usize>) -> Self {
        // SAFETY: attached.
        let current = NonNull::new(unsafe { c::PyThreadState_Get() });
        let listed = listed_states();
        let are_all = listed.is_some();
        let states = listed.unwrap_or_else(|| current.into_iter().collect());
        Self {
            py,
            states,
            current,
            ident,
            are_all,
        }
    }

    pub(in crate::capture) fn iter(&self) -> impl Iterator<Item = Thread<'py>> {
        self.states.iter().map(|&state| Thread {
            ident: self.ident.map(|offset| word(state, offset)),
            is_current: Some(state) == self.current,
            frame: innermost_frame(self.py, state),
        })
    }
}

type Head = unsafe extern "C" fn(*mut c::PyInterpreterState) -> *mut c::PyThreadState;
type Next = unsafe extern "C" fn(*mut c::PyThreadState) -> *mut c::PyThreadState;

/// The states of the threads of this interpreter, the last made first; `None` if this CPython does
/// not export its list of them, which is not part of the stable ABI.
fn listed_states() -> Option<Vec<NonNull<c::PyThreadState>>> {
    let (head, next) = (
        exported(c"PyInterpreterState_ThreadHead")?,
        exported(c"PyThreadState_Next")?,
    );
    // SAFETY: the function of that name, which takes and gives this in 3.10 to 3.15.
    let head = unsafe { std::mem::transmute::<NonNull<c_void>, Head>(head) };
    // SAFETY: as above.
    let next = unsafe { std::mem::transmute::<NonNull<c_void>, Next>(next) };
    // SAFETY: attached; never null.
    let interpreter = unsafe { c::PyInterpreterState_Get() };
    // SAFETY: the interpreter that is running.
    let mut state = NonNull::new(unsafe { head(interpreter) });
    // The lock of the list cannot be held here. Under the GIL no thread state is taken out, as
    // that is done by its own thread while it has the GIL. One may be added, by a thread of other
    // code that calls into Python for the first time: at the head, under the lock. In 3.11 it is
    // there before it is filled. This call waits for the lock, and looks for a thread that is not
    // there: what was at the head before is filled after it.
    // SAFETY: attached.
    unsafe { c::PyThreadState_SetAsyncExc(-1, std::ptr::null_mut()) };
    let mut states = Vec::new();
    while let Some(found) = state {
        states.push(found);
        // SAFETY: alive while we have the GIL, and filled, see above.
        state = NonNull::new(unsafe { next(found.as_ptr()) });
    }
    Some(states)
}

/// The innermost frame of a thread. Makes the frame object, if there is none yet.
fn innermost_frame(py: Python<'_>, state: NonNull<c::PyThreadState>) -> Option<Bound<'_, PyAny>> {
    // SAFETY: a thread of this interpreter, whose GIL we have, so that it stays where it is.
    let frame = unsafe { c::PyThreadState_GetFrame(state.as_ptr()) };
    if frame.is_null() {
        drop(PyErr::take(py));
    }
    // SAFETY: a new reference, or null.
    unsafe { Bound::from_owned_ptr_or_opt(py, frame.cast()) }
}

/// Whether the state of the current thread has the number of the thread at this offset.
#[cfg(unix)]
pub(super) fn has_ident_at(_py: Python<'_>, offset: usize) -> bool {
    // SAFETY: attached.
    let current = NonNull::new(unsafe { c::PyThreadState_Get() });
    // SAFETY: asks for the calling thread. CPython takes it for the number where threads are
    // those of POSIX.
    let own = unsafe { libc::pthread_self() };
    current.is_some_and(|current| word(current, offset) == own as u64)
}

#[cfg(not(unix))]
pub(super) fn has_ident_at(_py: Python<'_>, _offset: usize) -> bool {
    false
}

fn word(state: NonNull<c::PyThreadState>, offset: usize) -> u64 {
    let pointer = state.as_ptr().cast::<u64>().wrapping_byte_add(offset);
    // SAFETY: a thread state is alive, see `listed_states`, and is larger than any offset of `THREAD_IDENT`.
    unsafe { pointer.read() }
}

/// The code of a frame. Unlike `f_code`, this is no event that an audit hook hears of.
pub(in crate::capture) fn code_of_frame<'py>(frame: &Bound<'py, PyAny>) -> Bound<'py, PyAny> {
    // SAFETY: callers pass a frame object.
    let code = unsafe { c::PyFrame_GetCode(frame.as_ptr().cast()) };
    // SAFETY: a new reference; a frame always has code.
    unsafe { Bound::from_owned_ptr(frame.py(), code.cast()) }
}
