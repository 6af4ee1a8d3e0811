//! A set of nodes, one bit each.

use petgraph::visit::VisitMap;

use super::{HeapGraph, NodeIndex};

/// Any number of nodes of one graph; 1 bit for every node the graph has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

impl NodeSet {
    /// The empty set for nodes of `graph`.
    pub fn new(graph: &HeapGraph) -> Self {
        Self {
            words: vec![0; graph.node_count().div_ceil(64)],
        }
    }

    /// Adds a node; true if and only if it was not in the set.
    pub fn insert(&mut self, node: NodeIndex) -> bool {
        let (word, bit) = position(node);
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }

    /// True if and only if the node is in the set.
    pub fn contains(&self, node: NodeIndex) -> bool {
        let (word, bit) = position(node);
        self.words[word] & bit != 0
    }

    /// Takes a node out; true if and only if it was in the set.
    pub fn remove(&mut self, node: NodeIndex) -> bool {
        let (word, bit) = position(node);
        let was_there = self.words[word] & bit != 0;
        self.words[word] &= !bit;
        was_there
    }

    /// Takes all nodes out.
    pub fn clear(&mut self) {
        self.words.fill(0);
    }
}

fn position(node: NodeIndex) -> (usize, u64) {
    (node.index() / 64, 1 << (node.index() % 64))
}

/// The set of visited nodes that petgraph's algorithms ask for.
impl VisitMap<NodeIndex> for NodeSet {
    fn visit(&mut self, node: NodeIndex) -> bool {
        self.insert(node)
    }

    fn is_visited(&self, node: &NodeIndex) -> bool {
        self.contains(*node)
    }

    fn unvisit(&mut self, node: NodeIndex) -> bool {
        self.remove(node)
    }
}
