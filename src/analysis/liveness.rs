//! What is alive by itself.

use crate::graph::{NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// The objects that are alive whatever becomes of all others, in capture order: roots, and what is
/// [alive by itself](crate::graph::HeapGraph::is_alive_by_itself).
///
/// O(nodes).
pub fn anchors(snapshot: &HeapSnapshot) -> Vec<NodeIndex> {
    let graph = snapshot.graph();
    let mut is_root = NodeSet::new(graph);
    for root in snapshot.roots() {
        is_root.insert(root.node);
    }
    let is_anchor = |&node: &NodeIndex| is_root.contains(node) || graph.is_alive_by_itself(node);
    graph.nodes().filter(is_anchor).collect()
}

/// True if and only if `node` is one of the [`anchors`]. O(log roots).
pub fn is_anchor(snapshot: &HeapSnapshot, node: NodeIndex) -> bool {
    snapshot.root(node).is_some() || snapshot.graph().is_alive_by_itself(node)
}
