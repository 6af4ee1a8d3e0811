//! Every private layout of CPython that is relied on, in one table, and every difference between its
//! versions that is one of layout.
//!
//! A row says what the layout is for, the versions it was verified on, and how it is probed on objects
//! of the process itself. It is used only where the version is one of those and the probe confirms it. On
//! any other version it is off: what it serves is left out, and a snapshot says so. A new CPython
//! therefore needs its rows verified here, and nothing else.
//!
//! Not in the table is what the stable ABI promises: the reference count in the first word of an object,
//! the type in the second, and the number of items of a `PyVarObject` in the third.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyType;

use super::collector::CollectorLists;
use super::frames::FrameLayout;
use super::type_object::{TypeField, TypeFlags};
use super::{frame_probe, probes, threads};

/// Major and minor version of an interpreter.
type Version = (u8, u8);

/// What is private and relied on: the numbers of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Private {
    Counts,
    Sizes,
    Buffers,
    TypeName,
    HeapTypes,
    Subclasses,
    ManagedDict,
    CodeVariables,
    SequenceOrder,
    InlineValues,
    MemberDescriptors,
    WeakReferences,
    CollectorLists,
    Frames,
    ThreadIdents,
}

struct Row {
    what: Private,
    name: &'static str,
    /// The first version that has it, and the last one that it was verified on.
    versions: [Version; 2],
    /// Whether the objects of this process have it where it is expected.
    probe: fn(Python<'_>, &Layout) -> Option<bool>,
    /// What is missing where it is off; empty if there is another way.
    unseen: &'static str,
}

static ROWS: [Row; 15] = [
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

/// Bytes of the collector's header in front of an object (`PyGC_Head`).
const COLLECTOR_HEADER: u64 = 16;
/// Bytes of the words for a managed dict and weak references in front of that.
const PRE_HEADER: u64 = 16;
/// Set in the flags of types with a word for weak references before the object (3.12 and later).
const MANAGED_WEAKREF: u64 = 1 << 3;
/// Set in the flags of types whose instances have a pointer to their dict before the object (3.11 and
/// later).
const MANAGED_DICT: u64 = 1 << 4;
/// No object has as many references in practice; the first count of what 3.11 has in its own memory
/// (`_PyObject_IMMORTAL_REFCNT`) is the smallest that stands for "never freed".
const LARGEST_COUNT: u32 = 999_999_999;

/// Where the values of the attributes of an instance are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InlineValues {
    /// In a block of their own: a word before the object is its address.
    Pointed,
    /// The same, and the word may be that of a dict: the address is marked.
    Marked,
    /// Behind the fixed part of the object.
    Embedded,
}

/// What is known of the layouts of the running interpreter.
#[derive(Debug)]
pub(crate) struct Layout {
    version: Version,
    is_confirmed: [bool; ROWS.len()],
}

impl Layout {
    /// That of this process, probed when it is first asked for.
    pub(crate) fn get(py: Python<'_>) -> &'static Self {
        static LAYOUT: OnceLock<Layout> = OnceLock::new();
        LAYOUT.get_or_init(|| Self::probed(py, running_version(py)))
    }

    fn probed(py: Python<'_>, version: Version) -> Self {
        let mut layout = Self {
            version,
            is_confirmed: [false; ROWS.len()],
        };
        for row in &ROWS {
            let [first, last] = row.versions;
            if (first..=last).contains(&version) {
                // The probe reads what it is about.
                layout.is_confirmed[row.what as usize] = true;
                let is_confirmed = (row.probe)(py, &layout).unwrap_or(false);
                layout.is_confirmed[row.what as usize] = is_confirmed;
            }
        }
        layout
    }

    /// What a capture does not see because a layout is not known, a sentence each.
    pub(crate) fn unseen(&self) -> Vec<String> {
        let is_missing = |row: &&Row| {
            let has_come = self.version >= row.versions[0];
            has_come && !row.unseen.is_empty() && !self.has(row.what)
        };
        let (major, minor) = self.version;
        let sentence = |row: &Row| format!("not known of CPython {major}.{minor}: {}", row.unseen);
        ROWS.iter().filter(is_missing).map(sentence).collect()
    }

    /// The layouts that this version has or should have by name, and whether each is relied on.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let rows = ROWS.iter().filter(|row| self.version >= row.versions[0]);
        rows.map(|row| (row.name, self.has(row.what)))
    }

    /// True of a build of CPython that links all objects with each other, in words before their reference
    /// counts (`--with-trace-refs` before 3.13).
    pub(crate) fn links_all_objects(py: Python<'_>) -> bool {
        running_version(py) < (3, 13) && super::system_object(py, c"getobjects").is_some()
    }

    fn has(&self, what: Private) -> bool {
        self.is_confirmed[what as usize]
    }

    /// A count as it stands in the object; `None` if it stands for an object that is never freed.
    pub(super) fn references(&self, count: u32) -> Option<u32> {
        let is_immortal = if self.has(Private::Counts) && self.version >= (3, 12) {
            // The lower half of the word is negative.
            count.cast_signed() < 0
        } else if self.has(Private::Counts) && self.version == (3, 10) {
            false
        } else {
            count >= LARGEST_COUNT
        };
        (!is_immortal).then_some(count)
    }

    /// Whether `None` and 0 are never freed. In 3.11 it is what the interpreter has in its own memory
    /// that starts with a count out of reach of any other.
    pub(super) fn immortal_constants(&self) -> [bool; 2] {
        [self.version >= (3, 12), self.version >= (3, 11)]
    }

