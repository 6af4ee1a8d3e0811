//! What types, code and weak references are read with.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyType;
use rustc_hash::{FxHashMap, FxHashSet};

use super::ffi::{self, Layout, Object};
use super::known_types::{Known, core_types, types_of_interpreter};

/// The descriptors of `type`, `code` and others, resolved once when the package is imported: in the
/// middle of a walk nothing is imported, as `builtins.__import__` may be the program's.
pub(super) struct Descriptors {
    pub(super) name: Py<PyAny>,
    pub(super) qualified_name: Py<PyAny>,
    pub(super) module: Py<PyAny>,
    pub(super) namespace: Py<PyAny>,
    pub(super) mro: Py<PyAny>,
    pub(super) bases: Py<PyAny>,
    pub(super) basic_size: Py<PyAny>,
    pub(super) item_size: Py<PyAny>,
    pub(super) dict_offset: Py<PyAny>,
    /// What a code object refers to and does not traverse.
    pub(super) code_members: Vec<CodeMember>,
    /// By [`FrameGetter`].
    pub(super) of_frames: [Py<PyAny>; 4],
    /// Where a function has the pointer to the dict of its attributes.
    pub(super) function_dict_offset: usize,
    pub(super) known: FxHashMap<u64, Known>,
    /// The addresses of all types that the interpreter is known to have made itself.
    pub(super) of_interpreter: FxHashSet<u64>,
    /// From 3.15 on there are dicts that are of no subclass of `dict`.
    pub(super) has_frozen_dicts: bool,
    /// The addresses of the traverse functions of the known types of the interpreter, and of classes
    /// written in Python.
    pub(super) own_traverses: FxHashSet<usize>,
}

/// A member of code objects.
pub(super) struct CodeMember {
    pub(super) name: &'static str,
    pub(super) descriptor: Py<PyAny>,
    /// Where code objects have it, if that is known.
    pub(super) offset: Option<usize>,
}

/// A getter of frames.
#[derive(Debug, Clone, Copy)]
pub(super) enum FrameGetter {
    Globals,
    Builtins,
    Trace,
    Caller,
}

static DESCRIPTORS: OnceLock<Descriptors> = OnceLock::new();

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

impl Descriptors {
    /// Those of this process.
    ///
    /// # Errors
    ///
    /// If the library's module `types` is not as it should be, when they are asked for first.
    pub(super) fn get(py: Python<'_>) -> PyResult<&'static Self> {
        if let Some(known) = DESCRIPTORS.get() {
            return Ok(known);
        }
        let descriptors = Self::resolve(py)?;
        Ok(DESCRIPTORS.get_or_init(|| descriptors))
    }

    /// Every object to which there is a reference here, once for each.
    pub(super) fn held(&self, py: Python<'_>) -> impl Iterator<Item = Object> {
        let descriptors = [
            &self.name,
            &self.qualified_name,
            &self.module,
            &self.namespace,
            &self.mro,
            &self.bases,
            &self.basic_size,
            &self.item_size,
            &self.dict_offset,
        ];
        let members = self.code_members.iter().map(|member| &member.descriptor);
        let held = descriptors
            .into_iter()
            .chain(members)
            .chain(&self.of_frames);
        held.map(move |held| Object::from_bound(held.bind(py)))
    }

    fn resolve(py: Python<'_>) -> PyResult<Self> {
        let of_type = py.get_type::<PyType>().getattr("__dict__")?;
        let of_type = |name: &str| of_type.get_item(name).map(Bound::unbind);
        let types = py.import("types")?;
        let code_type = types.getattr("CodeType")?;
        let of_code = code_type.getattr("__dict__")?;
        let member_type = types.getattr("MemberDescriptorType")?;
        let function_type = types.getattr("FunctionType")?;
        let of_frame = types.getattr("FrameType")?.getattr("__dict__")?;
        let of_frame = |name: &str| of_frame.get_item(name).map(Bound::unbind);
        let code_members = (CODE_MEMBERS.into_iter())
            .filter_map(|name| Some((name, of_code.get_item(name).ok()?)))
            .filter(|(_, member)| member.get_type().is(&member_type))
            .map(|(name, member)| {
                let [object, code] = [&member, &code_type].map(Object::from_bound);
                CodeMember {
                    name,
                    offset: ffi::member_offset(object, code, Layout::get(py)),
                    descriptor: member.unbind(),
                }
            });
        let core_types = core_types(py)?;
        let known = types_of_interpreter(py, &core_types)?;
        let of_interpreter = core_types.iter().map(|ty| Object::from_bound(ty).address());
        let plain_class = types.getattr("DynamicClassAttribute")?;
        let classes = (known.keys().copied())
            .filter_map(ffi::object_at)
            .chain([Object::from_bound(&plain_class)]);
        let own_traverses = classes.filter_map(Object::traverse_address).collect();
        Ok(Self {
            name: of_type("__name__")?,
            qualified_name: of_type("__qualname__")?,
            module: of_type("__module__")?,
            namespace: of_type("__dict__")?,
            mro: of_type("__mro__")?,
            bases: of_type("__bases__")?,
            basic_size: of_type("__basicsize__")?,
            item_size: of_type("__itemsize__")?,
            dict_offset: of_type("__dictoffset__")?,
            code_members: code_members.collect(),
            of_frames: [
                of_frame("f_globals")?,
                of_frame("f_builtins")?,
                of_frame("f_trace")?,
                of_frame("f_back")?,
            ],
            function_dict_offset: function_type.getattr("__dictoffset__")?.extract()?,
            has_frozen_dicts: known.values().any(|known| *known == Known::FrozenDict),
            of_interpreter: of_interpreter.chain(known.keys().copied()).collect(),
            known,
            own_traverses,
        })
    }
}
