//! The objects that keep most of a heap alive.

use std::cmp::Reverse;

use super::{Dominator, DominatorTree, Tally};
use crate::graph::NodeIndex;

/// An object goes with the one that dominates it in a descent if it retains that much of it, in
/// tenths.
const MOST_OF_IT: u128 = 7;
/// A list of that many links tells no more than its beginning.
pub(super) const LONGEST_DESCENT: usize = 1000;

/// An object that no other dominates, and where in it most of what it retains is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The object.
    pub node: NodeIndex,
    /// What would go if it went.
    pub retained: Tally,
    /// Each the largest that the one before it dominates, the first that of the owner itself, as
    /// long as that is at least seven tenths of it; the last is where it is spread over many. At
    /// most a thousand.
    pub descent: Vec<NodeIndex>,
}

impl Owner {
    /// The `limit` owners that retain most, [`largest_first`]. What all owners retain is all that is
    /// alive, each object once.
    ///
    /// O(n log n).
    pub fn largest(tree: &DominatorTree, limit: usize) -> Vec<Self> {
        let nodes = largest_first(tree, tree.dominated_by(Dominator::Root));
        let owner = |node| {
            Some(Self {
                node,
                retained: tree.retained(node)?,
                descent: descent(tree, node),
            })
        };
        nodes.into_iter().take(limit).filter_map(owner).collect()
    }
}

/// Objects in the order of what they retain: the most bytes first, then the most objects, then as
/// captured; those that no anchor leads to last.
pub fn largest_first(
    tree: &DominatorTree,
    nodes: impl IntoIterator<Item = NodeIndex>,
) -> Vec<NodeIndex> {
    let mut nodes: Vec<NodeIndex> = nodes.into_iter().collect();
    nodes.sort_unstable_by_key(|&node| by_size(tree, node));
    nodes
}

fn by_size(tree: &DominatorTree, node: NodeIndex) -> impl Ord + use<> {
    let retained = tree.retained(node);
    (
        Reverse(retained.map(|tally| (tally.bytes, tally.count))),
        node,
    )
}

/// The descent of an [`Owner`].
pub(super) fn descent(tree: &DominatorTree, owner: NodeIndex) -> Vec<NodeIndex> {
    let bytes = |node| {
        tree.retained(node)
            .map_or(0, |tally| u128::from(tally.bytes))
    };
    let mut descent = Vec::new();
    let mut node = owner;
    while descent.len() < LONGEST_DESCENT {
        let dominated = tree.dominated_by(Dominator::Node(node));
        let Some(largest) = dominated.min_by_key(|&node| by_size(tree, node)) else {
            break;
        };
        if bytes(largest) * 10 < bytes(node) * MOST_OF_IT {
            break;
        }
        descent.push(largest);
        node = largest;
    }
    descent
}
