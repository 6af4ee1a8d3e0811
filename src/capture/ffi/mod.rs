//! Everything unsafe, and every difference between CPython versions that is one of layout.
//!
//! What the code here relies on, once and for all:
//!
//! * **The interpreter is attached** (`Python<'py>`) and the build has a GIL; free-threaded
//!   builds are refused at import. Between a walk's first and last step no Python code runs, or
//!   everything met so far is held, so no object met in it can die.
//! * **Addresses become objects only through [`Object`]**, which is made here alone: from a list
//!   item, from a live reference, from what a `tp_traverse` visits, or from a node of a graph
//!   that was captured in this very attachment ([`object_at`], whose callers keep the rule).
//! * **The visitor changes nothing**: it records an address, returns 0, calls no Python, touches
//!   no reference count. A panic in it would abort, never unwind into C (`extern "C"`).
//! * Traversing an object is allowed when the collector itself could do it: it is tracked, or is
//!   an exact tuple or dict (untracked only because nothing in it needs collecting). A static
//!   type object must never be traversed: `type_traverse` aborts the process.
#![expect(
    unsafe_code,
    reason = "the one room for calls into CPython that Rust cannot check"
)]

mod attributes;
mod calls;
mod collector;
mod containers;
mod inline_values;
mod members;
mod sizes;

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;

pub(super) use attributes::{descriptor_get, generic_attribute, is_descriptor, plain_repr};
pub(super) use calls::release;
pub(crate) use calls::{attribute, call, is_audited, is_truthy, run_signal_handlers};
pub(super) use collector::{CollectorLists, is_tracked_next_after};
pub(crate) use collector::{CollectorPause, untrack};
pub(super) use containers::{
    dict_entries, list_item, module_namespace, module_table, tuple_items, value_under,
    weak_referent,
};
pub(super) use inline_values::inline_values;
pub(super) use members::member_offset;
pub(super) use sizes::{NativeSizeof, item_count};

use crate::graph::HeapGraphBuilder;

/// True unless the code runs in an interpreter that the program has made beside the first one.
pub(crate) fn is_main_interpreter(_py: Python<'_>) -> bool {
    // SAFETY: attached.
    let interpreter = unsafe { c::PyInterpreterState_Get() };
    // SAFETY: the state of the running interpreter, which is never null.
    let number = unsafe { c::PyInterpreterState_GetID(interpreter) };
    number == 0
}

/// Gives what the C allocator keeps free back to the system, so that what is resident is in use. Does
/// nothing where that allocator is not glibc's.
pub(crate) fn give_back_free_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: takes the allocator's own locks, and changes no memory that was given out.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Bytes that the C allocator has given out, and those that it has from the system, both modulo
/// 4 GiB; `None` where it is not glibc's, or another one has been loaded before it.
pub(crate) fn allocator_bytes() -> Option<[u32; 2]> {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: reads the allocator's counters, under its own locks.
        let counters = unsafe { libc::mallinfo() };
        let [given_out, arenas, mapped] =
            [counters.uordblks, counters.arena, counters.hblkhd].map(i32::cast_unsigned);
        let bytes = [given_out, arenas].map(|bytes| bytes.wrapping_add(mapped));
        (bytes[0] > 0).then_some(bytes)
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    None
}

/// A live CPython object during a walk: a pointer that is neither null nor dangling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Object(NonNull<c::PyObject>);

/// The traverse function of a type.
pub(super) type Traverse = c::traverseproc;

// Offsets of words before an object, and which half of the first word counts references.
const _: () = assert!(
    cfg!(all(target_pointer_width = "64", target_endian = "little")),
    "heapgraph needs a 64-bit little-endian machine"
);

