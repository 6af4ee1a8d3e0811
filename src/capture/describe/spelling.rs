//! Keys as `repr` spells them, for types whose `repr` is the interpreter's own.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

use super::super::introspection::{Introspection, text};
use super::super::known_types::Known;
use crate::capture::ffi::{self, Object};

/// A spelling longer than this is cut.
const LONGEST: usize = 60;
/// Tuples are spelled out to this depth.
const DEEPEST: usize = 2;

/// The object as its `repr` spells it, if that runs no code of the program; otherwise its type in
/// angle brackets.
pub(crate) fn spell(types: &Introspection<'_>, object: &Bound<'_, PyAny>) -> String {
    shorten(&spell_to(types, object, DEEPEST))
}

/// The arguments of a call as a cached function (`functools.lru_cache`) has them in the key of its result:
/// `(3, name='n')`.
///
/// A key is the only argument, or a tuple of all: those by position, then, behind an `object()`, name and
/// value of each of the others in turn.
pub(super) fn spell_call(types: &Introspection<'_>, key: Object) -> String {
    let bound = key.lent(types.py);
    let items = match bound.cast_exact::<PyTuple>() {
        Ok(_) => ffi::tuple_items(key).collect(),
        Err(_) => vec![key],
    };
    let is_mark =
        |item: &Object| item.type_object() == Object::from_bound(&types.py.get_type::<PyAny>());
    let name = |item: Object| {
        let item = item.lent(types.py);
        item.is_exact_instance_of::<PyString>()
            .then(|| text(&item))?
    };
    let spelled = |item: &Object| spell_to(types, &item.lent(types.py), DEEPEST - 1);
    let named = items.iter().position(is_mark).and_then(|mark| {
        let (pairs, []) = items[mark + 1..].as_chunks() else {
            return None;
        };
        let argument =
            |[key, value]: &[Object; 2]| Some(format!("{}={}", name(*key)?, spelled(value)));
        let named: Option<Vec<String>> = pairs.iter().map(argument).collect();
        Some((mark, named.filter(|named| !named.is_empty())?))
    });
    let (count, named) = named.unwrap_or((items.len(), Vec::new()));
    let arguments: Vec<String> = items[..count].iter().map(spelled).chain(named).collect();
    shorten(&match &arguments[..] {
        [only] if count == 1 => format!("({only},)"),
        arguments => format!("({})", arguments.join(", ")),
    })
}

/// A number, string, bytes, truth value or `None`, of exactly such a type, as its `repr` spells it.
pub(crate) fn spell_atom(object: &Bound<'_, PyAny>) -> Option<String> {
    if object.is_exact_instance_of::<PyInt>() {
        // The `repr` of a large one may run Python code (3.12 and later).
        let number: i64 = object.extract().ok()?;
        return Some(number.to_string());
    }
    let is_string = object.is_exact_instance_of::<PyString>();
    if is_string && let Some(plain) = text(object).filter(|text| is_plain(text)) {
        return Some(format!("'{plain}'"));
    }
    let is_atom = object.is_none()
        || is_string
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyBytes>();
    is_atom.then(|| text(&ffi::plain_repr(object)?)).flatten()
}

/// True if and only if `repr` puts the text in single quotes and changes nothing.
fn is_plain(text: &str) -> bool {
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'\'' && byte != b'\\';
    text.bytes().all(is_plain)
}

fn spell_to(types: &Introspection<'_>, object: &Bound<'_, PyAny>, depth: usize) -> String {
    if let Some(spelled) = spell_atom(object) {
        return spelled;
    }
    if let Ok(tuple) = object.cast_exact::<PyTuple>()
        && depth > 0
    {
        let items: Vec<String> = ffi::tuple_items(Object::from_bound(tuple))
            .map(|item| spell_to(types, &item.lent(types.py), depth - 1))
            .collect();
        return match &items[..] {
            [only] => format!("({only},)"),
            items => format!("({})", items.join(", ")),
        };
    }
    let ty = Object::from_bound(object).type_object();
    if ty.type_flags().is_type_subclass() {
        return format!("<class {}>", types.class_name(object));
    }
    if is_context_variable(types, Object::from_bound(object))
        && let Some(name) = object
            .getattr("name")
            .ok()
            .and_then(|name| spell_atom(&name))
    {
        return format!("<ContextVar {name}>");
    }
    format!("<{}>", types.type_name(&ty.lent(types.py)))
}

/// True if and only if the object is a `contextvars.ContextVar`, which has no subclasses.
pub(super) fn is_context_variable(types: &Introspection<'_>, object: Object) -> bool {
    types.is_exactly(object, Known::ContextVar)
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
