//! Attributes and spellings, read through slots of types.

use std::ffi::c_void;

use pyo3::exceptions::PyAttributeError;
use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::put_off::put_off;
use super::{Layout, Object, calls};

/// What the `repr` of the exact type of `object` gives. Unlike `repr()` it handles no signals and
/// starts no collection, both of which may run any code. For types whose `repr` is compiled and
/// looks at nothing but the object itself.
pub(in crate::capture) fn plain_repr<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let ty = Object::from_bound(object).type_object();
    // SAFETY: a type object; from 3.10 static types are allowed too.
    let slot = unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_repr) };
    // SAFETY: the slot holds null or a function of exactly this type.
    let repr = unsafe { std::mem::transmute::<*mut c_void, Option<c::reprfunc>>(slot) }?;
    // SAFETY: the function takes any instance of its type.
    let text = unsafe { repr(object.as_ptr()) };
    // SAFETY: a new reference, or null with an error set, which is dropped.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), text) }.ok()
}

/// `descriptor.__get__(object)` through the slot of the descriptor's type.
///
/// # Errors
///
/// Whatever the descriptor raises; `AttributeError` where it is none, or the object has no type.
pub(in crate::capture) fn descriptor_get<'py>(
    descriptor: &Bound<'py, PyAny>,
    object: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let ty = Object::from_bound(descriptor).type_object();
    // SAFETY: a type object; from 3.10 static types are allowed too.
    let slot = unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_descr_get) };
    // SAFETY: the slot holds null or a function of exactly this type.
    let get = unsafe { std::mem::transmute::<*mut c_void, Option<c::descrgetfunc>>(slot) };
    let get = get.ok_or_else(|| PyAttributeError::new_err("not a descriptor"))?;
    // What has none is a static type that is not ready, of which not even a number is asked.
    let owner = Object::from_bound(object).own_type();
    let owner = owner.ok_or_else(|| PyAttributeError::new_err("an object without a type"))?;
    let owner = owner.0.as_ptr();
    let value = calls::get(get, [descriptor.as_ptr(), object.as_ptr(), owner]);
    // SAFETY: a new reference, or null with an error set.
    let value = unsafe { Bound::from_owned_ptr_or_err(object.py(), value) };
    put_off(object.py(), value)
}

/// True if and only if the type of `object` has a `__get__`, so that finding it on a class may
/// run code.
pub(in crate::capture) fn is_descriptor(object: Object) -> bool {
    let ty = object.type_object();
    // SAFETY: a type object; from 3.10 static types are allowed too.
    !unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_descr_get) }.is_null()
}

/// The attribute as `object.__getattribute__` finds it, whatever the class overrides. Reads
/// inline values without making a dict of them (3.10 to 3.15). Callers have made sure that the
/// type holds nothing under the name whose `__get__` is not compiled.
pub(in crate::capture) fn generic_attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyAny>> {
    if !Object::from_bound(object)
        .type_object()
        .is_ready_type(Layout::get(object.py()))
    {
        // The lookup would make it ready, which is the program's to do.
        return None;
    }
    // SAFETY: live objects; the name is a str, which the function checks.
    let value = unsafe { c::PyObject_GenericGetAttr(object.as_ptr(), name.as_ptr()) };
    // SAFETY: a new reference, or null with an error set.
    let value = unsafe { Bound::from_owned_ptr_or_err(object.py(), value) };
    put_off(object.py(), value).ok()
}

/// The dict of an instance of a type whose instances have one, which this makes unless it is there:
/// without the getter that a class has under `__dict__`, which may be anything.
pub(in crate::capture) fn dict_of_instance<'py>(
    object: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyDict>> {
    // SAFETY: a live object; an AttributeError where it has no place for a dict.
    let dict = unsafe { c::PyObject_GenericGetDict(object.as_ptr(), std::ptr::null_mut()) };
    // SAFETY: a new reference, or null with an error set, which is dropped.
    let dict = unsafe { Bound::from_owned_ptr_or_err(object.py(), dict) }.ok()?;
    dict.cast_into().ok()
}
