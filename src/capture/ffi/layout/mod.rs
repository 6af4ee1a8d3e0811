//! What is known of the private layouts of CPython: whether each may be relied on in this process, and what
//! the table says of it.
//!
//! A row of [`table`] is used only where the version is one of those that it was verified on and its probe
//! confirms it, on objects of the process itself. On any other version it is off: what it serves is left
//! out, and a snapshot says so.

mod frame_probe;
pub(super) mod libraries;
mod probes;
pub(super) mod table;

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyType;

use super::frames::FrameLayout;
use super::inline_values::ValuesPlace;
use super::type_object::{TypeField, TypeFlags};
use table::{HeaderOfStatic, ROWS};

/// Major and minor version of an interpreter.
type Version = (u8, u8);

/// What is private and relied on: the numbers of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Private {
    Counts,
    Sizes,
    Buffers,
    TextBuffers,
    TypeName,
    HeapTypes,
    Subclasses,
    ManagedDict,
    CodeVariables,
    SequenceOrder,
    InlineValues,
    MemberDescriptors,
    WeakReferences,
    CachedCalls,
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

/// What a row is about, by the first version that has each.
struct ByVersion<T: 'static> {
    row: Private,
    since: &'static [(Version, T)],
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
        running_version(py) < table::LINKS_OUTSIDE_OBJECTS
            && super::system_object(py, c"getobjects").is_some()
    }

    fn has(&self, what: Private) -> bool {
        self.is_confirmed[what as usize]
    }

    /// What the table says of this version, if that is confirmed.
    fn value<T: Copy>(&self, values: &ByVersion<T>) -> Option<T> {
        let mut since = values.since.iter().rev();
        let value = since.find(|(first, _)| *first <= self.version);
        value
            .filter(|_| self.has(values.row))
            .map(|(_, value)| *value)
    }

    /// A count as it stands in the object; `None` if it stands for an object that is never freed.
    pub(super) fn references(&self, count: u32) -> Option<u32> {
        let immortal_from = self.value(&table::IMMORTAL_FROM);
        let immortal_from = immortal_from.unwrap_or(Some(table::OUT_OF_REACH));
        let is_immortal = immortal_from.is_some_and(|first| count >= first);
        (!is_immortal).then_some(count)
    }

    /// Bytes in front of an instance that `sys.getsizeof` counts as its own, if it belongs to the
    /// collector.
    pub(in crate::capture) fn header(&self, flags: TypeFlags) -> u64 {
        let with_pre_header = self.value(&table::WITH_PRE_HEADER);
        let Some(with_pre_header) = with_pre_header.filter(|_| flags.has_gc()) else {
            return 0;
        };
        let has_pre_header = flags.0 & with_pre_header != 0;
        let pre_header = if has_pre_header { table::PRE_HEADER } else { 0 };
        table::COLLECTOR_HEADER + pre_header
    }

    /// `sys.getsizeof` adds a collector's header even to static types with this metaclass, which have none.
    pub(in crate::capture) fn counts_any_header(&self, metaclass: &Bound<'_, PyAny>) -> bool {
        match self.value(&table::HEADER_OF_STATIC) {
            Some(HeaderOfStatic::Always) => true,
            Some(HeaderOfStatic::WithMetaclass) => {
                !metaclass.is(metaclass.py().get_type::<PyType>())
            }
            Some(HeaderOfStatic::Never) | None => false,
        }
    }

    /// Bytes that a `bytearray` has besides those that it shows.
    pub(in crate::capture) fn bytes_besides(&self) -> Option<u64> {
        self.value(&table::BESIDES_BYTES)
    }

    /// Where an `io.StringIO` has what says how long its text is.
    pub(super) fn text_buffer(&self) -> Option<table::TextBuffer> {
        self.value(&table::TEXT_BUFFER)
    }

    /// Where a type has the pointer to its name (`tp_name`).
    pub(super) fn type_name(&self) -> Option<usize> {
        self.value(&table::TYPE_NAME)
    }

    /// Where a heap type has a reference that a getter of `type` hands out.
    pub(super) fn heap_type_field(&self, field: TypeField) -> Option<usize> {
        let fields = self.value(&table::HEAP_TYPE_FIELDS)?;
        Some(fields[field as usize])
    }

    /// Where a type has the pointer to the dict of its subclasses (`tp_subclasses`).
    pub(super) fn subclasses(&self) -> Option<usize> {
        self.value(&table::SUBCLASSES)
    }

    /// Values of attributes may hang directly under the instances of a type, without a dict, and the
    /// pointer to the dict stands before them.
    pub(in crate::capture) fn has_managed_dict(&self, flags: TypeFlags) -> bool {
        self.has(Private::ManagedDict) && flags.0 & table::MANAGED_DICT != 0
    }

    /// Instances have a pointer to their dict, if they have one by now, which their traverse does not
    /// visit: 3.13 visits the values under the instance instead.
    pub(in crate::capture) fn hides_dict(&self, flags: TypeFlags) -> bool {
        self.has_values_beside_dict() && self.has_managed_dict(flags)
    }

    /// The values in the dict of an instance hang under the instance as well.
    pub(in crate::capture) fn has_values_beside_dict(&self) -> bool {
        self.value(&table::VALUES_BESIDE_DICT) == Some(true)
    }

    /// Where code has the names of its variables and, behind them, of what kind each is.
    pub(super) fn code_variables(&self) -> Option<usize> {
        self.value(&table::CODE_VARIABLES)
    }

    /// Lists and tuples are traversed from the last item to the first.
    pub(in crate::capture) fn has_last_item_first(&self) -> bool {
        self.has(Private::SequenceOrder)
    }

    /// Where instances of a type have the values of their attributes, if they may have any without a dict.
    pub(super) fn values_place(&self, flags: TypeFlags) -> Option<ValuesPlace> {
        let place = self.value(&table::VALUES_PLACE);
        place.filter(|_| self.has_managed_dict(flags))
    }

    /// Where a type has the keys of the values that its instances have without a dict, if they may have any.
    pub(super) fn shared_keys(&self, flags: TypeFlags) -> Option<usize> {
        let place = self.value(&table::SHARED_KEYS);
        place.filter(|_| flags.is_heap_type() && self.has_managed_dict(flags))
    }

    /// A descriptor of a member says where instances have it.
    pub(super) fn has_member_descriptors(&self) -> bool {
        self.has(Private::MemberDescriptors)
    }

    /// Where a weak reference has what it refers to.
    pub(super) fn weak_referent(&self) -> Option<usize> {
        self.value(&table::WEAK_REFERENT)
    }

    /// Where a link of an `lru_cache` has the key of a call and its result.
    pub(in crate::capture) fn cached_call(&self) -> Option<[usize; 2]> {
        self.value(&table::CACHED_CALL)
    }

    /// Where frames have what they hold.
    pub(in crate::capture) fn frames(&self) -> Option<FrameLayout> {
        self.value(&table::FRAMES)
    }

    /// Where a thread state has the number of its thread.
    pub(in crate::capture) fn thread_ident(&self) -> Option<usize> {
        self.value(&table::THREAD_IDENT)
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
