//! A depth-first search from everything that is alive by itself.

use super::{OUTSIDE, ROOT};
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// The number of an anchor that the search has not come to.
const WAITING: u32 = u32::MAX;

/// The nodes below a virtual root in the order in which they were met. The root holds all anchors
/// and has the number 0.
///
/// An anchor is met from the root only: whatever else refers to it has no part in what keeps it or
/// anything behind it alive, as the chain that begins at the anchor is a part of the longer one.
pub(super) struct Search {
    /// By node: its number, or [`OUTSIDE`].
    pub(super) numbers: Vec<u32>,
    /// By number: the node.
    pub(super) order: Vec<NodeIndex>,
    /// By number: the number from which it was met.
    pub(super) met_from: Vec<u32>,
    /// Nodes that have more references to them than the one by which they were met.
    pub(super) is_shared: NodeSet,
}

impl Search {
    /// Meets everything that `anchors` lead to. O(nodes + edges).
    pub(super) fn new(graph: &HeapGraph, anchors: &[NodeIndex]) -> Self {
        let mut search = Self {
            numbers: vec![OUTSIDE; graph.node_count()],
            order: Vec::with_capacity(graph.node_count() + 1),
            met_from: Vec::with_capacity(graph.node_count() + 1),
            is_shared: NodeSet::new(graph),
        };
        search.order.push(NodeIndex::default());
        search.met_from.push(ROOT);
        for anchor in anchors {
            search.numbers[anchor.index()] = WAITING;
        }
        // By number, how many of the referents have been looked at. It stands in for a stack, which
        // would have to be as deep as the heap.
        let mut looked_at = Vec::with_capacity(graph.node_count() + 1);
        looked_at.push(0);
        for &anchor in anchors {
            search.descend(graph, anchor, &mut looked_at);
        }
        search
    }

    fn descend(&mut self, graph: &HeapGraph, anchor: NodeIndex, looked_at: &mut Vec<u32>) {
        let mut number = self.meet(anchor, ROOT);
        looked_at.push(0);
        while number != ROOT {
            let holder = self.order[number as usize];
            let referents = graph.referents(holder);
            let mut looked = looked_at[number as usize];
            let mut entered = None;
            for &held in &referents[looked as usize..] {
                looked += 1;
                if self.numbers[held.index()] != OUTSIDE {
                    self.is_shared.insert(held);
                    continue;
                }
                let met = self.meet(held, number);
                looked_at.push(0);
                if !graph.referents(held).is_empty() {
                    entered = Some(met);
                    break;
                }
            }
            looked_at[number as usize] = looked;
            number = entered.unwrap_or_else(|| self.met_from[number as usize]);
        }
    }

    fn meet(&mut self, node: NodeIndex, from: u32) -> u32 {
        // There are fewer nodes than a u32 can number.
        let number = NodeIndex::new(self.order.len()).to_u32();
        self.numbers[node.index()] = number;
        self.order.push(node);
        self.met_from.push(from);
        number
    }
}
