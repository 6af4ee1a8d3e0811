//! Type objects: their flags and slots, and what one that is not ready may lack.

use std::ffi::{CStr, c_char, c_void};

use pyo3::ffi as c;
use pyo3::prelude::*;

use super::layout::Layout;
use super::{Object, Traverse};

const HEAP_TYPE: u64 = 1 << 9;
/// Nothing of the type can be changed: all static types, and heap types that ask for it (3.10).
const IMMUTABLE: u64 = 1 << 8;
/// `PyType_Ready` has gone through the type.
const READY: u64 = 1 << 12;
const HAVE_GC: u64 = 1 << 14;
const LIST_SUBCLASS: u64 = 1 << 25;
const TUPLE_SUBCLASS: u64 = 1 << 26;
const DICT_SUBCLASS: u64 = 1 << 29;
const TYPE_SUBCLASS: u64 = 1 << 31;

/// `tp_flags` of a type, with the questions that all versions answer alike. The others are asked of
/// [`Layout`].
#[derive(Debug, Clone, Copy)]
pub(in crate::capture) struct TypeFlags(pub(super) u64);

impl TypeFlags {
    pub(in crate::capture) fn is_heap_type(self) -> bool {
        self.0 & HEAP_TYPE != 0
    }

    /// No code of the program can have changed what the type holds.
    pub(in crate::capture) fn is_immutable(self) -> bool {
        !self.is_heap_type() || self.0 & IMMUTABLE != 0
    }

    pub(in crate::capture) fn has_gc(self) -> bool {
        self.0 & HAVE_GC != 0
    }

    pub(in crate::capture) fn is_list_subclass(self) -> bool {
        self.0 & LIST_SUBCLASS != 0
    }

    pub(in crate::capture) fn is_tuple_subclass(self) -> bool {
        self.0 & TUPLE_SUBCLASS != 0
    }

    pub(in crate::capture) fn is_dict_subclass(self) -> bool {
        self.0 & DICT_SUBCLASS != 0
    }

    pub(in crate::capture) fn is_type_subclass(self) -> bool {
        self.0 & TYPE_SUBCLASS != 0
    }
}

/// A reference that a class holds and a getter of `type` hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::capture) enum TypeField {
    /// `__dict__`, which gives a proxy of it.
    Namespace,
    /// `__bases__`
    Bases,
    /// `__mro__`
    Mro,
    /// `__name__`
    Name,
    /// `__qualname__`
    QualifiedName,
}

impl Object {
    /// `tp_flags` of a type object.
    pub(in crate::capture) fn type_flags(self) -> TypeFlags {
        // SAFETY: callers pass what `type_object` gave, or an instance of a subclass of `type`.
        TypeFlags(unsafe { c::PyType_GetFlags(self.0.as_ptr().cast()) } as u64)
    }

    /// True if and only if the object is a type that `PyType_Ready` has gone through to the end: the
    /// one condition under which its getters may be asked, and attributes of its instances looked up.
    ///
    /// What a static type that nobody has made ready, a class that is being made, or one that the end
    /// of the interpreter has cleared holds may be null in any field, and the getters of `type` do not
    /// look before they take a reference. A flag that foreign code has set does not prove the opposite.
    pub(in crate::capture) fn is_ready_type(self, layout: &Layout) -> bool {
        self.is_marked_ready() && self.has_what_ready_types_have(layout)
    }

    /// True if and only if the object is a type with the flag that `PyType_Ready` sets at its end.
    pub(super) fn is_marked_ready(self) -> bool {
        let is_type = self.type_object().type_flags().is_type_subclass();
        is_type && self.type_flags().0 & READY != 0
    }

    /// True if and only if the object has a type, and that [is ready](Self::is_ready_type).
    pub(in crate::capture) fn has_ready_type(self, layout: &Layout) -> bool {
        self.own_type().is_some_and(|ty| ty.is_ready_type(layout))
    }

    /// True unless a field is null, as far as it is known where they are.
    fn has_what_ready_types_have(self, layout: &Layout) -> bool {
        let fields = [
            layout.type_name(),
            layout.heap_type_field(TypeField::Bases),
            layout.heap_type_field(TypeField::Mro),
        ];
        let mut fields = fields.into_iter().flatten();
        fields.all(|offset| self.word_at(offset) != 0)
    }

