//! The names of the variables of functions.

use std::cell::RefCell;
use std::rc::Rc;

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::introspection::{Introspection, text};

/// Members of code objects up to 3.10 that name its variables, in the order in which a frame has
/// them.
const NAMES: [&str; 3] = ["co_varnames", "co_cellvars", "co_freevars"];

/// The names of the variables of each code object, as far as they were asked for. The objects of
/// the heap outlive this.
#[derive(Default)]
pub(super) struct Variables {
    known: RefCell<FxHashMap<Object, Rc<[String]>>>,
}

impl Variables {
    /// The names of all variables of a frame with this code, in its order: local ones, those that
    /// inner functions share, and those shared with an outer one. Empty where they are not known.
    pub(super) fn of<'py>(
        &self,
        types: &Introspection<'py>,
        code: &Bound<'py, PyAny>,
    ) -> Rc<[String]> {
        let mut known = self.known.borrow_mut();
        let names = known.entry(Object::from_bound(code));
        names.or_insert_with(|| names_in(types, code)).clone()
    }
}

fn names_in<'py>(types: &Introspection<'py>, code: &Bound<'py, PyAny>) -> Rc<[String]> {
    let code = Object::from_bound(code);
    let spelled = |names: Object| {
        ffi::tuple_items(names).map(|name| text(&name.lent(types.py)).unwrap_or_default())
    };
    if let Some([names, _kinds]) = types.code_variables(code) {
        return spelled(names).collect();
    }
    let tuples = NAMES
        .iter()
        .filter_map(|name| types.code_member(code, name));
    tuples.flat_map(spelled).collect()
}
