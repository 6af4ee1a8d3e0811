//! Facts about types and code objects, read through the descriptors of `type` and `code`
//! themselves, so that no metaclass and no `__getattribute__` of the program runs.

use std::cell::{Cell, OnceCell};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use super::descriptors::Descriptors;
use super::ffi::{self, Layout, Object, TypeField};
use super::functions::FunctionFields;
use super::known_types::{Known, KnownTypes};
use crate::graph::{HeapGraph, HeapType};

/// Reads types, code and what else the walk must know of, without running code of the program.
pub(crate) struct Introspection<'py> {
    pub(super) py: Python<'py>,
    pub(super) layout: &'static Layout,
    pub(super) descriptors: &'static Descriptors,
    known_types: OnceCell<KnownTypes>,
    /// The type of the links of an `lru_cache`, once one was met.
    link_type: Cell<Option<Object>>,
    pub(super) function_fields: FunctionFields<'py>,
}

impl<'py> Introspection<'py> {
    /// Looks up, once for the process, what all others use.
    ///
    /// # Errors
    ///
    /// If the library's module `types` is not as it should be.
    pub(crate) fn prepare(py: Python<'py>) -> PyResult<()> {
        Descriptors::get(py)?;
        Layout::get(py);
        Ok(())
    }

    pub(crate) fn new(py: Python<'py>) -> PyResult<Self> {
        let mut types = Self {
            py,
            layout: Layout::get(py),
            descriptors: Descriptors::get(py)?,
            known_types: OnceCell::new(),
            link_type: Cell::new(None),
            function_fields: FunctionFields::default(),
        };
        types.function_fields = FunctionFields::find(&types);
        Ok(types)
    }

    /// Which of the known types `ty` is.
    pub(super) fn known(&self, ty: Object) -> Option<Known> {
        let of_interpreter = self.descriptors.known.get(&ty.address()).copied();
        of_interpreter.or_else(|| self.known_types().get(ty))
    }

    /// Which of the known types a type of a graph is, whatever it is called.
    pub(super) fn known_in(&self, graph: &HeapGraph, ty: &HeapType) -> Option<Known> {
        self.known(ffi::object_at(graph.address(ty.node?))?)
    }

    /// For each type of a graph, by its index, whether it is one of the known types that are meant.
    pub(super) fn which(&self, graph: &HeapGraph, is_meant: impl Fn(Known) -> bool) -> Vec<bool> {
        let types = graph.types();
        types.which(|ty| self.known_in(graph, ty).is_some_and(&is_meant))
    }

    /// True if and only if the interpreter has made `ty` itself: what is known of its types is.
    pub(super) fn is_type_of_interpreter(&self, ty: Object) -> bool {
        self.descriptors.of_interpreter.contains(&ty.address())
    }

    /// Which of the known types that no module shows `ty` is.
    pub(super) fn not_shown(&self, ty: Object) -> Option<Known> {
        self.known_types().not_shown(self, ty)
    }

    /// The type of the interpreter that is `known`.
    pub(super) fn type_of_interpreter(&self, known: Known) -> Option<Object> {
        let mut types = self.descriptors.known.iter();
        let (address, _) = types.find(|(_, other)| **other == known)?;
        ffi::object_at(*address)
    }

    /// True if and only if `object` is of exactly that type of the interpreter.
    pub(super) fn is_of_interpreter(&self, object: Object, known: Known) -> bool {
        let ty = object.type_object().address();
        self.descriptors.known.get(&ty) == Some(&known)
    }

    /// True if and only if `object` is of exactly that type, or one that is like it.
    pub(super) fn is_exactly(&self, object: Object, known: Known) -> bool {
        self.known(object.type_object()) == Some(known)
    }

    /// The nearest known type that instances of `ty` are made of: its own, or one that it is derived
    /// from.
    pub(super) fn known_base(&self, ty: Object) -> Option<Known> {
        let mro = self.type_mro(&ty.lent(self.py));
        let mut classes = mro.iter().map(|class| Object::from_bound(class));
        classes.find_map(|class| self.known(class))
    }

