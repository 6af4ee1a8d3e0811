//! What becomes of each object: whether something keeps it, and if not, whether the collector can
//! free it.

use super::components::CyclicComponents;
use super::liveness::anchors;
use crate::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet, RootKind};
use crate::snapshot::HeapSnapshot;

/// What becomes of an object. The order of the variants is that of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Garbage in a cycle that the collector can not see as a whole, or held by one: it stays until
    /// the process ends.
    Uncollectable,
    /// Garbage that waits for the collector.
    Garbage,
    /// No root with a name leads to it, but an object with references that were not found.
    /// Compiled code may hold it, or it is a cycle through an object that does not show what it
    /// refers to; a snapshot can not tell these two apart.
    Outside,
    /// A root with a name leads to it, or an immortal object.
    Alive,
}

impl Fate {
    /// The fate in one word, as tables and JSON have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Uncollectable => "uncollectable",
            Self::Garbage => "garbage",
            Self::Outside => "outside",
            Self::Alive => "alive",
        }
    }

    /// True for objects that nothing leads to.
    pub const fn is_garbage(self) -> bool {
        matches!(self, Self::Uncollectable | Self::Garbage)
    }
}

/// The fates of all objects: 3 bits for each.
#[derive(Debug)]
pub(super) struct Fates {
    alive: NodeSet,
    /// Of the alive ones, those that a root with a name or an immortal object leads to.
    named: NodeSet,
    uncollectable: NodeSet,
}

impl Fates {
    /// The fates of garbage, and that all else is held from outside. O(nodes + edges).
    pub(super) fn of_garbage(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let alive = graph.reachable_from(anchors(snapshot));
        Self {
            named: NodeSet::new(graph),
            uncollectable: uncollectable(graph, &alive),
            alive,
        }
    }

    /// All fates. O(nodes + edges).
    pub(super) fn new(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let roots = snapshot.roots().iter();
        let named = roots.filter(|root| root.kind != RootKind::External);
        let immortal = |node: &NodeIndex| graph.flags(*node).contains(NodeFlags::IMMORTAL);
        let named = named.map(|root| root.node);
        Self {
            named: graph.reachable_from(named.chain(graph.nodes().filter(immortal))),
            ..Self::of_garbage(snapshot)
        }
    }

    pub(super) fn of(&self, node: NodeIndex) -> Fate {
        if self.uncollectable.contains(node) {
            Fate::Uncollectable
        } else if !self.alive.contains(node) {
            Fate::Garbage
        } else if self.named.contains(node) {
            Fate::Alive
        } else {
            Fate::Outside
        }
    }

    pub(super) fn is_garbage(&self, node: NodeIndex) -> bool {
        !self.alive.contains(node)
    }
}

/// The garbage that the collector can not free.
///
/// It counts only references that tracked objects hold. What has others it takes for alive, with all
/// that is reached from there. Most of that goes nevertheless, with the last reference to it: the
/// constants of a function, once the function is gone. What remains are cycles, and what they lead
/// to.
fn uncollectable(graph: &HeapGraph, alive: &NodeSet) -> NodeSet {
    let is_tracked = |node: NodeIndex| graph.flags(node).contains(NodeFlags::TRACKED);
    let looks_alive = |node: &NodeIndex| {
        let holders = graph.referrers(*node).iter();
        let seen = holders.filter(|&&holder| is_tracked(holder)).count();
        graph.reference_count(*node) as usize > seen
    };
    let garbage = || graph.nodes().filter(|&node| !alive.contains(node));
    let mut missed = NodeSet::new(graph);
    let mut stays = NodeSet::new(graph);
    if garbage().next().is_none() {
        return stays;
    }
    let mut next = Vec::new();
    for node in garbage().filter(|&node| !is_tracked(node)) {
        missed.insert(node);
    }
    let starts = garbage().filter(|&node| is_tracked(node));
    for start in starts.filter(looks_alive) {
        missed.insert(start);
        next.push(start);
    }
    while let Some(node) = next.pop() {
        for &held in graph.referents(node) {
            if !alive.contains(held) && missed.insert(held) && is_tracked(held) {
                next.push(held);
            }
        }
    }
    let starts = garbage().filter(|&node| missed.contains(node));
    let cycles = CyclicComponents::among(graph, starts, |_, held| missed.contains(held));
    let mut next: Vec<NodeIndex> = cycles.all_members().to_vec();
    while let Some(node) = next.pop() {
        if stays.insert(node) {
            let held = graph.referents(node).iter().copied();
            next.extend(held.filter(|&held| !alive.contains(held) && !stays.contains(held)));
        }
    }
    stays
}