/// Set in the flags of types whose instances have a pointer to their dict before the object
/// (3.11 and later).
const MANAGED_DICT: u64 = 1 << 4;
/// Set for types with a word for weak references before the object (3.12 and later).
const MANAGED_WEAKREF: u64 = 1 << 3;
const HEAP_TYPE: u64 = 1 << 9;
/// `_PyObject_IMMORTAL_REFCNT` of 3.11.
const STATIC_COUNT: u32 = 999_999_999;
/// Offset of `tp_subclasses` in a type object, 3.10 to 3.15 (`struct _typeobject`).
const SUBCLASSES: usize = 360;
const HAVE_GC: u64 = 1 << 14;
const LIST_SUBCLASS: u64 = 1 << 25;
const TUPLE_SUBCLASS: u64 = 1 << 26;
const DICT_SUBCLASS: u64 = 1 << 29;
const TYPE_SUBCLASS: u64 = 1 << 31;

/// `tp_flags` of a type, with the questions the capture asks of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct TypeFlags(u64);

impl TypeFlags {
    pub(super) fn is_heap_type(self) -> bool {
        self.0 & HEAP_TYPE != 0
    }

    pub(super) fn has_gc(self) -> bool {
        self.0 & HAVE_GC != 0
    }

    pub(super) fn is_list_subclass(self) -> bool {
        self.0 & LIST_SUBCLASS != 0
    }

    pub(super) fn is_tuple_subclass(self) -> bool {
        self.0 & TUPLE_SUBCLASS != 0
    }

    pub(super) fn is_dict_subclass(self) -> bool {
        self.0 & DICT_SUBCLASS != 0
    }

    pub(super) fn is_type_subclass(self) -> bool {
        self.0 & TYPE_SUBCLASS != 0
    }

    /// Instances carry words for a managed dict or weak references before the object.
    pub(super) fn has_pre_header(self, version: (u8, u8)) -> bool {
        let has_managed_weakref = version >= (3, 12) && self.0 & MANAGED_WEAKREF != 0;
        has_managed_weakref || self.has_managed_dict(version)
    }

    /// Values of attributes may hang directly under the instance, without a dict.
    pub(super) fn has_managed_dict(self, version: (u8, u8)) -> bool {
        version >= (3, 11) && self.0 & MANAGED_DICT != 0
    }

    /// Instances carry a pointer to their dict, if they have one by now, which their traverse
    /// does not visit: 3.13 visits the inline values instead.
    pub(super) fn hides_dict(self, version: (u8, u8)) -> bool {
        version >= (3, 13) && self.0 & MANAGED_DICT != 0
    }
}

impl Object {
    /// The object behind a reference that the caller holds.
    pub(super) fn from_bound(object: &Bound<'_, PyAny>) -> Self {
        // SAFETY: a Bound is never null.
        Self(unsafe { NonNull::new_unchecked(object.as_ptr()) })
    }

