//! A graph put together object by object.

use rustc_hash::FxHashMap;

use super::address_index::AddressIndex;
use super::columns::highest;
use super::csr::Csr;
use super::error::GraphError;
use super::index::{LIMIT, NodeIndex, narrow, widen};
use super::node::{NodeFlags, NodeRecord, NodeTable};
use super::types::{HeapType, TypeTable};
use super::{Addresses, HeapGraph, TypeIndex};
use crate::process::{self, grow, reserve};

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
    /// How many of its references the traverse of a node does not show.
    untraversed: Vec<(NodeIndex, u32)>,
    overflow: Option<GraphError>,
}

impl HeapGraphBuilder {
    /// Number of objects met so far.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The node that is visited next: the number of nodes finished so far. None once the graph cannot
    /// become any larger.
    pub fn next_node(&self) -> Option<NodeIndex> {
        let next = self.offsets.len();
        (next < self.nodes.len() && self.overflow.is_none()).then(|| NodeIndex::new(next))
    }

    /// Makes sure that all has found its place so far.
    ///
    /// # Errors
    ///
    /// If there were more nodes or edges than a graph can number, or than there is memory for.
    pub fn check(&self) -> Result<(), GraphError> {
        self.overflow.clone().map_or(Ok(()), Err)
    }

    /// Takes down that there was no memory to find out what an object refers to; [`check`](Self::check)
    /// then says so.
    pub fn refuse(&mut self, refused: process::TooLittleMemory) {
        self.overflow.get_or_insert(refused.into());
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
    /// move as they grow. Room that is not used costs no memory; where the process may not have so much,
    /// columns grow later.
    pub fn reserve(&mut self) {
        let expected = self.nodes.len() + self.nodes.len() / 2;
        let room = self.reserve_records(expected);
        // The largest comes last, for it is the most likely to be refused.
        let _ = room.and_then(|()| reserve(&mut self.targets, (4 * expected).min(LIMIT)));
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

    /// What is known of a node finished before, besides its type.
    pub fn flags(&self, node: NodeIndex) -> NodeFlags {
        let flags = self.nodes.flags.get(node.index());
        flags.copied().unwrap_or_default()
    }

    /// How many more references there are to some nodes finished before than were added. O(edges).
    pub fn unexplained_counts(
        &self,
        nodes: impl Iterator<Item = NodeIndex>,
    ) -> FxHashMap<NodeIndex, u32> {
        let count = |node: NodeIndex| self.nodes.reference_counts.get(node.index());
        let mut left: FxHashMap<NodeIndex, u32> = nodes
            .filter_map(|node| Some((node, *count(node)?)))
            .collect();
        let late = self.late.iter().map(|(_, target)| target);
        for target in self.targets.iter().chain(late) {
            if let Some(count) = left.get_mut(target) {
                *count = count.saturating_sub(1);
            }
        }
        left
    }

    /// The node of the object at `address`, new if it was not met before. `None` if no object
    /// can be there or the graph is full, which [`check`](Self::check) and [`build`](Self::build) then
    /// report.
    #[inline]
    pub fn node_for_address(&mut self, address: u64) -> Option<NodeIndex> {
        let Some(slot) = self.addresses.slot_mut(address) else {
            self.note_missing_block();
            return None;
        };
        if *slot == 0 {
            let column = &mut self.nodes.addresses;
            let position = column.len();
            if position == column.capacity() {
                let too_many = GraphError::TooManyNodes { limit: LIMIT };
                if !make_room(column, too_many, &mut self.overflow) {
                    return None;
                }
            }
            column.push(address);
            *slot = narrow(position + 1);
        }
        Some(NodeIndex::new(*slot as usize - 1))
    }

    /// Notes that there was no memory to find an address again, if that is so.
    #[cold]
    fn note_missing_block(&mut self) {
        if self.addresses.is_short() && self.overflow.is_none() {
            self.overflow = Some(process::refused(0).into());
        }
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
        if self.targets.len() == self.targets.capacity() {
            let too_many = GraphError::TooManyEdges { limit: LIMIT };
            if !make_room(&mut self.targets, too_many, &mut self.overflow) {
                return;
            }
        }
        self.targets.push(target);
    }

    /// Says that the traverse of the node being visited does not show its last `count` references.
    pub fn mark_untraversed(&mut self, count: usize) {
        let too_many = GraphError::TooManyNodes { limit: LIMIT };
        if let Some(node) = self.next_node()
            && (self.untraversed.len() < self.untraversed.capacity()
                || make_room(&mut self.untraversed, too_many, &mut self.overflow))
        {
            self.untraversed.push((node, narrow(count)));
        }
    }

    /// Adds a reference to those of a node finished before, behind them. No traverse shows it.
    pub fn add_late_edge(&mut self, holder: NodeIndex, target: NodeIndex) {
        let too_many = GraphError::TooManyEdges { limit: LIMIT };
        if self.targets.len() + self.late.len() >= LIMIT {
            self.overflow.get_or_insert(too_many);
        } else if self.late.len() < self.late.capacity()
            || make_room(&mut self.late, too_many, &mut self.overflow)
        {
            self.late.push((holder, target));
        }
    }

    /// Edges added to the node being visited.
    pub fn pending_edges(&self) -> &[NodeIndex] {
        &self.targets[self.start..]
    }

    /// Ends the visit of a node with what is known of it.
    #[inline]
    pub fn finish_node(&mut self, record: NodeRecord) {
        if self.offsets.len() == self.offsets.capacity() && !self.make_room_for_records() {
            return;
        }
        self.nodes.push_record(record);
        self.offsets.push(narrow(self.start));
        self.start = self.targets.len();
    }

    #[cold]
    fn make_room_for_records(&mut self) -> bool {
        let finished = self.offsets.len();
        let met = (self.nodes.len() - finished).max(FEWEST_RECORDS);
        if self.overflow.is_none() {
            let room = self.reserve_records(met.max(finished / 2));
            let room = room.or_else(|_| self.reserve_records(met));
            self.overflow = room.err().map(GraphError::from);
        }
        self.overflow.is_none()
    }

    /// Makes room for records; last of all for their offsets, which have the least room therefore.
    fn reserve_records(&mut self, more: usize) -> Result<(), process::TooLittleMemory> {
        self.nodes.reserve(more)?;
        reserve(&mut self.offsets, more)
    }

    /// Sets more flags of a node finished before.
    pub fn add_flags(&mut self, node: NodeIndex, flags: NodeFlags) {
        if let Some(known) = self.nodes.flags.get_mut(node.index()) {
            known.insert(flags);
        }
    }

    /// Counts one reference less to the object at `address`: one that the capture itself held.
    pub fn discount_reference(&mut self, address: u64) {
        if let Some(node) = self.known_node(address)
            && let Some(flags) = self.nodes.flags.get(node.index())
            && !flags.contains(NodeFlags::IMMORTAL)
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
    /// If there were more nodes or edges than a graph can number, or than there is memory for; or if
    /// not every node met was finished once, an edge leads nowhere or a type is missing.
    pub fn build(mut self) -> Result<HeapGraph, GraphError> {
        self.check()?;
        let (met, finished) = (self.nodes.len(), self.offsets.len());
        if met != finished || !self.pending_edges().is_empty() {
            return Err(GraphError::Unfinished { met, finished });
        }
        if !self.late.is_empty() {
            self.place_late_edges()?;
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
        let referents = Csr::new(self.offsets, self.targets)?;
        let addresses = Addresses::Radix(Box::new(self.addresses));
        let untraversed = self.untraversed;
        let graph =
            HeapGraph::from_columns(self.nodes, self.types, referents, addresses, untraversed)?;
        Ok(graph)
    }

    fn place_late_edges(&mut self) -> Result<(), process::TooLittleMemory> {
        let mut late = std::mem::take(&mut self.late);
        late.sort_by_key(|(holder, _)| *holder);
        let before = std::mem::take(&mut self.targets);
        let mut starts = Vec::new();
        reserve(&mut starts, self.offsets.len())?;
        starts.extend_from_slice(&self.offsets);
        reserve(&mut self.targets, before.len() + late.len())?;
        let mut late = late.into_iter().peekable();
        for (node, &start) in starts.iter().enumerate() {
            let end = starts.get(node + 1).map_or(before.len(), |&end| widen(end));
            self.offsets[node] = narrow(self.targets.len());
            self.targets.extend_from_slice(&before[widen(start)..end]);
            let first = self.targets.len();
            while let Some((_, target)) = late.next_if(|(holder, _)| holder.index() == node) {
                self.targets.push(target);
            }
            let added = self.targets.len() - first;
            if added > 0 {
                if self.untraversed.len() == self.untraversed.capacity() {
                    grow(&mut self.untraversed, LIMIT)?;
                }
                (self.untraversed).push((NodeIndex::new(node), narrow(added)));
            }
        }
        self.untraversed.sort_by_key(|&(node, _)| node);
        self.untraversed.dedup_by(|more, first| {
            let is_same = more.0 == first.0;
            first.1 += if is_same { more.1 } else { 0 };
            is_same
        });
        Ok(())
    }
}

/// The fewest records that room is made for at once.
const FEWEST_RECORDS: usize = 1 << 10;

/// Makes room for at least one entry more in a column that is full. Where the graph is full, or there
/// is no memory, that is put down once, and the column stays as it is.
#[cold]
#[inline(never)]
fn make_room<T>(
    column: &mut Vec<T>,
    too_many: GraphError,
    overflow: &mut Option<GraphError>,
) -> bool {
    if overflow.is_none() {
        *overflow = if column.len() >= LIMIT {
            Some(too_many)
        } else {
            let most = LIMIT - column.len();
            grow(column, most).err().map(GraphError::from)
        };
    }
    overflow.is_none()
}
