//! Giving back what was taken for a heap.

use super::ffi;
use crate::graph::HeapGraph;

/// Less than this stays with the allocators, which have use for it: giving back takes time in
/// proportion to all that they have.
const WORTH_GIVING_BACK: usize = 4 << 20;
/// What an object takes while it is in a graph, and a reference.
const BYTES_AN_OBJECT: usize = 40;
const BYTES_A_REFERENCE: usize = 8;

/// Gives what the allocators keep free back to the system, once this is dropped. It is the last field of
/// whatever owns the columns of a heap: fields are dropped in their order.
///
/// Large columns have gone by then. Small blocks of our own, and what the interpreter had from the C
/// allocator for an answer, are kept by these.
#[derive(Debug)]
pub(crate) struct GiveBack {
    is_worth_it: bool,
}

impl GiveBack {
    /// For what is taken for a graph.
    pub(crate) fn after(graph: &HeapGraph) -> Self {
        Self::of(BYTES_AN_OBJECT * graph.node_count() + BYTES_A_REFERENCE * graph.edge_count())
    }

    /// For so many bytes.
    pub(crate) fn of(bytes: usize) -> Self {
        let is_worth_it = bytes >= WORTH_GIVING_BACK;
        Self { is_worth_it }
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        if self.is_worth_it {
            ffi::give_back_free_memory();
        }
    }
}
