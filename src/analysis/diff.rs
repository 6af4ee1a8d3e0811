//! What has changed from one heap to another, by type.

use std::cmp::{Ordering, Reverse};

use super::histogram::{Histogram, Tally, TypeOrder, TypeTally, is_of_this_package};
use super::unexplained::{ReferenceLeak, Unexplained};
use crate::snapshot::Metadata;

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

/// How the order in which two heaps are given goes with that of their capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GivenOrder {
    /// The earlier one first, as far as is known.
    #[default]
    Forward,
    /// The later one first, and both of one process: they are to be compared the other way round.
    Reversed,
    /// The later one first by clocks that may be those of two machines: only who gave them knows.
    Doubtful,
}

impl GivenOrder {
    /// What the metadata of two heaps say.
    pub fn of(base: &Metadata, current: &Metadata) -> Self {
        if base.captured_at <= current.captured_at {
            return Self::Forward;
        }
        // A number alone may be that of two processes.
        let process = base.process().filter(|it| it.first_captured_at.is_some());
        if process.is_some() && process == current.process() {
            Self::Reversed
        } else {
            Self::Doubtful
        }
    }

    /// The order in one word, as JSON has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Reversed => "reversed",
            Self::Doubtful => "doubtful",
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
    /// How the heaps were given; those of a reversed order are here the right way round.
    pub order: GivenOrder,
}

impl HeapDiff {
    /// Compares two heaps by the full names of their types; what has grown most, in objects, comes
    /// first. Objects of this package, as the snapshots themselves, are left out.
    pub fn new(mut base: Histogram, mut current: Histogram) -> Self {
        for heap in [&mut base, &mut current] {
            heap.types.retain(|row| !is_of_this_package(&row.type_name));
        }
        let total = TypeChange {
            type_name: "total".into(),
            base: base.total(),
            current: current.total(),
        };
        base.sort(TypeOrder::Name);
        current.sort(TypeOrder::Name);
        let mut changes = merge(base.types, current.types);
        changes.retain(|change| change.kind().is_some());
        let leaks = Vec::new();
        let mut diff = Self {
            changes,
            total,
            leaks,
            order: GivenOrder::Forward,
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

    /// Says how the heaps were given.
    #[must_use]
    pub fn given(mut self, order: GivenOrder) -> Self {
        self.order = order;
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::GivenOrder;
    use crate::snapshot::Metadata;

    /// Of a process that began at 1 s, if that is known.
    fn captured(seconds: u64, pid: u32, is_known: bool) -> Metadata {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        Metadata {
            pid,
            captured_at: at(seconds),
            first_captured_at: is_known.then(|| at(1)),
            ..Metadata::default()
        }
    }

    #[test]
    fn heaps_of_one_process_are_put_into_the_order_of_their_capture() {
        let (before, after) = (captured(1, 7, true), captured(2, 7, true));
        assert_eq!(GivenOrder::of(&before, &after), GivenOrder::Forward);
        assert_eq!(GivenOrder::of(&after, &before), GivenOrder::Reversed);
        assert_eq!(GivenOrder::of(&after, &after), GivenOrder::Forward);
    }

    #[test]
    fn a_wrong_order_of_what_may_be_two_processes_is_doubtful() {
        for (later, earlier) in [
            (captured(2, 7, true), captured(1, 8, true)),
            // In containers every program is process 1.
            (captured(2, 1, false), captured(1, 1, false)),
            (captured(2, 7, true), captured(1, 7, false)),
            (captured(2, 0, true), captured(1, 0, true)),
        ] {
            assert_eq!(GivenOrder::of(&earlier, &later), GivenOrder::Forward);
            assert_eq!(GivenOrder::of(&later, &earlier), GivenOrder::Doubtful);
        }
    }
}