    /// The address as a graph stores it.
    pub(super) fn address(self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    /// A counted reference.
    pub(super) fn bound(self, py: Python<'_>) -> Bound<'_, PyAny> {
        // SAFETY: the object is alive, see the top of the file.
        unsafe { Bound::from_borrowed_ptr(py, self.0.as_ptr()) }
    }

    /// An uncounted reference: nothing is written to the object, so that the page it is on stays shared
    /// with another process. Callers let no code run, or have the object held, as long as they use it.
    pub(super) fn lent(self, py: Python<'_>) -> Borrowed<'_, '_, PyAny> {
        // SAFETY: the object is alive, see the top of the file.
        unsafe { Borrowed::from_ptr(py, self.0.as_ptr()) }
    }

    /// The reference that an instance of a type has `offset` bytes into it, if there is one.
    ///
    /// Callers have the offset from [`member_offset`], of a class of the object.
    pub(super) fn reference_at(self, offset: usize) -> Option<Self> {
        // SAFETY: instances are larger than where their members are.
        let place = unsafe { self.0.as_ptr().cast::<*mut c::PyObject>().byte_add(offset) };
        // SAFETY: as above; members are aligned.
        NonNull::new(unsafe { place.read() }).map(Self)
    }

    /// The object's type, itself an object.
    pub(super) fn type_object(self) -> Self {
        // SAFETY: the object is alive.
        let ty = unsafe { c::Py_TYPE(self.0.as_ptr()) };
        // SAFETY: an object's type is never null and lives as long as the object.
        Self(unsafe { NonNull::new_unchecked(ty.cast()) })
    }

    /// The reference count; `None` if the object is immortal, or allocated statically (3.11).
    pub(super) fn reference_count(self, version: (u8, u8)) -> Option<u32> {
        // SAFETY: the count is the first word of every object of a build with a GIL. From 3.14
        // its upper half holds flags; no count before that reaches 32 bits in practice.
        let count = unsafe { self.0.as_ptr().cast::<u32>().read() };
        // 3.12 and later: immortal if and only if the lower half is negative as an i32.
        let is_immortal = version >= (3, 12) && count.cast_signed() < 0;
        // 3.11: what the interpreter has in its own memory starts with a count that is out of reach
        // of any other.
        let is_static = version == (3, 11) && count >= STATIC_COUNT;
        (!is_immortal && !is_static).then_some(count)
    }

    /// True if and only if the collector tracks the object.
    pub(super) fn is_tracked(self) -> bool {
        // SAFETY: the object is alive; the function asks `tp_is_gc` itself.
        unsafe { c::PyObject_GC_IsTracked(self.0.as_ptr()) != 0 }
    }

    /// The dict of an instance for whose type [`TypeFlags::has_managed_dict`] holds: an address to
    /// compare with known ones, as nobody vouches for it.
    pub(super) fn hidden_dict_address(self) -> u64 {
        // SAFETY: types with the managed dict flag allocate at least three words before the object.
        // The third of them is the pointer to the dict from 3.11 to 3.15
        // (`_PyObject_ManagedDictPointer` in pycore_object.h); of an instance that has none, it is
        // null, or in 3.12 a marked pointer to its values.
        let pointer = unsafe { self.0.as_ptr().cast::<u64>().sub(3) };
        // SAFETY: as above.
        unsafe { pointer.read() }
    }

    /// The dict of weak references to its subclasses that a class has, which its traverse does
    /// not visit: an address to compare with known ones. From 3.12 on it is a small number for
    /// the interpreter's own static types, which keep theirs elsewhere.
    pub(super) fn subclasses_address(self) -> u64 {
        // SAFETY: callers pass a type object, which is larger than that.
        let pointer = unsafe { self.0.as_ptr().cast::<u64>().byte_add(SUBCLASSES) };
        // SAFETY: as above.
        unsafe { pointer.read() }
    }

    /// What a code object holds and no attribute shows, from 3.11 on: the names of its variables
    /// and of what kind each is (`co_localsplusnames`, `co_localspluskinds`). They come just
    /// before `filename`, its `co_filename`; `None` where that is not found in its place.
    pub(super) fn variables_of_code(
        self,
        filename: Object,
        version: (u8, u8),
    ) -> Option<[Object; 2]> {
        if !((3, 11)..=(3, 15)).contains(&version) {
            return None;
        }
        let names = 12;
        let word = |n| {
            let words = self.0.as_ptr().cast::<*mut c::PyObject>();
            // SAFETY: callers pass a code object, whose fixed part is larger than that.
            let word = unsafe { words.add(n) };
            // SAFETY: as above.
            unsafe { word.read() }
        };
        if word(names + 2) != filename.0.as_ptr() {
            return None;
        }
        let [names, kinds] = [word(names), word(names + 1)].map(NonNull::new);
        Some([Object(names?), Object(kinds?)])
    }

    /// The word `offset` bytes into a function, where its type says that the pointer to its
    /// attributes is: an address to compare with known ones, or 0.
    pub(super) fn dict_address_at(self, offset: usize) -> u64 {
        // SAFETY: callers pass a function and `tp_dictoffset` of its type, which lies inside.
        let pointer = unsafe { self.0.as_ptr().cast::<u64>().byte_add(offset) };
        // SAFETY: as above.
        unsafe { pointer.read() }
    }

    /// `tp_flags` of a type object.
    pub(super) fn type_flags(self) -> TypeFlags {
        // SAFETY: callers pass what `type_object` gave, or an instance of a subclass of `type`.
        TypeFlags(unsafe { c::PyType_GetFlags(self.0.as_ptr().cast()) } as u64)
    }

    /// `tp_traverse` of a type object.
    pub(super) fn traverse_slot(self) -> Option<Traverse> {
        // SAFETY: a type object; from 3.10 static types are allowed too.
        let slot = unsafe { c::PyType_GetSlot(self.0.as_ptr().cast(), c::Py_tp_traverse) };
        // SAFETY: the slot holds null or a function of exactly this type.
        unsafe { std::mem::transmute::<*mut c_void, Option<Traverse>>(slot) }
    }

    /// True if and only if the object belongs to the collector, tracked or not. A static type
    /// object does not, although its type has the flag.
    pub(super) fn is_gc(self) -> bool {
        let ty = self.type_object();
        if !ty.type_flags().has_gc() {
            return false;
        }
        // SAFETY: a type object; from 3.10 static types are allowed too.
        let slot = unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_is_gc) };
        // SAFETY: the slot holds null or a function of exactly this type.
        let is_gc = unsafe { std::mem::transmute::<*mut c_void, Option<c::inquiry>>(slot) };
        // SAFETY: the function takes any instance of its type.
        is_gc.is_none_or(|is_gc| unsafe { is_gc(self.0.as_ptr()) } != 0)
    }

