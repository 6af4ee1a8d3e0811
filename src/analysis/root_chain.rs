//! Why an object of a snapshot is alive: a shortest chain from one of its roots.

use std::convert::Infallible;

use super::{ChainSearch, Direction, ReferenceChain};
use crate::graph::{EdgeLabel, NodeIndex, NodeSet, Root, RootKind};
use crate::snapshot::HeapSnapshot;

/// A chain from a root to an object.
#[derive(Debug)]
pub struct RootChain<'s> {
    /// Where the chain starts.
    pub root: &'s Root,
    /// From the root to the object.
    pub chain: ReferenceChain,
    /// The name of the reference from each object of the chain to the next.
    pub labels: Vec<EdgeLabel>,
}

impl<'s> RootChain<'s> {
    /// The chain that explains best why `target` is alive; `None` if no root leads to it.
    ///
    /// A module is preferred, however far it is, as it stays; then whatever other named root is
    /// nearest; then an object that is held from outside. Of several equally near, the kind and then
    /// the name decide; of equally short chains from the same root, [`ChainSearch::chain_to`].
    /// An object that is a root other than held from outside needs no chain but itself.
    ///
    /// O(nodes + edges) time at most; it ends at the nearest module.
    pub fn find(snapshot: &'s HeapSnapshot, target: NodeIndex) -> Option<Self> {
        let graph = snapshot.graph();
        let itself = snapshot.root(target);
        if let Some(root) = itself.filter(|root| root.kind != RootKind::External) {
            let chain = ReferenceChain {
                nodes: vec![target],
            };
            let labels = Vec::new();
            return Some(Self {
                root,
                chain,
                labels,
            });
        }
        let search = ChainSearch::until(
            graph,
            target,
            Direction::Referrers,
            usize::MAX,
            &NodeSet::new(graph),
            |node| (snapshot.root(node)).is_some_and(|root| root.kind == RootKind::Module),
        );
        let root = best_root(snapshot, &search)?;
        let labels = |node| Ok::<_, Infallible>(snapshot.labels(node));
        let Ok(chain) = search.chain_to(root.node, labels);
        let labels = chain.nodes.windows(2);
        let labels = labels.filter_map(|pair| preferred_label(snapshot, pair[0], pair[1]));
        Some(Self {
            root,
            labels: labels.collect(),
            chain,
        })
    }
}

fn best_root<'s>(snapshot: &'s HeapSnapshot, search: &ChainSearch<'_>) -> Option<&'s Root> {
    let rank = |root: &&'s Root| {
        let preference = match root.kind {
            RootKind::Module => 0,
            RootKind::External => 2,
            _ => 1,
        };
        let distance = search.distance(root.node);
        (preference, distance, root.kind, &root.name, root.node)
    };
    let met = search.met().iter();
    met.filter_map(|&node| snapshot.root(node)).min_by_key(rank)
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
