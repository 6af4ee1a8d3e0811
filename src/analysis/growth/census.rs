//! Whether a heap has grown at all, told without names: from the objects of two moments.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::history::ATOMS;
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// True if anything in a heap may have grown since an earlier moment of the same process.
///
/// False if every object that is still there holds no more references, has no more bytes and is
/// held by no more references that the graph can not explain, and all objects of a type that are
/// new come to no more than those of that type that have gone. An object that lies where one of the
/// same class has gone counts as the same.
///
/// O(nodes); 1 bit a node.
pub fn has_grown(before: &HeapGraph, now: &HeapGraph) -> bool {
    let (before, now) = (Census::new(before), Census::new(now));
    let mut is_there = NodeSet::new(before.graph);
    let mut changes: FxHashMap<Cow<'_, str>, Counts> = FxHashMap::default();
    for node in now.graph.nodes() {
        let same = before.graph.node_at(now.graph.address(node));
        if let Some(same) = same.filter(|&same| before.is_of_class(same, &now, node)) {
            is_there.insert(same);
            if now.counts(node).exceed(before.counts(same)) {
                return true;
            }
        } else {
            let change = changes.entry(now.graph.type_of(node).full_name());
            change.or_default().add(now.counts(node), 1);
        }
    }
    for node in before
        .graph
        .nodes()
        .filter(|&node| !is_there.contains(node))
    {
        let change = changes.entry(before.graph.type_of(node).full_name());
        change.or_default().add(before.counts(node), -1);
    }
    let mut changes = changes.into_values();
    changes.any(|change| change.exceed(Counts::default()))
}

/// What can be counted of the objects of one moment.
struct Census<'g> {
    graph: &'g HeapGraph,
    is_atom: Vec<bool>,
}

/// What is counted of an object, or of all that have come less all that have gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    objects: i128,
    bytes: i128,
    references: i128,
    unexplained: i128,
}

impl<'g> Census<'g> {
    fn new(graph: &'g HeapGraph) -> Self {
        let is_atom = |name: &&str| ATOMS.contains(name);
        Self {
            graph,
            is_atom: (graph.types())
                .which(|ty| !ty.is_heap_type && is_atom(&ty.full_name().as_ref())),
        }
    }

    /// True if and only if `node` has the class of another moment's `later`.
    fn is_of_class(&self, node: NodeIndex, other: &Self, later: NodeIndex) -> bool {
        let (ty, later_ty) = (self.graph.type_of(node), other.graph.type_of(later));
        match (ty.node, later_ty.node) {
            (Some(class), Some(later)) => self.graph.address(class) == other.graph.address(later),
            (None, None) => ty.full_name() == later_ty.full_name(),
            _ => false,
        }
    }

    fn counts(&self, node: NodeIndex) -> Counts {
        let is_atom = self.is_atom[self.graph.type_index(node).index()];
        Counts {
            objects: 1,
            bytes: self.graph.shallow_size(node).into(),
            references: self.graph.edge_positions(node).len() as i128,
            // Compiled code takes references to atoms and gives them back all the time.
            unexplained: if is_atom {
                0
            } else {
                self.graph.unexplained_count(node).into()
            },
        }
    }
}

impl Counts {
    fn add(&mut self, other: Self, sign: i128) {
        self.objects += sign * other.objects;
        self.bytes += sign * other.bytes;
        self.references += sign * other.references;
        self.unexplained += sign * other.unexplained;
    }

    /// True if and only if something is more than in `other`.
    fn exceed(self, other: Self) -> bool {
        self.objects > other.objects
            || self.bytes > other.bytes
            || self.references > other.references
            || self.unexplained > other.unexplained
    }
}
