//! What is put down of the nodes beside the graph.

use crate::graph::HeapGraphBuilder;
use crate::process::grow;

/// Puts down something of the node that is visited, unless there is no memory for that.
pub(super) fn note<T>(notes: &mut Vec<T>, new: T, builder: &mut HeapGraphBuilder) {
    if notes.len() == notes.capacity()
        && let Err(refused) = grow(notes, usize::MAX)
    {
        return builder.refuse(refused);
    }
    notes.push(new);
}
