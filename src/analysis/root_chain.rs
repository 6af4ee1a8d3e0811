//! Why an object of a snapshot is alive: a shortest chain from one of its roots.

use std::convert::Infallible;

use super::{ChainSearch, Direction, HiddenReferences, ReferenceChain};
use crate::graph::{EdgeLabel, NodeIndex, NodeSet, Root, RootKind};
use crate::snapshot::HeapSnapshot;

/// A chain from a root to an object.
#[derive(Debug, Clone)]
pub struct RootChain {
    /// Where the chain starts.
    pub root: Root,
    /// From the root to the object.
    pub chain: ReferenceChain,
    /// The name of the reference from each object of the chain to the next.
    pub labels: Vec<EdgeLabel>,
}

impl RootChain {
    /// The chain that explains best why `target` is alive; `None` if no root leads to it.
    ///
    /// A module is preferred, however far it is, as it stays; then whatever other named root is
    /// nearest; then an object that is held from outside. Of several equally near, the kind and then
    /// the name decide; of equally short chains from the same root, [`ChainSearch::chain_to`].
    /// An object that is a root other than held from outside needs no chain but itself.
    ///
    /// O(nodes + edges) time at most; it ends at the nearest module.
    pub fn find(snapshot: &HeapSnapshot, target: NodeIndex) -> Option<Self> {
        Self::find_without(snapshot, target, HiddenReferences::default())
    }

    /// As [`find`](Self::find), without the `hidden` references.
    pub fn find_without(
        snapshot: &HeapSnapshot,
        target: NodeIndex,
        hidden: HiddenReferences,
    ) -> Option<Self> {
        let graph = snapshot.graph();
        let itself = snapshot.root(target);
        if let Some(root) = itself.filter(|root| root.kind != RootKind::External) {
            let chain = ReferenceChain {
                nodes: vec![target],
            };
            let labels = Vec::new();
            return Some(Self {
                root: root.clone(),
                chain,
                labels,
            });
        }
        let search = ChainSearch::until_without(
            graph,
            target,
            Direction::Referrers,
            usize::MAX,
            &NodeSet::new(graph),
            hidden,
            |node| (snapshot.root(node)).is_some_and(|root| root.kind == RootKind::Module),
        );
        let rank = |node| {
            let kind = snapshot.root(node)?.kind;
            Some((RootPreference::of(kind), kind))
        };
        let name = |node| snapshot.root(node).map(|root| &root.name);
        let root = snapshot.root(best_root(&search, rank, name)?)?;
        let labels = |node, positions: &[usize]| {
            let first = graph.edge_positions(node).start;
            let labels = positions
                .iter()
                .map(|&position| snapshot.label(first + position));
            Ok::<_, Infallible>(labels.collect())
        };
        let Ok(chain) = search.chain_to(root.node, labels);
        let labels = chain.nodes.windows(2);
        let labels = labels.filter_map(|pair| preferred_label(snapshot, pair[0], pair[1]));
        Some(Self {
            root: root.clone(),
            labels: labels.collect(),
            chain,
        })
    }
}

/// How well a root explains why an object is alive; the least explains best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RootPreference {
    /// A module stays, however far it is.
    Module,
    /// Whatever else has a name.
    Named,
    /// The frame that asks is no news to who asks.
    Asking,
    /// That something is held from outside says little.
    External,
}

impl RootPreference {
    /// The preference of a root that is not the frame that asks.
    pub fn of(kind: RootKind) -> Self {
        match kind {
            RootKind::Module => Self::Module,
            RootKind::External => Self::External,
            _ => Self::Named,
        }
    }
}

/// Of the nodes that a search has met, the root that explains best: by preference, then the
/// nearest, then by kind, then by name, which is only asked where there is a choice. `rank` gives
/// `None` for what is no root.
pub fn best_root<N: Ord>(
    search: &ChainSearch<'_>,
    rank: impl Fn(NodeIndex) -> Option<(RootPreference, RootKind)>,
    name: impl Fn(NodeIndex) -> N,
) -> Option<NodeIndex> {
    let rank = |node| {
        let (preference, kind) = rank(node)?;
        Some((preference, search.distance(node), kind))
    };
    let best = search.met().iter().filter_map(|&node| rank(node)).min()?;
    let mut tied = search.met().iter().copied();
    let first = tied.find(|&node| rank(node) == Some(best))?;
    let mut others = tied.filter(|&node| rank(node) == Some(best)).peekable();
    if others.peek().is_none() {
        return Some(first);
    }
    std::iter::once(first)
        .chain(others)
        .min_by_key(|&node| (name(node), node))
}

/// The name of the reference from `holder` to `held`; the preferred one if there are several.
pub fn preferred_label(
    snapshot: &HeapSnapshot,
    holder: NodeIndex,
    held: NodeIndex,
) -> Option<EdgeLabel> {
    let graph = snapshot.graph();
    let positions = graph.edge_positions(holder).zip(graph.referents(holder));
    let positions = positions.filter(|&(_, &referent)| referent == held);
    let labels = positions.map(|(position, _)| snapshot.label(position));
    labels.min()
}
