//! Types that are known by identity: those of the interpreter, of its library, and of numpy.
//!
//! What is called on an object because of its type, a getter or a `__sizeof__`, is called only if that
//! very type is known here. A name proves nothing: a class of the program may have any.

mod core_types;
mod places;

use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyComplex, PyDict, PyFloat, PyFrozenSet, PyInt, PyList,
    PyMappingProxy, PyMemoryView, PySet, PyString, PyTuple, PyType,
};
use rustc_hash::FxHashMap;

use super::ffi::{self, Object, is_compiled_module};
use super::introspection::Introspection;
use super::modules::module_name;
pub(super) use core_types::core_types;
use places::{COMPILED, INTERPRETER, Place, WRITTEN_IN_PYTHON};

/// A type, or a few that are alike in what can be asked of their instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Known {
    // Of the interpreter.
    AsyncGenerator,
    BaseException,
    Bool,
    Builtin,
    ByteArray,
    Bytes,
    CallableProxy,
    Cell,
    ClassMethodDescriptor,
    Code,
    Complex,
    Context,
    /// The mapping behind a context, or one of its inner nodes.
    ContextPart,
    ContextVar,
    Coroutine,
    Dict,
    Ellipsis,
    Float,
    Frame,
    FrozenDict,
    FrozenSet,
    Function,
    Generator,
    GenericAlias,
    GetSetDescriptor,
    Int,
    List,
    MappingProxy,
    MemberDescriptor,
    MemoryView,
    Method,
    MethodDescriptor,
    MethodWrapper,
    /// What marks that a context variable had no value.
    MissingToken,
    Module,
    ModuleDefinition,
    NoneType,
    NotImplemented,
    Set,
    Str,
    Traceback,
    Tuple,
    Type,
    WeakReference,
    WrapperDescriptor,
    // Of compiled modules.
    Array,
    Buffered,
    CtypesNamespace,
    CtypesNumber,
    Date,
    DateTime,
    Decimal,
    DecimalContext,
    Deque,
    Element,
    FileIo,
    Future,
    Greenlet,
    Lock,
    LruCache,
    MemoryFile,
    NumpyArray,
    NumpyDtype,
    NumpyFlatIterator,
    NumpyScalar,
    OrderedDict,
    Pickler,
    RLock,
    Socket,
    StringIo,
    Task,
    TextFile,
    ThreadHandle,
    TimeDelta,
    // Of compiled modules that do not show them.
    LocalDummy,
    LruLink,
    // Classes of the library that are written in Python.
    CodecInfo,
    EventLoop,
    Finalizer,
    PythonFuture,
    PythonTask,
    Thread,
}

