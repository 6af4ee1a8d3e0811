//! Functions and code objects, read in their memory.

use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::descriptors::CodeMember;
use super::ffi::{self, Object};
use super::introspection::{Introspection, NamedReferent, text};
use super::known_types::Known;
use super::stored::StoredReference;

/// Attributes of functions that are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum FunctionField {
    Code,
    Closure,
    QualifiedName,
}

/// Where functions have these, by [`FunctionField`].
#[derive(Default)]
pub(super) struct FunctionFields<'py>([Option<StoredReference<'py>>; 3]);

impl<'py> FunctionFields<'py> {
    pub(super) fn find(types: &Introspection<'py>) -> Self {
        let names = [c"__code__", c"__closure__", c"__qualname__"];
        Self(names.map(|name| StoredReference::of_known(types, Known::Function, name)))
    }

    /// Every object to which this holds a reference, once for each.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        self.0.iter().flatten().map(StoredReference::held)
    }
}

impl<'py> Introspection<'py> {
    /// What a function has under one of its attributes.
    pub(super) fn function_field(&self, function: Object, field: FunctionField) -> Option<Object> {
        let stored = self.function_fields.0[field as usize].as_ref();
        // What only bears the name has something else in that place.
        let is_function = self.is_exactly(function, Known::Function);
        is_function.then(|| stored?.read(self.py, function))?
    }

    /// Where a function has the pointer to the dict of its attributes.
    pub(super) fn function_dict_offset(&self) -> usize {
        self.descriptors.function_dict_offset
    }

    /// The members of code objects, in the order of [`code_referents`](Self::code_referents).
    pub(super) fn code_members(&self) -> impl Iterator<Item = (&'static str, &Bound<'py, PyAny>)> {
        let members = self.descriptors.code_members.iter();
        members.map(|member| (member.name, member.descriptor.bind(self.py)))
    }

    /// What a code object holds: constants, names, and its other members.
    pub(super) fn code_referents(&self, code: Object) -> impl Iterator<Item = NamedReferent> {
        // What only bears the name has something else in that place.
        let is_code = self.is_exactly(code, Known::Code);
        let members = self
            .descriptors
            .code_members
            .iter()
            .filter(move |_| is_code);
        members.filter_map(move |member| Some((member.name, self.read_code(code, member)?)))
    }

    /// A member of a code object.
    pub(super) fn code_member(&self, code: Object, name: &str) -> Option<Object> {
        let mut members = self.descriptors.code_members.iter();
        let member = members.find(|member| member.name == name)?;
        let is_code = self.is_exactly(code, Known::Code);
        is_code.then(|| self.read_code(code, member))?
    }

    fn read_code(&self, code: Object, member: &CodeMember) -> Option<Object> {
        if let Some(offset) = member.offset {
            return code.reference_at(offset);
        }
        let descriptor = member.descriptor.bind(self.py);
        let value = ffi::descriptor_get(descriptor, &code.lent(self.py)).ok()?;
        Some(Object::from_bound(&value))
    }

    /// The names and kinds of the variables of a code object, which no attribute shows: from 3.11
    /// on, after [`code_referents`](Self::code_referents).
    pub(super) fn code_variables(&self, code: Object) -> Option<[Object; 2]> {
        let filename = self.code_member(code, "co_filename")?;
        code.variables_of_code(filename, self.layout)
    }

    /// The names of the variables that a function takes from around it, in the order of its closure.
    pub(super) fn free_variables(&self, code: Object) -> Vec<String> {
        /// Set in the kind of such a variable (`CO_FAST_FREE`).
        const FREE: u8 = 0x80;
        let names = |tuple| ffi::tuple_items(tuple).map(|name| text(&name.lent(self.py)));
        if let Some([variables, kinds]) = self.code_variables(code) {
            let kinds = kinds.lent(self.py).cast::<PyBytes>();
            let kinds = kinds.as_ref().map_or(&[][..], |kinds| kinds.as_bytes());
            let free = names(variables)
                .zip(kinds)
                .filter(|(_, kind)| *kind & FREE != 0);
            return free.filter_map(|(name, _)| name).collect();
        }
        let tuple = self.code_member(code, "co_freevars").into_iter();
        tuple.flat_map(names).flatten().collect()
    }
}
