//! The part of a heap around an object, in both directions.

use super::{ChainSearch, Direction};
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// Every object that one of `targets` leads to in at most `max_depth` references, every object
/// that leads to one of them in as many, and `targets`.
///
/// References that explain nothing are not followed, as in [`Direction::neighbours`].
pub fn surroundings(graph: &HeapGraph, targets: &[NodeIndex], max_depth: usize) -> NodeSet {
    let mut found = NodeSet::new(graph);
    let ignored = NodeSet::new(graph);
    for &target in targets {
        for direction in [Direction::Referents, Direction::Referrers] {
            let search = ChainSearch::new(graph, target, direction, max_depth, &ignored);
            for &node in search.met() {
                found.insert(node);
            }
        }
    }
    found
}
