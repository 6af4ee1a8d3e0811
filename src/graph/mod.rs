//! The compact heap graph: nodes are objects, edges point from holder to held object.
//!
//! Everything is a column indexed by a `u32` newtype: about 26 bytes a node and 8 bytes an edge
//! (each edge is stored in both directions), plus the address index.

mod address_index;
mod address_order;
mod builder;
mod columns;
mod csr;
mod edge_label;
mod edge_names;
mod error;
mod index;
mod node;
mod node_set;
mod object_list;
mod root;
mod text_table;
mod types;
mod visit;

pub use address_index::AddressIndex;
pub use builder::HeapGraphBuilder;
pub use columns::GraphColumns;
pub use csr::Csr;
pub use edge_label::{CACHE, CONTEXT_VARIABLES, EdgeLabel, FINALIZER};
pub use edge_names::{EdgeName, EdgeNames};
pub use error::GraphError;
pub use index::{NodeIndex, TypeIndex};
pub use node::{NodeFlags, NodeRecord};
pub use node_set::NodeSet;
pub use object_list::{ListedClass, ListedObject, ObjectList};
pub use root::{Root, RootKind};
pub use text_table::{TextIndex, TextTable};
pub use types::{HeapType, TypeTable};

use std::collections::BTreeSet;
use std::ops::Range;

use address_order::AddressOrder;
use node::NodeTable;

use crate::process::TooLittleMemory;

/// What each neighbour of one object takes while a question lists them: 12 bytes in a list that grows, 18
/// in a set of those seen, 16 while they are put in an order, and 24 in a list of references.
pub const BYTES_A_NEIGHBOUR: u64 = 80;

/// Bytes of the largest string that CPython's cache of attribute lookups takes as a name: 100
/// characters (`MCACHE_MAX_ATTR_SIZE`) of 4 bytes, with header and null.
const LARGEST_NAME: u64 = 72 + 4 * 101;

/// The links of an `lru_cache`. The collector does not track them: the traverse of the cache visits what
/// they hold in their stead (`lru_cache_tp_traverse` in CPython's `_functoolsmodule.c`).
const CACHED_CALL: &str = "functools._lru_list_elem";

/// A heap at one moment: every object, what it refers to and what refers to it.
///
/// Holds addresses, never objects: it keeps nothing alive and is `Send + Sync`. The graph is
/// closed: every target of an edge is a node. Built by [`HeapGraphBuilder`] or from
/// [`GraphColumns`].
#[derive(Debug)]
pub struct HeapGraph {
    nodes: NodeTable,
    types: TypeTable,
    referents: Csr,
    referrers: Csr,
    addresses: Addresses,
    /// The type `str` itself.
    string_type: Option<TypeIndex>,
    /// By node, how many of its references its traverse does not show: the last ones.
    untraversed: Vec<(NodeIndex, u32)>,
}

/// How a node is found by its address.
#[derive(Debug)]
enum Addresses {
    Radix(Box<AddressIndex>),
    Sorted(AddressOrder),
}

impl HeapGraph {
    /// A graph whose columns fit together.
    ///
    /// # Errors
    ///
    /// If there is no memory for the referrers.
    fn from_columns(
        nodes: NodeTable,
        types: TypeTable,
        referents: Csr,
        addresses: Addresses,
        untraversed: Vec<(NodeIndex, u32)>,
    ) -> Result<Self, TooLittleMemory> {
        let string_type = types.iter().find(|(_, ty)| ty.is_genuine("builtins.str"));
        Ok(Self {
            string_type: string_type.map(|(index, _)| index),
            referrers: referents.reversed()?,
            nodes,
            types,
            referents,
            addresses,
            untraversed,
        })
    }

    /// Number of objects.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Number of references; two references from one object to another count twice.
    pub fn edge_count(&self) -> usize {
        self.referents.edge_count()
    }

