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
pub use step::{Step, spelled_steps};
pub use verdict::{Finding, Standing, Verdict};

use std::cell::OnceCell;
use std::ops::Range;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use super::{DominatorTree, RootChain, Tally};
use crate::graph::{NodeIndex, NodeSet};
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
    /// Objects that nothing alive leads to: they wait for the collector.
    pub garbage: usize,
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
    /// What would have to be cut for the object to go; `None` if it is alive by itself.
    pub holders: Option<Holders>,
    /// What would have to be cut for the object to go and as little else as can be, if one cut
    /// nearer to the root would do.
    pub nearest: Option<Holders>,
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
        let graph = snapshot.graph();
        let mut is_target = NodeSet::new(graph);
        for &target in targets {
            is_target.insert(target);
        }
        // A chain through another of the objects explains the other one. Not so for the
        // interpreter's own types: the namespace of every module is a dict.
        let ends_at = |node| is_target.contains(node) && graph.type_of(node).is_heap_type;
        let paths = PreferredPaths::new(snapshot, ends_at);
        let mut found: IndexMap<Fingerprint, (NodeIndex, usize)> = IndexMap::new();
        let mut known = FxHashMap::default();
        let mut not_met = Vec::new();
        for &target in targets {
            if paths.cost(target).is_none() {
                not_met.push(target);
                continue;
            }
            let fingerprint = fingerprint::of_path(snapshot, &paths, target, &mut known);
            let (best, alike) = found.entry(fingerprint).or_insert((target, 0));
            *alike += 1;
            let rank = |node| (paths.cost(node), paths.places(node));
            if rank(target) < rank(*best) {
                *best = target;
            }
        }
        // By fingerprint, as it is the same in every process, and the order of capture may not be.
        found.sort_by(|print, (one, more), other_print, (other, less)| {
            less.cmp(more)
                .then(paths.cost(*one).cmp(&paths.cost(*other)))
                .then(print.cmp(other_print))
        });
        let more = found.len().saturating_sub(most);
        let explanations = found.into_iter().take(most);
        let explanations = explanations
            .filter_map(|(fingerprint, (target, alike))| {
                Explanation::new(&paths, tree, target, alike, fingerprint)
            })
            .collect();
        let alive = OnceCell::new();
        let is_alive = |node: &NodeIndex| {
            let alive = alive.get_or_init(|| graph.reachable_from(super::anchors(snapshot)));
            alive.contains(*node)
        };
        let behind_others = not_met.iter().copied().filter(is_alive).count();
        Self {
            explanations,
            more,
            behind_others,
            garbage: not_met.len() - behind_others,
        }
    }
}

impl Explanation {
    fn new(
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        target: NodeIndex,
        alike: usize,
        fingerprint: Fingerprint,
    ) -> Option<Self> {
        let chain = paths.chain_to(target)?;
        let steps = chain.steps();
        let holders = Holders::find(paths, tree, target, MOST_HOLDERS);
        let nearest = holders.as_ref();
        let nearest =
            nearest.and_then(|holders| holders.find_below(paths, tree, target, MOST_HOLDERS));
        let findings = verdict::findings(paths.snapshot(), &chain, &steps);
        let (verdicts, suspects) = verdict::judge(&findings);
        let nodes = nodes_of(&chain, &steps);
        let retained = nodes
            .iter()
            .map(|&node| tree.retained(node).unwrap_or_default());
        Some(Self {
            retained: retained.collect(),
            target,
            alike,
            chain,
            steps,
            findings,
            verdicts,
            suspects,
            fingerprint,
            holders,
            nearest,
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
