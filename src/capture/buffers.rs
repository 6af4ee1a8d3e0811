//! How much memory an object uses that keeps room for what is not there yet, or tells no size of what it has.
//!
//! A `bytearray` that is appended to is made larger by an eighth, an `array.array` by a sixteenth: until
//! that is full its size stays the same. That of an `io.StringIO` is without its text.

use pyo3::prelude::*;

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::known_types::Known;

/// What the instances of a type have room for.
pub(super) enum Buffer {
    /// Bytes, and so many more for those that there are.
    Bytes(u64),
    /// Numbers, of the size that a compiled descriptor of the type tells.
    Numbers(Object),
    /// Text that the size is without.
    Text,
}

impl Buffer {
    /// `None` if the instances of `class` take as much memory as they use.
    pub(super) fn of(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> Option<Self> {
        let buffer = |class: &Bound<'_, PyAny>| match types.known(Object::from_bound(class))? {
            Known::ByteArray => types.layout.bytes_besides().map(Self::Bytes),
            Known::Array => {
                let namespace = types.type_namespace(class)?;
                let size = ffi::value_under(&namespace, c"itemsize")?;
                (types.is_exactly(size, Known::GetSetDescriptor)).then_some(Self::Numbers(size))
            }
            Known::StringIo => Some(Self::Text),
            _ => None,
        };
        types.type_mro(class).iter().find_map(|class| buffer(class))
    }

    /// True if the size of an instance counts what it has.
    pub(super) fn is_told(&self) -> bool {
        !matches!(self, Self::Text)
    }

    /// Bytes that are used for what `object` has.
    pub(super) fn used(&self, py: Python<'_>, object: Object) -> Option<u64> {
        let (item_size, besides) = match self {
            Self::Text => return object.text_bytes(ffi::Layout::get(py)),
            Self::Bytes(besides) => (1, *besides),
            Self::Numbers(size) => {
                // Refuses what is no array.
                let size = ffi::descriptor_get(&size.lent(py), &object.lent(py));
                (size.ok()?.extract().ok()?, 0)
            }
        };
        let items = ffi::item_count(object).saturating_mul(item_size);
        Some(items.saturating_add(besides))
    }
}
