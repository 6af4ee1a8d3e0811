//! Keys as `repr` spells them, for types whose `repr` is the interpreter's own.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

use super::super::introspection::{Introspection, text};
use crate::capture::ffi::Object;

/// A spelling longer than this is cut.
const LONGEST: usize = 60;
/// Tuples are spelled out to this depth.
const DEEPEST: usize = 2;

/// The object as its `repr` spells it, if that runs no code of the program; otherwise its type in
/// angle brackets.
pub(crate) fn spell(types: &Introspection<'_>, object: &Bound<'_, PyAny>) -> String {
    shorten(&spell_to(types, object, DEEPEST))
}

fn spell_to(types: &Introspection<'_>, object: &Bound<'_, PyAny>, depth: usize) -> String {
    let is_atom = object.is_none()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyBytes>();
    if is_atom && let Some(spelled) = object.repr().ok().and_then(|repr| text(&repr)) {
        return spelled;
    }
    if let Ok(tuple) = object.cast_exact::<PyTuple>()
        && depth > 0
    {
        let items: Vec<String> = tuple
            .iter()
            .map(|item| spell_to(types, &item, depth - 1))
            .collect();
        return match &items[..] {
            [only] => format!("({only},)"),
            items => format!("({})", items.join(", ")),
        };
    }
    let ty = object.get_type();
    if Object::from_bound(&ty).type_flags().is_type_subclass() {
        let module = types
            .type_module(object)
            .map(|module| module + ".")
            .unwrap_or_default();
        return format!("<class {module}{}>", types.type_name(object));
    }
    format!("<{}>", types.type_name(&ty))
}

/// Cuts a spelling in the middle, so that its quotes and brackets stay.
fn shorten(spelled: &str) -> String {
    let length = spelled.chars().count();
    if length <= LONGEST {
        return spelled.to_owned();
    }
    let head: String = spelled.chars().take(LONGEST - 11).collect();
    let tail: String = spelled.chars().skip(length - 10).collect();
    format!("{head}…{tail}")
}
