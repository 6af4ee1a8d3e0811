//! A graph put together object by object.

use super::address_index::AddressIndex;
use super::columns::highest;
use super::csr::Csr;
use super::error::GraphError;
use super::index::{LIMIT, NodeIndex, narrow, widen};
use super::node::{NodeFlags, NodeRecord, NodeTable};
use super::types::{HeapType, TypeTable};
use super::{Addresses, HeapGraph, TypeIndex};

/// Puts a graph together as a walk meets objects.
///
/// An object gets its number when it is first met ([`node_for_address`]) and its record and edges
/// when it is visited, in the order of the numbers: [`add_edge`] for each of its referents, then
/// [`finish_node`].
///
/// ```
/// use heapgraph::graph::{HeapGraphBuilder, HeapType, NodeRecord};
///
/// let mut builder = HeapGraphBuilder::default();
/// let list = HeapType { name: "list".into(), module: None, node: None, is_heap_type: false };
/// let type_index = builder.add_type(list);
/// let outer = builder.node_for_address(0x1000).unwrap();
/// let inner = builder.node_for_address(0x2000).unwrap();
/// builder.add_edge(inner);
/// builder.finish_node(NodeRecord { type_index, ..NodeRecord::default() });
/// builder.finish_node(NodeRecord { type_index, ..NodeRecord::default() });
/// let graph = builder.build()?;
/// assert_eq!(graph.referents(outer), [inner]);
/// assert_eq!(graph.referrers(inner), [outer]);
/// # Ok::<(), heapgraph::graph::GraphError>(())
/// ```
///
/// [`node_for_address`]: HeapGraphBuilder::node_for_address
/// [`add_edge`]: HeapGraphBuilder::add_edge
/// [`finish_node`]: HeapGraphBuilder::finish_node
#[derive(Debug, Default)]
pub struct HeapGraphBuilder {
    nodes: NodeTable,
    types: TypeTable,
    addresses: AddressIndex,
    offsets: Vec<u32>,
    targets: Vec<NodeIndex>,
    /// Where the edges of the node being visited start.
    start: usize,
    /// References of nodes that were finished before, with their holders.
    late: Vec<(NodeIndex, NodeIndex)>,
    overflow: Option<GraphError>,
}

impl HeapGraphBuilder {
    /// Number of objects met so far.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The node that is visited next: the number of nodes finished so far.
    pub fn next_node(&self) -> Option<NodeIndex> {
        let next = self.offsets.len();
        (next < self.nodes.len()).then(|| NodeIndex::new(next))
    }

    /// Address of the node that is visited `distance` visits after the next one, if it was met
    /// already.
    pub fn address_ahead(&self, distance: usize) -> Option<u64> {
        self.nodes
            .addresses
            .get(self.offsets.len() + distance)
            .copied()
    }

    /// Makes room for what the objects met so far are likely to lead to, so that columns need not
    /// move as they grow. Room that is not used costs no memory.
    pub fn reserve(&mut self) {
        let expected = self.nodes.len() + self.nodes.len() / 2;
        self.nodes.reserve(expected);
        self.offsets.reserve(expected);
        self.targets.reserve(4 * expected);
    }

    /// Address of a node met before.
    pub fn address(&self, node: NodeIndex) -> u64 {
        self.nodes.addresses[node.index()]
    }

    /// The node at `address`, if it was met before.
    pub fn known_node(&self, address: u64) -> Option<NodeIndex> {
        let node = self.addresses.get(address)?;
        (self.address(node) == address).then_some(node)
    }

    /// Type of a node finished before.
    pub fn type_of(&self, node: NodeIndex) -> Option<TypeIndex> {
        self.nodes.types.get(node.index()).copied()
    }

    /// The node of the object at `address`, new if it was not met before. `None` if no object
    /// can be there or the graph is full, which [`build`](Self::build) then reports.
    #[inline]
    pub fn node_for_address(&mut self, address: u64) -> Option<NodeIndex> {
        let slot = self.addresses.slot_mut(address)?;
        if *slot == 0 {
            let position = self.nodes.addresses.len();
            if position >= LIMIT {
                self.overflow = Some(GraphError::TooManyNodes { limit: LIMIT });
                return None;
            }
            self.nodes.addresses.push(address);
            *slot = narrow(position + 1);
        }
        Some(NodeIndex::new(*slot as usize - 1))
    }