    /// `tp_name` of a type object, ready or not: with the module in front if it is compiled. `None`
    /// where it has none.
    pub(in crate::capture) fn compiled_name(self, layout: &Layout) -> Option<String> {
        let name = self.word_at(layout.type_name()?);
        if name == 0 {
            return None;
        }
        let name = usize::try_from(name).ok()?;
        let name = std::ptr::with_exposed_provenance::<c_char>(name);
        // SAFETY: the field is null or a text that ends in null and lives as long as the type.
        let name = unsafe { CStr::from_ptr(name) };
        Some(name.to_string_lossy().into_owned())
    }

    /// What a heap type that is ready has in a field. `None` where that is null, as in a type that foreign
    /// code has put together, and where the layout is not known or the type is none of these.
    pub(in crate::capture) fn type_field(self, field: TypeField, layout: &Layout) -> Option<Self> {
        let offset = layout.heap_type_field(field)?;
        (self.is_ready_type(layout) && self.type_flags().is_heap_type())
            .then(|| self.reference_at(offset))
            .flatten()
    }

    /// True if and only if a class has the strings that its `__name__` and `__qualname__` give: a heap
    /// type that foreign code has put together may lack them.
    pub(in crate::capture) fn has_names(self, layout: &Layout) -> bool {
        let fields = [TypeField::Name, TypeField::QualifiedName];
        let is_set = |field| {
            let is_known = layout.heap_type_field(field).is_some();
            !is_known || self.type_field(field, layout).is_some()
        };
        !self.type_flags().is_heap_type() || fields.into_iter().all(is_set)
    }

    /// The dict of weak references to its subclasses that a class has, which its traverse does
    /// not visit: an address to compare with known ones. From 3.12 on it is a small number for
    /// the interpreter's own static types, which keep theirs elsewhere. 0 where it is not known.
    pub(in crate::capture) fn subclasses_address(self, layout: &Layout) -> u64 {
        layout.subclasses().map_or(0, |offset| self.word_at(offset))
    }

    /// `tp_traverse` of a type object.
    pub(in crate::capture) fn traverse_slot(self) -> Option<Traverse> {
        // SAFETY: a type object, ready or not; from 3.10 static types are allowed too.
        let slot = unsafe { c::PyType_GetSlot(self.0.as_ptr().cast(), c::Py_tp_traverse) };
        // SAFETY: the slot holds null or a function of exactly this type.
        unsafe { std::mem::transmute::<*mut c_void, Option<Traverse>>(slot) }
    }

    /// Where that function is, to compare it with others.
    pub(in crate::capture) fn traverse_address(self) -> Option<usize> {
        self.traverse_slot().map(|traverse| traverse as usize)
    }

    /// True if and only if the object belongs to the collector, tracked or not. A static type
    /// object does not, although its type has the flag.
    pub(in crate::capture) fn is_gc(self) -> bool {
        let ty = self.type_object();
        if !ty.type_flags().has_gc() {
            return false;
        }
        // SAFETY: a type object, ready or not; from 3.10 static types are allowed too.
        let slot = unsafe { c::PyType_GetSlot(ty.0.as_ptr().cast(), c::Py_tp_is_gc) };
        // SAFETY: the slot holds null or a function of exactly this type.
        let is_gc = unsafe { std::mem::transmute::<*mut c_void, Option<c::inquiry>>(slot) };
        // SAFETY: the function takes any instance of its type.
        is_gc.is_none_or(|is_gc| unsafe { is_gc(self.0.as_ptr()) } != 0)
    }

    /// The module that a heap type of compiled code was made for; `None` if it is none, or its
    /// code did not say.
    pub(in crate::capture) fn module_of_type(
        self,
        py: Python<'_>,
        layout: &Layout,
    ) -> Option<Object> {
        if !self.is_ready_type(layout) || !self.type_flags().is_heap_type() {
            return None;
        }
        // SAFETY: a heap type; the result is borrowed from it, or null with an error set.
        let module = unsafe { c::PyType_GetModule(self.0.as_ptr().cast()) };
        if module.is_null() {
            drop(PyErr::take(py));
        }
        std::ptr::NonNull::new(module).map(Object)
    }
}

/// True if and only if compiled code has made the module, from a definition of its own.
pub(in crate::capture) fn is_compiled_module(module: &Bound<'_, PyAny>) -> bool {
    // SAFETY: any object may be asked.
    if unsafe { c::PyModule_Check(module.as_ptr()) } == 0 {
        return false;
    }
    // SAFETY: it is a module; null without an error if it was made without a definition.
    !unsafe { c::PyModule_GetDef(module.as_ptr()) }.is_null()
}
