//! What objects are called: modules, classes, functions, code and frames.

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyString};

use super::ffi::{self, Object};
use super::interned::intern;
use super::introspection::{Introspection, text};
use super::modules::module_name;

/// The name of an object that has one of its own: the name of a module, the qualified name of a
/// class or function, the place of code and frames. Runs no code of the program.
///
/// Of a running frame the place is the line it has come to, of code the first line.
pub(crate) fn object_name<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<String> {
    let ty = object.get_type();
    if ty.is(&types.function_type) {
        attribute_text(object, intern!(object.py(), "__qualname__"))
    } else if ty.is(&types.code_type) {
        code_place(object, intern!(object.py(), "co_firstlineno"), object)
    } else if ty.is(&types.frame_type) {
        let py = object.py();
        let code = ffi::attribute(object, intern!(py, "f_code")).ok()?;
        code_place(&code, intern!(py, "f_lineno"), object)
    } else if ty.is(&types.method_type) {
        let function = ffi::attribute(object, intern!(object.py(), "__func__")).ok()?;
        object_name(types, &function)
    } else if object.is_exact_instance_of::<PyCFunction>() {
        attribute_text(object, intern!(object.py(), "__name__"))
    } else if Object::from_bound(&ty).type_flags().is_type_subclass() {
        Some(types.qualified_name(object))
    } else if let Some((_, code)) = suspended_code(types, object) {
        code_place(&code, intern!(object.py(), "co_firstlineno"), &code)
    } else {
        module_name(object)
    }
}

/// What kind of suspended function `object` is, and its code; `None` if it is none.
pub(super) fn suspended_code<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<(&'static str, Bound<'py, PyAny>)> {
    let ty = object.get_type();
    if Object::from_bound(&ty).type_flags().is_heap_type() {
        return None;
    }
    let py = object.py();
    let (kind, code) = match types.type_name(&ty).as_str() {
        "generator" => ("generator", intern!(py, "gi_code")),
        "coroutine" => ("coroutine", intern!(py, "cr_code")),
        "async_generator" => ("async generator", intern!(py, "ag_code")),
        _ => return None,
    };
    Some((kind, ffi::attribute(object, code).ok()?))
}

/// Function, file and line; `line` is the attribute of `holder` that has the line.
fn code_place(
    code: &Bound<'_, PyAny>,
    line: &Bound<'_, PyString>,
    holder: &Bound<'_, PyAny>,
) -> Option<String> {
    let py = code.py();
    // From 3.11.
    let name = attribute_text(code, intern!(py, "co_qualname"))
        .or_else(|| attribute_text(code, intern!(py, "co_name")))?;
    let file = attribute_text(code, intern!(py, "co_filename"))?;
    let line: u32 = ffi::attribute(holder, line).ok()?.extract().unwrap_or(0);
    Some(format!("{name} in {file}:{line}"))
}

/// An attribute of an object of a compiled type, if it is a string.
fn attribute_text(object: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> Option<String> {
    text(&ffi::attribute(object, name).ok()?)
}
