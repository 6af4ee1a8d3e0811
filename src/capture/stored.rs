//! References that objects have in their own memory, and a descriptor of their type hands out.

use std::cell::Cell;
use std::ffi::CStr;

use pyo3::prelude::*;

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::known_types::Known;

/// Reads a reference where objects have it. Asking the descriptor would count the object that it hands
/// out, and so write to it, and may run an audit hook.
pub(super) struct StoredReference<'py> {
    descriptor: Bound<'py, PyAny>,
    /// Where it is, once that is known.
    offset: Cell<Option<usize>>,
    /// Bytes of an object among which it is; 0 if it may be elsewhere.
    size: usize,
    /// `None` may be what is there. Else the getter gives it where there is no reference.
    may_be_none: bool,
}

impl<'py> StoredReference<'py> {
    /// Of `descriptor`, which was found in the namespace of `owner`: a member, or a getter that does
    /// nothing but hand out what is in the object.
    pub(super) fn new(
        types: &Introspection<'py>,
        descriptor: Bound<'py, PyAny>,
        owner: &Bound<'py, PyAny>,
    ) -> Self {
        let object = Object::from_bound(&descriptor);
        let is_member = types.is_exactly(object, Known::MemberDescriptor);
        let offset = || ffi::member_offset(object, Object::from_bound(owner), types.layout);
        let (size, _) = types.instance_sizes(owner);
        let size = usize::try_from(size).unwrap_or(0);
        Self {
            offset: Cell::new(is_member.then(offset).flatten()),
            size: if is_member { 0 } else { size },
            may_be_none: is_member,
            descriptor,
        }
    }

    /// As [`new`](Self::new), of a getter that hands out what is in no place of its own.
    pub(super) fn without_place(descriptor: Bound<'py, PyAny>) -> Self {
        Self {
            offset: Cell::new(None),
            size: 0,
            may_be_none: false,
            descriptor,
        }
    }

    /// The same, of which `None` may be what is there.
    pub(super) fn that_may_be_none(self) -> Self {
        let may_be_none = true;
        Self {
            may_be_none,
            ..self
        }
    }

    /// Of a descriptor of a type of the interpreter.
    pub(super) fn of_known(types: &Introspection<'py>, known: Known, name: &CStr) -> Option<Self> {
        let owner = types.type_of_interpreter(known)?.lent(types.py);
        let namespace = types.type_namespace(&owner)?;
        let descriptor = ffi::value_under(&namespace, name)?.bound(types.py);
        Some(Self::new(types, descriptor, &owner))
    }

    /// The descriptor, to which this holds a reference.
    pub(super) fn held(&self) -> Object {
        Object::from_bound(&self.descriptor)
    }

    /// What an object has there, if anything.
    ///
    /// The first that has something else there than in any other place shows where it is. `None`, which
    /// any other place may have too, shows nothing.
    pub(super) fn read(&self, py: Python<'py>, object: Object) -> Option<Object> {
        if let Some(offset) = self.offset.get() {
            return object.reference_at(offset);
        }
        let value = ffi::descriptor_get(&self.descriptor, &object.lent(py)).ok()?;
        let there = Object::from_bound(&value);
        if value.is_none() {
            return self.may_be_none.then_some(there);
        }
        self.offset.set(object.place_of(there, self.size));
        Some(there)
    }
}
