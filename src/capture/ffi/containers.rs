//! Contents of lists, dicts and modules, read without asking them.

use std::ffi::CStr;
use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::Object;
use super::layout::Layout;
use super::sizes::item_count;

/// The items of a list, borrowed.
pub(in crate::capture) fn list_item(list: &Bound<'_, PyAny>, position: usize) -> Option<Object> {
    let position = position.cast_signed();
    // SAFETY: the function checks that it is a list and that the position exists.
    let item = unsafe { c::PyList_GetItem(list.as_ptr(), position) };
    if item.is_null() {
        drop(PyErr::take(list.py()));
    }
    NonNull::new(item).map(Object)
}

/// The items of a tuple or an instance of a subclass, borrowed.
pub(in crate::capture) fn tuple_items(tuple: Object) -> impl Iterator<Item = Object> {
    tuple_places(tuple).map(|(_, item)| item)
}

/// The same, with where they are: one that is being filled has places that hold nothing.
pub(in crate::capture) fn tuple_places(tuple: Object) -> impl Iterator<Item = (usize, Object)> {
    // SAFETY: callers pass instances of tuple.
    let length = unsafe { c::PyTuple_Size(tuple.0.as_ptr()) };
    (0..length).filter_map(move |position| {
        // SAFETY: a tuple, and a position in it; null where it is still being filled.
        let item = unsafe { c::PyTuple_GetItem(tuple.0.as_ptr(), position) };
        NonNull::new(item).map(|item| (position.cast_unsigned(), Object(item)))
    })
}

/// The items of an instance of list or tuple, borrowed, up to the first place where there is none.
pub(in crate::capture) fn items(holder: Object) -> impl Iterator<Item = Object> {
    let is_tuple = holder.type_object().type_flags().is_tuple_subclass();
    let count = c::Py_ssize_t::try_from(item_count(holder)).unwrap_or(0);
    (0..count).map_while(move |position| {
        let holder = holder.0.as_ptr();
        let item = if is_tuple {
            // SAFETY: a tuple, and a position in it.
            unsafe { c::PyTuple_GetItem(holder, position) }
        } else {
            // SAFETY: the function checks that it is a list; a position in it.
            unsafe { c::PyList_GetItem(holder, position) }
        };
        NonNull::new(item).map(Object)
    })
}

/// The keys and values of a dict, a frozendict or an instance of a subclass, in its own order, without
/// running any code of theirs.
pub(in crate::capture) fn dict_entries(dict: Object) -> impl Iterator<Item = (Object, Object)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: callers pass what has entries, which nothing changes during the iteration.
        let found = unsafe {
            c::PyDict_Next(
                dict.0.as_ptr(),
                &raw mut position,
                &raw mut key,
                &raw mut value,
            )
        };
        if found == 0 {
            return None;
        }
        Some((Object(NonNull::new(key)?), Object(NonNull::new(value)?)))
    })
}

/// What `sys` has under a name, without asking its module object.
pub(in crate::capture) fn system_object<'py>(
    py: Python<'py>,
    name: &CStr,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: attached; the name ends in null. The result is borrowed, or null without an error.
    let object = NonNull::new(unsafe { c::PySys_GetObject(name.as_ptr()) })?;
    // SAFETY: a live object, borrowed.
    Some(unsafe { Bound::from_borrowed_ptr(py, object.as_ptr()) })
}

/// `sys.modules`, where it is a dict: not any more when the interpreter shuts down.
pub(in crate::capture) fn module_table(py: Python<'_>) -> Option<Bound<'_, PyDict>> {
    system_object(py, c"modules")?.cast_into().ok()
}

/// True if and only if a key is the name, and exactly a `str`: a lookup by hash could run the `__eq__` of
/// one that is derived from it.
pub(in crate::capture) fn is_name(key: Object, name: &CStr) -> bool {
    // SAFETY: a live object.
    let is_string = unsafe { c::PyUnicode_CheckExact(key.0.as_ptr()) } != 0;
    // SAFETY: an exact str, and a name that ends in null.
    is_string && unsafe { c::PyUnicode_CompareWithASCIIString(key.0.as_ptr(), name.as_ptr()) } == 0
}

/// The value under a name, found by looking at every key; see [`is_name`].
pub(in crate::capture) fn value_under(dict: &Bound<'_, PyDict>, name: &CStr) -> Option<Object> {
    dict_entries(Object::from_bound(dict))
        .find(|&(key, _)| is_name(key, name))
        .map(|(_, value)| value)
}

/// The namespace of a module object, without asking its `__getattribute__`; `None` if it is no
/// module or has no namespace any more.
pub(in crate::capture) fn module_namespace<'py>(
    module: &Bound<'py, PyAny>,
) -> Option<Borrowed<'py, 'py, PyDict>> {
    Object::from_bound(module).own_type()?;
    // SAFETY: any object that has a type may be asked.
    if unsafe { c::PyModule_Check(module.as_ptr()) } == 0 {
        return None;
    }
    // SAFETY: it is a module; the result is borrowed from it, or null with an error set.
    let namespace = unsafe { c::PyModule_GetDict(module.as_ptr()) };
    if namespace.is_null() {
        drop(PyErr::take(module.py()));
        return None;
    }
    // SAFETY: not null, and alive with its module, which callers hold or know to be alive.
    unsafe { Borrowed::from_ptr(module.py(), namespace) }
        .cast()
        .ok()
}

/// What a compiled function belongs to: the module that it was made for, or an instance. Callers pass a
/// `builtin_function_or_method`.
pub(in crate::capture) fn owner_of_function(function: Object) -> Option<Object> {
    // SAFETY: a compiled function; the result is borrowed from it, or null.
    NonNull::new(unsafe { c::PyCFunction_GetSelf(function.0.as_ptr()) }).map(Object)
}

/// What a weak reference, or an instance of a subclass, leads to, if that is still there. Callers pass
/// one.
pub(in crate::capture) fn weak_referent(
    reference: Object,
    py: Python<'_>,
    layout: &Layout,
) -> Option<Object> {
    let referent = if let Some(offset) = layout.weak_referent() {
        reference.reference_at(offset)?
    } else {
        // From 3.13 on this counts the referent up and down, and so writes to it.
        // SAFETY: a weak reference; the result is borrowed, or null with an error set.
        let referent = unsafe { c::PyWeakref_GetObject(reference.0.as_ptr()) };
        if referent.is_null() {
            drop(PyErr::take(py));
        }
        NonNull::new(referent).map(Object)?
    };
    let is_dying = referent.reference_count(layout) == Some(0);
    let is_none = referent.lent(py).is_none();
    (!is_none && !is_dying).then_some(referent)
}

/// How many references a list, tuple, dict or set holds, as its header tells; `None` for an object of
/// another type.
pub(in crate::capture) fn content_count(object: Object) -> Option<u64> {
    let flags = object.type_object().type_flags();
    if flags.is_list_subclass() || flags.is_tuple_subclass() {
        return Some(item_count(object));
    }
    let count = if flags.is_dict_subclass() {
        // SAFETY: an instance of dict.
        2 * unsafe { c::PyDict_Size(object.0.as_ptr()) }
    } else {
        // SAFETY: a live object.
        if unsafe { c::PyAnySet_CheckExact(object.0.as_ptr()) } == 0 {
            return None;
        }
        // SAFETY: a set.
        unsafe { c::PySet_Size(object.0.as_ptr()) }
    };
    u64::try_from(count).ok()
}
