//! How much of its memory an object uses that keeps room for what is not there yet.
//!
//! A `bytearray` that is appended to is made larger by an eighth, an `array.array` by a sixteenth: until
//! that is full its size stays the same.

use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::ffi::{self, Object};
use super::introspection::Introspection;

/// What the instances of a type have room for.
pub(super) enum Buffer {
    /// Bytes, and so many more for those that there are.
    Bytes(u64),
    /// Numbers, of the size that a compiled descriptor of the type tells.
    Numbers(Object),
}

impl Buffer {
    /// `None` if the instances of `class` take as much memory as they use.
    pub(super) fn of(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> Option<Self> {
        let byte_array = types.py.get_type::<PyByteArray>();
        let buffer = |class: &Bound<'_, PyAny>| {
            if class.is(&byte_array) {
                return Some(Self::Bytes(bytes_besides(types.version)));
            }
            if types.class_name(class) != "array.array" {
                return None;
            }
            let size = ffi::value_under(&types.type_namespace(class)?, c"itemsize")?;
            let is_compiled = size.type_object().bound(types.py);
            (is_compiled.is(&types.getset_descriptor_type)).then_some(Self::Numbers(size))
        };
        types.type_mro(class).iter().find_map(buffer)
    }

    /// Bytes that are used for what `object` has.
    pub(super) fn used(&self, py: Python<'_>, object: Object) -> Option<u64> {
        let (item_size, besides) = match self {
            Self::Bytes(besides) => (1, *besides),
            Self::Numbers(size) => {
                // Refuses what is no array.
                let size = ffi::descriptor_get(&size.bound(py), &object.bound(py));
                (size.ok()?.extract().ok()?, 0)
            }
        };
        let items = ffi::item_count(object).saturating_mul(item_size);
        Some(items.saturating_add(besides))
    }
}

/// What a `bytearray` has besides its bytes: the null behind them, and from 3.15 on the `bytes` object
/// that they are in.
fn bytes_besides(version: (u8, u8)) -> u64 {
    if version >= (3, 15) { 33 } else { 1 }
}
