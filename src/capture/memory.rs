//! Whether there is memory for a walk, and for what is asked of the graph then.

use super::error::CaptureError;
use super::ffi;
use super::tracked::Tracked;
use crate::graph::{BYTES_A_NEIGHBOUR, HeapGraph};
use crate::process;

/// What a walk is made for: it decides how much memory is needed. The figures are what
/// `benches/memory.py` measures, and a fifth more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The graph, and a question that is answered from it while the objects are alive.
    Answer,
    /// A snapshot, with the names of references or without.
    Snapshot { names: bool },
    /// Whatever it takes: only what is refused is an error.
    Unchecked,
}

/// Bytes for each object and for each reference.
#[derive(Debug, Clone, Copy)]
struct Cost {
    object: u64,
    reference: u64,
}

/// Of the graph itself.
const WALK: Cost = Cost {
    object: 84,
    reference: 9,
};

/// What an object takes on the lists of a search through the graph, which are taken without asking.
const BYTES_ON_A_LIST: usize = 12;

/// A byte of the process never leads to more than this many of a snapshot: objects are no smaller than
/// [`SMALLEST_OBJECT`], and a reference takes 8 bytes.
const MOST_FOR_A_BYTE: u64 = 6;

/// Bytes of a reference in the process.
const REFERENCE: u64 = 8;

/// Objects are no smaller on average than this, with what the allocator adds.
const SMALLEST_OBJECT: u64 = 32;

/// What an object of another type than the built-in containers refers to, on average.
const REFERENCES_OF_OTHERS: u64 = 4;

impl Need {
    /// What is needed beside the graph once that is there.
    fn cost_of_answer(self) -> Cost {
        let (object, reference) = match self {
            Self::Answer | Self::Snapshot { names: false } => (20, 0),
            Self::Snapshot { names: true } => (40, 5),
            Self::Unchecked => (0, 0),
        };
        Cost { object, reference }
    }

    /// Makes sure, before a walk, that there is memory for all of it.
    ///
    /// Nothing is counted where there is plenty. Else it takes a look at every object that the
    /// collector tracks.
    ///
    /// # Errors
    ///
    /// [`CaptureError::TooLittleMemory`] if less is left than is likely to be needed.
    pub(super) fn check_before(self, tracked: &Tracked<'_>) -> Result<(), CaptureError> {
        let (Some(left), Some(taken)) = (process::left(), process::taken()) else {
            return Ok(());
        };
        if self == Self::Unchecked || left.bytes / MOST_FOR_A_BYTE >= taken {
            return Ok(());
        }
        let (objects, references) = likely_counts(tracked, taken);
        let needed = WALK.of(objects, references) + self.cost_of_answer().of(objects, references);
        Ok(process::ensure(needed)?)
    }

    /// Makes sure, after a walk, that there is memory for the answer.
    ///
    /// # Errors
    ///
    /// [`CaptureError::TooLittleMemory`] if less is left.
    pub(super) fn check_after(self, graph: &HeapGraph) -> Result<(), CaptureError> {
        let (objects, references) = (graph.node_count() as u64, graph.edge_count() as u64);
        if self == Self::Unchecked {
            let bytes = BYTES_ON_A_LIST * graph.node_count();
            let is_there = process::is_spare_left_beside(bytes);
            return is_there.then_some(()).ok_or(process::refused(bytes).into());
        }
        let lists = match self {
            Self::Answer => BYTES_A_NEIGHBOUR * graph.most_neighbours() as u64,
            Self::Snapshot { .. } | Self::Unchecked => 0,
        };
        let answer = self.cost_of_answer().of(objects, references);
        Ok(process::ensure(answer + lists)?)
    }
}

impl Cost {
    const fn of(self, objects: u64, references: u64) -> u64 {
        self.object * objects + self.reference * references
    }
}

/// How many objects and references a walk is likely to meet in a process that has `taken` so much.
fn likely_counts(tracked: &Tracked<'_>, taken: u64) -> (u64, u64) {
    let (mut listed, mut references) = (0_u64, 0_u64);
    tracked.for_each(|object| {
        listed += 1;
        references += ffi::content_count(object).unwrap_or(REFERENCES_OF_OTHERS);
    });
    // What is not listed is met through a reference. Many lead to the same few objects: there are no more
    // than fit into what the references leave.
    let room = taken.saturating_sub(REFERENCE * references);
    let objects = (listed + references / 2).min(listed.max(room / SMALLEST_OBJECT));
    (objects, references)
}
