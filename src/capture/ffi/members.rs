//! Where members of classes are in their instances.

use std::ffi::c_int;

use pyo3::ffi as c;

use super::Object;
use super::layout::Layout;
use super::layout::table::MemberDescriptor;

/// What the stable ABI still reads, under a name that `pyo3` has for deprecated.
const T_OBJECT: c_int = 6;
/// Kinds of members that are a reference.
const REFERENCES: [c_int; 2] = [T_OBJECT, c::Py_T_OBJECT_EX];

/// Bytes from the start of an instance of `owner` to the reference that `descriptor` reads, if it is a
/// member of `owner` itself, where the layout is known. Callers pass a `member_descriptor`.
pub(in crate::capture) fn member_offset(
    descriptor: Object,
    owner: Object,
    layout: &Layout,
) -> Option<usize> {
    if !layout.has_member_descriptors() {
        return None;
    }
    let descriptor = descriptor.0.as_ptr().cast::<MemberDescriptor>();
    // SAFETY: a member descriptor of a version whose layout this is.
    let descriptor = unsafe { &*descriptor };
    if descriptor.owner != owner.0.as_ptr() {
        return None;
    }
    // SAFETY: a descriptor has a definition, which is static or part of its class.
    let definition = unsafe { &*descriptor.member };
    let is_plain =
        REFERENCES.contains(&definition.type_code) && definition.flags & c::Py_RELATIVE_OFFSET == 0;
    let offset = usize::try_from(definition.offset).ok()?;
    (is_plain && offset.is_multiple_of(size_of::<usize>())).then_some(offset)
}
