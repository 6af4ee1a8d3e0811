//! What becomes of each object: whether something keeps it, and if not, whether the collector can
//! free it.

use super::components::CyclicComponents;
use super::histogram::Tally;
use super::liveness::anchors;
use super::uncollectable::{kept_by, uncollectable_cycles};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet, RootKind};
use crate::snapshot::HeapSnapshot;

/// What becomes of an object. The order of the variants is that of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// Garbage in a cycle that the collector does not see as a whole, or held by one: it stays until
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
pub(super) struct Fates {
    /// What nothing alive leads to.
    garbage: NodeSet,
    /// Of the alive ones, those that a root with a name or an immortal object leads to.
    named: NodeSet,
    /// What [`uncollectable_cycles`](Self::uncollectable_cycles) keep.
    uncollectable: NodeSet,
    /// The cycles that the collector cannot free.
    cycles: CyclicComponents,
}

impl Fates {
    /// The fates of garbage, and that all else is held from outside. O(nodes + edges).
    pub(super) fn of_garbage(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let alive = graph.reachable_from(anchors(snapshot));
        let mut garbage = NodeSet::new(graph);
        for node in graph.nodes().filter(|&node| !alive.contains(node)) {
            garbage.insert(node);
        }
        Self::of_known_garbage(graph, garbage)
    }

    /// As [`of_garbage`](Self::of_garbage), if it is known what nothing alive leads to. O(nodes + edges).
    pub(super) fn of_known_garbage(graph: &HeapGraph, garbage: NodeSet) -> Self {
        let cycles = uncollectable_cycles(graph, &garbage);
        Self {
            named: NodeSet::new(graph),
            uncollectable: kept_by(graph, &garbage, cycles.all_members()),
            cycles,
            garbage,
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
        } else if self.garbage.contains(node) {
            Fate::Garbage
        } else if self.named.contains(node) {
            Fate::Alive
        } else {
            Fate::Outside
        }
    }

    /// What waits for the collector: the garbage that it can free. O(nodes).
    pub(super) fn collectable(&self, graph: &HeapGraph) -> Tally {
        let mut collectable = Tally::default();
        for node in graph.nodes() {
            if self.of(node) == Fate::Garbage {
                collectable.add(Tally {
                    count: 1,
                    bytes: graph.shallow_size(node),
                });
            }
        }
        collectable
    }

    /// The cycles that the collector cannot free.
    pub(super) fn uncollectable_cycles(&self) -> &CyclicComponents {
        &self.cycles
    }

    pub(super) fn is_garbage(&self, node: NodeIndex) -> bool {
        self.garbage.contains(node)
    }
}
