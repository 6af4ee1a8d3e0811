//! Memory that the questions of this module take.

use crate::graph::HeapGraph;
use crate::process::{self, TooLittleMemory};

/// Bytes for each object and for each reference that the dearest question takes at most, as
/// `benches/memory.py` measures it, and a fifth more.
const BYTES_AN_OBJECT: u64 = 80;
const BYTES_A_REFERENCE: u64 = 4;

/// Makes sure that there is memory for any question about a heap. Whoever is about to ask one that
/// looks at all objects does so first.
///
/// # Errors
///
/// If there is less than is needed.
pub fn ensure_memory(graph: &HeapGraph) -> Result<(), TooLittleMemory> {
    let (objects, references) = (graph.node_count() as u64, graph.edge_count() as u64);
    process::ensure(BYTES_AN_OBJECT * objects + BYTES_A_REFERENCE * references)
}