    /// All nodes, in capture order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = NodeIndex> + use<> {
        (0..self.node_count()).map(NodeIndex::new)
    }

    /// The node of the object that was at `address`, if there was one.
    pub fn node_at(&self, address: u64) -> Option<NodeIndex> {
        let node = match &self.addresses {
            Addresses::Radix(index) => index.get(address),
            Addresses::Sorted(order) => order.get(address, &self.nodes.addresses),
        }?;
        (self.address(node) == address).then_some(node)
    }

    /// Address of the object in the captured process.
    pub fn address(&self, node: NodeIndex) -> u64 {
        self.nodes.addresses[node.index()]
    }

    /// The object's type.
    pub fn type_of(&self, node: NodeIndex) -> &HeapType {
        &self.types[self.type_index(node)]
    }

    /// The object's type as an index into [`HeapGraph::types`].
    pub fn type_index(&self, node: NodeIndex) -> TypeIndex {
        self.nodes.types[node.index()]
    }

    /// Bytes of the object itself, as `sys.getsizeof` gives them.
    pub fn shallow_size(&self, node: NodeIndex) -> u64 {
        self.nodes.shallow_sizes[node.index()]
    }

    /// Reference count at capture, without the references the capture itself held. Has no
    /// meaning for an immortal object. Counts above `u32::MAX` read as `u32::MAX`.
    pub fn reference_count(&self, node: NodeIndex) -> u32 {
        self.nodes.reference_counts[node.index()]
    }

    /// References to the object that were not found in the graph: held by compiled code, by the
    /// value stack of a running frame, or by the interpreter. 0 for an immortal object.
    pub fn unexplained_count(&self, node: NodeIndex) -> u32 {
        if self.flags(node).contains(NodeFlags::IMMORTAL) {
            return 0;
        }
        let found = u32::try_from(self.referrers(node).len()).unwrap_or(u32::MAX);
        self.reference_count(node).saturating_sub(found)
    }

    /// True if and only if the object is alive by itself, whatever becomes of all others in the graph:
    /// it is immortal, or has references that were not found.
    ///
    /// A short text that something in the graph refers to is not, unless it is immortal. The
    /// interpreter keeps names of attributes, in its cache of lookups and in the keys that instances
    /// share, and which ones depends on where they lie in memory: what goes with an object must not.
    pub fn is_alive_by_itself(&self, node: NodeIndex) -> bool {
        let is_name = self.string_type == Some(self.type_index(node))
            && self.shallow_size(node) <= LARGEST_NAME
            && !self.referrers(node).is_empty();
        self.flags(node).contains(NodeFlags::IMMORTAL)
            || (!is_name && self.unexplained_count(node) > 0)
    }

    /// Counts `count` references less to the object at `address`, if there is one.
    pub fn discount_references(&mut self, address: u64, count: u32) {
        if let Some(node) = self.node_at(address) {
            let known = &mut self.nodes.reference_counts[node.index()];
            *known = known.saturating_sub(count);
        }
    }

    /// Counts so many bytes for an object, whatever its size says.
    pub fn count_bytes(&mut self, node: NodeIndex, bytes: u64) {
        self.nodes.shallow_sizes[node.index()] = bytes;
    }

    /// What is known of the object besides its type.
    pub fn flags(&self, node: NodeIndex) -> NodeFlags {
        self.nodes.flags[node.index()]
    }

    /// What `node` refers to, in the order of the traversal, repeated where it refers twice.
    pub fn referents(&self, node: NodeIndex) -> &[NodeIndex] {
        self.referents.targets(node)
    }

    /// The first of the [`referents`](Self::referents) of `node` that the collector sees: all that the
    /// traverse of its type shows, if the collector sees [what it refers to](Self::is_seen_by_collector).
    /// What is read in other ways stands behind them: the parts of numpy's arrays, what functions
    /// registered for types tell, the class of an instance whose traverse leaves that out.
    pub fn collected_referents(&self, node: NodeIndex) -> &[NodeIndex] {
        let referents = self.referents(node);
        if !self.is_seen_by_collector(node) {
            return &[];
        }
        let known = &self.untraversed;
        let unseen = match known.binary_search_by_key(&node, |&(node, _)| node) {
            Ok(position) => known[position].1 as usize,
            Err(_) => 0,
        };
        &referents[..referents.len().saturating_sub(unseen)]
    }

    /// True if and only if the collector tracks the object, or sees what it refers to in its holder.
    pub fn is_seen_by_collector(&self, node: NodeIndex) -> bool {
        self.flags(node).contains(NodeFlags::TRACKED)
            || self.is_cached_call(node)
            || self.has_cached_calls(node)
    }

    /// True for a link of an `lru_cache`. A class of a program that is called so has tracked instances.
    fn is_cached_call(&self, node: NodeIndex) -> bool {
        !self.flags(node).contains(NodeFlags::TRACKED) && self.type_of(node).is_called(CACHED_CALL)
    }

    /// True for the dict of an `lru_cache`. Where all its keys are plain it is not tracked up to CPython
    /// 3.13, as the links are not.
    fn has_cached_calls(&self, node: NodeIndex) -> bool {
        let first_value = self.referents(node).get(1);
        self.flags(node).contains(NodeFlags::DICT)
            && first_value.is_some_and(|&value| self.is_cached_call(value))
    }

    /// By node, how many of its references its traverse does not show, where there are any: the last ones.
    pub fn untraversed(&self) -> &[(NodeIndex, u32)] {
        &self.untraversed
    }

    /// The object that the reference at `position` among those of all nodes is to.
    pub fn referent_at(&self, position: usize) -> NodeIndex {
        self.referents.target(position)
    }

    /// The object that holds the reference at `position` among those of all nodes. O(log nodes).
    pub fn holder_at(&self, position: usize) -> NodeIndex {
        self.referents.source(position)
    }

    /// Forgets references, as if they had been let go of: the objects that they were to have been
    /// referred to less often. `positions` among those of all nodes, in ascending order.
    ///
    /// Whoever takes the value of a dict takes its key with it, as these stand in pairs.
    /// O(nodes + edges).
    pub fn forget_references(&mut self, positions: &[usize]) {
        let mut turned = BTreeSet::new();
        for &position in positions {
            let (holder, held) = (self.referents.source(position), self.referent_at(position));
            let end = self.referents.positions(holder).end;
            let known = self
                .untraversed
                .binary_search_by_key(&holder, |&(node, _)| node);
            if let Some((_, unseen)) = known.ok().and_then(|known| self.untraversed.get_mut(known))
            {
                *unseen -= u32::from(end - position <= *unseen as usize);
            }
            let count = &mut self.nodes.reference_counts[held.index()];
            *count = count.saturating_sub(1);
            let referrers = self.referrers.positions(held).zip(self.referrers(held));
            let mut same = referrers.filter(|&(_, &referrer)| referrer == holder);
            let other = same.find(|(at, _)| !turned.contains(at));
            turned.extend(other.map(|(at, _)| at));
        }
        let turned: Vec<usize> = turned.into_iter().collect();
        self.referents.remove(positions);
        self.referrers.remove(&turned);
    }

    /// Where the references that `node` holds stand among those of all nodes, in the order of
    /// [`referents`](Self::referents).
    pub fn edge_positions(&self, node: NodeIndex) -> Range<usize> {
        self.referents.positions(node)
    }

    /// The object that holds the reference to `held` at `position` among those of all nodes. At once
    /// where few objects refer to `held`, else O(log nodes).
    pub fn holder_of(&self, held: NodeIndex, position: usize) -> NodeIndex {
        const FEW: usize = 4;
        let few = self.referrers(held).iter().take(FEW);
        let mut holders = few.filter(|&&holder| self.edge_positions(holder).contains(&position));
        let found = holders.next().copied();
        found.unwrap_or_else(|| self.referents.source(position))
    }

    /// What refers to `node`, in capture order, repeated where something refers twice.
    pub fn referrers(&self, node: NodeIndex) -> &[NodeIndex] {
        self.referrers.targets(node)
    }

    /// The objects that some of `starts` lead to, themselves included. O(nodes + edges).
    pub fn reachable_from(&self, starts: impl IntoIterator<Item = NodeIndex>) -> NodeSet {
        let mut reached = NodeSet::new(self);
        let mut next: Vec<NodeIndex> = Vec::new();
        next.extend(starts.into_iter().filter(|&start| reached.insert(start)));
        while let Some(node) = next.pop() {
            let referents = self.referents(node).iter().copied();
            next.extend(referents.filter(|&held| reached.insert(held)));
        }
        reached
    }

    /// The most that any object refers to, or is referred to by. O(nodes).
    pub fn most_neighbours(&self) -> usize {
        let neighbours = self
            .nodes()
            .map(|node| self.referents(node).len().max(self.referrers(node).len()));
        neighbours.max().unwrap_or(0)
    }

    /// All types met.
    pub fn types(&self) -> &TypeTable {
        &self.types
    }

    /// True if and only if `referrer` refers to `referent` by being its instance and by nothing
    /// else. From CPython 3.9 an instance of a heap type visits its type; a chain through such
    /// an edge explains nothing.
    pub fn is_only_instance_of(&self, referrer: NodeIndex, referent: NodeIndex) -> bool {
        let ty = self.type_of(referrer);
        ty.node == Some(referent)
            && ty.is_heap_type
            && self
                .referents(referrer)
                .iter()
                .filter(|&&target| target == referent)
                .nth(1)
                .is_none()
    }

    /// True if and only if the referent of `holder` at `position` is a string key of a dict.
    ///
    /// The collector does not see these references. They are in the graph, so that it is complete,
    /// but a chain or a picture of them would hide what matters.
    pub fn is_string_key(&self, holder: NodeIndex, position: usize) -> bool {
        position.is_multiple_of(2)
            && self.flags(holder).contains(NodeFlags::DICT)
            && self.string_type == Some(self.type_index(self.referents(holder)[position]))
    }

    /// True if and only if `referent` is a string and a key of `referrer`, and nothing else of it.
    pub fn is_only_string_key(&self, referrer: NodeIndex, referent: NodeIndex) -> bool {
        self.string_type == Some(self.type_index(referent))
            && self.flags(referrer).contains(NodeFlags::DICT)
            && (self.referents(referrer).iter().enumerate()).all(|(position, &other)| {
                other != referent || self.is_string_key(referrer, position)
            })
    }
}
