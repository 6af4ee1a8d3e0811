//! What an instance has under a name of its own, found without a lookup by hash: that would compare the
//! name with keys that are derived from `str`, which may run code of the program.

use std::ffi::CString;

use pyo3::prelude::*;
use pyo3::types::PyString;

use super::ffi::{self, Object};
use super::introspection::{Introspection, text};
use super::known_types::Known;

/// Where the instances of a type have the dict of their attributes.
#[derive(Debug, Clone, Copy)]
pub(super) enum DictPlace {
    /// They have none, or one that is not to be found without making it.
    Nowhere,
    /// In front of the instance.
    Managed,
    /// So many bytes into the instance.
    Inside(usize),
}

impl DictPlace {
    pub(super) fn of(types: &Introspection<'_>, ty: Object) -> Self {
        if types.layout.has_managed_dict(ty.type_flags()) {
            return Self::Managed;
        }
        let class = ty.lent(types.py);
        let (size, _) = types.instance_sizes(&class);
        // Counted from the end of a tuple or number of any length, it is below 0.
        match types.dict_offset(&class).map(isize::cast_unsigned) {
            Some(offset) if offset > 0 && offset.saturating_add(8) as u64 <= size => {
                Self::Inside(offset)
            }
            _ => Self::Nowhere,
        }
    }

    /// The address of the dict of an instance, or of none: to compare with known ones.
    pub(super) fn address(self, object: Object) -> u64 {
        match self {
            Self::Nowhere => 0,
            Self::Managed => object.hidden_dict_address(),
            Self::Inside(offset) => object.dict_address_at(offset),
        }
    }
}

impl<'py> Introspection<'py> {
    /// What an instance itself has under a name, unless a class has a property or the like of that name.
    pub(super) fn own_attribute(
        &self,
        object: &Bound<'py, PyAny>,
        name: &Bound<'py, PyString>,
    ) -> Option<Object> {
        let spelled = CString::new(text(name)?).ok()?;
        let instance = Object::from_bound(object);
        let ty = instance.type_object();
        let mut are_all_exact = true;
        for class in self.type_mro(&ty.lent(self.py)) {
            let namespace = self.type_namespace(&class)?;
            if ffi::value_under(&namespace, &spelled).is_some_and(ffi::is_descriptor) {
                return None;
            }
            let mut keys = ffi::dict_entries(Object::from_bound(namespace.as_any()));
            are_all_exact &= keys.all(|(key, _)| self.is_exactly(key, Known::Str));
        }
        // Up to 3.12 the address is marked where there are values and no dict.
        let address = DictPlace::of(self, ty).address(instance);
        if let Some(dict) = ffi::object_at(address).filter(|_| address.is_multiple_of(8)) {
            let dict = dict.lent(self.py);
            return ffi::value_under(dict.cast().ok().as_deref()?, &spelled);
        }
        // The keys that instances share are all exact strings.
        let value = are_all_exact.then(|| ffi::generic_attribute(object, name))?;
        value.map(|value| Object::from_bound(&value))
    }
}
