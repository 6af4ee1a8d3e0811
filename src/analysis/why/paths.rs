//! For every object the chain that explains best why it is alive, found in one walk.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::fingerprint::{self, Fingerprint};
use super::rank::{Rank, Weight, Weights, of_root};
use crate::analysis::{ReferenceChain, RootChain, anchors};
use crate::graph::{EdgeName, NodeIndex, Root, RootKind};
use crate::snapshot::HeapSnapshot;

/// What a chain costs: first the worst rank on it, then its length. 3 bits and 29 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cost(u32);

const LENGTH_BITS: u32 = 29;
const LONGEST: u32 = (1 << LENGTH_BITS) - 1;

impl Cost {
    const NOT_MET: Self = Self(u32::MAX);

    fn start(rank: Rank) -> Self {
        Self((rank as u32) << LENGTH_BITS)
    }

    fn and(self, rank: Rank, length: u32) -> Self {
        let rank = (self.0 >> LENGTH_BITS).max(rank as u32);
        let length = (self.0 & LONGEST).saturating_add(length).min(LONGEST);
        Self(rank << LENGTH_BITS | length)
    }
}

const SETS: [&str; 2] = ["builtins.set", "builtins.frozenset"];

/// Objects whose references are to be followed, by what the chain to them costs.
type Queue = BTreeMap<Cost, Vec<NodeIndex>>;

/// The best chain to every object that is alive: of the least [`Rank`], then the shortest, then
/// that of the module whose name comes first (`__main__`, then those with the fewest dots, then the
/// shortest names).
///
/// Two queues more than a breadth-first search: references that explain badly are followed when
/// all others have been (as `LeakCanary`'s path finder does). A class, a function or an instance is
/// a reference further away in a module that has only imported it or its class.
///
/// O((nodes + edges) log length) time; 8 bytes a node.
#[derive(Debug)]
pub struct PreferredPaths<'s> {
    snapshot: &'s HeapSnapshot,
    weights: Weights<'s>,
    costs: Vec<Cost>,
    /// Where the reference that leads to each object stands among all.
    references: Vec<u32>,
}

impl<'s> PreferredPaths<'s> {
    /// Walks the heap from what is alive by itself; no chain goes through an object at which
    /// `ends_at` is true.
    pub fn new(snapshot: &'s HeapSnapshot, ends_at: impl Fn(NodeIndex) -> bool) -> Self {
        static NO_OTHERS: FxHashSet<usize> = FxHashSet::with_hasher(FxBuildHasher);
        Self::passing(snapshot, &NO_OTHERS, ends_at)
    }

    /// As [`new`](Self::new); the references at the positions `own` come last of all.
    pub fn passing(
        snapshot: &'s HeapSnapshot,
        own: &'s FxHashSet<usize>,
        ends_at: impl Fn(NodeIndex) -> bool,
    ) -> Self {
        let graph = snapshot.graph();
        let mut paths = Self {
            snapshot,
            weights: Weights::new(snapshot, own),
            costs: vec![Cost::NOT_MET; graph.node_count()],
            references: vec![NONE; graph.node_count()],
        };
        let is_set = (graph.types())
            .which(|ty| !ty.is_heap_type && SETS.iter().any(|name| ty.is_called(name)));
        let mut queue = paths.starts();
        while let Some((cost, nodes)) = queue.pop_first() {
            paths.follow(cost, nodes, &mut queue, &is_set, &ends_at);
        }
        paths
    }

    /// What is alive by itself, by what its kind costs.
    fn starts(&mut self) -> Queue {
        let mut queue = Queue::new();
        for start in starts(self.snapshot) {
            let root = self.snapshot.root(start);
            let cost = Cost::start(root.map_or(Rank::Outside, |root| of_root(root.kind)));
            self.costs[start.index()] = cost;
            queue.entry(cost).or_default().push(start);
        }
        queue
    }

    /// Follows the references of all objects that are reached at a cost, `nodes` and those that they
    /// lead to at no other; what costs more is put into `queue`.
    fn follow(
        &mut self,
        cost: Cost,
        mut nodes: Vec<NodeIndex>,
        queue: &mut Queue,
        is_set: &[bool],
        ends_at: impl Fn(NodeIndex) -> bool,
    ) {
        let graph = self.snapshot.graph();
        // Nearly all that is reached from here is a reference further away.
        let mut ahead = (cost.and(Rank::Plain, 1), Vec::new());
        let mut next = 0;
        while let Some(&holder) = nodes.get(next) {
            next += 1;
            if self.costs[holder.index()] != cost || ends_at(holder) {
                continue;
            }
            let first = graph.edge_positions(holder).start;
            let cost_of_holder = cost.and(self.weights.of_holder(holder), 0);
            let mut reach = |number: usize, held: NodeIndex| {
                if cost_of_holder >= self.costs[held.index()] {
                    return;
                }
                let Weight { rank, length } = self.weights.of_reference(holder, number, held);
                let reached = cost_of_holder.and(rank, length);
                if reached < self.costs[held.index()] {
                    self.costs[held.index()] = reached;
                    self.references[held.index()] = reference(first + number);
                    match &mut ahead {
                        _ if reached == cost => nodes.push(held),
                        (other, ahead) if reached == *other => ahead.push(held),
                        _ => queue.entry(reached).or_default().push(held),
                    }
                }
            };
            let referents = graph.referents(holder).iter().copied().enumerate();
            if is_set[graph.type_index(holder).index()] {
                // Their order is that of hashes.
                let mut referents: Vec<(usize, NodeIndex)> = referents.collect();
                referents.sort_unstable_by_key(|&(_, held)| held);
                for (number, held) in referents {
                    reach(number, held);
                }
            } else {
                for (number, held) in referents {
                    reach(number, held);
                }
            }
        }
        let (cost, nodes) = ahead;
        if !nodes.is_empty() {
            queue.entry(cost).or_default().extend(nodes);
        }
    }