    /// As [`known_base`](Self::known_base), of the types of the interpreter alone: whatever is loaded, it
    /// takes as long.
    pub(super) fn known_base_of_interpreter(&self, ty: Object) -> Option<Known> {
        let known = &self.descriptors.known;
        let mro = self.type_mro(&ty.lent(self.py));
        mro.iter()
            .find_map(|class| known.get(&Object::from_bound(class).address()).copied())
    }

    /// True if and only if instances of `ty` have the entries of a dict: it is `dict`, `frozendict`, or
    /// derived from one of them.
    pub(super) fn has_entries(&self, ty: Object) -> bool {
        ty.type_flags().is_dict_subclass()
            || self.descriptors.has_frozen_dicts && self.known_base(ty) == Some(Known::FrozenDict)
    }

    /// True if and only if an instance of `ty` is traversed by code that is not the interpreter's: of
    /// the type itself, or of one that it is derived from. All modules are, by their definition.
    pub(super) fn has_foreign_traverse(&self, ty: Object) -> bool {
        let is_own =
            |class| self.known(class) != Some(Known::Module) && self.has_own_traverse(class);
        let mro = self.type_mro(&ty.lent(self.py));
        !is_own(ty) || !mro.iter().all(|class| is_own(Object::from_bound(class)))
    }

    /// True unless the traverse of a class is another one than those of the interpreter's own types, and of
    /// classes written in Python.
    pub(super) fn has_own_traverse(&self, class: Object) -> bool {
        let traverse = class.traverse_address();
        traverse.is_none_or(|traverse| self.descriptors.own_traverses.contains(&traverse))
    }

    /// The class of all greenlets, if there can be any.
    pub(super) fn greenlet_class(&self) -> Option<Object> {
        self.known_types().all(Known::Greenlet).next()
    }

    fn known_types(&self) -> &KnownTypes {
        self.known_types.get_or_init(|| KnownTypes::find(self))
    }

    /// True if and only if `ty` is that of the links of an `lru_cache`, which no module shows.
    pub(super) fn is_link_type(&self, ty: Object) -> bool {
        if let Some(known) = self.link_type.get() {
            return ty == known;
        }
        let is_it = self.not_shown(ty) == Some(Known::LruLink);
        if is_it {
            self.link_type.set(Some(ty));
        }
        is_it
    }

    /// As [`is_link_type`](Self::is_link_type), of a type that was met before.
    pub(super) fn is_met_link_type(&self, ty: Object) -> bool {
        self.link_type.get() == Some(ty)
    }

    /// The key and the result of a call that `link` stands for, if it is the link of an `lru_cache` and the
    /// layout of those is known.
    pub(super) fn cached_call(&self, link: Object) -> Option<[Object; 2]> {
        let is_link = self.is_met_link_type(link.type_object());
        is_link.then(|| link.cached_call(self.layout))?
    }

