//! Where the known types are found.

use std::ffi::CStr;

use super::Known;

/// Where a type of a module is found: in which module, under which name, and the full name that the
/// type itself gives.
pub(super) type Place = (&'static CStr, &'static CStr, &'static str, Known);

/// Types of the interpreter, most of which have no name in `builtins`; static, so found once.
pub(super) const INTERPRETER: [Place; 24] = [
    (
        c"types",
        c"AsyncGeneratorType",
        "builtins.async_generator",
        Known::AsyncGenerator,
    ),
    (
        c"types",
        c"BuiltinFunctionType",
        "builtins.builtin_function_or_method",
        Known::Builtin,
    ),
    (c"types", c"CellType", "builtins.cell", Known::Cell),
    (c"types", c"CodeType", "builtins.code", Known::Code),
    (
        c"types",
        c"ClassMethodDescriptorType",
        "builtins.classmethod_descriptor",
        Known::ClassMethodDescriptor,
    ),
    (
        c"types",
        c"CoroutineType",
        "builtins.coroutine",
        Known::Coroutine,
    ),
    (c"types", c"FrameType", "builtins.frame", Known::Frame),
    (
        c"types",
        c"FunctionType",
        "builtins.function",
        Known::Function,
    ),
    (
        c"types",
        c"GeneratorType",
        "builtins.generator",
        Known::Generator,
    ),
    (
        c"types",
        c"GetSetDescriptorType",
        "builtins.getset_descriptor",
        Known::GetSetDescriptor,
    ),
    (
        c"types",
        c"MemberDescriptorType",
        "builtins.member_descriptor",
        Known::MemberDescriptor,
    ),
    (
        c"types",
        c"MethodDescriptorType",
        "builtins.method_descriptor",
        Known::MethodDescriptor,
    ),
    (c"types", c"MethodType", "builtins.method", Known::Method),
    (c"types", c"ModuleType", "builtins.module", Known::Module),
    (
        c"types",
        c"MethodWrapperType",
        "builtins.method-wrapper",
        Known::MethodWrapper,
    ),
    (
        c"types",
        c"GenericAlias",
        "types.GenericAlias",
        Known::GenericAlias,
    ),
    (c"types", c"NoneType", "builtins.NoneType", Known::NoneType),
    (
        c"types",
        c"EllipsisType",
        "builtins.ellipsis",
        Known::Ellipsis,
    ),
    (
        c"types",
        c"NotImplementedType",
        "builtins.NotImplementedType",
        Known::NotImplemented,
    ),
    (
        c"types",
        c"TracebackType",
        "builtins.traceback",
        Known::Traceback,
    ),
    (
        c"types",
        c"WrapperDescriptorType",
        "builtins.wrapper_descriptor",
        Known::WrapperDescriptor,
    ),
    (
        c"_weakref",
        c"ReferenceType",
        "weakref.ReferenceType",
        Known::WeakReference,
    ),
    (
        c"_weakref",
        c"CallableProxyType",
        "weakref.CallableProxyType",
        Known::CallableProxy,
    ),
    (
        c"builtins",
        c"frozendict",
        "builtins.frozendict",
        Known::FrozenDict,
    ),
];

/// Types of compiled modules.
pub(super) const COMPILED: [Place; 35] = [
    (c"_asyncio", c"Future", "_asyncio.Future", Known::Future),
    (c"_asyncio", c"Task", "_asyncio.Task", Known::Task),
    (
        c"_collections",
        c"OrderedDict",
        "collections.OrderedDict",
        Known::OrderedDict,
    ),
    (c"_collections", c"deque", "collections.deque", Known::Deque),
    (
        c"_ctypes",
        c"_SimpleCData",
        "_ctypes._SimpleCData",
        Known::CtypesNumber,
    ),
    (c"_datetime", c"date", "datetime.date", Known::Date),
    (
        c"_datetime",
        c"datetime",
        "datetime.datetime",
        Known::DateTime,
    ),
    (
        c"_datetime",
        c"timedelta",
        "datetime.timedelta",
        Known::TimeDelta,
    ),
    (
        c"_decimal",
        c"Context",
        "decimal.Context",
        Known::DecimalContext,
    ),
    (c"_decimal", c"Decimal", "decimal.Decimal", Known::Decimal),
    (
        c"_elementtree",
        c"Element",
        "xml.etree.ElementTree.Element",
        Known::Element,
    ),
    (
        c"_functools",
        c"_lru_cache_wrapper",
        "functools._lru_cache_wrapper",
        Known::LruCache,
    ),
    (
        c"_io",
        c"BufferedRandom",
        "_io.BufferedRandom",
        Known::Buffered,
    ),
    (
        c"_io",
        c"BufferedReader",
        "_io.BufferedReader",
        Known::Buffered,
    ),
    (
        c"_io",
        c"BufferedWriter",
        "_io.BufferedWriter",
        Known::Buffered,
    ),
    (c"_io", c"BytesIO", "_io.BytesIO", Known::MemoryFile),
    (c"_io", c"FileIO", "_io.FileIO", Known::FileIo),
    (c"_io", c"StringIO", "_io.StringIO", Known::StringIo),
    (
        c"_io",
        c"TextIOWrapper",
        "_io.TextIOWrapper",
        Known::TextFile,
    ),
    (c"_pickle", c"Pickler", "_pickle.Pickler", Known::Pickler),
    (
        c"_pickle",
        c"Unpickler",
        "_pickle.Unpickler",
        Known::Pickler,
    ),
    (c"_socket", c"socket", "_socket.socket", Known::Socket),
    (c"_thread", c"LockType", "_thread.lock", Known::Lock),
    (c"_thread", c"RLock", "_thread.RLock", Known::RLock),
    (
        c"_thread",
        c"_ThreadHandle",
        "_thread._ThreadHandle",
        Known::ThreadHandle,
    ),
    (c"array", c"array", "array.array", Known::Array),
    (
        c"greenlet._greenlet",
        c"greenlet",
        "greenlet.greenlet",
        Known::Greenlet,
    ),
    (NUMPY, c"dtype", "numpy.dtype", Known::NumpyDtype),
    (
        NUMPY,
        c"flatiter",
        "numpy.flatiter",
        Known::NumpyFlatIterator,
    ),
    (NUMPY, c"generic", "numpy.generic", Known::NumpyScalar),
    (NUMPY, c"ndarray", "numpy.ndarray", Known::NumpyArray),
    (OLD_NUMPY, c"dtype", "numpy.dtype", Known::NumpyDtype),
    (
        OLD_NUMPY,
        c"flatiter",
        "numpy.flatiter",
        Known::NumpyFlatIterator,
    ),
    (OLD_NUMPY, c"generic", "numpy.generic", Known::NumpyScalar),
    (OLD_NUMPY, c"ndarray", "numpy.ndarray", Known::NumpyArray),
];

const NUMPY: &CStr = c"numpy._core._multiarray_umath";
/// Before numpy 2.
const OLD_NUMPY: &CStr = c"numpy.core._multiarray_umath";

/// Classes of the library that are written in Python: of their instances only the attributes are read.
pub(super) const WRITTEN_IN_PYTHON: [Place; 6] = [
    (
        c"asyncio.base_events",
        c"BaseEventLoop",
        "asyncio.base_events.BaseEventLoop",
        Known::EventLoop,
    ),
    (
        c"asyncio.futures",
        c"_PyFuture",
        "asyncio.futures.Future",
        Known::PythonFuture,
    ),
    (
        c"asyncio.tasks",
        c"_PyTask",
        "asyncio.tasks.Task",
        Known::PythonTask,
    ),
    (
        c"codecs",
        c"CodecInfo",
        "codecs.CodecInfo",
        Known::CodecInfo,
    ),
    (c"threading", c"Thread", "threading.Thread", Known::Thread),
    (
        c"weakref",
        c"finalize",
        "weakref.finalize",
        Known::Finalizer,
    ),
];
