//! Facts about types and code objects, read through the descriptors of `type` and `code`
//! themselves, so that no metaclass and no `__getattribute__` of the program runs.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::ffi::{self, Object};
use super::interned::intern;

/// The descriptors, resolved once a capture.
pub(crate) struct Introspection<'py> {
    pub(super) py: Python<'py>,
    /// Major and minor version of the interpreter.
    pub(super) version: (u8, u8),
    name: Bound<'py, PyAny>,
    qualified_name: Bound<'py, PyAny>,
    module: Bound<'py, PyAny>,
    namespace: Bound<'py, PyAny>,
    mro: Bound<'py, PyAny>,
    bases: Bound<'py, PyAny>,
    basic_size: Bound<'py, PyAny>,
    item_size: Bound<'py, PyAny>,
    /// The class that a compiled method was made for.
    method_owner: Bound<'py, PyAny>,
    /// What a code object refers to and does not traverse.
    code_members: Vec<(&'static str, Bound<'py, PyAny>)>,
    pub(super) code_type: Bound<'py, PyAny>,
    pub(super) frame_type: Bound<'py, PyAny>,
    pub(super) function_type: Bound<'py, PyAny>,
    /// Where a function has the pointer to the dict of its attributes.
    pub(super) function_dict_offset: usize,
    pub(super) method_type: Bound<'py, PyAny>,
    pub(super) method_descriptor_type: Bound<'py, PyAny>,
    pub(super) member_descriptor_type: Bound<'py, PyAny>,
    pub(super) getset_descriptor_type: Bound<'py, PyAny>,
    pub(super) module_type: Bound<'py, PyAny>,
}

/// What a code object may refer to. Of these only members are read, which are plain references:
/// the others are made when asked for and kept (`co_varnames` from 3.11 on), which would change
/// the heap.
const CODE_MEMBERS: [&str; 11] = [
    "co_consts",
    "co_names",
    "co_varnames",
    "co_freevars",
    "co_cellvars",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_code",
    "co_linetable",
    "co_exceptiontable",
];

/// Modules of compiled types whose `__sizeof__` is known to look at nothing but the object, to
/// run no Python code and to keep the interpreter. Not `_struct`: its method crashes on an object
/// that was made without `__init__`.
const TRUSTED_SIZES: [&str; 8] = [
    "builtins",
    "collections",
    "array",
    "_io",
    "_pickle",
    "xml.etree.ElementTree",
    "types",
    "numpy",
];

impl<'py> Introspection<'py> {
    pub(crate) fn new(py: Python<'py>) -> PyResult<Self> {
        let info = py.version_info();
        let of_type = py.get_type::<PyType>().getattr(intern!(py, "__dict__"))?;
        let types = py.import(intern!(py, "types"))?;
        let code_type = types.getattr(intern!(py, "CodeType"))?;
        let of_code = code_type.getattr(intern!(py, "__dict__"))?;
        let member_descriptor_type = types.getattr(intern!(py, "MemberDescriptorType"))?;
        let function_type = types.getattr(intern!(py, "FunctionType"))?;
        let dict_offset = of_type.get_item(intern!(py, "__dictoffset__"))?;
        let method_descriptor_type = types.getattr(intern!(py, "MethodDescriptorType"))?;
        let of_method = method_descriptor_type.getattr(intern!(py, "__dict__"))?;
        let code_members = CODE_MEMBERS
            .into_iter()
            .filter_map(|name| Some((name, of_code.get_item(name).ok()?)))
            .filter(|(_, member)| member.get_type().is(&member_descriptor_type))
            .collect();
        Ok(Self {
            py,
            version: (info.major, info.minor),
            name: of_type.get_item(intern!(py, "__name__"))?,
            qualified_name: of_type.get_item(intern!(py, "__qualname__"))?,
            module: of_type.get_item(intern!(py, "__module__"))?,
            namespace: of_type.get_item(intern!(py, "__dict__"))?,
            mro: of_type.get_item(intern!(py, "__mro__"))?,
            bases: of_type.get_item(intern!(py, "__bases__"))?,
            basic_size: of_type.get_item(intern!(py, "__basicsize__"))?,
            item_size: of_type.get_item(intern!(py, "__itemsize__"))?,
            code_members,
            code_type,
            frame_type: types.getattr(intern!(py, "FrameType"))?,
            function_dict_offset: ffi::descriptor_get(&dict_offset, &function_type)?.extract()?,
            function_type,
            method_type: types.getattr(intern!(py, "MethodType"))?,
            method_owner: of_method.get_item(intern!(py, "__objclass__"))?,
            method_descriptor_type,
            member_descriptor_type,
            getset_descriptor_type: types.getattr(intern!(py, "GetSetDescriptorType"))?,
            module_type: types.getattr(intern!(py, "ModuleType"))?,
        })
    }

