//! What a handler of a signal raises where it can not be handed on at once.
//!
//! An attribute that an audit hook refuses to give is one that is not known, and the walk goes on. What a
//! handler raises that has run in the midst of the hook is no refusal: it is for the program.

use std::cell::Cell;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use super::{calls, module_namespace, module_table, value_under};

thread_local! {
    static PUT_OFF: Cell<Option<PyErr>> = const { Cell::new(None) };
}

/// Keeps the error of an attribute that was read until it is taken, if it is one of a handler.
pub(super) fn put_off<T>(py: Python<'_>, read: PyResult<T>) -> PyResult<T> {
    read.inspect_err(|error| {
        let first = PUT_OFF.take();
        PUT_OFF.set(first.or_else(|| of_handler(py, error)));
    })
}

/// The first error that was put off in this thread.
pub(super) fn taken() -> Option<PyErr> {
    PUT_OFF.take()
}

/// Hands the error on that was put off in this thread, if there is one.
///
/// # Errors
///
/// That error.
pub(crate) fn hand_on() -> PyResult<()> {
    taken().map_or(Ok(()), Err)
}

/// Forgets what a question put off that failed with another error.
pub(crate) fn begin_anew() {
    drop(taken());
}

fn of_handler(py: Python<'_>, error: &PyErr) -> Option<PyErr> {
    if !error.is_instance_of::<PyException>(py) {
        return Some(error.clone_ref(py));
    }
    // What no function of Python was involved in is the getter's own.
    error.traceback(py)?;
    let modules = module_table(py)?;
    let module = value_under(&modules, c"heapgraph._signals")?.bound(py);
    let namespace = module_namespace(&module)?;
    let is_of_handler = value_under(&namespace, c"is_of_handler")?.bound(py);
    // With its traceback, which up to 3.11 lies beside it.
    let exception = error.clone_ref(py).into_value(py);
    match calls::call(&is_of_handler, (exception,)) {
        Ok(answer) => answer.is_truthy().ok()?.then(|| error.clone_ref(py)),
        // The function fails at nothing: a handler has run in it.
        Err(error) => Some(error),
    }
}
