//! What objects are called: modules, classes, functions, code and frames.

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::ffi::{self, Object};
use super::functions::FunctionField;
use super::interned::intern;
use super::introspection::{Introspection, text};
use super::known_types::Known;
use super::modules::module_name;

/// Names of a function that its code has: with the classes and functions around it, from 3.11 on.
const QUALIFIED: [&str; 2] = ["co_qualname", "co_name"];
const SHORT: [&str; 1] = ["co_name"];

/// The name of an object that has one of its own: the name of a module, the qualified name of a
/// class or function, the place of code and frames. Runs no code of the program.
///
/// Of a running frame the place is the line it has come to, of code the first line.
pub(crate) fn object_name<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<String> {
    let py = object.py();
    let known = Object::from_bound(object);
    let ty = known.type_object();
    match types.known(ty) {
        Some(Known::Function) => {
            let name = types.function_field(known, FunctionField::QualifiedName)?;
            text(&name.lent(py))
        }
        Some(Known::Code) => code_place(
            types,
            object,
            &QUALIFIED,
            intern!(py, "co_firstlineno"),
            object,
        ),
        Some(Known::Frame) => {
            let code = ffi::code_of_frame(object);
            code_place(types, &code, &QUALIFIED, intern!(py, "f_lineno"), object)
        }
        Some(Known::Method) => {
            let function = ffi::attribute(object, intern!(py, "__func__")).ok()?;
            object_name(types, &function)
        }
        Some(Known::Builtin) => attribute_text(object, intern!(py, "__name__")),
        _ if ty.type_flags().is_type_subclass() => Some(types.qualified_name(object)),
        _ => match suspended_code(types, object) {
            Some((_, code)) => code_place(
                types,
                &code,
                &QUALIFIED,
                intern!(py, "co_firstlineno"),
                &code,
            ),
            None => module_name(object),
        },
    }
}

/// What an object that has a name of its own is called in a picture, where there is less room: a lambda by
/// its place, code by its short name. Of an object whose type is not ready, which may not even be asked for
/// its `repr`, that is what is said. Runs no code of the program.
pub(crate) fn shown_name<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<String> {
    let py = object.py();
    let known = Object::from_bound(object);
    let ty = known.type_object();
    if !known.has_ready_type(types.layout) {
        let name = types.type_name(&ty.lent(py));
        return Some(format!("{name} (not ready)").trim_start().to_owned());
    }
    if ty.type_flags().is_type_subclass() {
        return Some(types.qualified_name(object));
    }
    match types.known_base_of_interpreter(ty)? {
        Known::Module => Some(module_name(object).unwrap_or_else(|| "(unnamed)".into())),
        Known::Function => {
            let name = object_name(types, object)?;
            if !name.ends_with("<lambda>") {
                return Some(name);
            }
            let code = types.function_field(known, FunctionField::Code)?.bound(py);
            let place = line_of_code(types, &code, intern!(py, "co_firstlineno"), &code)?;
            Some(format!("lambda: {place}"))
        }
        Known::Builtin => object_name(types, object),
        Known::Code => code_place(types, object, &SHORT, intern!(py, "co_firstlineno"), object),
        Known::Frame => {
            let code = ffi::code_of_frame(object);
            code_place(types, &code, &SHORT, intern!(py, "f_lineno"), object)
        }
        _ => None,
    }
}

/// What kind of suspended function `object` is, and its code; `None` if it is none.
pub(super) fn suspended_code<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<(&'static str, Bound<'py, PyAny>)> {
    let py = object.py();
    let (kind, code) = match types.known(Object::from_bound(object).type_object())? {
        Known::Generator => ("generator", intern!(py, "gi_code")),
        Known::Coroutine => ("coroutine", intern!(py, "cr_code")),
        Known::AsyncGenerator => ("async generator", intern!(py, "ag_code")),
        _ => return None,
    };
    Some((kind, ffi::attribute(object, code).ok()?))
}

/// Function, file and line: the first of its `names` that code has, and the line that the attribute `line` of
/// `holder` gives.
fn code_place<'py>(
    types: &Introspection<'py>,
    code: &Bound<'py, PyAny>,
    names: &[&str],
    line: &Bound<'py, PyString>,
    holder: &Bound<'py, PyAny>,
) -> Option<String> {
    let mut names = names.iter();
    let name = names.find_map(|name| code_text(types, code, name))?;
    let place = line_of_code(types, code, line, holder)?;
    Some(format!("{name} in {place}"))
}

/// File and line.
fn line_of_code<'py>(
    types: &Introspection<'py>,
    code: &Bound<'py, PyAny>,
    line: &Bound<'py, PyString>,
    holder: &Bound<'py, PyAny>,
) -> Option<String> {
    let file = code_text(types, code, "co_filename")?;
    let line: u32 = ffi::attribute(holder, line).ok()?.extract().unwrap_or(0);
    Some(format!("{file}:{line}"))
}

/// A member of code, if it is a string.
fn code_text(types: &Introspection<'_>, code: &Bound<'_, PyAny>, member: &str) -> Option<String> {
    let member = types.code_member(Object::from_bound(code), member)?;
    text(&member.lent(types.py))
}

/// An attribute of an object of a compiled type, if it is a string.
fn attribute_text(object: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> Option<String> {
    text(&ffi::attribute(object, name).ok()?)
}
