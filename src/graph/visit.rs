//! petgraph's visit traits, so that its algorithms run on a [`HeapGraph`] and can serve as
//! oracles for ours.

use std::iter::Copied;
use std::slice::Iter;

use petgraph::Direction;
use petgraph::visit::{
    GraphBase, GraphProp, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers,
    NodeCompactIndexable, NodeCount, NodeIndexable, Visitable,
};

use super::{HeapGraph, NodeIndex, NodeSet};

impl GraphBase for HeapGraph {
    type NodeId = NodeIndex;
    /// Source and position among its referents.
    type EdgeId = (NodeIndex, usize);
}

impl GraphProp for HeapGraph {
    type EdgeType = petgraph::Directed;
}

impl NodeCount for HeapGraph {
    fn node_count(&self) -> usize {
        self.node_count()
    }
}

impl NodeIndexable for HeapGraph {
    fn node_bound(&self) -> usize {
        self.node_count()
    }

    fn to_index(&self, node: NodeIndex) -> usize {
        node.index()
    }

    fn from_index(&self, position: usize) -> NodeIndex {
        NodeIndex::new(position)
    }
}

impl NodeCompactIndexable for HeapGraph {}

impl Visitable for HeapGraph {
    type Map = NodeSet;

    fn visit_map(&self) -> NodeSet {
        NodeSet::new(self)
    }

    fn reset_map(&self, map: &mut NodeSet) {
        map.clear();
    }
}

impl<'a> IntoNeighbors for &'a HeapGraph {
    type Neighbors = Copied<Iter<'a, NodeIndex>>;

    fn neighbors(self, node: NodeIndex) -> Self::Neighbors {
        self.referents(node).iter().copied()
    }
}

impl<'a> IntoNeighborsDirected for &'a HeapGraph {
    type NeighborsDirected = Copied<Iter<'a, NodeIndex>>;

    fn neighbors_directed(self, node: NodeIndex, direction: Direction) -> Self::NeighborsDirected {
        match direction {
            Direction::Outgoing => self.referents(node).iter().copied(),
            Direction::Incoming => self.referrers(node).iter().copied(),
        }
    }
}

impl IntoNodeIdentifiers for &HeapGraph {
    type NodeIdentifiers = std::vec::IntoIter<NodeIndex>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        self.nodes().collect::<Vec<_>>().into_iter()
    }
}
