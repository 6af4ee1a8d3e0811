//! Everything unsafe, and every difference between CPython versions that is one of layout.
//!
//! What the code here relies on, once and for all:
//!
//! * **The interpreter is attached** (`Python<'py>`) and the build has a GIL; free-threaded
//!   builds are refused at import. Between a walk's first and last step no Python code runs, so
//!   no object met in it can die.
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

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;

use pyo3::exceptions::PyAttributeError;
use pyo3::ffi as c;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::graph::HeapGraphBuilder;

/// A live CPython object during a walk: a pointer that is neither null nor dangling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Object(NonNull<c::PyObject>);

/// The traverse function of a type.
pub(super) type Traverse = c::traverseproc;

/// Set in the flags of types whose instances have a pointer to their dict before the object
/// (3.11 and later).
const MANAGED_DICT: u64 = 1 << 4;
/// Set for types with a word for weak references before the object (3.12 and later).
const MANAGED_WEAKREF: u64 = 1 << 3;
const HEAP_TYPE: u64 = 1 << 9;
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

    /// The object's type, itself an object.
    pub(super) fn type_object(self) -> Self {
        // SAFETY: the object is alive, and its type is never null and lives as long.
        Self(unsafe { NonNull::new_unchecked(c::Py_TYPE(self.0.as_ptr()).cast()) })
    }

    /// The reference count; `None` if the object is immortal.
    pub(super) fn reference_count(self, version: (u8, u8)) -> Option<u32> {
        // SAFETY: the count is the first word of every object of a build with a GIL. From 3.14
        // its upper half holds flags; no count before that reaches 32 bits in practice.
        let count = unsafe { self.0.as_ptr().cast::<u32>().read() };
        // 3.12 and later: immortal if and only if the lower half is negative as an i32.
        let is_immortal = version >= (3, 12) && count.cast_signed() < 0;
        (!is_immortal).then_some(count)
    }

    /// True if and only if the collector tracks the object.
    pub(super) fn is_tracked(self) -> bool {
        // SAFETY: the object is alive; the function asks `tp_is_gc` itself.
        unsafe { c::PyObject_GC_IsTracked(self.0.as_ptr()) != 0 }
    }

    /// The dict of an instance for whose type [`TypeFlags::hides_dict`] holds: an address to
    /// compare with known ones, as nobody vouches for it.
    pub(super) fn hidden_dict_address(self) -> u64 {
        // SAFETY: types with the managed dict flag allocate three words before the object; from
        // 3.13 to 3.15 the third of them is the pointer to the dict (`_PyObject_ManagedDictPointer`
        // in pycore_object.h).
        unsafe { self.0.as_ptr().cast::<u64>().sub(3).read() }
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
        let first = std::ptr::without_provenance::<i8>(address as usize);
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

/// The items of a list, borrowed.
pub(super) fn list_item(list: &Bound<'_, PyAny>, position: usize) -> Option<Object> {
    let position = position.cast_signed();
    // SAFETY: the function checks that it is a list and that the position exists.
    let item = unsafe { c::PyList_GetItem(list.as_ptr(), position) };
    if item.is_null() {
        drop(PyErr::take(list.py()));
    }
    NonNull::new(item).map(Object)
}

/// The keys and values of a dict or an instance of a subclass, in its own order, without running
/// any code of theirs.
pub(super) fn dict_entries(dict: Object) -> impl Iterator<Item = (Object, Object)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: callers pass instances of dict, which nothing changes during the iteration.
        let found = unsafe {
            c::PyDict_Next(
                dict.0.as_ptr(),
                &raw mut position,
                &raw mut key,
                &raw mut value,
            )
        };
        if found == 0 {
            return None;
        }
        Some((Object(NonNull::new(key)?), Object(NonNull::new(value)?)))
    })
}

