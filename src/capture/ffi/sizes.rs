//! Sizes of objects, as their types give them.

use pyo3::ffi as c;
use pyo3::prelude::*;

use super::Object;

/// A compiled `__sizeof__` found on a type.
#[derive(Debug)]
pub(in crate::capture) enum NativeSizeof<'py> {
    /// The function behind the method, of the kind that takes no arguments.
    Function(c::PyCFunction),
    /// The method itself.
    Method(Bound<'py, PyAny>),
}

/// `PyMethodDescrObject`: an object, its type, its two names, then what it wraps. The same from
/// 3.10 to 3.13; other versions are not asked.
#[repr(C)]
struct MethodDescriptor {
    object: [usize; 2],
    owner_and_names: [usize; 3],
    method: *const c::PyMethodDef,
}

impl<'py> NativeSizeof<'py> {
    /// `method` is a `method_descriptor`.
    pub(in crate::capture) fn new(method: Bound<'py, PyAny>, version: (u8, u8)) -> Self {
        if !((3, 10)..=(3, 13)).contains(&version) {
            return Self::Method(method);
        }
        // SAFETY: a method descriptor of these versions.
        let definition = unsafe { (*method.as_ptr().cast::<MethodDescriptor>()).method };
        // SAFETY: the definition is static, or lives as long as the type.
        let flags = unsafe { (*definition).ml_flags };
        if flags & !c::METH_COEXIST != c::METH_NOARGS {
            return Self::Method(method);
        }
        // SAFETY: as above.
        let function = unsafe { (*definition).ml_meth };
        // SAFETY: the flags say that it is a function of this kind.
        Self::Function(unsafe { function.PyCFunction })
    }

    /// What it says of an instance of the type; `None` if it fails or gives nonsense.
    pub(in crate::capture) fn call(&self, py: Python<'_>, object: Object) -> Option<u64> {
        let end = std::ptr::null_mut::<c::PyObject>();
        let size = match self {
            // SAFETY: an instance of the type, and no arguments.
            Self::Function(function) => unsafe { function(object.0.as_ptr(), end) },
            // SAFETY: live objects and the null that ends the arguments.
            Self::Method(method) => unsafe {
                c::PyObject_CallFunctionObjArgs(method.as_ptr(), object.0.as_ptr(), end)
            },
        };
        if size.is_null() {
            drop(PyErr::take(py));
            return None;
        }
        // SAFETY: not null; gives -1 with an error set if it is no number.
        let bytes = unsafe { c::PyLong_AsSsize_t(size) };
        // SAFETY: a new reference that nobody else has.
        unsafe { c::Py_DECREF(size) };
        if bytes < 0 {
            drop(PyErr::take(py));
        }
        u64::try_from(bytes).ok()
    }
}

/// `ob_size` of an instance of a type whose `tp_itemsize` is not zero, or of a list.
pub(in crate::capture) fn item_count(object: Object) -> u64 {
    // SAFETY: such an object starts with a PyVarObject.
    let count = unsafe { (*object.0.as_ptr().cast::<c::PyVarObject>()).ob_size };
    // Old integers keep their sign here.
    count.unsigned_abs() as u64
}
