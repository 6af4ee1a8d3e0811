//! The objects of a type, in the order in which they are listed.

use std::cmp::Reverse;

use super::TypePattern;
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;

/// All objects of the types that `pattern` matches: the largest first, then by what they are
/// called, then as captured. O(n log n).
pub fn find_objects(snapshot: &HeapSnapshot, pattern: &TypePattern) -> Vec<NodeIndex> {
    let graph = snapshot.graph();
    let mut nodes = pattern.find(graph);
    nodes.sort_by_cached_key(|&node| {
        let name = snapshot.node_names().get(node);
        (Reverse(graph.shallow_size(node)), name, node)
    });
    nodes
}