/// `sys.modules`, or what stands in its place for the interpreter.
pub(super) fn module_table(py: Python<'_>) -> Bound<'_, PyAny> {
    // SAFETY: returns a borrowed reference that lives as long as the interpreter.
    unsafe { Bound::from_borrowed_ptr(py, c::PyImport_GetModuleDict()) }
}

/// The namespace of a module object, without asking its `__getattribute__`; `None` if it is no
/// module or has no namespace any more.
pub(super) fn module_namespace<'py>(module: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: any object may be asked.
    if unsafe { c::PyModule_Check(module.as_ptr()) } == 0 {
        return None;
    }
    // SAFETY: it is a module; the result is borrowed from it, or null with an error set.
    let namespace = unsafe { c::PyModule_GetDict(module.as_ptr()) };
    if namespace.is_null() {
        drop(PyErr::take(module.py()));
        return None;
    }
    // SAFETY: not null, and alive with its module.
    unsafe { Bound::from_borrowed_ptr(module.py(), namespace) }
        .cast_into()
        .ok()
}

/// `descriptor.__get__(object)` through the slot of the descriptor's type.
///
/// # Errors
///
/// Whatever the descriptor raises; `AttributeError` where it is no descriptor.
pub(super) fn descriptor_get<'py>(
    descriptor: &Bound<'py, PyAny>,
    object: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let ty = Object::from_bound(descriptor).type_object();
    // SAFETY: a type object; from 3.10 static types are allowed too.
    let slot = unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_descr_get) };
    // SAFETY: the slot holds null or a function of exactly this type.
    let get = unsafe { std::mem::transmute::<*mut c_void, Option<c::descrgetfunc>>(slot) };
    let get = get.ok_or_else(|| PyAttributeError::new_err("not a descriptor"))?;
    let owner = object.get_type();
    // SAFETY: all three are live objects.
    let value = unsafe { get(descriptor.as_ptr(), object.as_ptr(), owner.as_ptr()) };
    // SAFETY: a new reference, or null with an error set.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), value) }
}

/// True if and only if the type of `object` has a `__get__`, so that finding it on a class may
/// run code.
pub(super) fn is_descriptor(object: Object) -> bool {
    let ty = object.type_object();
    // SAFETY: a type object; from 3.10 static types are allowed too.
    !unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_descr_get) }.is_null()
}

/// The attribute as `object.__getattribute__` finds it, whatever the class overrides. Reads
/// inline values without making a dict of them (3.10 to 3.15). Callers have made sure that the
/// type holds nothing under the name whose `__get__` is not compiled.
pub(super) fn generic_attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyAny>> {
    // SAFETY: live objects; the name is a str, which the function checks.
    let value = unsafe { c::PyObject_GenericGetAttr(object.as_ptr(), name.as_ptr()) };
    // SAFETY: a new reference, or null with an error set, which is dropped.
    unsafe { Bound::from_owned_ptr_or_err(object.py(), value) }.ok()
}

/// Calls a compiled `__sizeof__` found on the object's type; `None` if it fails or gives nonsense.
pub(super) fn native_size(sizeof: &Bound<'_, PyAny>, object: Object) -> Option<u64> {
    let end = std::ptr::null_mut::<c::PyObject>();
    // SAFETY: live objects and the null that ends the arguments.
    let size = unsafe { c::PyObject_CallFunctionObjArgs(sizeof.as_ptr(), object.0.as_ptr(), end) };
    if size.is_null() {
        drop(PyErr::take(sizeof.py()));
        return None;
    }
    // SAFETY: not null; gives -1 with an error set if it is no number.
    let bytes = unsafe { c::PyLong_AsSsize_t(size) };
    // SAFETY: a new reference that nobody else has.
    unsafe { c::Py_DECREF(size) };
    if bytes < 0 {
        drop(PyErr::take(sizeof.py()));
    }
    u64::try_from(bytes).ok()
}

/// `ob_size` of an instance of a type whose `tp_itemsize` is not zero.
pub(super) fn item_count(object: Object) -> u64 {
    // SAFETY: such an object starts with a PyVarObject.
    let count = unsafe { (*object.0.as_ptr().cast::<c::PyVarObject>()).ob_size };
    // Old integers keep their sign here.
    count.unsigned_abs() as u64
}

/// Takes a container that holds nothing to collect off the collector's list, as the collector
/// itself does when it meets one.
pub(super) fn untrack(object: &Bound<'_, PyAny>) {
    // SAFETY: a live object of a collected type; does nothing if it is untracked already.
    unsafe { c::PyObject_GC_UnTrack(object.as_ptr().cast()) };
}