impl Known {
    /// The type of a compiled module that does not show it: what it is called, and a type that is
    /// shown by the same module.
    const NOT_SHOWN: [(&'static str, Self, Self); 2] = [
        ("_localdummy", Self::Lock, Self::LocalDummy),
        ("_lru_list_elem", Self::LruCache, Self::LruLink),
    ];

    fn is_written_in_python(self) -> bool {
        WRITTEN_IN_PYTHON.iter().any(|place| place.3 == self)
    }

    /// Its instances have the name of what they describe, which their traverse does not show.
    pub(super) fn has_hidden_name(self) -> bool {
        matches!(
            self,
            Self::ClassMethodDescriptor
                | Self::GetSetDescriptor
                | Self::MemberDescriptor
                | Self::MethodDescriptor
                | Self::WrapperDescriptor
        )
    }

    /// Of the compiled types without a traverse one whose instances, and those of types derived from
    /// it, hold no objects, or none that are not seen otherwise: an `lru_cache` shows what its links
    /// hold.
    pub(super) fn holds_nothing(self) -> bool {
        matches!(
            self,
            Self::Date
                | Self::TimeDelta
                | Self::Decimal
                | Self::DecimalContext
                | Self::Lock
                | Self::RLock
                | Self::NumpyScalar
                | Self::LruLink
        )
    }

    /// Its instances hold objects in fields that no traverse shows: what an `io.StringIO` has gathered, the flags
    /// of a context of decimal arithmetic.
    pub(super) fn holds_what_it_hides(self) -> bool {
        matches!(
            self,
            Self::DecimalContext | Self::MemoryFile | Self::StringIo
        )
    }

    /// Its `__sizeof__`, if it has one, looks at nothing but the object, runs no Python code and
    /// keeps the interpreter. Not that of `_struct.Struct`: it crashes on an object that was made
    /// without `__init__`.
    pub(super) fn has_plain_size(self) -> bool {
        matches!(
            self,
            Self::AsyncGenerator
                | Self::ByteArray
                | Self::Code
                | Self::Coroutine
                | Self::Dict
                | Self::Frame
                | Self::FrozenDict
                | Self::FrozenSet
                | Self::Generator
                | Self::Int
                | Self::List
                | Self::Set
                | Self::Str
                | Self::Type
                | Self::Array
                | Self::Buffered
                | Self::CtypesNamespace
                | Self::Deque
                | Self::Element
                | Self::MemoryFile
                | Self::NumpyArray
                | Self::NumpyScalar
                | Self::OrderedDict
                | Self::Pickler
                | Self::StringIo
        )
    }
}

/// The types of the interpreter by address; `core` are those that it makes before any code runs. They are
/// static: what is found once holds for good.
///
/// # Errors
///
/// If the library's module `types` cannot be imported.
pub(super) fn types_of_interpreter(
    py: Python<'_>,
    core: &[Bound<'_, PyAny>],
) -> PyResult<FxHashMap<u64, Known>> {
    let named = [
        (py.get_type::<PyBaseException>(), Known::BaseException),
        (py.get_type::<PyBool>(), Known::Bool),
        (py.get_type::<PyByteArray>(), Known::ByteArray),
        (py.get_type::<PyBytes>(), Known::Bytes),
        (py.get_type::<PyComplex>(), Known::Complex),
        (py.get_type::<PyDict>(), Known::Dict),
        (py.get_type::<PyFloat>(), Known::Float),
        (py.get_type::<PyFrozenSet>(), Known::FrozenSet),
        (py.get_type::<PyInt>(), Known::Int),
        (py.get_type::<PyList>(), Known::List),
        (py.get_type::<PyMappingProxy>(), Known::MappingProxy),
        (py.get_type::<PyMemoryView>(), Known::MemoryView),
        (py.get_type::<PySet>(), Known::Set),
        (py.get_type::<PyString>(), Known::Str),
        (py.get_type::<PyTuple>(), Known::Tuple),
        (py.get_type::<PyType>(), Known::Type),
    ];
    let address = |ty: &Bound<'_, PyAny>| Object::from_bound(ty).address();
    let mut known: FxHashMap<u64, Known> = (named.iter())
        .map(|(ty, known)| (address(ty), *known))
        .collect();
    let full_name = |ty: &Bound<'_, PyAny>| -> PyResult<String> {
        let part = |name: &str| ty.getattr(name)?.extract::<String>();
        Ok(format!("{}.{}", part("__module__")?, part("__name__")?))
    };
    let layout = ffi::Layout::get(py);
    for (module, name, expected, what) in INTERPRETER {
        let module = py.import(module.to_str().unwrap_or_default())?;
        let Ok(ty) = module.getattr(name.to_str().unwrap_or_default()) else {
            continue;
        };
        let object = Object::from_bound(&ty);
        let is_static = object.is_ready_type(layout) && !object.type_flags().is_heap_type();
        if is_static && full_name(&ty)? == expected {
            known.insert(object.address(), what);
        }
    }
    for ty in core {
        let is_static = !Object::from_bound(ty).type_flags().is_heap_type();
        if let Some(what) = core_types::not_shown(&full_name(ty)?).filter(|_| is_static) {
            known.insert(address(ty), what);
        }
    }
    Ok(known)
}

/// Known types of modules that are loaded.
pub(super) struct KnownTypes(FxHashMap<Object, Known>);

impl KnownTypes {
    /// Looks at the modules in `sys.modules` under the names of those that have such types. Imports
    /// nothing and runs no code of the program. O(modules).
    pub(super) fn find(types: &Introspection<'_>) -> Self {
        let mut known = FxHashMap::default();
        let Some(modules) = ffi::module_table(types.py) else {
            return Self(known);
        };
        for (key, module) in ffi::dict_entries(Object::from_bound(&modules)) {
            let places = COMPILED.iter().chain(&WRITTEN_IN_PYTHON);
            for place in places.filter(|place| ffi::is_name(key, place.0)) {
                let ty = type_at(types, &module.bound(types.py), place);
                known.extend(ty.map(|ty| (ty, place.3)));
            }
        }
        let of_numbers = known.iter().find(|(_, what)| **what == Known::CtypesNumber);
        let namespaces = of_numbers.and_then(|(ty, _)| namespaces_of_ctypes(types, &modules, *ty));
        known.extend(namespaces.map(|ty| (ty, Known::CtypesNamespace)));
        Self(known)
    }