    /// Adds an edge to `builder` for every object that `self` visits, in its order.
    ///
    /// Callers have made sure that the object may be traversed: see the top of the file.
    pub(super) fn traverse_into(self, traverse: Traverse, builder: &mut HeapGraphBuilder) {
        let argument = std::ptr::from_mut(builder).cast();
        // SAFETY: `traverse` is the slot of the object's type, and `record_edge` takes what is
        // passed as argument. A result other than 0 cannot come from our visitor; a traverse that
        // makes one up (broken extension types do) is ignored.
        unsafe { traverse(self.0.as_ptr(), record_edge, argument) };
    }

    /// What `self` visits, in its order. Callers have made sure that it may be traversed.
    pub(super) fn visited(self) -> Vec<Object> {
        let mut objects: Vec<Object> = Vec::new();
        if let Some(traverse) = self.type_object().traverse_slot() {
            let argument = std::ptr::from_mut(&mut objects).cast();
            // SAFETY: as in `traverse_into`, with the visitor that goes with the argument.
            unsafe { traverse(self.0.as_ptr(), record_object, argument) };
        }
        objects
    }
}

/// True if `object` can be the address of an object: a broken traverse may visit anything.
fn is_plausible(object: *mut c::PyObject) -> bool {
    object.addr() >= 4096 && object.addr().is_multiple_of(4)
}

extern "C" fn record_edge(object: *mut c::PyObject, builder: *mut c_void) -> c_int {
    if is_plausible(object) {
        // SAFETY: `traverse_into` passes a builder that nothing else uses meanwhile.
        let builder = unsafe { &mut *builder.cast::<HeapGraphBuilder>() };
        if let Some(target) = builder.node_for_address(object.expose_provenance() as u64) {
            builder.add_edge(target);
        }
    }
    0
}

extern "C" fn record_object(object: *mut c::PyObject, objects: *mut c_void) -> c_int {
    if let Some(object) = NonNull::new(object).filter(|object| is_plausible(object.as_ptr())) {
        // SAFETY: `visited` passes a vector that nothing else uses meanwhile.
        let objects = unsafe { &mut *objects.cast::<Vec<Object>>() };
        objects.push(Object(object));
    }
    0
}

/// Asks the processor for the memory of an object that will be visited soon. A hint: it may be
/// anything, and nothing happens if it is not there.
#[inline]
pub(super) fn prefetch(address: u64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let Ok(address) = usize::try_from(address) else {
            return;
        };
        let first = std::ptr::without_provenance::<i8>(address);
        // SAFETY: prefetching never faults, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(first) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// The object at an address of a graph captured in this attachment.
///
/// The caller vouches that no Python code has run since the capture, or that it has held a
/// reference to the object from then on.
pub(super) fn object_at(address: u64) -> Option<Object> {
    let address = usize::try_from(address).ok()?;
    NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(Object)
}