/// True if and only if `object`, which the collector tracks, is the first that it has come to
/// track since `mark` was made, up to CPython 3.12: the newest are at the end of its list.
pub(super) fn is_tracked_next_after(mark: &Bound<'_, PyList>, object: &Bound<'_, PyDict>) -> bool {
    // SAFETY: a list has a collector's header in front of it.
    let header = unsafe { mark.as_ptr().cast::<CollectorHead>().sub(1) };
    // SAFETY: as above.
    let next = unsafe { (*header).next } & !LINK_MARKS;
    next == object.as_ptr().addr() - size_of::<CollectorHead>()
}

/// The header in front of every object that belongs to the collector.
#[repr(C)]
struct CollectorHead {
    next: usize,
    previous: usize,
}

/// Low bits of the links, where the collector keeps marks.
const LINK_MARKS: usize = 0b11;
/// `struct gc_generation`: the head of a list, a threshold and a count.
const GENERATION_SIZE: usize = 24;
const GENERATIONS: usize = 3;

/// The lists in which the collector of CPython 3.10 to 3.13 keeps the objects it tracks.
///
/// Going through them is what `gc.get_objects()` does, without the list and without touching
/// reference counts. The layout is private, though frozen in those versions; so
/// [`agree_with_collector`](Self::agree_with_collector) compares the outcome with the official one
/// before anything else relies on it.
#[derive(Debug)]
pub(super) struct CollectorLists {
    youngest: *const CollectorHead,
}

impl CollectorLists {
    /// Finds the lists of the running interpreter; `None` if its version has others.
    pub(super) fn find(py: Python<'_>, version: (u8, u8)) -> Option<Self> {
        if !((3, 10)..=(3, 13)).contains(&version) {
            return None;
        }
        // A new object is the last of the youngest generation: next comes the head of its list.
        let newest = PyList::empty(py);
        // SAFETY: a list has a collector's header in front of it.
        let header = unsafe { newest.as_ptr().cast::<CollectorHead>().sub(1) };
        // SAFETY: as above.
        let youngest = unsafe { (*header).next } & !LINK_MARKS;
        Some(Self {
            youngest: std::ptr::with_exposed_provenance(youngest),
        })
    }

    /// Calls `visit` with every object the collector tracks, in the order of `gc.get_objects()`.
    pub(super) fn for_each(&self, mut visit: impl FnMut(Object)) {
        for generation in 0..GENERATIONS {
            let head = self
                .youngest
                .wrapping_byte_add(generation * GENERATION_SIZE);
            let mut current = head;
            loop {
                // SAFETY: `head` is the head of a generation's list, and a list is a circle of
                // headers of live objects that leads back to its head.
                let next = unsafe { (*current).next } & !LINK_MARKS;
                current = std::ptr::with_exposed_provenance(next);
                if current == head {
                    break;
                }
                let object = current.wrapping_add(1).cast_mut().cast();
                // SAFETY: an object follows its header, and a header is not at address 0.
                visit(Object(unsafe { NonNull::new_unchecked(object) }));
            }
        }
    }

    /// True if and only if the lists hold exactly what `gc.get_objects()` gives, in its order.
    pub(super) fn agree_with_collector(&self, official: &Bound<'_, PyList>) -> bool {
        let mut addresses = Vec::new();
        self.for_each(|object| addresses.push(object.address()));
        addresses.retain(|&address| address != Object::from_bound(official).address());
        let listed = (0..official.len()).filter_map(|n| list_item(official, n));
        listed.map(Object::address).eq(addresses)
    }
}

/// Keeps the collector from starting while it lives, then leaves it as it was.
#[derive(Debug)]
pub(crate) struct CollectorPause {
    was_enabled: bool,
}

impl CollectorPause {
    pub(crate) fn new(_py: Python<'_>) -> Self {
        // SAFETY: attached.
        Self {
            was_enabled: unsafe { c::PyGC_Disable() } != 0,
        }
    }
}

impl Drop for CollectorPause {
    fn drop(&mut self) {
        if self.was_enabled {
            // SAFETY: made and dropped within one attachment: it is not Send into a detached one.
            unsafe { c::PyGC_Enable() };
        }
    }
}
