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
mod frames;
mod inline_values;
mod layout;
mod members;
#[cfg(target_os = "linux")]
mod own_memory;
mod put_off;
mod shared_keys;
mod sizes;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod thread_cache;
mod threads;
mod type_object;

use std::ffi::{c_int, c_void};
use std::ops::ControlFlow;
use std::ptr::NonNull;

use pyo3::ffi as c;
use pyo3::prelude::*;

pub(super) use attributes::{
    descriptor_get, dict_of_instance, generic_attribute, is_descriptor, plain_repr,
};
pub(super) use calls::release;
pub(crate) use calls::{attribute, call, is_audited, is_truthy, run_signal_handlers};
pub(super) use collector::CollectorLists;
pub(crate) use collector::{CollectorPause, untrack};
pub(super) use containers::{
    content_count, dict_entries, is_name, items, list_item, module_namespace, module_table,
    owner_of_function, system_object, tuple_items, tuple_places, value_under, weak_referent,
};
pub(super) use frames::{FrameLayout, GeneratorData};
pub(super) use inline_values::inline_values;
pub(crate) use layout::Layout;
use layout::table::{BYTES_A_CHARACTER, TEXT_IN_ARRAY};
pub(super) use members::member_offset;
#[cfg(target_os = "linux")]
pub(crate) use own_memory::prepare_for_fork;
pub(crate) use put_off::{begin_anew, hand_on};
pub(super) use shared_keys::shared_names;
pub(super) use sizes::{item_count, sizeof};
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use thread_cache::bytes_in_use;
pub(super) use threads::{Threads, code_of_frame};
pub(super) use type_object::{TypeField, is_compiled_module};

use crate::graph::HeapGraphBuilder;

/// True unless the code runs in an interpreter that the program has made beside the first one.
pub(crate) fn is_main_interpreter(_py: Python<'_>) -> bool {
    // SAFETY: attached.
    let interpreter = unsafe { c::PyInterpreterState_Get() };
    // SAFETY: the state of the running interpreter, which is never null.
    let number = unsafe { c::PyInterpreterState_GetID(interpreter) };
    number == 0
}

/// True unless it is sure that this interpreter is the only one of the process.
///
/// The one that was made last is at the head of their list, the main one at its end. Nothing of another is
/// read, and none is made by this one's threads as long as the caller keeps the interpreter.
pub(crate) fn may_have_others(py: Python<'_>) -> bool {
    type Head = unsafe extern "C" fn() -> *mut c::PyInterpreterState;
    let Some(head) = calls::exported(c"PyInterpreterState_Head") else {
        return true;
    };
    // SAFETY: the function of that name, which takes and gives this in 3.10 to 3.15.
    let head = unsafe { std::mem::transmute::<NonNull<c_void>, Head>(head) };
    // SAFETY: reads the head of the list.
    let first = unsafe { head() };
    // SAFETY: attached.
    let own = unsafe { c::PyInterpreterState_Get() };
    first != own || !is_main_interpreter(py)
}

