//! What nothing leads to any more.

use super::components::CyclicComponents;
use super::cycles::{CycleGroup, groups, tally};
use super::fate::{Fate, Fates};
use super::histogram::{Histogram, Tally, TypeOrder};
use crate::graph::{EdgeLabel, HeapGraph, NodeFlags, NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// The garbage of a heap: the objects that none of [`anchors`](super::anchors) leads to.
///
/// They are there only because cycles of them refer to themselves, and until the collector looks at
/// them. A reference that was not found makes an object no garbage: it may be in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Garbage {
    /// The objects, in capture order.
    pub nodes: Vec<NodeIndex>,
    /// The same by type, most bytes first.
    pub types: Histogram,
    /// Those that lie on cycles.
    pub in_cycles: Tally,
    /// The others: they go when the cycles go.
    pub held_by_cycles: Tally,
    /// Of all of them, those that the collector can not free: see [`Fate::Uncollectable`].
    pub uncollectable: Tally,
    /// The cycles: components that are alike, taken together.
    pub groups: Vec<CycleGroup>,
    /// What the list `gc.garbage` holds, and so keeps alive: what the collector found and could not
    /// free, or was told to keep. `None` if that can not be known, names not being recorded.
    pub listed: Option<Vec<NodeIndex>>,
}

impl Garbage {
    /// Finds the garbage. O(nodes + edges), and the search for a shortest cycle in one component of
    /// each group.
    pub fn find(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let fates = Fates::of_garbage(snapshot);
        let is_garbage = |&node: &NodeIndex| fates.is_garbage(node);
        let nodes: Vec<NodeIndex> = graph.nodes().filter(is_garbage).collect();
        let follows = |_, held| fates.is_garbage(held);
        let components = CyclicComponents::among(graph, nodes.iter().copied(), follows);
        let groups = groups(snapshot, &fates, &components, follows);
        let (mut all, mut uncollectable) = (Tally::default(), Tally::default());
        for &node in &nodes {
            all.add(tally(graph, node));
            if fates.of(node) == Fate::Uncollectable {
                uncollectable.add(tally(graph, node));
            }
        }
        let mut in_cycles = Tally::default();
        for group in &groups {
            in_cycles.add(group.tally);
        }
        let mut types = Histogram::of(graph, nodes.iter().copied());
        types.sort(TypeOrder::Bytes);
        Self {
            types,
            held_by_cycles: Tally {
                count: all.count - in_cycles.count,
                bytes: all.bytes - in_cycles.bytes,
            },
            in_cycles,
            uncollectable,
            groups,
            listed: listed(snapshot),
            nodes,
        }
    }

    /// All of it.
    pub fn total(&self) -> Tally {
        self.types.total()
    }

    /// The objects as a set.
    pub fn set(&self, graph: &HeapGraph) -> NodeSet {
        let mut set = NodeSet::new(graph);
        for &node in &self.nodes {
            set.insert(node);
        }
        set
    }
}

/// What `gc.garbage` holds.
fn listed(snapshot: &HeapSnapshot) -> Option<Vec<NodeIndex>> {
    snapshot.edge_names()?;
    let graph = snapshot.graph();
    let is_gc = |&node: &NodeIndex| {
        graph.flags(node).contains(NodeFlags::PROPER_MODULE)
            && snapshot.node_names().get(node) == Some("gc")
    };
    let held_as = |holder: NodeIndex, name: &EdgeLabel| {
        let mut positions = graph.edge_positions(holder).zip(graph.referents(holder));
        positions
            .find(|&(position, _)| snapshot.label(position) == *name)
            .map(|(_, &held)| held)
    };
    let list = graph.nodes().find(is_gc).and_then(|module| {
        let namespace = held_as(module, &EdgeLabel::attribute("__dict__"))?;
        held_as(namespace, &EdgeLabel::Key("'garbage'".into()))
    });
    Some(list.map_or_else(Vec::new, |list| graph.referents(list).to_vec()))
}
