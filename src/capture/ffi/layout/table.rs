//! Every private layout of CPython that is relied on, and every difference between its versions that is one
//! of layout: all of that is data, and stands in this file.
//!
//! A row says what the layout is for, the versions it was verified on, how it is probed, and what is missing
//! without it. Behind the rows come the places and numbers, in the same order; those that differ are listed
//! by the first version that has each. [`Layout`](super::Layout) gives none of them on a version that is not
//! in their row.
//!
//! A new CPython is therefore verified here, and nowhere else: raise the last version of each row, run the
//! tests under it, and where a probe refuses add what that version has.
//!
//! Not private is what the stable ABI promises: the reference count in the first word of an object, the
//! type in the second, the number of items of a `PyVarObject` in the third, `PyMemberDef`, and those flags
//! of types that `object.h` has had under the same names since 3.10.

use pyo3::ffi as c;

use super::super::collector::CollectorLists;
use super::super::frames::{End, FrameLayout};
use super::super::inline_values::ValuesPlace;
use super::super::threads;
use super::{ByVersion, Private, Row, Version, frame_probe, probes};

pub(super) static ROWS: [Row; 17] = [
    Row {
        what: Private::Counts,
        name: "immortal objects",
        versions: [(3, 10), (3, 15)],
        probe: probes::counts,
        unseen: "which objects are never freed is guessed from their reference counts",
    },
    Row {
        what: Private::Sizes,
        name: "headers of objects",
        versions: [(3, 10), (3, 15)],
        probe: probes::headers,
        unseen: "shallow sizes are without what stands in front of an object",
    },
    Row {
        what: Private::Buffers,
        name: "room of a bytearray",
        versions: [(3, 10), (3, 15)],
        probe: probes::buffers,
        unseen: "how much of its memory a bytearray uses",
    },
    Row {
        what: Private::TextBuffers,
        name: "text of an io.StringIO",
        versions: [(3, 10), (3, 15)],
        probe: probes::text_buffers,
        // Without it the text is memory of the C allocator.
        unseen: "",
    },
    Row {
        what: Private::TypeName,
        name: "tp_name",
        versions: [(3, 10), (3, 15)],
        probe: probes::type_name,
        unseen: "the names of types that are not ready",
    },
    Row {
        what: Private::HeapTypes,
        name: "PyHeapTypeObject",
        versions: [(3, 10), (3, 15)],
        probe: probes::heap_types,
        // Without it the getters of `type` are asked.
        unseen: "",
    },
    Row {
        what: Private::Subclasses,
        name: "tp_subclasses",
        versions: [(3, 10), (3, 15)],
        probe: probes::subclasses,
        unseen: "the tables in which classes keep their subclasses are not seen to be theirs",
    },
    Row {
        what: Private::ManagedDict,
        name: "dicts and values of instances",
        versions: [(3, 11), (3, 15)],
        probe: probes::managed_dict,
        unseen: "the names of attributes, and which dict belongs to which instance",
    },
    Row {
        what: Private::CodeVariables,
        name: "co_localsplusnames, co_localspluskinds",
        versions: [(3, 11), (3, 15)],
        probe: probes::code_variables,
        unseen: "the names of variables that code objects hold",
    },
    Row {
        what: Private::SequenceOrder,
        name: "order in which sequences are traversed",
        versions: [(3, 10), (3, 15)],
        probe: probes::sequence_order,
        // Without it the items are matched by address.
        unseen: "",
    },
    Row {
        what: Private::InlineValues,
        name: "PyDictValues",
        versions: [(3, 11), (3, 15)],
        probe: probes::inline_values,
        // Without it the values are looked up by name.
        unseen: "",
    },
    Row {
        what: Private::MemberDescriptors,
        name: "PyMemberDescrObject",
        versions: [(3, 10), (3, 15)],
        probe: probes::member_descriptors,
        // Without it the descriptor is asked.
        unseen: "",
    },
    Row {
        what: Private::WeakReferences,
        name: "wr_object",
        versions: [(3, 10), (3, 15)],
        probe: probes::weak_references,
        // Without it the interpreter is asked.
        unseen: "",
    },
    Row {
        what: Private::CachedCalls,
        name: "lru_list_elem",
        versions: [(3, 10), (3, 15)],
        probe: probes::cached_calls,
        unseen: "which call of a cached function had which result",
    },
    Row {
        what: Private::CollectorLists,
        name: "lists of the collector",
        versions: [(3, 10), (3, 13)],
        probe: CollectorLists::probe,
        // `gc.get_objects()` gives the same.
        unseen: "",
    },
    Row {
        what: Private::Frames,
        name: "variables of frames",
        versions: [(3, 10), (3, 15)],
        probe: |py, layout| frame_probe::agrees(py, layout.frames()?).ok(),
        unseen: "the local variables of running functions, and the names of those of suspended ones",
    },
    Row {
        what: Private::ThreadIdents,
        name: "thread_id",
        versions: [(3, 10), (3, 15)],
        probe: |py, layout| Some(threads::has_ident_at(py, layout.thread_ident()?)),
        unseen: "the names of threads",
    },
];

