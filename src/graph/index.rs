//! Typed indexes into the columns of a graph. The only place that converts between `usize`
//! and `u32`.

/// A node of one [`HeapGraph`](super::HeapGraph); means nothing in another graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct NodeIndex(u32);

/// A type of one [`TypeTable`](super::TypeTable); means nothing in another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TypeIndex(u32);

/// The most nodes or edges a graph can hold: one less than `u32::MAX`, so that a slot can also
/// say "nothing".
pub(super) const LIMIT: usize = u32::MAX as usize - 1;

/// `value` as a column entry.
///
/// # Panics
///
/// If `value` is beyond [`LIMIT`], which the builder refuses with an error first.
pub(super) fn narrow(value: usize) -> u32 {
    u32::try_from(value).expect("the builder refuses more than u32::MAX entries")
}

/// A column entry as a position.
pub(super) const fn widen(value: u32) -> usize {
    value as usize
}

impl NodeIndex {
    /// The node at `position`.
    ///
    /// # Panics
    ///
    /// If `position` does not fit 32 bits; no graph has such a node.
    pub fn new(position: usize) -> Self {
        Self(narrow(position))
    }

    /// The node's position in every node column.
    pub const fn index(self) -> usize {
        widen(self.0)
    }

    /// The node of that number.
    pub const fn from_u32(number: u32) -> Self {
        Self(number)
    }

    /// The node's number.
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}

impl TypeIndex {
    /// The type at `position`.
    ///
    /// # Panics
    ///
    /// If `position` does not fit 32 bits; no table has such a type.
    pub fn new(position: usize) -> Self {
        Self(narrow(position))
    }

    /// The type's position in the table.
    pub const fn index(self) -> usize {
        widen(self.0)
    }

    /// The type of that number.
    pub const fn from_u32(number: u32) -> Self {
        Self(number)
    }

    /// The type's number.
    pub const fn to_u32(self) -> u32 {
        self.0
    }
}
