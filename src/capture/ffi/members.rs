//! Where members of classes are in their instances.

use std::ffi::{c_char, c_int};

use pyo3::ffi as c;

use super::Object;
use super::layout::Layout;

/// `PyMemberDescrObject` (`descrobject.h`).
#[repr(C)]
struct MemberDescriptor {
    object: [usize; 2],
    owner: *mut c::PyObject,
    name: *mut c::PyObject,
    qualified_name: *mut c::PyObject,
    member: *const MemberDefinition,
}

/// `PyMemberDef` (`structmember.h`), part of the stable ABI.
#[repr(C)]
struct MemberDefinition {
    name: *const c_char,
    kind: c_int,
    offset: isize,
    flags: c_int,
    doc: *const c_char,
}

/// Kinds of members that are a reference: `T_OBJECT` and `T_OBJECT_EX`.
const REFERENCES: [c_int; 2] = [6, 16];
/// The offset counts from elsewhere (`Py_RELATIVE_OFFSET`, 3.12 and later).
const RELATIVE_OFFSET: c_int = 8;

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
    let is_plain = REFERENCES.contains(&definition.kind) && definition.flags & RELATIVE_OFFSET == 0;
    let offset = usize::try_from(definition.offset).ok()?;
    (is_plain && offset.is_multiple_of(size_of::<usize>())).then_some(offset)
}