const fn by_version<T>(row: Private, since: &'static [(Version, T)]) -> ByVersion<T> {
    ByVersion { row, since }
}

// Immortal objects.

/// The smallest count that stands for "never freed" (`_PyObject_IMMORTAL_REFCNT` of 3.11, which only what
/// the interpreter has in its own memory starts with). Later the lower half of the word is negative.
pub(super) const IMMORTAL_FROM: ByVersion<Option<u32>> = by_version(
    Private::Counts,
    &[
        ((3, 10), None),
        ((3, 11), Some(OUT_OF_REACH)),
        ((3, 12), Some(1 << 31)),
    ],
);
/// No object has as many references in practice: what is taken for immortal where that is not known.
pub(super) const OUT_OF_REACH: u32 = 999_999_999;
/// Whether `None` and 0 are never freed.
pub(super) const IMMORTAL_CONSTANTS: ByVersion<[bool; 2]> = by_version(
    Private::Counts,
    &[
        ((3, 10), [false, false]),
        ((3, 11), [false, true]),
        ((3, 12), [true, true]),
    ],
);

// Headers of objects.

/// Bytes of the collector's header in front of an object (`PyGC_Head`).
pub(super) const COLLECTOR_HEADER: u64 = 16;
/// Bytes of the words for a managed dict and weak references in front of that.
pub(super) const PRE_HEADER: u64 = 16;
/// Set in the flags of types with a word for weak references before the object.
const MANAGED_WEAKREF: u64 = 1 << 3;
/// Set in the flags of types whose instances have a pointer to their dict before the object.
pub(super) const MANAGED_DICT: u64 = 1 << 4;
/// The flags of types whose instances have those words.
pub(super) const WITH_PRE_HEADER: ByVersion<u64> = by_version(
    Private::Sizes,
    &[
        ((3, 10), 0),
        ((3, 11), MANAGED_DICT),
        ((3, 12), MANAGED_DICT | MANAGED_WEAKREF),
    ],
);
/// Of which static types `sys.getsizeof` counts a header that they do not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderOfStatic {
    Never,
    Always,
    /// Of those that have a metaclass.
    WithMetaclass,
}
pub(super) const HEADER_OF_STATIC: ByVersion<HeaderOfStatic> = by_version(
    Private::Sizes,
    &[
        ((3, 10), HeaderOfStatic::Never),
        ((3, 11), HeaderOfStatic::Always),
        ((3, 13), HeaderOfStatic::WithMetaclass),
    ],
);

// Room of a bytearray.

/// What it has besides its bytes: the null behind them, and later the `bytes` object that they are in.
pub(super) const BESIDES_BYTES: ByVersion<u64> =
    by_version(Private::Buffers, &[((3, 10), 1), ((3, 15), 33)]);

// Text of an io.StringIO.

/// Where an `io.StringIO` (`stringio` in `_io/stringio.c`) has what says how long its text is.
#[derive(Debug, Clone, Copy)]
pub(in crate::capture::ffi) struct TextBuffer {
    /// How many characters it has.
    pub(in crate::capture::ffi) length: usize,
    /// For how many there is room in an array of its own.
    pub(in crate::capture::ffi) room: usize,
    /// Whether they are there, or what was written is only gathered.
    pub(in crate::capture::ffi) state: usize,
    /// What gathers it, if that is no list of objects.
    pub(in crate::capture::ffi) writer: Option<usize>,
}
pub(super) const TEXT_BUFFER: ByVersion<TextBuffer> = by_version(
    Private::TextBuffers,
    &[((3, 10), TEXT_IN_LISTS), ((3, 12), TEXT_IN_WRITER)],
);
const TEXT_IN_LISTS: TextBuffer = TextBuffer {
    length: 32,
    room: 40,
    state: 48,
    writer: None,
};
const TEXT_IN_WRITER: TextBuffer = TextBuffer {
    writer: Some(56),
    ..TEXT_IN_LISTS
};
/// The text is in an array (`STATE_REALIZED`), of so many bytes a character; else it is gathered.
pub(in crate::capture::ffi) const TEXT_IN_ARRAY: u32 = 1;
pub(in crate::capture::ffi) const BYTES_A_CHARACTER: u64 = 4;