    /// Every object to which this holds a reference, once for each.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        let descriptors = [
            &self.name,
            &self.qualified_name,
            &self.module,
            &self.namespace,
            &self.mro,
            &self.bases,
            &self.basic_size,
            &self.item_size,
            &self.method_owner,
        ];
        let types = [
            &self.code_type,
            &self.frame_type,
            &self.function_type,
            &self.method_type,
            &self.method_descriptor_type,
            &self.member_descriptor_type,
            &self.getset_descriptor_type,
            &self.module_type,
        ];
        let members = self.code_members.iter().map(|(_, member)| member);
        let held = descriptors.into_iter().chain(types).chain(members);
        held.map(Object::from_bound)
    }

    /// `__name__` of a class; empty where there is none.
    pub(super) fn type_name(&self, ty: &Bound<'py, PyAny>) -> String {
        read_text(&self.name, ty).unwrap_or_default()
    }

    /// `__qualname__` of a class; empty where there is none.
    pub(super) fn qualified_name(&self, ty: &Bound<'py, PyAny>) -> String {
        read_text(&self.qualified_name, ty).unwrap_or_default()
    }

    /// `__module__` of a class, where it is a string that is not empty.
    pub(super) fn type_module(&self, ty: &Bound<'py, PyAny>) -> Option<String> {
        let is_heap_type = Object::from_bound(ty).type_flags().is_heap_type();
        let module = if is_heap_type {
            let module = ffi::value_under(&self.type_namespace(ty)?, c"__module__")?;
            text(&module.bound(self.py))
        } else {
            read_text(&self.module, ty)
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
        let read = |descriptor| {
            ffi::descriptor_get(descriptor, ty)
                .and_then(|size| size.extract())
                .unwrap_or(0)
        };
        (read(&self.basic_size), read(&self.item_size))
    }

    /// The namespace dict of a class: not the proxy, the dict behind it.
    pub(super) fn type_namespace(&self, ty: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
        let proxy = ffi::descriptor_get(&self.namespace, ty).ok()?;
        let behind = Object::from_bound(&proxy).visited();
        behind.first()?.bound(self.py).cast_into().ok()
    }

    /// The method resolution order of a class, empty if the class is not ready.
    pub(super) fn type_mro(&self, ty: &Bound<'py, PyAny>) -> Vec<Bound<'py, PyAny>> {
        type_tuple(&self.mro, ty)
            .map(|mro| mro.iter().collect())
            .unwrap_or_default()
    }

    /// The bases of a class.
    pub(super) fn type_bases(&self, ty: &Bound<'py, PyAny>) -> Vec<Bound<'py, PyAny>> {
        type_tuple(&self.bases, ty)
            .map(|bases| bases.iter().collect())
            .unwrap_or_default()
    }

    /// What a static type holds and cannot be asked for by a traverse: namespace, method
    /// resolution order and bases.
    pub(super) fn static_type_referents(&self, ty: &Bound<'py, PyAny>) -> Vec<NamedReferent<'py>> {
        let namespace = self
            .type_namespace(ty)
            .map(|dict| ("__dict__", dict.into_any()));
        let mro = type_tuple(&self.mro, ty).map(|mro| ("__mro__", mro.into_any()));
        let bases = type_tuple(&self.bases, ty).map(|bases| ("__bases__", bases.into_any()));
        namespace.into_iter().chain(mro).chain(bases).collect()
    }

    /// The members of code objects, in the order of [`code_referents`](Self::code_referents).
    pub(super) fn code_members(&self) -> impl Iterator<Item = (&'static str, &Bound<'py, PyAny>)> {
        self.code_members
            .iter()
            .map(|(name, member)| (*name, member))
    }

    /// What a code object holds: constants, names, and its other members.
    pub(super) fn code_referents(&self, code: &Bound<'py, PyAny>) -> Vec<NamedReferent<'py>> {
        self.code_members
            .iter()
            .filter_map(|(name, member)| Some((*name, ffi::descriptor_get(member, code).ok()?)))
            .collect()
    }

    /// The names and kinds of the variables of a code object, which no attribute shows: from 3.11
    /// on, after [`code_referents`](Self::code_referents).
    pub(super) fn code_variables(&self, code: &Bound<'py, PyAny>) -> Option<[Object; 2]> {
        let mut members = self.code_members.iter();
        let (_, filename) = members.find(|(name, _)| *name == "co_filename")?;
        let filename = ffi::descriptor_get(filename, code).ok()?;
        Object::from_bound(code).variables_of_code(Object::from_bound(&filename), self.version)
    }

    /// The nearest `__sizeof__` for instances of a class that is compiled and trusted; `None` if
    /// there is none but that of `object`. One written in Python is passed over.
    pub(super) fn native_sizeof(&self, ty: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let mro = self.type_mro(ty);
        let (_object, classes) = mro.split_last()?;
        classes.iter().find_map(|class| {
            let method = ffi::value_under(&self.type_namespace(class)?, c"__sizeof__")?;
            let method = method.bound(self.py);
            let is_compiled = method.get_type().is(&self.method_descriptor_type);
            (is_compiled && self.has_trusted_size(class, &method)).then_some(method)
        })
    }

    /// True if and only if `method` was made for `class` itself, and that is a trusted type.
    fn has_trusted_size(&self, class: &Bound<'py, PyAny>, method: &Bound<'py, PyAny>) -> bool {
        let owner = ffi::descriptor_get(&self.method_owner, method);
        let is_own = owner.is_ok_and(|owner| owner.is(class));
        let is_heap_type = Object::from_bound(class).type_flags().is_heap_type();
        let module = self.type_module(class);
        let is_trusted = module.is_some_and(|module| {
            // Compiled classes that name no module are said to be of `builtins`.
            TRUSTED_SIZES.contains(&module.as_str()) && !(is_heap_type && module == "builtins")
        });
        is_own && is_trusted
    }

    /// True if and only if a class of the object defines `__del__`, whatever its metaclass says.
    pub(crate) fn has_finalizer(&self, object: &Bound<'py, PyAny>) -> bool {
        let mro = self.type_mro(&object.get_type());
        let mut namespaces = mro.iter().filter_map(|class| self.type_namespace(class));
        namespaces.any(|namespace| ffi::value_under(&namespace, c"__del__").is_some())
    }
}

fn type_tuple<'py>(
    descriptor: &Bound<'py, PyAny>,
    ty: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyTuple>> {
    ffi::descriptor_get(descriptor, ty).ok()?.cast_into().ok()
}

fn read_text(descriptor: &Bound<'_, PyAny>, ty: &Bound<'_, PyAny>) -> Option<String> {
    text(&ffi::descriptor_get(descriptor, ty).ok()?)
}

/// A referent and the attribute it hangs under.
pub(super) type NamedReferent<'py> = (&'static str, Bound<'py, PyAny>);

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

/// A tuple of names that a code object makes when asked. From 3.12 it keeps it: the new tuple is
/// taken off the collector's list at once, as the collector would do.
pub(super) fn code_names(code: &Bound<'_, PyAny>, attribute: &str) -> Option<Vec<String>> {
    let names = code.getattr(attribute).ok()?.cast_into::<PyTuple>().ok()?;
    ffi::untrack(&names);
    names.iter().map(|name| text(&name)).collect()
}