/// Gives what our allocator and the C allocator keep free back to the system, so that what is resident is
/// in use. The latter does nothing where it is not glibc's.
pub(crate) fn give_back_free_memory() {
    #[cfg(target_os = "linux")]
    own_memory::give_back();
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

    /// The key and the result of a call that the object, a link of an `lru_cache`, stands for.
    pub(super) fn cached_call(self, layout: &Layout) -> Option<[Self; 2]> {
        let [key, result] = layout.cached_call()?;
        Some([self.reference_at(key)?, self.reference_at(result)?])
    }

    /// Bytes of the text that the object, an `io.StringIO`, has in memory that is no object's; at least, as
    /// what is gathered may have wide characters.
    pub(super) fn text_bytes(self, layout: &Layout) -> Option<u64> {
        let place = layout.text_buffer()?;
        let length = self.word_at(place.length);
        let is_in_array = u32::try_from(self.word_at(place.state) & u64::from(u32::MAX))
            .is_ok_and(|state| state == TEXT_IN_ARRAY);
        Some(if is_in_array {
            length.min(self.word_at(place.room)) * BYTES_A_CHARACTER
        } else if place.writer.is_some_and(|writer| self.word_at(writer) != 0) {
            length
        } else {
            0
        })
    }

    /// Where among the first `size` bytes of the object is the only reference to `held`.
    pub(super) fn place_of(self, held: Self, size: usize) -> Option<usize> {
        let word = size_of::<u64>();
        // The first two words are the count and the type.
        let mut places = (2 * word..size.next_multiple_of(word).min(size))
            .step_by(word)
            .filter(|&place| place + word <= size && self.word_at(place) == held.address());
        let place = places.next()?;
        places.next().is_none().then_some(place)
    }

    /// The object's type, itself an object. That of a static type which nobody has made ready may be
    /// null: it is `type`.
    #[inline]
    pub(super) fn type_object(self) -> Self {
        self.own_type().unwrap_or_else(|| {
            // SAFETY: a static type.
            let ty = std::ptr::addr_of_mut!(c::PyType_Type);
            // SAFETY: the address of a static is not null.
            Self(unsafe { NonNull::new_unchecked(ty.cast()) })
        })
    }

    #[inline]
    fn own_type(self) -> Option<Self> {
        // SAFETY: the object is alive.
        let ty = unsafe { c::Py_TYPE(self.0.as_ptr()) };
        NonNull::new(ty.cast()).map(Self)
    }

    /// The reference count; `None` if the object is immortal, or allocated statically (3.11).
    pub(super) fn reference_count(self, layout: &Layout) -> Option<u32> {
        // SAFETY: the count is the first word of every object of a build with a GIL. From 3.14
        // its upper half holds flags; no count before that reaches 32 bits in practice.
        layout.references(unsafe { self.0.as_ptr().cast::<u32>().read() })
    }

    /// True if and only if the collector tracks the object.
    pub(super) fn is_tracked(self) -> bool {
        // SAFETY: the object is alive and has a type; the function asks `tp_is_gc` itself.
        self.own_type().is_some() && unsafe { c::PyObject_GC_IsTracked(self.0.as_ptr()) != 0 }
    }

    /// The dict of an instance for whose type [`Layout::has_managed_dict`] holds: an address to
    /// compare with known ones, as nobody vouches for it. Of an instance that has none, it is 0, or in
    /// 3.12 a marked pointer to its values.
    pub(super) fn hidden_dict_address(self) -> u64 {
        let words = self.0.as_ptr().cast::<u64>();
        // SAFETY: types with the managed dict flag allocate that many words before the object.
        let pointer = unsafe { words.sub(layout::table::MANAGED_DICT_WORD) };
        // SAFETY: as above.
        unsafe { pointer.read() }
    }

    /// What a code object holds and no attribute shows, from 3.11 on: the names of its variables
    /// and of what kind each is. They come just before `filename`, its `co_filename`; `None` where
    /// that is not found in its place.
    pub(super) fn variables_of_code(
        self,
        filename: Object,
        layout: &Layout,
    ) -> Option<[Object; 2]> {
        let names = layout.code_variables()?;
        let word = |n| self.word_at(names + n * size_of::<u64>());
        if word(2) != filename.address() {
            return None;
        }
        Some([object_at(word(0))?, object_at(word(1))?])
    }

    /// The word `offset` bytes into an object, where its type says that the pointer to its
    /// attributes is: an address to compare with known ones, or 0.
    pub(super) fn dict_address_at(self, offset: usize) -> u64 {
        self.word_at(offset)
    }

    /// The address of what the memory of an array of numpy is from, to compare with known ones; `None` of
    /// a layout without it. `dtype` is that of the array, `size` that of an instance of numpy's own class.
    pub(super) fn memory_handler_of_array(self, dtype: Object, size: usize) -> Option<u64> {
        let place = self.place_of(dtype, size)? + layout::libraries::HANDLER_AFTER_DTYPE;
        (place + size_of::<u64>() == size).then(|| self.word_at(place))
    }

    /// The word `offset` bytes into an object, whose type says that its instances are larger than that: a
    /// number, or an address to compare with known ones.
    pub(super) fn field(self, offset: usize) -> u64 {
        self.word_at(offset)
    }

    /// The word `offset` bytes into an object that is larger than that: a field of its own type's.
    fn word_at(self, offset: usize) -> u64 {
        // SAFETY: callers pass the offset of a field of the object.
        let word = unsafe { self.0.as_ptr().cast::<u64>().byte_add(offset) };
        // SAFETY: as above.
        unsafe { word.read() }
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

    /// As [`traverse_into`](Self::traverse_into), for a traverse that is not the interpreter's own:
    /// what it visits and is no living object is passed over. Some visit what lies on a free list
    /// (modules of `_asyncio` of 3.12), or what they have let go of.
    pub(super) fn traverse_living_into(self, traverse: Traverse, builder: &mut HeapGraphBuilder) {
        let argument = std::ptr::from_mut(builder).cast();
        // SAFETY: as in `traverse_into`.
        unsafe { traverse(self.0.as_ptr(), record_living_edge, argument) };
    }

    /// Calls `visit` with what `self` visits and is alive, in its order, until that says to stop.
    /// Callers have made sure that it may be traversed.
    pub(super) fn for_each_visited<V: FnMut(Object) -> ControlFlow<()>>(self, mut visit: V) {
        if let Some(traverse) = self.type_object().traverse_slot() {
            let argument = std::ptr::from_mut(&mut visit).cast();
            // SAFETY: as in `traverse_into`, with the visitor that goes with the argument.
            unsafe { traverse(self.0.as_ptr(), show_object::<V>, argument) };
        }
    }

    /// As [`for_each_visited`](Self::for_each_visited), as a list: of what is known to visit few.
    pub(super) fn visited(self) -> Vec<Object> {
        let mut objects = Vec::new();
        self.for_each_visited(|object| {
            objects.push(object);
            ControlFlow::Continue(())
        });
        objects
    }
}

/// True if `object` can be the address of an object: a broken traverse may visit anything.
fn is_plausible(object: *mut c::PyObject) -> bool {
    object.addr() >= 4096 && object.addr().is_multiple_of(4)
}

/// True if an object at a plausible address can be alive: it is referred to and has a type.
fn is_living(object: *mut c::PyObject) -> bool {
    // SAFETY: what a traverse visits is an object, or was one: the memory is still there.
    let count = unsafe { object.cast::<u32>().read() };
    // SAFETY: as above.
    count != 0 && !unsafe { c::Py_TYPE(object) }.is_null()
}

extern "C" fn record_living_edge(object: *mut c::PyObject, builder: *mut c_void) -> c_int {
    if is_plausible(object) && is_living(object) {
        return record_edge(object, builder);
    }
    0
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

extern "C" fn show_object<V: FnMut(Object) -> ControlFlow<()>>(
    object: *mut c::PyObject,
    visit: *mut c_void,
) -> c_int {
    let is_object =
        |object: &NonNull<c::PyObject>| is_plausible(object.as_ptr()) && is_living(object.as_ptr());
    let Some(object) = NonNull::new(object).filter(is_object) else {
        return 0;
    };
    // SAFETY: `for_each_visited` passes a `V` that nothing else uses meanwhile.
    let visit = unsafe { &mut *visit.cast::<V>() };
    // What is not 0 ends the traversal.
    c_int::from(visit(Object(object)).is_break())
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