// Fields of type objects.

pub(super) const TYPE_NAME: ByVersion<usize> = by_version(Private::TypeName, &[((3, 10), 24)]);
/// In the order of [`TypeField`](super::super::TypeField): `tp_dict`, `tp_bases`, `tp_mro`, `ht_name` and
/// `ht_qualname`.
pub(super) const HEAP_TYPE_FIELDS: ByVersion<[usize; 5]> = by_version(
    Private::HeapTypes,
    &[
        ((3, 10), [264, 336, 344, 848, 864]),
        ((3, 12), [264, 336, 344, 856, 872]),
        ((3, 15), [264, 336, 344, 864, 880]),
    ],
);
pub(super) const SUBCLASSES: ByVersion<usize> = by_version(Private::Subclasses, &[((3, 10), 360)]);

// Dicts and values of instances.

/// Words in front of the object, of which this is the pointer to the dict of an instance
/// (`_PyObject_ManagedDictPointer` in `pycore_object.h`).
pub(in crate::capture::ffi) const MANAGED_DICT_WORD: usize = 3;
/// Values stay under the instance when it gets a dict, and traverse visits them and not the dict.
pub(super) const VALUES_BESIDE_DICT: ByVersion<bool> =
    by_version(Private::ManagedDict, &[((3, 11), false), ((3, 13), true)]);

// Code objects.

/// Of `co_localsplusnames`, behind which is `co_localspluskinds`: just before `co_filename`.
pub(super) const CODE_VARIABLES: ByVersion<usize> =
    by_version(Private::CodeVariables, &[((3, 11), 96)]);

// PyDictValues.

/// Those of 3.11 are found by `_PyObject_ValuesPointer`, of 3.12 by `_PyObject_DictOrValuesPointer`.
pub(super) const VALUES_PLACE: ByVersion<ValuesPlace> = by_version(
    Private::InlineValues,
    &[
        ((3, 11), ValuesPlace::Pointed { word: 4 }),
        ((3, 12), ValuesPlace::Marked { word: 3 }),
        ((3, 13), ValuesPlace::Embedded { flag: 1 << 2 }),
    ],
);
/// Before values in a block of their own: the byte that counts them, and the first of their positions,
/// which go down from there.
pub(in crate::capture::ffi) const COUNT_BEFORE_VALUES: usize = 2;
pub(in crate::capture::ffi) const POSITIONS_BEFORE_VALUES: usize = 3;
/// What embedded values begin with.
#[repr(C)]
pub(in crate::capture::ffi) struct EmbeddedHeader {
    pub(in crate::capture::ffi) capacity: u8,
    pub(in crate::capture::ffi) count: u8,
    is_embedded: u8,
    pub(in crate::capture::ffi) is_valid: u8,
}
/// Most keys that instances share (`SHARED_KEYS_MAX_SIZE`).
pub(in crate::capture::ffi) const MOST_KEYS: u8 = 30;
/// Where a heap type has the keys that its instances share (`ht_cached_keys`).
pub(super) const SHARED_KEYS: ByVersion<usize> = by_version(
    Private::InlineValues,
    &[((3, 11), 872), ((3, 12), 880), ((3, 15), 888)],
);
/// What a table of keys begins with (`PyDictKeysObject` in `pycore_dict.h`). Behind it is the index, then
/// the keys, each followed by a word for a value.
#[repr(C)]
pub(in crate::capture::ffi) struct KeysHeader {
    references: usize,
    size: u8,
    /// The binary logarithm of the bytes of the index.
    pub(in crate::capture::ffi) index_bytes: u8,
    pub(in crate::capture::ffi) kind: u8,
    version: u32,
    usable: usize,
    pub(in crate::capture::ffi) count: usize,
}
/// The kind of a table that instances share (`DICT_KEYS_SPLIT`).
pub(in crate::capture::ffi) const SHARED_KIND: u8 = 2;
/// No table of so few keys has a larger index (binary logarithm of its bytes).
pub(in crate::capture::ffi) const LARGEST_INDEX: u8 = 8;