    /// Every object to which this holds a reference, once for each.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        let of_functions = self.function_fields.held();
        self.descriptors.held(self.py).chain(of_functions)
    }

    /// What a getter of `type` gives of a class, if the class is ready for being asked: the one way
    /// to any of them.
    fn ask(&self, getter: &Py<PyAny>, ty: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let is_ready = Object::from_bound(ty).is_ready_type(self.layout);
        is_ready.then(|| ffi::descriptor_get(getter.bind(self.py), ty).ok())?
    }

    /// What a class holds in a field, which `getter` gives where that is not known. `None` if the class
    /// is not ready.
    fn field(
        &self,
        ty: &Bound<'py, PyAny>,
        field: TypeField,
        getter: &Py<PyAny>,
    ) -> Option<Object> {
        let known = Object::from_bound(ty).type_field(field, self.layout);
        known.or_else(|| Some(Object::from_bound(&self.ask(getter, ty)?)))
    }

    /// A text that a getter of `type` gives. `None` if the class is not ready, or has no name.
    fn ask_name(
        &self,
        ty: &Bound<'py, PyAny>,
        field: TypeField,
        getter: &Py<PyAny>,
    ) -> Option<String> {
        let class = Object::from_bound(ty);
        if let Some(name) = class.type_field(field, self.layout) {
            return text(&name.lent(self.py));
        }
        let has_names = class.has_names(self.layout);
        has_names.then(|| text(&self.ask(getter, ty)?))?
    }

    /// Module and name of a class that is not ready, as its compiled code has them.
    fn compiled_name(&self, ty: &Bound<'py, PyAny>) -> (Option<String>, String) {
        let name = Object::from_bound(ty).compiled_name(self.layout);
        let name = name.unwrap_or_default();
        match name.rsplit_once('.') {
            Some((module, name)) => (Some(module.to_owned()), name.to_owned()),
            None => (None, name),
        }
    }

    /// `__name__` of a class; empty where there is none.
    pub(crate) fn type_name(&self, ty: &Bound<'py, PyAny>) -> String {
        let name = self.ask_name(ty, TypeField::Name, &self.descriptors.name);
        name.unwrap_or_else(|| self.compiled_name(ty).1)
    }

    /// `__qualname__` of a class; empty where there is none.
    pub(crate) fn qualified_name(&self, ty: &Bound<'py, PyAny>) -> String {
        let getter = &self.descriptors.qualified_name;
        let name = self.ask_name(ty, TypeField::QualifiedName, getter);
        name.unwrap_or_else(|| self.compiled_name(ty).1)
    }

    /// `__module__` of a class, where it is a string that is not empty.
    pub(super) fn type_module(&self, ty: &Bound<'py, PyAny>) -> Option<String> {
        let object = Object::from_bound(ty);
        let module = if !object.is_ready_type(self.layout) {
            self.compiled_name(ty).0
        } else if object.type_flags().is_heap_type() {
            let namespace = self.type_namespace(ty)?;
            let module = ffi::value_under(&namespace, c"__module__")?;
            text(&module.lent(self.py))
        } else {
            text(&self.ask(&self.descriptors.module, ty)?)
        };
        module.filter(|module| !module.is_empty())
    }

    /// Full name of a class.
    pub(crate) fn class_name(&self, ty: &Bound<'py, PyAny>) -> String {
        let module = self.type_module(ty).map(|module| module + ".");
        module.unwrap_or_default() + &self.type_name(ty)
    }

    /// `tp_basicsize` and `tp_itemsize`, 0 where they are no sizes.
    pub(super) fn instance_sizes(&self, ty: &Bound<'py, PyAny>) -> (u64, u64) {
        // Members: numbers, which every type has.
        let read = |descriptor: &Py<PyAny>| {
            ffi::descriptor_get(descriptor.bind(self.py), ty)
                .and_then(|size| size.extract())
                .unwrap_or(0)
        };
        (
            read(&self.descriptors.basic_size),
            read(&self.descriptors.item_size),
        )
    }

    /// Where instances of a class have the pointer to their dict, if anywhere; counted from the end where
    /// it is below 0.
    pub(super) fn dict_offset(&self, ty: &Bound<'py, PyAny>) -> Option<isize> {
        let offset = self.ask(&self.descriptors.dict_offset, ty)?;
        offset.extract().ok()
    }

    /// The namespace dict of a class: not the proxy, the dict behind it.
    pub(super) fn type_namespace(
        &self,
        ty: &Bound<'py, PyAny>,
    ) -> Option<Borrowed<'py, 'py, PyDict>> {
        let known = Object::from_bound(ty).type_field(TypeField::Namespace, self.layout);
        let behind_proxy = || {
            let proxy = self.ask(&self.descriptors.namespace, ty)?;
            Object::from_bound(&proxy).visited().first().copied()
        };
        known.or_else(behind_proxy)?.lent(self.py).cast().ok()
    }

    /// The method resolution order of a class, empty if the class is not ready.
    pub(super) fn type_mro(&self, ty: &Bound<'py, PyAny>) -> Vec<Borrowed<'py, 'py, PyAny>> {
        self.items(self.field(ty, TypeField::Mro, &self.descriptors.mro))
    }

    /// True if and only if the real class of `object` is `class`, or derived from it.
    pub(crate) fn is_instance(
        &self,
        object: &Bound<'py, PyAny>,
        class: &Bound<'py, PyType>,
    ) -> bool {
        let ty = Object::from_bound(object).type_object();
        let mro = self.type_mro(&ty.lent(self.py));
        mro.iter().any(|base| base.is(class))
    }

    /// The bases of a class, none if it is not ready.
    pub(super) fn type_bases(&self, ty: &Bound<'py, PyAny>) -> Vec<Borrowed<'py, 'py, PyAny>> {
        self.items(self.field(ty, TypeField::Bases, &self.descriptors.bases))
    }

    fn items(&self, tuple: Option<Object>) -> Vec<Borrowed<'py, 'py, PyAny>> {
        let is_tuple = |tuple: &Object| tuple.type_object().type_flags().is_tuple_subclass();
        let items = tuple
            .filter(is_tuple)
            .into_iter()
            .flat_map(ffi::tuple_items);
        items.map(|item| item.lent(self.py)).collect()
    }

    /// What a static type holds and cannot be asked for by a traverse: namespace, method
    /// resolution order and bases.
    pub(super) fn static_type_referents(&self, ty: &Bound<'py, PyAny>) -> Vec<NamedReferent> {
        let namespace = self.type_namespace(ty);
        let named = [
            (
                "__dict__",
                namespace.map(|dict| Object::from_bound(dict.as_any())),
            ),
            (
                "__mro__",
                self.field(ty, TypeField::Mro, &self.descriptors.mro),
            ),
            (
                "__bases__",
                self.field(ty, TypeField::Bases, &self.descriptors.bases),
            ),
        ];
        let found = named.into_iter();
        found
            .filter_map(|(name, held)| Some((name, held?)))
            .collect()
    }

    /// The names that a class holds, and no traverse shows.
    pub(super) fn names_of_class(&self, ty: Object) -> impl Iterator<Item = NamedReferent> {
        let fields = [
            ("__name__", TypeField::Name),
            ("__qualname__", TypeField::QualifiedName),
        ];
        let layout = self.layout;
        let named = move |(name, field)| Some((name, ty.type_field(field, layout)?));
        fields.into_iter().filter_map(named)
    }

    /// Where instances of `ty` have a name that their traverse does not show.
    pub(super) fn place_of_hidden_name(&self, ty: Object) -> Option<usize> {
        self.known(ty).filter(|known| known.has_hidden_name())?;
        let namespace = self.type_namespace(&ty.lent(self.py))?;
        let descriptor = ffi::value_under(&namespace, c"__name__")?;
        let is_member = self.is_exactly(descriptor, Known::MemberDescriptor);
        is_member.then(|| ffi::member_offset(descriptor, ty, self.layout))?
    }

    /// The nearest `__sizeof__` for instances of a class that is that of a known type; `None` if there
    /// is none but that of `object`. Any other is passed over.
    pub(super) fn native_sizeof(&self, ty: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        self.type_mro(ty).iter().find_map(|class| {
            let known = self.known(Object::from_bound(class))?;
            let namespace = self.type_namespace(class)?;
            let method = ffi::value_under(&namespace, c"__sizeof__")?;
            let is_method = self.is_exactly(method, Known::MethodDescriptor);
            (is_method && known.has_plain_size()).then(|| method.bound(self.py))
        })
    }

    /// True if and only if a class of the object defines `__del__`, whatever its metaclass says.
    pub(crate) fn has_finalizer(&self, object: &Bound<'py, PyAny>) -> bool {
        let ty = Object::from_bound(object).type_object();
        let mro = self.type_mro(&ty.lent(self.py));
        let mut namespaces = mro.iter().filter_map(|class| self.type_namespace(class));
        namespaces.any(|namespace| ffi::value_under(&namespace, c"__del__").is_some())
    }
}

/// A referent and the attribute it hangs under.
pub(super) type NamedReferent = (&'static str, Object);

/// The text of an exact or derived `str`, read without its own methods; lone surrogates are
/// spelled as escapes. `None` if it is no string.
///
/// Goes through new bytes: asking a string for its UTF-8 would make it keep that for good.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> Option<String> {
    let string = object.cast::<PyString>().ok()?;
    if let Ok(encoded) = string.encode_utf8() {
        return String::from_utf8(encoded.as_bytes().to_vec()).ok();
    }
    let encode = string.py().get_type::<PyString>().getattr("encode").ok()?;
    let encoded = encode.call1((string, "utf-8", "backslashreplace")).ok()?;
    String::from_utf8(encoded.extract().ok()?).ok()
}
