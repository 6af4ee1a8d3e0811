//! What several objects retain together.

use super::{DominatorTree, Tally, anchors};
use crate::graph::{NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// What would go if all of `nodes` went, themselves included. What they only hold together is in
/// it, and so it may be more than what each retains. O(nodes + edges).
pub fn retained_together(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    nodes: &[NodeIndex],
) -> Tally {
    let graph = snapshot.graph();
    let mut gone = NodeSet::new(graph);
    for &node in nodes {
        gone.insert(node);
    }
    let mut left = NodeSet::new(graph);
    let mut next = anchors(snapshot);
    next.retain(|&anchor| !gone.contains(anchor) && left.insert(anchor));
    while let Some(node) = next.pop() {
        let referents = graph.referents(node).iter().copied();
        next.extend(referents.filter(|&held| !gone.contains(held) && left.insert(held)));
    }
    let lost = tree.nodes().iter().filter(|&&node| !left.contains(node));
    let mut retained = Tally::default();
    for &node in lost {
        retained.add(Tally {
            count: 1,
            bytes: graph.shallow_size(node),
        });
    }
    retained
}
