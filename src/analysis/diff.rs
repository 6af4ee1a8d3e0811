//! What has changed from one heap to another, by type.

use std::cmp::{Ordering, Reverse};

use super::histogram::{Histogram, Tally, TypeOrder, TypeTally};
use super::unexplained::{ReferenceLeak, Unexplained};

/// What became of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// There was no object of it before.
    Added,
    /// There is no object of it any more.
    Removed,
    /// More objects, or as many with more bytes.
    Grown,
    /// Fewer objects, or as many with fewer bytes.
    Shrunk,
}

/// One type in two heaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeChange {
    /// Full name.
    pub type_name: String,
    /// Its objects before.
    pub base: Tally,
    /// Its objects afterwards.
    pub current: Tally,
}

impl ChangeKind {
    /// The kind in one word, as tables and JSON have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Grown => "grown",
            Self::Shrunk => "shrunk",
        }
    }
}

impl TypeChange {
    /// Some types taken together under a name.
    pub fn of_all(changes: &[Self], type_name: String) -> Self {
        let (mut base, mut current) = (Tally::default(), Tally::default());
        for change in changes {
            base.add(change.base);
            current.add(change.current);
        }
        Self {
            type_name,
            base,
            current,
        }
    }

    /// How many more objects there are; negative if there are fewer.
    pub fn count_change(&self) -> i128 {
        i128::from(self.current.count) - i128::from(self.base.count)
    }

    /// How many more bytes they have; negative if fewer.
    pub fn bytes_change(&self) -> i128 {
        i128::from(self.current.bytes) - i128::from(self.base.bytes)
    }

    /// What became of the type; `None` if it is as it was.
    pub fn kind(&self) -> Option<ChangeKind> {
        let order = (self.count_change().cmp(&0)).then(self.bytes_change().cmp(&0));
        match (order, self.base.count, self.current.count) {
            (Ordering::Equal, ..) => None,
            (_, 0, _) => Some(ChangeKind::Added),
            (_, _, 0) => Some(ChangeKind::Removed),
            (Ordering::Greater, ..) => Some(ChangeKind::Grown),
            (Ordering::Less, ..) => Some(ChangeKind::Shrunk),
        }
    }
}

/// Two heaps compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeapDiff {
    /// Every type that is not as it was.
    pub changes: Vec<TypeChange>,
    /// All types of both heaps together, also those that are as they were.
    pub total: TypeChange,
    /// What has come to have references that the graph cannot explain; empty unless
    /// [`with_leaks`](Self::with_leaks) was asked.
    pub leaks: Vec<ReferenceLeak>,
}

impl HeapDiff {
    /// Compares two heaps by the full names of their types; what has grown most, in objects, comes
    /// first.
    pub fn new(base: Histogram, current: Histogram) -> Self {
        let total = TypeChange {
            type_name: "total".into(),
            base: base.total(),
            current: current.total(),
        };
        let (mut base, mut current) = (base, current);
        base.sort(TypeOrder::Name);
        current.sort(TypeOrder::Name);
        let mut changes = merge(base.types, current.types);
        changes.retain(|change| change.kind().is_some());
        let leaks = Vec::new();
        let mut diff = Self {
            changes,
            total,
            leaks,
        };
        diff.sort(TypeOrder::Count);
        diff
    }

    /// Adds what the references that neither heap explains say.
    #[must_use]
    pub fn with_leaks(mut self, base: &Unexplained, current: &Unexplained) -> Self {
        self.leaks = current.leaks_since(base);
        self
    }

    /// Puts the types in the order of what they have grown by; ties by the other measure, then by
    /// name.
    pub fn sort(&mut self, order: TypeOrder) {
        self.changes.sort_by(|a, b| {
            let key = |change: &TypeChange| {
                let (count, bytes) = (change.count_change(), change.bytes_change());
                match order {
                    TypeOrder::Bytes => (Reverse(bytes), Reverse(count)),
                    TypeOrder::Count => (Reverse(count), Reverse(bytes)),
                    TypeOrder::Name => (Reverse(0), Reverse(0)),
                }
            };
            (key(a), &a.type_name).cmp(&(key(b), &b.type_name))
        });
    }
}

/// Each type of two lists in the order of names, in that order.
fn merge(base: Vec<TypeTally>, current: Vec<TypeTally>) -> Vec<TypeChange> {
    let mut changes: Vec<TypeChange> = Vec::with_capacity(current.len());
    let (mut base, mut current) = (base.into_iter().peekable(), current.into_iter().peekable());
    loop {
        let order = match (base.peek(), current.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(before), Some(after)) => before.type_name.cmp(&after.type_name),
        };
        let before = base.next_if(|_| order != Ordering::Greater);
        let after = current.next_if(|_| order != Ordering::Less);
        let tally = |row: &Option<TypeTally>| row.as_ref().map(|row| row.tally).unwrap_or_default();
        let (base, current) = (tally(&before), tally(&after));
        changes.extend(before.or(after).map(|row| TypeChange {
            type_name: row.type_name,
            base,
            current,
        }));
    }
}
