//! The node columns.

use super::index::TypeIndex;
use crate::process::{TooLittleMemory, reserve};

/// What is known of an object besides its type; a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeFlags(u8);

impl NodeFlags {
    /// The collector tracks the object: `gc.get_objects()` has it, unless it is frozen.
    pub const TRACKED: Self = Self(1);
    /// Never freed (CPython 3.12 and later); its reference count means nothing.
    pub const IMMORTAL: Self = Self(1 << 1);
    /// A class.
    pub const TYPE: Self = Self(1 << 2);
    /// A module object, registered or not.
    pub const MODULE: Self = Self(1 << 3);
    /// A module that `sys.modules` holds under its own name: the root a chain of names starts at.
    pub const PROPER_MODULE: Self = Self(1 << 4);
    /// A frame.
    pub const FRAME: Self = Self(1 << 5);
    /// The namespace dictionary of a module.
    pub const MODULE_NAMESPACE: Self = Self(1 << 6);
    /// A `dict` or an instance of a subclass: its first referents are keys and values in turn.
    pub const DICT: Self = Self(1 << 7);

    /// True if and only if all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the bits of `other`.
    pub const fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// These bits and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One object as the builder takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NodeRecord {
    /// The object's type.
    pub type_index: TypeIndex,
    /// Bytes of the object itself.
    pub shallow_size: u64,
    /// Reference count; without meaning for an immortal object.
    pub reference_count: u32,
    /// What else is known of it.
    pub flags: NodeFlags,
}

/// Column storage of all nodes; every column has the same length once built.
#[derive(Debug, Default)]
pub(super) struct NodeTable {
    pub(super) addresses: Vec<u64>,
    pub(super) types: Vec<TypeIndex>,
    pub(super) shallow_sizes: Vec<u64>,
    pub(super) reference_counts: Vec<u32>,
    pub(super) flags: Vec<NodeFlags>,
}

impl NodeTable {
    pub(super) fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Makes room for so many more records.
    pub(super) fn reserve(&mut self, node_count: usize) -> Result<(), TooLittleMemory> {
        reserve(&mut self.types, node_count)?;
        reserve(&mut self.shallow_sizes, node_count)?;
        reserve(&mut self.reference_counts, node_count)?;
        reserve(&mut self.flags, node_count)
    }

    /// Appends everything but the address, which has its own moment: an object gets its number
    /// when it is first met and its record when it is visited.
    pub(super) fn push_record(&mut self, record: NodeRecord) {
        self.types.push(record.type_index);
        self.shallow_sizes.push(record.shallow_size);
        self.reference_counts.push(record.reference_count);
        self.flags.push(record.flags);
    }
}
