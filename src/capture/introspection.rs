//! Facts about types and code objects, read through the descriptors of `type` and `code`
//! themselves, so that no metaclass and no `__getattribute__` of the program runs.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::ffi::{self, Object};

/// The descriptors, resolved once a capture.
pub(super) struct Introspection<'py> {
    pub(super) py: Python<'py>,
    /// Major and minor version of the interpreter.
    pub(super) version: (u8, u8),
    name: Bound<'py, PyAny>,
    module: Bound<'py, PyAny>,
    namespace: Bound<'py, PyAny>,
    mro: Bound<'py, PyAny>,
    bases: Bound<'py, PyAny>,
    basic_size: Bound<'py, PyAny>,
    item_size: Bound<'py, PyAny>,
    /// What a code object refers to and does not traverse.
    code_members: Vec<(&'static str, Bound<'py, PyAny>)>,
    pub(super) code_type: Bound<'py, PyAny>,
    pub(super) frame_type: Bound<'py, PyAny>,
    pub(super) function_type: Bound<'py, PyAny>,
    pub(super) method_descriptor_type: Bound<'py, PyAny>,
    pub(super) member_descriptor_type: Bound<'py, PyAny>,
    pub(super) module_type: Bound<'py, PyAny>,
}

/// Members of a code object that are plain references in every version that has them. Others,
/// such as `co_varnames`, are made when asked for and kept: reading them would change the heap.
const CODE_MEMBERS: [&str; 7] = [
    "co_consts",
    "co_names",
    "co_filename",
    "co_name",
    "co_qualname",
    "co_linetable",
    "co_exceptiontable",
];

impl<'py> Introspection<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        let info = py.version_info();
        let of_type = py.get_type::<PyType>().getattr(intern!(py, "__dict__"))?;
        let types = py.import(intern!(py, "types"))?;
        let code_type = types.getattr(intern!(py, "CodeType"))?;
        let of_code = code_type.getattr(intern!(py, "__dict__"))?;
        let code_members = CODE_MEMBERS
            .into_iter()
            .filter_map(|name| Some((name, of_code.get_item(name).ok()?)))
            .collect();
        Ok(Self {
            py,
            version: (info.major, info.minor),
            name: of_type.get_item(intern!(py, "__name__"))?,
            module: of_type.get_item(intern!(py, "__module__"))?,
            namespace: of_type.get_item(intern!(py, "__dict__"))?,
            mro: of_type.get_item(intern!(py, "__mro__"))?,
            bases: of_type.get_item(intern!(py, "__bases__"))?,
            basic_size: of_type.get_item(intern!(py, "__basicsize__"))?,
            item_size: of_type.get_item(intern!(py, "__itemsize__"))?,
            code_members,
            code_type,
            frame_type: types.getattr(intern!(py, "FrameType"))?,
            function_type: types.getattr(intern!(py, "FunctionType"))?,
            method_descriptor_type: types.getattr(intern!(py, "MethodDescriptorType"))?,
            member_descriptor_type: types.getattr(intern!(py, "MemberDescriptorType"))?,
            module_type: types.getattr(intern!(py, "ModuleType"))?,
        })
    }

    /// Every object to which this holds a reference, once for each.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        let descriptors = [
            &self.name,
            &self.module,
            &self.namespace,
            &self.mro,
            &self.bases,
            &self.basic_size,
            &self.item_size,
        ];
        let types = [
            &self.code_type,
            &self.frame_type,
            &self.function_type,
            &self.method_descriptor_type,
            &self.member_descriptor_type,
            &self.module_type,
        ];
        let members = self.code_members.iter().map(|(_, member)| member);
        let held = descriptors.into_iter().chain(types).chain(members);
        held.map(Object::from_bound)
    }

    /// `__name__` of a class; empty where there is none.
    pub(super) fn type_name(&self, ty: &Bound<'py, PyAny>) -> String {
        self.read_text(&self.name, ty).unwrap_or_default()
    }

    /// `__module__` of a class, where it is a string that is not empty.
    pub(super) fn type_module(&self, ty: &Bound<'py, PyAny>) -> Option<String> {
        self.read_text(&self.module, ty)
            .filter(|module| !module.is_empty())
    }

    fn read_text(&self, descriptor: &Bound<'py, PyAny>, ty: &Bound<'py, PyAny>) -> Option<String> {
        text(&ffi::descriptor_get(descriptor, ty).ok()?)
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
        self.type_tuple(&self.mro, ty)
            .map(|mro| mro.iter().collect())
            .unwrap_or_default()
    }

    /// What a static type holds and cannot be asked for by a traverse: namespace, method
    /// resolution order and bases.
    pub(super) fn static_type_referents(&self, ty: &Bound<'py, PyAny>) -> Vec<NamedReferent<'py>> {
        let namespace = self
            .type_namespace(ty)
            .map(|dict| ("__dict__", dict.into_any()));
        let mro = self
            .type_tuple(&self.mro, ty)
            .map(|mro| ("__mro__", mro.into_any()));
        let bases = self
            .type_tuple(&self.bases, ty)
            .map(|bases| ("__bases__", bases.into_any()));
        namespace.into_iter().chain(mro).chain(bases).collect()
    }

    fn type_tuple(
        &self,
        descriptor: &Bound<'py, PyAny>,
        ty: &Bound<'py, PyAny>,
    ) -> Option<Bound<'py, PyTuple>> {
        ffi::descriptor_get(descriptor, ty).ok()?.cast_into().ok()
    }

    /// What a code object holds: constants, names, and its other members.
    pub(super) fn code_referents(&self, code: &Bound<'py, PyAny>) -> Vec<NamedReferent<'py>> {
        self.code_members
            .iter()
            .filter_map(|(name, member)| Some((*name, ffi::descriptor_get(member, code).ok()?)))
            .collect()
    }

    /// The compiled `__sizeof__` that instances of a class have; `None` if it is `object`'s own
    /// or written in Python, or anything else that is not a plain method of a compiled type.
    pub(super) fn native_sizeof(&self, ty: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let mro = self.type_mro(ty);
        let (_object, classes) = mro.split_last()?;
        let name = intern!(self.py, "__sizeof__");
        let found = classes
            .iter()
            .find_map(|class| self.type_namespace(class)?.get_item(name).ok().flatten())?;
        found
            .get_type()
            .is(&self.method_descriptor_type)
            .then_some(found)
    }
}

/// A referent and the attribute it hangs under.
pub(super) type NamedReferent<'py> = (&'static str, Bound<'py, PyAny>);

/// The text of an exact or derived `str`, read without its own methods; lone surrogates are
/// spelled as escapes. `None` if it is no string.
pub(crate) fn text(object: &Bound<'_, PyAny>) -> Option<String> {
    let string = object.cast::<PyString>().ok()?;
    if let Ok(text) = string.to_str() {
        return Some(text.to_owned());
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
