//! Calls in which code of the program may run, and whether reading an attribute is one.
//!
//! Up to CPython 3.13 a thread that comes back for the interpreter while the process ends is ended
//! by `pthread_exit`, which unwinds its stack. Rust cannot be unwound so: the process would abort.
//! Wherever code of the program may run below Rust, the call is made here, and the thread stops
//! for good at the frame that called, as CPython 3.14 itself has it.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::NonNull;
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::put_off::{self, put_off};

/// Dropped only where a thread is being ended. It must not come further.
struct EndsHere;

impl Drop for EndsHere {
    fn drop(&mut self) {
        loop {
            std::thread::sleep(Duration::from_secs(3600));
        }
    }
}

/// A function of the C API as one that may unwind. The compiler knows the declaration, which says that
/// it does not, unless it is kept from seeing where the pointer comes from.
macro_rules! unwinding {
    ($function:expr, $declared:ty as $unwinding:ty) => {{
        let function: $declared = std::hint::black_box($function);
        // SAFETY: the two types differ in this one promise only, and no promise is the safe one.
        unsafe { std::mem::transmute::<$declared, $unwinding>(function) }
    }};
}

/// An object, borrowed or given.
type Pointer = *mut c::PyObject;

/// Runs a call into the interpreter that may end the thread.
#[inline]
fn guarded<T>(call: impl FnOnce() -> T) -> T {
    let end = EndsHere;
    let result = call();
    std::mem::forget(end);
    result
}

/// Calls a function of the program, or any that may run code of it.
///
/// # Errors
///
/// What the function raises.
pub(crate) fn call<'py>(
    function: &Bound<'py, PyAny>,
    arguments: impl IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = arguments.into_pyobject(function.py())?;
    let call = unwinding!(
        c::PyObject_CallObject,
        unsafe extern "C" fn(Pointer, Pointer) -> Pointer as
            unsafe extern "C-unwind" fn(Pointer, Pointer) -> Pointer
    );
    // SAFETY: a live object, and a tuple of arguments.
    let result = guarded(|| unsafe { call(function.as_ptr(), arguments.as_ptr()) });
    // SAFETY: a new reference, or null with an error set.
    unsafe { Bound::from_owned_ptr_or_err(function.py(), result) }
}

/// True if the program takes `object` for true.
///
/// # Errors
///
/// What its `__bool__` or `__len__` raises.
pub(crate) fn is_truthy(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let is_true = unwinding!(
        c::PyObject_IsTrue,
        unsafe extern "C" fn(Pointer) -> c_int as unsafe extern "C-unwind" fn(Pointer) -> c_int
    );
    // SAFETY: a live object.
    let truth = guarded(|| unsafe { is_true(object.as_ptr()) });
    if truth < 0 {
        return Err(PyErr::fetch(object.py()));
    }
    Ok(truth != 0)
}

/// An attribute of an object of a compiled type. An audit hook of the program may run.
///
/// # Errors
///
/// What the getter raises, or the hook.
pub(crate) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let get = unwinding!(
        c::PyObject_GetAttr,
        unsafe extern "C" fn(Pointer, Pointer) -> Pointer as
            unsafe extern "C-unwind" fn(Pointer, Pointer) -> Pointer
    );
    // SAFETY: live objects; the function checks that the name is one.
    let value = guarded(|| unsafe { get(object.as_ptr(), name.as_ptr()) });
    // SAFETY: a new reference, or null with an error set.
    let value = unsafe { Bound::from_owned_ptr_or_err(object.py(), value) };
    put_off(object.py(), value)
}

/// `descriptor.__get__` of a type, given the descriptor, the object and its class.
pub(super) fn get(slot: c::descrgetfunc, [descriptor, object, owner]: [Pointer; 3]) -> Pointer {
    let get = unwinding!(
        slot,
        c::descrgetfunc as unsafe extern "C-unwind" fn(Pointer, Pointer, Pointer) -> Pointer
    );
    // SAFETY: callers pass live objects.
    guarded(|| unsafe { get(descriptor, object, owner) })
}

/// Runs the handlers of signals that have come, where what they raise can be handed on.
///
/// # Errors
///
/// What a handler raises, or has raised where it could not be handed on.
pub(crate) fn run_signal_handlers(py: Python<'_>) -> PyResult<()> {
    if let Some(error) = put_off::taken() {
        return Err(error);
    }
    let check = unwinding!(
        c::PyErr_CheckSignals,
        unsafe extern "C" fn() -> c_int as unsafe extern "C-unwind" fn() -> c_int
    );
    // SAFETY: attached.
    if guarded(|| unsafe { check() }) != 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(())
}

/// Lets go of objects. Those that nobody else holds are freed, and run their finalizers.
pub(crate) fn release(objects: Vec<Bound<'_, PyAny>>) {
    let release = unwinding!(
        c::Py_DecRef,
        unsafe extern "C" fn(Pointer) as unsafe extern "C-unwind" fn(Pointer)
    );
    for object in objects {
        let object = object.into_ptr();
        // SAFETY: a counted reference that is given up here.
        guarded(|| unsafe { release(object) });
    }
}

type Audit = unsafe extern "C-unwind" fn(*const c_char, *const c_char, ...) -> c_int;

/// True if reading an attribute may run code of the program: an audit hook is installed, or it is
/// not known whether one is.
///
/// The interpreter builds the arguments of an event only if somebody listens. So it is asked to
/// build some by a function that notes that, and refuses: no hook is called.
pub(crate) fn is_audited(py: Python<'_>) -> bool {
    let Some(audit) = exported(c"PySys_Audit") else {
        return true;
    };
    // SAFETY: the function of that name, in the public C API since 3.8.
    let audit = unsafe { std::mem::transmute::<NonNull<c_void>, Audit>(audit) };
    let mut is_heard = false;
    let noted = std::ptr::from_mut(&mut is_heard);
    let note: unsafe extern "C" fn(*mut c_void) -> *mut c::PyObject = note_and_refuse;
    // SAFETY: attached; `O&` takes a function and what to call it with.
    let outcome = unsafe { audit(c"heapgraph".as_ptr(), c"O&".as_ptr(), note, noted) };
    if outcome != 0 {
        drop(PyErr::take(py));
    }
    is_heard
}

/// Notes in the `bool` at `noted` that it was called.
unsafe extern "C" fn note_and_refuse(noted: *mut c_void) -> *mut c::PyObject {
    // SAFETY: `is_audited` passes a `bool` of its own.
    unsafe { noted.cast::<bool>().write(true) };
    // SAFETY: called by the interpreter, so this thread is attached.
    let py = unsafe { Python::assume_attached() };
    PyRuntimeError::new_err("only asked whether somebody listens").restore(py);
    std::ptr::null_mut()
}

/// A function that CPython exports, beside those of the stable ABI of the oldest supported version.
pub(super) fn exported(name: &CStr) -> Option<NonNull<c_void>> {
    #[cfg(unix)]
    {
        // SAFETY: looks the name up among the symbols of the process.
        NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
    }
    #[cfg(not(unix))]
    {
        let _ = name;
        None
    }
}