    /// The snapshot walked.
    pub(super) fn snapshot(&self) -> &'s HeapSnapshot {
        self.snapshot
    }

    /// What is known of the references.
    pub(super) fn weights(&self) -> &Weights<'s> {
        &self.weights
    }

    /// What the chain to `node` costs; `None` if there is none.
    pub(super) fn cost(&self, node: NodeIndex) -> Option<Cost> {
        let cost = self.costs[node.index()];
        (cost != Cost::NOT_MET).then_some(cost)
    }

    /// True if and only if there is a chain to `node`.
    pub(in crate::analysis) fn is_met(&self, node: NodeIndex) -> bool {
        self.cost(node).is_some()
    }

    /// What holds `node` on its chain, and the position of that reference among all; `None` where
    /// the chain starts, or if there is none.
    pub(in crate::analysis) fn step_to(&self, node: NodeIndex) -> Option<(NodeIndex, usize)> {
        let reference = self.references[node.index()];
        (reference != NONE).then(|| {
            let position = reference as usize;
            (self.snapshot.graph().holder_of(node, position), position)
        })
    }

    /// The fingerprints of the chains to some objects, all of which are alive.
    pub(in crate::analysis) fn fingerprints(&self, nodes: &[NodeIndex]) -> Vec<Fingerprint> {
        let mut known = FxHashMap::default();
        let of_path = |&node| fingerprint::of_path(self.snapshot, self, node, &mut known);
        nodes.iter().map(of_path).collect()
    }

    /// Where `node`, and what leads to it, stand in the lists, tuples and dicts that its chain comes
    /// from; 0 for anything else. Of objects that are held alike the first is the same in every
    /// process, while the order in which they are captured differs between versions of `CPython`.
    ///
    /// The last references only: O(1).
    pub(in crate::analysis) fn places(&self, node: NodeIndex) -> [usize; 8] {
        let graph = self.snapshot.graph();
        let mut places = [0; 8];
        let mut held = node;
        for place in places.iter_mut().rev() {
            let Some(((holder, reference), names)) =
                self.step_to(held).zip(self.snapshot.edge_names())
            else {
                break;
            };
            held = holder;
            *place = match names.name(reference) {
                EdgeName::Index(position) => position,
                EdgeName::Key(_) => reference - graph.edge_positions(held).start,
                _ => 0,
            };
        }
        places
    }

    /// The chain to `node`, if there is one.
    pub fn chain_to(&self, node: NodeIndex) -> Option<RootChain> {
        self.cost(node)?;
        let (mut nodes, mut labels) = (vec![node], Vec::new());
        let mut first = node;
        while let Some((holder, reference)) = self.step_to(first) {
            first = holder;
            nodes.push(first);
            labels.push(self.snapshot.label(reference));
        }
        nodes.reverse();
        labels.reverse();
        Some(RootChain {
            root: root_at(self.snapshot, first),
            labels,
            chain: ReferenceChain { nodes },
        })
    }

    /// The chain to `held` by way of `holder`, and what it costs; `None` if there is none.
    pub(super) fn chain_through(
        &self,
        holder: NodeIndex,
        held: NodeIndex,
    ) -> Option<(Cost, RootChain)> {
        let graph = self.snapshot.graph();
        let before = self.cost(holder)?.and(self.weights.of_holder(holder), 0);
        let references = graph.referents(holder).iter().enumerate();
        let references = references.filter(|&(_, &other)| other == held);
        let costs = references.map(|(number, _)| {
            let Weight { rank, length } = self.weights.of_reference(holder, number, held);
            (before.and(rank, length), number)
        });
        let (cost, number) = costs.min()?;
        let mut chain = self.chain_to(holder)?;
        let position = graph.edge_positions(holder).start + number;
        chain.labels.push(self.snapshot.label(position));
        chain.chain.nodes.push(held);
        Some((cost, chain))
    }
}

/// No reference: an object with which a chain starts.
const NONE: u32 = u32::MAX;

fn reference(position: usize) -> u32 {
    u32::try_from(position).expect("a graph has fewer references than u32::MAX")
}

/// The root at an object that is alive by itself.
fn root_at(snapshot: &HeapSnapshot, node: NodeIndex) -> Root {
    let graph = snapshot.graph();
    let unnamed = || Root {
        node,
        kind: RootKind::External,
        name: match graph.unexplained_count(node) {
            0 => "immortal".into(),
            1 => "held from outside, 1 reference".into(),
            count => format!("held from outside, {count} references"),
        },
    };
    snapshot.root(node).cloned().unwrap_or_else(unnamed)
}

/// What is alive by itself, the best start of a chain first.
fn starts(snapshot: &HeapSnapshot) -> Vec<NodeIndex> {
    let mut starts = anchors(snapshot);
    starts.sort_by_cached_key(|&node| {
        let root = snapshot.root(node);
        let name = root.map_or("", |root| root.name.as_str());
        let kind = root.map_or(RootKind::External, |root| root.kind);
        let dots = name.bytes().filter(|&byte| byte == b'.').count();
        let is_main = Reverse(name == "__main__");
        (kind, is_main, dots, name.len(), name, node)
    });
    starts
}
