//! Why objects are alive, for a person: the chains that explain best, grouped by what they have in
//! common, and every reference that would have to be cut.

mod fingerprint;
mod holders;
mod paths;
mod rank;
mod step;
mod verdict;

pub use fingerprint::Fingerprint;
pub use holders::{Holder, Holders};
use paths::Cost;
pub use paths::PreferredPaths;
pub use rank::Rank;
pub use step::{Step, path_start, spelled_steps};
pub use verdict::{Finding, Standing, Verdict};

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::ops::Range;

use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    CompiledHolders, DominatorTree, HandTally, Hands, RootChain, Tally, UncollectableCycles,
    UncollectableGroup,
};
use crate::graph::{NodeIndex, NodeSet, RootKind};
use crate::snapshot::HeapSnapshot;

/// Holders looked for; an object that has more is held everywhere.
const MOST_HOLDERS: usize = 8;

/// Why some objects are alive.
#[derive(Debug)]
pub struct Why {
    /// Objects that are held in the same way are one explanation; those of most objects first.
    pub explanations: Vec<Explanation>,
    /// Explanations that there are besides.
    pub more: usize,
    /// Objects to which only others of those asked about lead.
    pub behind_others: usize,
    /// Objects that are kept by cycles that the collector cannot free; most objects first.
    pub uncollectable: Vec<HeldByCycle>,
    /// Objects that nothing alive leads to: they wait for the collector.
    pub garbage: usize,
    /// What the asker holds of the objects in order to ask, which no explanation counts.
    pub left_out: Vec<HandTally>,
}

/// Objects that cycles of one kind keep, which the collector cannot free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldByCycle {
    /// The cycles.
    pub group: UncollectableGroup,
    /// The objects asked about that they keep.
    pub nodes: Vec<NodeIndex>,
}

/// Why one object, and all that are held like it, is alive.
#[derive(Debug)]
pub struct Explanation {
    /// The object that stands for all: that with the shortest chain, of several the first in its list
    /// or dict.
    pub target: NodeIndex,
    /// How many objects are held like it, itself included.
    pub alike: usize,
    /// The chain that explains best.
    pub chain: RootChain,
    /// The chain step by step.
    pub steps: Vec<Step>,
    /// What the first object of the chain retains, and the one behind each step.
    pub retained: Vec<Tally>,
    /// What was found out about the first object of the chain, and about the one behind each step.
    findings: Vec<Vec<Finding>>,
    /// What that comes to, for each of them.
    pub verdicts: Vec<Verdict>,
    /// The steps among which the cause is, as positions in `steps`.
    pub suspects: Range<usize>,
    /// What the suspects have in common in all processes.
    pub fingerprint: Fingerprint,
    /// What may hold the first object of the chain from outside the heap, or the object itself if it is
    /// held from there too.
    pub outside: Option<CompiledHolders>,
    /// What would have to be cut for the object to go; `None` if it is alive by itself.
    pub holders: Option<Holders>,
    /// What would have to be cut for the object to go and as little else as can be, if one cut
    /// nearer to the root would do.
    pub nearest: Option<Holders>,
    /// What would have to be cut for all that are held like it to go, if these are several and few
    /// references hold them.
    pub common: Option<Holders>,
    /// What of the asker's alone leads to the object, in words; empty if something else does.
    pub asker: Vec<String>,
}

impl Why {
    /// Explains why `targets` are alive, in at most `most` ways.
    ///
    /// One walk over the heap, O((nodes + edges) log length), at most O(length) for each target, where
    /// length is that of the longest chain, and for each explanation what [`Holders::find`] takes;
    /// 8 bytes a node meanwhile.
    pub fn explain(
        snapshot: &HeapSnapshot,
        tree: &DominatorTree,
        targets: &[NodeIndex],
        most: usize,
    ) -> Self {
        Self::explain_passing(snapshot, tree, targets, most, &FxHashSet::default())
    }

