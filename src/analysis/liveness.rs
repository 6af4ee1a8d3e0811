//! What is alive by itself.

use crate::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// The objects that are alive whatever becomes of all others, in capture order: roots, immortal
/// objects, and objects with references that were not found in the graph.
///
/// O(nodes).
pub fn anchors(snapshot: &HeapSnapshot) -> Vec<NodeIndex> {
    let graph = snapshot.graph();
    let mut is_root = NodeSet::new(graph);
    for root in snapshot.roots() {
        is_root.insert(root.node);
    }
    let is_anchor = |&node: &NodeIndex| is_root.contains(node) || stays(graph, node);
    graph.nodes().filter(is_anchor).collect()
}

/// True if and only if `node` is one of the [`anchors`]. O(log roots).
pub fn is_anchor(snapshot: &HeapSnapshot, node: NodeIndex) -> bool {
    snapshot.root(node).is_some() || stays(snapshot.graph(), node)
}

fn stays(graph: &HeapGraph, node: NodeIndex) -> bool {
    graph.flags(node).contains(NodeFlags::IMMORTAL) || graph.unexplained_count(node) > 0
}
