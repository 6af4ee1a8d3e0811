//! The names of the attributes whose values hang directly under instances (3.11 and later): the keys that
//! all instances of a class share.

use std::ptr::NonNull;

use pyo3::ffi as c;

use super::Object;
use super::layout::Layout;
use super::layout::table::{KeysHeader, LARGEST_INDEX, MOST_KEYS, SHARED_KIND};

/// The names that instances of `class` share, each at the position at which they have its value. Empty if
/// there are none, or they are not where they are on known versions.
///
/// Keys are added to the table, and none is ever taken out. All are exact strings.
pub(in crate::capture) fn shared_names(class: Object, layout: &Layout) -> Vec<Object> {
    let Some(table) = table_of(class, layout) else {
        return Vec::new();
    };
    // SAFETY: a class with values under its instances has such a table.
    let KeysHeader {
        index_bytes,
        kind,
        count,
        ..
    } = unsafe { table.read() };
    if kind != SHARED_KIND || index_bytes > LARGEST_INDEX || count > usize::from(MOST_KEYS) {
        return Vec::new();
    }
    let keys = table.wrapping_add(1).cast::<*mut c::PyObject>();
    let keys = keys.wrapping_byte_add(1 << index_bytes);
    let key = |position: usize| {
        // SAFETY: there are `count` keys.
        let key = unsafe { keys.wrapping_add(2 * position).read() };
        NonNull::new(key).map(Object)
    };
    (0..count).map_while(key).collect()
}

/// The table of shared keys of a class.
fn table_of(class: Object, layout: &Layout) -> Option<*const KeysHeader> {
    let address = class.word_at(layout.shared_keys(class.type_flags())?);
    let address = usize::try_from(address).ok()?;
    (address != 0).then(|| std::ptr::with_exposed_provenance(address))
}
