//! What was counted at one moment of a program.

use super::measure::Measure;
use super::name_path::{NamePaths, PathIndex};
use crate::analysis::Tally;

/// What was counted at one moment.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    /// How often the scenario had run.
    pub iteration: u64,
    /// On each path, in the order of the paths; those that are missing had nothing.
    measures: Vec<Measure>,
    /// For each path the bytes on it and on all that go on from it.
    bytes_below: Vec<u64>,
    /// All objects that are alive.
    pub objects: u64,
    /// The memory of the process, where it is known.
    pub memory: Memory,
    /// Objects that nothing alive leads to.
    unplaced: Tally,
    /// What the collector would have freed; nothing if it had just run.
    pub(super) uncollected: Tally,
}

/// What the process itself says of its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// Blocks that the interpreter's allocator has given out.
    pub blocks: Option<u64>,
    /// Resident bytes.
    pub resident: Option<u64>,
    /// What the C allocator says.
    pub allocator: Option<Allocator>,
    /// True if `tracemalloc` runs, whose tables are among what that allocator has given out.
    pub is_traced: bool,
    /// Objects that a collection has just found to be garbage.
    pub garbage: u64,
}

/// Bytes of the C allocator, modulo 4 GiB: only changes mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allocator {
    /// What the program has taken and not given back.
    pub given_out: u32,
    /// What the allocator has from the system: the same, and what it keeps free.
    pub held: u32,
}

impl Allocator {
    /// What has changed since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            given_out: self.given_out.wrapping_sub(before.given_out),
            held: self.held.wrapping_sub(before.held),
        }
    }

    /// After a change.
    #[must_use]
    pub fn and(self, change: Self) -> Self {
        Self {
            given_out: self.given_out.wrapping_add(change.given_out),
            held: self.held.wrapping_add(change.held),
        }
    }
}

impl Moment {
    /// What was counted on each path, after so many iterations. O(paths).
    pub(super) fn new(
        iteration: u64,
        measures: Vec<Measure>,
        paths: &NamePaths,
        memory: Memory,
        unplaced: Tally,
    ) -> Self {
        let mut bytes_below: Vec<u64> = measures.iter().map(|measure| measure.bytes).collect();
        for position in (0..measures.len()).rev() {
            // A path stands behind the one it continues.
            if let Some(holder) = paths.holder(PathIndex::new(position)) {
                let bytes = bytes_below[position];
                let sum = &mut bytes_below[holder.index()];
                *sum = sum.saturating_add(bytes);
            }
        }
        Self {
            iteration,
            objects: measures.iter().map(|measure| measure.objects).sum(),
            measures,
            bytes_below,
            memory,
            unplaced,
            uncollected: Tally::default(),
        }
    }

    /// Blocks given out beyond the objects of the graph; `None` if that is not known. Only its changes
    /// mean something: not every object is a block, nor every block one object.
    pub fn unseen_blocks(&self) -> Option<u64> {
        const ABOVE_ZERO: u64 = 1 << 40;
        Some((self.memory.blocks? + ABOVE_ZERO).saturating_sub(self.objects))
    }

    /// What the C allocator has given out to the program; `None` if that is not known. Only its changes
    /// mean something.
    pub fn given_out(&self) -> Option<u64> {
        const ABOVE_ZERO: u64 = 1 << 40;
        let allocator = self.memory.allocator.filter(|_| !self.memory.is_traced);
        // Less than before is a large number modulo 4 GiB; the watch ends long before 2 GiB have come.
        let change = allocator?.given_out.cast_signed();
        Some(ABOVE_ZERO.saturating_add_signed(change.into()))
    }

    /// Bytes of all objects that are alive.
    pub(super) fn bytes(&self) -> u64 {
        (self.measures.iter()).fold(0, |sum, measure| sum.saturating_add(measure.bytes))
    }

    /// What was counted on a path.
    pub(super) fn measure(&self, path: PathIndex) -> Measure {
        self.measures.get(path.index()).copied().unwrap_or_default()
    }

    /// The bytes on a path, and on all that go on from it.
    pub(super) fn bytes_below(&self, path: PathIndex) -> u64 {
        self.bytes_below
            .get(path.index())
            .copied()
            .unwrap_or_default()
    }

    /// Objects that nothing alive leads to.
    pub(super) fn unplaced(&self) -> Tally {
        self.unplaced
    }
}
