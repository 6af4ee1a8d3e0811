//! Attribute values that hang directly under an instance (3.11 and later), read in its memory.
//!
//! All instances of a class have the values of an attribute at the same position, that of its name
//! among the keys which they share (`PyDictValues` in `pycore_dict.h`).

use std::ptr::NonNull;

use pyo3::ffi as c;

use super::Object;
use super::layout::Layout;
use super::layout::table::{
    COUNT_BEFORE_VALUES, EmbeddedHeader, MOST_KEYS, POSITIONS_BEFORE_VALUES,
};

/// Where the values of the attributes of an instance are.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValuesPlace {
    /// In a block of their own: so many words before the object is its address.
    Pointed { word: usize },
    /// The same, and the word may be that of a dict: the address is marked.
    Marked { word: usize },
    /// Behind the fixed part of the object, if its type has this flag.
    Embedded { flag: u64 },
}

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
    let places = match layout.values_place(flags) {
        Some(ValuesPlace::Pointed { word }) => separate_values(word_before(object, word)),
        Some(ValuesPlace::Marked { word }) => {
            // Marked by their address, less one.
            let address = word_before(object, word);
            (address & 1 == 1)
                .then(|| separate_values(address + 1))
                .flatten()
        }
        Some(ValuesPlace::Embedded { flag }) if flags.0 & flag != 0 => {
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

/// The word that is so many words before an object.
fn word_before(object: Object, words: usize) -> usize {
    let word = object.0.as_ptr().cast::<usize>().wrapping_sub(words);
    // SAFETY: types with the managed dict flag allocate that many words before the object.
    unsafe { word.read() }
}

/// In a block of their own, behind a count and the positions.
fn separate_values(values: usize) -> Option<Places> {
    let values: *const u8 = std::ptr::with_exposed_provenance(values);
    if values.is_null() {
        return None;
    }
    let count = values.wrapping_sub(COUNT_BEFORE_VALUES);
    // SAFETY: the two bytes before the values are a count, and the size of what precedes them.
    let count = unsafe { count.read() };
    Some(Places {
        values: std::ptr::with_exposed_provenance(values.addr()),
        positions: values.wrapping_sub(POSITIONS_BEFORE_VALUES),
        step: -1,
        count,
    })
}

/// Behind the fixed part of the instance, the positions behind the values.
fn embedded_values(object: Object, basic_size: u64) -> Option<Places> {
    let words = object.0.as_ptr().cast::<*mut c::PyObject>();
    let header = words.wrapping_byte_add(usize::try_from(basic_size).ok()?);
    // SAFETY: the flag says that values follow, which begin with this.
    let EmbeddedHeader {
        capacity,
        count,
        is_valid,
        ..
    } = unsafe { header.cast::<EmbeddedHeader>().read() };
    let values = header.wrapping_add(1);
    (is_valid == 1 && count <= capacity).then(|| Places {
        values,
        positions: values.wrapping_add(usize::from(capacity)).cast(),
        step: 1,
        count,
    })
}