// Descriptors of members.

/// `PyMemberDescrObject` (`descrobject.h`).
#[repr(C)]
pub(in crate::capture::ffi) struct MemberDescriptor {
    object: [usize; 2],
    pub(in crate::capture::ffi) owner: *mut c::PyObject,
    name: *mut c::PyObject,
    qualified_name: *mut c::PyObject,
    pub(in crate::capture::ffi) member: *const c::PyMemberDef,
}

// Weak references.

pub(super) const WEAK_REFERENT: ByVersion<usize> =
    by_version(Private::WeakReferences, &[((3, 10), 16)]);

// Links of an `lru_cache`.

/// Where a link has the key of a call and its result (`lru_list_elem` in `_functoolsmodule.c`), behind
/// the links before and after it and the hash of the key.
pub(super) const CACHED_CALL: ByVersion<[usize; 2]> =
    by_version(Private::CachedCalls, &[((3, 10), [40, 48])]);

// Lists of the collector.

/// The header in front of every object that belongs to the collector (`PyGC_Head`).
#[repr(C)]
pub(in crate::capture::ffi) struct CollectorHead {
    pub(in crate::capture::ffi) next: usize,
    pub(in crate::capture::ffi) previous: usize,
}
/// Low bits of the links, where the collector keeps marks.
pub(in crate::capture::ffi) const LINK_MARKS: usize = 0b11;
pub(in crate::capture::ffi) const GENERATIONS: usize = 3;
/// `struct gc_generation`: the head of a list, when it is looked at, and how much has been done since.
#[repr(C)]
pub(in crate::capture::ffi) struct Generation {
    head: CollectorHead,
    pub(in crate::capture::ffi) threshold: i32,
    pub(in crate::capture::ffi) count: i32,
}

// Frames: `struct _frame` of 3.10, later `_PyInterpreterFrame`, and `_PyGenObject_HEAD`.

pub(super) const FRAMES: ByVersion<FrameLayout> = by_version(
    Private::Frames,
    &[
        (
            (3, 10),
            FrameLayout {
                data: None,
                namespace: 56,
                object: None,
                end: End::Unsaid,
                variables: 352,
                in_generator: 16,
                awaited: 1,
            },
        ),
        (
            (3, 11),
            FrameLayout {
                data: Some(24),
                namespace: 24,
                object: Some(40),
                end: End::Count(64),
                variables: 72,
                in_generator: 80,
                awaited: 1,
            },
        ),
        ((3, 12), FRAMES_SINCE_3_12),
        ((3, 14), FRAMES_SINCE_3_14),
        (
            (3, 15),
            FrameLayout {
                awaited: 2,
                ..FRAMES_SINCE_3_14
            },
        ),
    ],
);
const FRAMES_SINCE_3_12: FrameLayout = FrameLayout {
    data: Some(24),
    namespace: 40,
    object: Some(48),
    end: End::Count(64),
    variables: 72,
    in_generator: 72,
    awaited: 1,
};
const FRAMES_SINCE_3_14: FrameLayout = FrameLayout {
    end: End::Address(64),
    variables: 80,
    ..FRAMES_SINCE_3_12
};
/// Set in a word of a frame, from 3.14 on, that is no object. The bit below it is set where the
/// reference is not counted.
pub(in crate::capture::ffi) const NO_OBJECT: usize = 2;
pub(in crate::capture::ffi) const REFERENCE_TAGS: usize = 3;

// Thread states.

pub(super) const THREAD_IDENT: ByVersion<usize> = by_version(
    Private::ThreadIdents,
    &[
        ((3, 10), 176),
        ((3, 11), 152),
        ((3, 12), 136),
        ((3, 13), 152),
        ((3, 15), 176),
    ],
);

// Builds that are refused.

/// Until then a build of CPython that links all objects with each other (`--with-trace-refs`) has the
/// links in words before their reference counts.
pub(super) const LINKS_OUTSIDE_OBJECTS: Version = (3, 13);