    pub(super) fn get(&self, ty: Object) -> Option<Known> {
        self.0.get(&ty).copied()
    }

    /// Which of the types that no module shows `ty` is.
    pub(super) fn not_shown(&self, types: &Introspection<'_>, ty: Object) -> Option<Known> {
        let module = ty.module_of_type(types.py, types.layout)?;
        let name = types.type_name(&ty.lent(types.py));
        let is_it = |(called, beside, _): &&(&str, Known, Known)| {
            let mut shown = self.all(*beside);
            *called == name
                && shown.any(|ty| ty.module_of_type(types.py, types.layout) == Some(module))
        };
        let found = Known::NOT_SHOWN.iter().find(is_it);
        found.map(|(_, _, known)| *known)
    }

    /// The types that are `known`.
    pub(super) fn all(&self, known: Known) -> impl Iterator<Item = Object> {
        let found = self.0.iter().filter(move |(_, what)| **what == known);
        found.map(|(ty, _)| *ty)
    }
}

/// The type of a module, if what stands there is that very one.
fn type_at(types: &Introspection<'_>, module: &Bound<'_, PyAny>, place: &Place) -> Option<Object> {
    let (_, name, full_name, known) = place;
    let namespace = ffi::module_namespace(module)?;
    let ty = ffi::value_under(&namespace, name)?;
    let is_it = ty.is_ready_type(types.layout)
        && types.class_name(&ty.bound(types.py)) == *full_name
        && (known.is_written_in_python() || is_compiled_for(types, ty, module));
    is_it.then_some(ty)
}

/// The type of the namespaces of `ctypes` classes (`StgDict`), which no module shows; up to 3.12. It is
/// that of a class which the metaclass of the compiled `number` has made.
fn namespaces_of_ctypes(
    types: &Introspection<'_>,
    modules: &Bound<'_, PyDict>,
    number: Object,
) -> Option<Object> {
    let module = ffi::value_under(modules, c"ctypes")?;
    let names = ffi::module_namespace(&module.lent(types.py))?;
    let class = ffi::value_under(&names, c"c_byte")?;
    let is_made_so = class.type_object() == number.type_object()
        && types
            .type_mro(&class.lent(types.py))
            .iter()
            .any(|base| Object::from_bound(base) == number);
    let namespace = types
        .type_namespace(&class.lent(types.py))
        .filter(|_| is_made_so)?;
    let ty = Object::from_bound(&namespace).type_object();
    (!ty.type_flags().is_heap_type() && types.type_name(&ty.lent(types.py)) == "StgDict")
        .then_some(ty)
}

/// True if and only if compiled code has made the type for a module, and no other can have changed it.
fn is_compiled_for(types: &Introspection<'_>, ty: Object, module: &Bound<'_, PyAny>) -> bool {
    let is_its_own =
        || ty.module_of_type(types.py, types.layout) == Some(Object::from_bound(module));
    ty.type_flags().is_immutable()
        && (is_compiled_module(module) || is_its_own() || is_copy_of_compiled(types, module))
}

/// True of what a compiled module is that was taken out of `sys.modules` and imported once more: a
/// plain module with the contents of the first, whose functions still belong to that.
fn is_copy_of_compiled(types: &Introspection<'_>, module: &Bound<'_, PyAny>) -> bool {
    let first = || {
        let namespace = ffi::module_namespace(module)?;
        let mut held = ffi::dict_entries(Object::from_bound(namespace.as_any()));
        let (_, function) =
            held.find(|&(_, held)| types.is_of_interpreter(held, Known::Builtin))?;
        ffi::owner_of_function(function).map(|owner| owner.lent(types.py))
    };
    first().is_some_and(|first| {
        is_compiled_module(&first) && module_name(&first) == module_name(module)
    })
}
