//! A proof that a tree is the dominator tree of a heap, without making another.

use heapgraph::analysis::{Dominator, DominatorTree, anchors};
use heapgraph::graph::{NodeIndex, NodeSet};
use heapgraph::snapshot::HeapSnapshot;

use crate::random::Random;

/// Checks that no dominator is missing a path that goes round it, and that sizes add up: O(nodes +
/// edges). Then, for some objects, that what they retain is all that is lost without them: O(edges)
/// each.
pub(super) fn assert_dominator_tree(snapshot: &HeapSnapshot, tree: &DominatorTree, samples: usize) {
    assert_dominators_dominate(snapshot, tree);
    assert_sizes_add_up(snapshot, tree);
    let mut random = Random::new(samples as u64);
    for _ in 0..samples.min(tree.nodes().len()) {
        let node = tree.nodes()[random.below(tree.nodes().len())];
        assert_nothing_else_is_lost_without(snapshot, tree, node);
    }
}

/// Every reference to an object from an object that is alive comes from inside of what its
/// immediate dominator retains: so there is no way in but through the dominator.
fn assert_dominators_dominate(snapshot: &HeapSnapshot, tree: &DominatorTree) {
    let graph = snapshot.graph();
    for anchor in anchors(snapshot) {
        assert_eq!(tree.immediate_dominator(anchor), Some(Dominator::Root));
    }
    let alive = graph.reachable_from(anchors(snapshot));
    for node in graph.nodes() {
        let dominator = tree.immediate_dominator(node);
        assert_eq!(dominator.is_some(), alive.contains(node));
        assert_eq!(tree.retained(node).is_some(), alive.contains(node));
        let Some(Dominator::Node(dominator)) = dominator else {
            continue;
        };
        assert!(dominator != node && tree.dominates(dominator, node));
        for &holder in graph.referrers(node) {
            assert!(!alive.contains(holder) || tree.dominates(dominator, holder));
        }
    }
}

fn assert_sizes_add_up(snapshot: &HeapSnapshot, tree: &DominatorTree) {
    let graph = snapshot.graph();
    let retained = |dominator| {
        let nodes = tree.dominated_by(dominator);
        let retained = nodes.map(|node| tree.retained(node).unwrap());
        retained.fold((0, 0), |(count, bytes), part| {
            (count + part.count, bytes + u128::from(part.bytes))
        })
    };
    let own = |nodes: &[NodeIndex]| {
        let sizes = nodes
            .iter()
            .map(|&node| u128::from(graph.shallow_size(node)));
        (nodes.len() as u64, sizes.sum())
    };
    assert_eq!(retained(Dominator::Root), own(tree.nodes()));
    let total = tree.total();
    assert_eq!((total.count, total.bytes.into()), own(tree.nodes()));
    for &node in tree.nodes() {
        let (count, bytes) = retained(Dominator::Node(node));
        let sum = (count + 1, bytes + u128::from(graph.shallow_size(node)));
        let retained = tree.retained(node).unwrap();
        assert_eq!((retained.count, retained.bytes.into()), sum);
        assert_eq!(tree.retained_set(node).len() as u64, retained.count);
        assert_eq!(tree.retained_set(node)[0], node);
    }
}

fn assert_nothing_else_is_lost_without(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    gone: NodeIndex,
) {
    let graph = snapshot.graph();
    let mut reached = NodeSet::new(graph);
    reached.insert(gone);
    let mut next: Vec<NodeIndex> = anchors(snapshot);
    next.retain(|&anchor| reached.insert(anchor));
    while let Some(node) = next.pop() {
        let referents = graph.referents(node).iter().copied();
        next.extend(referents.filter(|&held| reached.insert(held)));
    }
    reached.remove(gone);
    for &node in tree.nodes() {
        assert_eq!(tree.dominates(gone, node), !reached.contains(node));
    }
}
