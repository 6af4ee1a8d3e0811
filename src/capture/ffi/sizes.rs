//! Sizes of objects, as their types give them.

use pyo3::ffi as c;
use pyo3::prelude::*;

use super::Object;

/// What a compiled `__sizeof__` of the type of `object`, or of one that it is derived from, says of
/// it; `None` if it fails or gives nonsense.
pub(in crate::capture) fn sizeof(method: &Bound<'_, PyAny>, object: Object) -> Option<u64> {
    object.own_type()?;
    let end = std::ptr::null_mut::<c::PyObject>();
    // SAFETY: live objects and the null that ends the arguments.
    let size = unsafe { c::PyObject_CallFunctionObjArgs(method.as_ptr(), object.0.as_ptr(), end) };
    if size.is_null() {
        drop(PyErr::take(method.py()));
        return None;
    }
    // SAFETY: not null; gives -1 with an error set if it is no number.
    let bytes = unsafe { c::PyLong_AsSsize_t(size) };
    // SAFETY: a new reference that nobody else has.
    unsafe { c::Py_DECREF(size) };
    if bytes < 0 {
        drop(PyErr::take(method.py()));
    }
    u64::try_from(bytes).ok()
}

/// `ob_size` of an instance of a type whose `tp_itemsize` is not zero, or of a list.
pub(in crate::capture) fn item_count(object: Object) -> u64 {
    // SAFETY: such an object starts with a PyVarObject.
    let count = unsafe { (*object.0.as_ptr().cast::<c::PyVarObject>()).ob_size };
    // Old integers keep their sign here.
    count.unsigned_abs() as u64
}
