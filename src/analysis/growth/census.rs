//! Whether a heap has grown at all, told without names: from the objects of two moments.

use std::borrow::Cow;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::history::ATOMS;
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// True if anything in a heap may have grown since an earlier moment of the same process.
///
/// False if every object that is still there holds no more references, has no more bytes and is
/// held by no more references that the graph can not explain, and as many objects of each type have
/// come as have gone: the largest that has come is no larger than the largest that has gone, and so
/// on. Where more have gone, they may hide what has come; not so with atoms, which hold nothing. An
/// object that lies where one of the same class has gone counts as the same.
///
/// O(nodes log nodes); 1 bit a node, and 48 bytes for each object that has come or gone.
pub fn has_grown(before: &HeapGraph, now: &HeapGraph) -> bool {
    let (before, now) = (Census::new(before), Census::new(now));
    let mut is_there = NodeSet::new(before.graph);
    let mut changes: FxHashMap<Cow<'_, str>, Change> = FxHashMap::default();
    for node in now.graph.nodes() {
        let same = before.graph.node_at(now.graph.address(node));
        if let Some(same) = same.filter(|&same| before.is_of_class(same, &now, node)) {
            is_there.insert(same);
            if now.counts(node).exceed(before.counts(same)) {
                return true;
            }
        } else {
            let change = changes.entry(now.graph.type_of(node).full_name());
            change.or_default().come.push(now.counts(node));
        }
    }
    for node in before
        .graph
        .nodes()
        .filter(|&node| !is_there.contains(node))
    {
        let change = changes.entry(before.graph.type_of(node).full_name());
        change.or_default().gone.push(before.counts(node));
    }
    let mut changes = changes.into_iter();
    changes.any(|(name, change)| change.may_be_growth(ATOMS.contains(&&*name)))
}

/// What can be counted of the objects of one moment.
struct Census<'g> {
    graph: &'g HeapGraph,
    is_atom: Vec<bool>,
}

/// What is counted of an object.
#[derive(Debug, Clone, Copy)]
struct Counts {
    bytes: u64,
    references: usize,
    unexplained: u32,
}

/// The objects of a type that have come, and those that have gone.
#[derive(Debug, Default)]
struct Change {
    come: Vec<Counts>,
    gone: Vec<Counts>,
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
            bytes: self.graph.shallow_size(node),
            references: self.graph.edge_positions(node).len(),
            // Compiled code takes references to atoms and gives them back all the time.
            unexplained: if is_atom {
                0
            } else {
                self.graph.unexplained_count(node)
            },
        }
    }
}

impl Counts {
    /// True if and only if something is more than in `other`.
    fn exceed(self, other: Self) -> bool {
        self.bytes > other.bytes
            || self.references > other.references
            || self.unexplained > other.unexplained
    }
}

impl Change {
    /// True unless each object that has come can have taken the place of one that has gone and was
    /// no smaller, in each of the counts by itself.
    fn may_be_growth(&self, is_of_atoms: bool) -> bool {
        let exceeds = |count: fn(&Counts) -> u64| {
            let sorted = |objects: &[Counts]| {
                let mut counts: Vec<u64> = objects.iter().map(count).collect();
                counts.sort_unstable_by_key(|&count| Reverse(count));
                counts
            };
            let (come, gone) = (sorted(&self.come), sorted(&self.gone));
            come.iter().zip(&gone).any(|(come, gone)| come > gone)
        };
        self.come.len() > self.gone.len()
            || (self.come.len() < self.gone.len() && !is_of_atoms)
            || exceeds(|counts| counts.bytes)
            || exceeds(|counts| counts.references as u64)
            || exceeds(|counts| counts.unexplained.into())
    }
}