    /// Adds a type.
    pub fn add_type(&mut self, ty: HeapType) -> TypeIndex {
        self.types.push(ty)
    }

    /// Adds a type that is itself the object at `address`.
    pub fn add_type_at(&mut self, address: u64, ty: HeapType) -> TypeIndex {
        let node = self.node_for_address(address);
        self.types.push(HeapType { node, ..ty })
    }

    /// Adds a reference from the node being visited to `target`.
    #[inline]
    pub fn add_edge(&mut self, target: NodeIndex) {
        if self.targets.len() < LIMIT {
            self.targets.push(target);
        } else {
            self.overflow = Some(GraphError::TooManyEdges { limit: LIMIT });
        }
    }

    /// Adds a reference to those of a node finished before, behind them.
    pub fn add_late_edge(&mut self, holder: NodeIndex, target: NodeIndex) {
        if self.targets.len() + self.late.len() < LIMIT {
            self.late.push((holder, target));
        } else {
            self.overflow = Some(GraphError::TooManyEdges { limit: LIMIT });
        }
    }

    /// Edges added to the node being visited.
    pub fn pending_edges(&self) -> &[NodeIndex] {
        &self.targets[self.start..]
    }

    /// Ends the visit of a node with what is known of it.
    pub fn finish_node(&mut self, record: NodeRecord) {
        self.nodes.push_record(record);
        self.offsets.push(narrow(self.start));
        self.start = self.targets.len();
    }

    /// Sets more flags of a node finished before.
    pub fn add_flags(&mut self, node: NodeIndex, flags: NodeFlags) {
        self.nodes.flags[node.index()].insert(flags);
    }

    /// Counts one reference less to the object at `address`: one that the capture itself held.
    pub fn discount_reference(&mut self, address: u64) {
        if let Some(node) = self.known_node(address)
            && !self.nodes.flags[node.index()].contains(NodeFlags::IMMORTAL)
        {
            let count = &mut self.nodes.reference_counts[node.index()];
            *count = count.saturating_sub(1);
        }
    }

    /// The finished graph, with the referrers of every node.
    ///
    /// O(nodes + edges) time.
    ///
    /// # Errors
    ///
    /// If there were more nodes or edges than a graph can number, or if not every node met was
    /// finished once, an edge leads nowhere or a type is missing.
    pub fn build(mut self) -> Result<HeapGraph, GraphError> {
        if let Some(error) = self.overflow {
            return Err(error);
        }
        let (met, finished) = (self.nodes.len(), self.offsets.len());
        if met != finished || !self.pending_edges().is_empty() {
            return Err(GraphError::Unfinished { met, finished });
        }
        if !self.late.is_empty() {
            self.place_late_edges();
        }
        let node_count = met;
        if let Some(target) = highest(&self.targets, NodeIndex::index, node_count) {
            return Err(GraphError::TargetOutOfRange { target, node_count });
        }
        let type_count = self.types.len();
        if let Some(type_index) = highest(&self.nodes.types, TypeIndex::index, type_count) {
            return Err(GraphError::TypeOutOfRange {
                type_index,
                type_count,
            });
        }
        let referents = Csr::new(self.offsets, self.targets);
        Ok(HeapGraph::from_columns(
            self.nodes,
            self.types,
            referents,
            Addresses::Radix(Box::new(self.addresses)),
        ))
    }

    fn place_late_edges(&mut self) {
        let mut late = std::mem::take(&mut self.late);
        late.sort_by_key(|(holder, _)| *holder);
        let before = std::mem::take(&mut self.targets);
        let starts = self.offsets.clone();
        self.targets.reserve(before.len() + late.len());
        let mut late = late.into_iter().peekable();
        for (node, &start) in starts.iter().enumerate() {
            let end = starts.get(node + 1).map_or(before.len(), |&end| widen(end));
            self.offsets[node] = narrow(self.targets.len());
            self.targets.extend_from_slice(&before[widen(start)..end]);
            while let Some((_, target)) = late.next_if(|(holder, _)| holder.index() == node) {
                self.targets.push(target);
            }
        }
    }
}
