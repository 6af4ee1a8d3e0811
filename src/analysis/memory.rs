//! Memory that the questions of this module take.

use crate::graph::{BYTES_A_NEIGHBOUR, HeapGraph};
use crate::process::{self, TooLittleMemory};

/// What a question does with a heap, by which it takes memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Looks at every object, and searches.
    Search,
    /// Finds dominators or paths of all objects, and searches besides.
    Dominate,
}

impl Effort {
    /// Bytes for each object and for each reference that the dearest such question takes, as
    /// `benches/memory.py` measures it, and a fifth more.
    const fn cost(self) -> (u64, u64) {
        match self {
            Self::Search => (24, 0),
            Self::Dominate => (72, 4),
        }
    }
}

/// Makes sure that there is memory for a question about a heap. Whoever is about to ask one that looks
/// at all objects does so first.
///
/// # Errors
///
/// If there is less than is needed.
pub fn ensure_memory(graph: &HeapGraph, effort: Effort) -> Result<(), TooLittleMemory> {
    let (an_object, a_reference) = effort.cost();
    let (objects, references) = (graph.node_count() as u64, graph.edge_count() as u64);
    let neighbours = BYTES_A_NEIGHBOUR * graph.most_neighbours() as u64;
    process::ensure(an_object * objects + a_reference * references + neighbours)
}