    /// As [`explain`](Self::explain); the references at the positions `own` among those of all nodes
    /// come last of all.
    pub fn explain_passing(
        snapshot: &HeapSnapshot,
        tree: &DominatorTree,
        targets: &[NodeIndex],
        most: usize,
        own: &FxHashSet<usize>,
    ) -> Self {
        let graph = snapshot.graph();
        let mut is_target = NodeSet::new(graph);
        for &target in targets {
            is_target.insert(target);
        }
        // A chain through another of the objects explains the other one. Not so for the
        // interpreter's own types: the namespace of every module is a dict.
        let ends_at = |node| is_target.contains(node) && graph.type_of(node).is_heap_type;
        let paths = PreferredPaths::passing(snapshot, own, ends_at);
        let mut found: IndexMap<Fingerprint, (NodeIndex, Vec<NodeIndex>)> = IndexMap::new();
        let mut known = FxHashMap::default();
        let mut not_met = Vec::new();
        for &target in targets {
            if paths.cost(target).is_none() {
                not_met.push(target);
                continue;
            }
            let fingerprint = fingerprint::of_path(snapshot, &paths, target, &mut known);
            let (best, alike) = found.entry(fingerprint).or_insert((target, Vec::new()));
            alike.push(target);
            let rank = |node| (paths.cost(node), paths.places(node));
            if rank(target) < rank(*best) {
                *best = target;
            }
        }
        // By fingerprint, as it is the same in every process, and the order of capture may not be.
        found.sort_by(|print, (one, more), other_print, (other, less)| {
            (less.len().cmp(&more.len()))
                .then(paths.cost(*one).cmp(&paths.cost(*other)))
                .then(print.cmp(other_print))
        });
        let more = found.len().saturating_sub(most);
        let explanations = found.into_iter().take(most);
        let explanations = explanations
            .filter_map(|(fingerprint, (target, alike))| {
                Explanation::new(&paths, tree, target, &alike, fingerprint)
            })
            .collect();
        let not_met_count = not_met.len();
        let alive = OnceCell::new();
        let is_alive = |node: &NodeIndex| {
            let alive = alive.get_or_init(|| graph.reachable_from(super::anchors(snapshot)));
            alive.contains(*node)
        };
        not_met.retain(|node| !is_alive(node));
        let behind_others = not_met_count - not_met.len();
        let uncollectable = HeldByCycle::find(snapshot, &not_met);
        let kept: usize = uncollectable.iter().map(|held| held.nodes.len()).sum();
        Self {
            explanations,
            more,
            behind_others,
            uncollectable,
            garbage: not_met.len() - kept,
            left_out: Vec::new(),
        }
    }

    /// Takes in what was left out of the heap that was explained, and what could not be.
    pub fn leave_out(&mut self, hands: Hands) {
        for explanation in &mut self.explanations {
            explanation.asker = hands.on_chain(&explanation.chain.chain.nodes);
        }
        self.left_out = hands.let_go;
    }
}

impl HeldByCycle {
    /// What keeps some objects of garbage; those that nothing does are left out. O(nodes + edges).
    pub fn find(snapshot: &HeapSnapshot, garbage: &[NodeIndex]) -> Vec<Self> {
        if garbage.is_empty() {
            return Vec::new();
        }
        let cycles = UncollectableCycles::find(snapshot);
        let kept = cycles.kept.iter().map(|kept| (kept.node, kept.group));
        let group_of: FxHashMap<NodeIndex, usize> = kept.collect();
        let group = |group| Self {
            group,
            nodes: Vec::new(),
        };
        let mut held: Vec<Self> = cycles.groups.into_iter().map(group).collect();
        for &node in garbage {
            if let Some(&group) = group_of.get(&node) {
                held[group].nodes.push(node);
            }
        }
        held.retain(|held| !held.nodes.is_empty());
        held.sort_by_key(|held| Reverse(held.nodes.len()));
        held
    }
}

impl Explanation {
    fn new(
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        target: NodeIndex,
        alike: &[NodeIndex],
        fingerprint: Fingerprint,
    ) -> Option<Self> {
        let chain = paths.chain_to(target)?;
        let steps = chain.steps();
        let holders = Holders::find(paths, tree, target, MOST_HOLDERS);
        let held_outside = match chain.root.kind {
            RootKind::External => Some(chain.root.node),
            _ if holders.is_none() && !steps.is_empty() => Some(target),
            _ => None,
        };
        let snapshot = paths.snapshot();
        let nearest = holders.as_ref();
        let nearest =
            nearest.and_then(|holders| holders.find_below(paths, tree, target, MOST_HOLDERS));
        let common = Holders::find_common(paths, tree, target, alike, MOST_HOLDERS);
        let findings = verdict::findings(paths.snapshot(), &chain, &steps);
        let (verdicts, suspects) = verdict::judge(&findings);
        let nodes = nodes_of(&chain, &steps);
        let retained = nodes
            .iter()
            .map(|&node| tree.retained(node).unwrap_or_default());
        Some(Self {
            retained: retained.collect(),
            target,
            alike: alike.len(),
            chain,
            steps,
            findings,
            verdicts,
            suspects,
            fingerprint,
            outside: held_outside.and_then(|node| CompiledHolders::of(snapshot, node)),
            holders,
            nearest,
            common,
            asker: Vec::new(),
        })
    }

    /// Adds what is known of objects besides what the graph says.
    pub fn add_findings(&mut self, of_node: impl Fn(NodeIndex) -> Vec<Finding>) {
        for (node, findings) in self.nodes().into_iter().zip(&mut self.findings) {
            findings.extend(of_node(node));
        }
        (self.verdicts, self.suspects) = verdict::judge(&self.findings);
    }

    /// The first object of the chain and the one behind each step.
    pub fn nodes(&self) -> Vec<NodeIndex> {
        nodes_of(&self.chain, &self.steps)
    }
}

fn nodes_of(chain: &RootChain, steps: &[Step]) -> Vec<NodeIndex> {
    let mut position = 0;
    let mut nodes = vec![chain.chain.nodes[0]];
    for step in steps {
        position += step.length;
        nodes.push(chain.chain.nodes[position]);
    }
    nodes
}
