//! Attribute values that hang directly under an instance (3.11 and later), read in its memory.
//!
//! All instances of a class have the values of an attribute at the same position, that of its name
//! among the keys which they share (`PyDictValues` in `pycore_dict.h`).

use std::ptr::NonNull;

use pyo3::ffi as c;

use super::Object;
use super::layout::{InlineValues, Layout};

/// Set for types whose instances have room for values behind their fixed part (3.13 and later).
const INLINE_VALUES: u64 = 1 << 2;
/// Most keys that instances share (`SHARED_KEYS_MAX_SIZE`).
const MOST_KEYS: u8 = 30;

/// The values that an instance has now, each with its position. Borrowed: nothing is written to the
/// values or the instance. Empty if it has none, or they are not where they are on known versions.
///
/// `basic_size` is that of its type.
pub(in crate::capture) fn inline_values(
    object: Object,
    basic_size: u64,
    layout: &Layout,
) -> Vec<(u8, Object)> {
    let flags = object.type_object().type_flags();
    let places = match layout.inline_values(flags) {
        Some(InlineValues::Pointed) => separate_values(pointed_values(object)),
        Some(InlineValues::Marked) => marked_values(object).and_then(separate_values),
        Some(InlineValues::Embedded) if flags.0 & INLINE_VALUES != 0 => {
            embedded_values(object, basic_size)
        }
        _ => None,
    };
    places.map_or_else(Vec::new, Places::read)
}

/// Where values are, and which of them are set.
struct Places {
    values: *const *mut c::PyObject,
    /// The first of the positions of those that are set.
    positions: *const u8,
    /// From each of these to the next: the positions of 3.11 and 3.12 go down from the values.
    step: isize,
    count: u8,
}

impl Places {
    fn read(self) -> Vec<(u8, Object)> {
        let value = |n: u8| {
            let place = self.positions.wrapping_offset(self.step * isize::from(n));
            // SAFETY: there are `count` positions.
            let position = unsafe { place.read() };
            if position >= MOST_KEYS {
                return None;
            }
            let place = self.values.wrapping_add(usize::from(position));
            // SAFETY: a position that is listed has a value.
            let value = unsafe { place.read() };
            Some((position, Object(NonNull::new(value)?)))
        };
        (0..self.count.min(MOST_KEYS)).filter_map(value).collect()
    }
}

/// The address of the values, in 3.11 (`_PyObject_ValuesPointer`).
fn pointed_values(object: Object) -> usize {
    let word = object.0.as_ptr().cast::<usize>().wrapping_sub(4);
    // SAFETY: types with the managed dict flag allocate four words before the object.
    unsafe { word.read() }
}

/// That in 3.12 (`_PyObject_DictOrValuesPointer`): values are marked by their address, less one.
fn marked_values(object: Object) -> Option<usize> {
    let word = object.0.as_ptr().cast::<usize>().wrapping_sub(3);
    // SAFETY: types with the managed dict flag allocate three words before the object.
    let word = unsafe { word.read() };
    (word & 1 == 1).then_some(word + 1)
}

/// 3.11 and 3.12: in a block of their own, behind a count and the positions.
fn separate_values(values: usize) -> Option<Places> {
    let values: *const u8 = std::ptr::with_exposed_provenance(values);
    if values.is_null() {
        return None;
    }
    let count = values.wrapping_sub(2);
    // SAFETY: the two bytes before the values are a count, and the size of what precedes them.
    let count = unsafe { count.read() };
    Some(Places {
        values: std::ptr::with_exposed_provenance(values.addr()),
        positions: values.wrapping_sub(3),
        step: -1,
        count,
    })
}

/// From 3.13 on: behind the fixed part of the instance, the positions behind the values.
fn embedded_values(object: Object, basic_size: u64) -> Option<Places> {
    let words = object.0.as_ptr().cast::<*mut c::PyObject>();
    let header = words.wrapping_byte_add(usize::try_from(basic_size).ok()?);
    // SAFETY: the flag says that values follow, which begin with four bytes.
    let [capacity, count, _, is_valid] = unsafe { header.cast::<[u8; 4]>().read() };
    let values = header.wrapping_add(1);
    (is_valid == 1 && count <= capacity).then(|| Places {
        values,
        positions: values.wrapping_add(usize::from(capacity)).cast(),
        step: 1,
        count,
    })
}