    /// Bytes in front of an instance that `sys.getsizeof` counts as its own, if it belongs to the
    /// collector.
    pub(in crate::capture) fn header(&self, flags: TypeFlags) -> u64 {
        if !flags.has_gc() || !self.has(Private::Sizes) {
            return 0;
        }
        let has_weakref = self.version >= (3, 12) && flags.0 & MANAGED_WEAKREF != 0;
        let has_dict = self.version >= (3, 11) && flags.0 & MANAGED_DICT != 0;
        COLLECTOR_HEADER
            + if has_weakref || has_dict {
                PRE_HEADER
            } else {
                0
            }
    }

    /// `sys.getsizeof` of 3.11 and 3.12 adds a collector's header even to static types, which have
    /// none; from 3.13 on to those that have a metaclass.
    pub(in crate::capture) fn counts_any_header(&self, metaclass: &Bound<'_, PyAny>) -> bool {
        let is_plain = metaclass.is(metaclass.py().get_type::<PyType>());
        matches!(self.version, (3, 11 | 12)) || self.version >= (3, 13) && !is_plain
    }

    /// What a `bytearray` has besides its bytes: the null behind them, and from 3.15 on the `bytes`
    /// object that they are in.
    pub(in crate::capture) fn bytes_besides(&self) -> Option<u64> {
        let besides = if self.version >= (3, 15) { 33 } else { 1 };
        self.has(Private::Buffers).then_some(besides)
    }

    /// Where a type has the pointer to its name (`tp_name`).
    pub(super) fn type_name(&self) -> Option<usize> {
        self.has(Private::TypeName).then_some(24)
    }

    /// Where a heap type has a reference that a getter of `type` hands out.
    pub(super) fn heap_type_field(&self, field: TypeField) -> Option<usize> {
        let [name, qualified_name] = match self.version {
            (3, 10 | 11) => [848, 864],
            (3, 12..=14) => [856, 872],
            _ => [864, 880],
        };
        let offset = match field {
            TypeField::Namespace => 264,
            TypeField::Bases => 336,
            TypeField::Mro => 344,
            TypeField::Name => name,
            TypeField::QualifiedName => qualified_name,
        };
        self.has(Private::HeapTypes).then_some(offset)
    }

    /// Where a type has the pointer to the dict of its subclasses (`tp_subclasses`).
    pub(super) fn subclasses(&self) -> Option<usize> {
        self.has(Private::Subclasses).then_some(360)
    }

    /// Values of attributes may hang directly under the instances of a type, without a dict, and the
    /// pointer to the dict stands before them.
    pub(in crate::capture) fn has_managed_dict(&self, flags: TypeFlags) -> bool {
        self.has(Private::ManagedDict) && flags.0 & MANAGED_DICT != 0
    }

    /// Instances have a pointer to their dict, if they have one by now, which their traverse does not
    /// visit: 3.13 visits the values under the instance instead.
    pub(in crate::capture) fn hides_dict(&self, flags: TypeFlags) -> bool {
        self.version >= (3, 13) && self.has_managed_dict(flags)
    }

    /// The values in the dict of an instance hang under the instance as well.
    pub(in crate::capture) fn has_values_beside_dict(&self) -> bool {
        self.version >= (3, 13) && self.has(Private::ManagedDict)
    }

    /// Words in front of the object, of which this is the pointer to the dict of an instance
    /// (`_PyObject_ManagedDictPointer` in `pycore_object.h`).
    pub(super) const MANAGED_DICT_WORD: usize = 3;

    /// Where code has the names of its variables and, behind them, of what kind each is
    /// (`co_localsplusnames`, `co_localspluskinds`): just before its `co_filename`.
    pub(super) fn code_variables(&self) -> Option<usize> {
        self.has(Private::CodeVariables).then_some(96)
    }

    /// Lists and tuples are traversed from the last item to the first.
    pub(in crate::capture) fn has_last_item_first(&self) -> bool {
        self.has(Private::SequenceOrder)
    }

    /// How instances of a type have the values of their attributes, if they may have any without a dict.
    pub(super) fn inline_values(&self, flags: TypeFlags) -> Option<InlineValues> {
        let way = match self.version {
            (3, 11) => InlineValues::Pointed,
            (3, 12) => InlineValues::Marked,
            _ => InlineValues::Embedded,
        };
        (self.has(Private::InlineValues) && self.has_managed_dict(flags)).then_some(way)
    }

    /// A descriptor of a member says where instances have it.
    pub(super) fn has_member_descriptors(&self) -> bool {
        self.has(Private::MemberDescriptors)
    }

    /// Where a weak reference has what it refers to.
    pub(super) fn weak_referent(&self) -> Option<usize> {
        self.has(Private::WeakReferences).then_some(16)
    }

    /// Where frames have what they hold.
    pub(in crate::capture) fn frames(&self) -> Option<FrameLayout> {
        FrameLayout::of(self.version).filter(|_| self.has(Private::Frames))
    }

    /// Where a thread state has the number of its thread.
    pub(in crate::capture) fn thread_ident(&self) -> Option<usize> {
        let known = threads::IDENTS
            .iter()
            .find(|(version, _)| *version == self.version);
        known
            .map(|(_, offset)| *offset)
            .filter(|_| self.has(Private::ThreadIdents))
    }

    /// The lists of the collector are as [`super::CollectorLists`] expects them.
    pub(crate) fn has_collector_lists(&self) -> bool {
        self.has(Private::CollectorLists)
    }
}

/// The version as `sys.version_info` gives it; that of no interpreter where it does not.
fn running_version(py: Python<'_>) -> Version {
    super::system_object(py, c"version_info")
        .and_then(|info| {
            let part = |n| info.get_item(n).ok()?.extract().ok();
            Some((part(0)?, part(1)?))
        })
        .unwrap_or_default()
}
