//! A graph from columns that are complete already.

use super::address_order::AddressOrder;
use super::csr::Csr;
use super::error::GraphError;
use super::index::{LIMIT, NodeIndex, TypeIndex};
use super::node::{NodeFlags, NodeTable};
use super::types::TypeTable;
use super::{Addresses, HeapGraph};

/// What a [`HeapGraph`] is made of, column by column, as a file has it.
#[derive(Debug, Default)]
pub struct GraphColumns {
    /// Address of each node; all different.
    pub addresses: Vec<u64>,
    /// Type of each node.
    pub type_indexes: Vec<TypeIndex>,
    /// Bytes of each node itself.
    pub shallow_sizes: Vec<u64>,
    /// Reference count of each node; without meaning for an immortal object.
    pub reference_counts: Vec<u32>,
    /// What else is known of each node.
    pub flags: Vec<NodeFlags>,
    /// All types.
    pub types: TypeTable,
    /// Where in `targets` the edges of each node start.
    pub offsets: Vec<u32>,
    /// Where the edges lead, node by node.
    pub targets: Vec<NodeIndex>,
    /// How many of the last edges of a node its traverse does not show, in the order of the nodes.
    pub untraversed: Vec<(NodeIndex, u32)>,
}

impl GraphColumns {
    /// The graph, with the referrers of every node.
    ///
    /// O(n log n + edges) time. Memory in proportion to the columns, wherever the addresses lie.
    ///
    /// # Errors
    ///
    /// If there are more nodes or edges than a graph can number, columns differ in length, the
    /// edges of one node start before those of the node before it, an edge or the class of a type
    /// leads nowhere, what traverses do not show is not in the order of the nodes, a type is missing,
    /// or two nodes have one address; or if memory is short.
    pub fn build(self) -> Result<HeapGraph, GraphError> {
        let node_count = self.addresses.len();
        self.check_shape()?;
        if let Some(target) = highest(&self.targets, NodeIndex::index, node_count) {
            return Err(GraphError::TargetOutOfRange { target, node_count });
        }
        let type_count = self.types.len();
        if let Some(type_index) = highest(&self.type_indexes, TypeIndex::index, type_count) {
            return Err(GraphError::TypeOutOfRange {
                type_index,
                type_count,
            });
        }
        let classes: Vec<_> = self.types.iter().filter_map(|(_, ty)| ty.node).collect();
        if let Some(target) = highest(&classes, NodeIndex::index, node_count) {
            return Err(GraphError::TargetOutOfRange { target, node_count });
        }
        let order = AddressOrder::new(&self.addresses)?;
        let nodes = NodeTable {
            addresses: self.addresses,
            types: self.type_indexes,
            shallow_sizes: self.shallow_sizes,
            reference_counts: self.reference_counts,
            flags: self.flags,
        };
        let referents = Csr::new(self.offsets, self.targets)?;
        let addresses = Addresses::Sorted(order);
        let untraversed = self.untraversed;
        let graph = HeapGraph::from_columns(nodes, self.types, referents, addresses, untraversed)?;
        Ok(graph)
    }

    fn check_shape(&self) -> Result<(), GraphError> {
        let node_count = self.addresses.len();
        if node_count > LIMIT {
            return Err(GraphError::TooManyNodes { limit: LIMIT });
        }
        if self.targets.len() > LIMIT {
            return Err(GraphError::TooManyEdges { limit: LIMIT });
        }
        let lengths = [
            self.type_indexes.len(),
            self.shallow_sizes.len(),
            self.reference_counts.len(),
            self.flags.len(),
            self.offsets.len(),
        ];
        let other = lengths.into_iter().find(|&length| length != node_count);
        if let Some(finished) = other {
            let met = node_count;
            return Err(GraphError::Unfinished { met, finished });
        }
        let mut pairs = self.untraversed.windows(2);
        if !pairs.all(|pair| pair[0].0 < pair[1].0) {
            return Err(GraphError::UntraversedOutOfOrder);
        }
        let last = self.untraversed.last().map(|&(node, _)| node.index());
        if let Some(node) = last.filter(|&node| node >= node_count) {
            return Err(GraphError::UntraversedOutOfRange { node, node_count });
        }
        let starts_at_zero = self.offsets.first().is_none_or(|&first| first == 0);
        let ends = self.offsets.last().map_or(0, |&last| last as usize);
        if !starts_at_zero || !self.offsets.is_sorted() || ends > self.targets.len() {
            return Err(GraphError::OffsetsOutOfOrder);
        }
        Ok(())
    }
}

/// The highest of some indexes, if it is not below `limit`.
pub(super) fn highest<I: Copy>(
    indexes: &[I],
    position: impl Fn(I) -> usize,
    limit: usize,
) -> Option<usize> {
    let highest = indexes.iter().map(|&index| position(index)).max();
    highest.filter(|&highest| highest >= limit)
}
