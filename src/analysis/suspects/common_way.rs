//! How far the chains to many objects are the same.

use rustc_hash::FxHashMap;

use crate::analysis::{PreferredPaths, RootChain, spelled_steps};
use crate::graph::{EdgeLabel, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// A chain is common to many objects as long as it leads to so many of them, in tenths.
const MOST: usize = 8;
/// References behind the common chain that are spelled: more say nothing.
const LONGEST_WAY: usize = 8;

/// The beginning that the chains to most of some objects share.
#[derive(Debug)]
pub struct CommonWay {
    /// The chain as far as it is common.
    pub chain: RootChain,
    /// How many of the objects it leads to.
    pub count: usize,
    /// How most of these are reached from its end: names without positions and keys. `None` if
    /// there is no such way.
    pub then: Option<String>,
}

/// The preferred chain as far as it leads to eight tenths of `nodes`; `None` if not even its start
/// does.
///
/// O(nodes of the heap): every chain is a branch of one tree.
pub(super) fn common_way(
    snapshot: &HeapSnapshot,
    paths: &PreferredPaths<'_>,
    nodes: &[NodeIndex],
) -> Option<CommonWay> {
    let behind = counts(snapshot, paths, nodes);
    let mut largest: FxHashMap<Option<NodeIndex>, NodeIndex> = FxHashMap::default();
    for node in snapshot.graph().nodes() {
        // The first captured of several.
        if behind[node.index()] * 10 >= nodes.len() * MOST {
            let best = largest.entry(holder(paths, node)).or_insert(node);
            if behind[node.index()] > behind[best.index()] {
                *best = node;
            }
        }
    }
    let mut end = *largest.get(&None)?;
    while let Some(&next) = largest.get(&Some(end)) {
        end = next;
    }
    // A namespace is no more than the object whose it is.
    while let Some((holder, reference)) = paths.step_to(end)
        && snapshot.label(reference) == EdgeLabel::attribute("__dict__")
    {
        end = holder;
    }
    Some(CommonWay {
        count: behind[end.index()],
        then: way_on(snapshot, paths, end, nodes),
        chain: paths.chain_to(end)?,
    })
}

/// For each object of the heap how many of `nodes` the chains through it lead to, itself included.
fn counts(snapshot: &HeapSnapshot, paths: &PreferredPaths<'_>, nodes: &[NodeIndex]) -> Vec<usize> {
    let graph = snapshot.graph();
    let mut counts = vec![0; graph.node_count()];
    for node in nodes {
        counts[node.index()] = 1;
    }
    let mut branches = vec![0_u32; graph.node_count()];
    for node in graph.nodes() {
        if let Some(holder) = holder(paths, node) {
            branches[holder.index()] += 1;
        }
    }
    let mut ends: Vec<NodeIndex> = graph.nodes().collect();
    ends.retain(|node| branches[node.index()] == 0);
    while let Some(node) = ends.pop() {
        if let Some(holder) = holder(paths, node) {
            counts[holder.index()] += counts[node.index()];
            branches[holder.index()] -= 1;
            if branches[holder.index()] == 0 {
                ends.push(holder);
            }
        }
    }
    counts
}

fn holder(paths: &PreferredPaths<'_>, node: NodeIndex) -> Option<NodeIndex> {
    Some(paths.step_to(node)?.0)
}

/// How most of `nodes` are reached from `start`, spelled.
fn way_on(
    snapshot: &HeapSnapshot,
    paths: &PreferredPaths<'_>,
    start: NodeIndex,
    nodes: &[NodeIndex],
) -> Option<String> {
    let mut ways: FxHashMap<String, usize> = FxHashMap::default();
    for &node in nodes {
        let mut labels = Vec::new();
        let mut at = node;
        while at != start && labels.len() < LONGEST_WAY {
            let Some((holder, reference)) = paths.step_to(at) else {
                break;
            };
            labels.push(Some(snapshot.label(reference)));
            at = holder;
        }
        if at == start {
            labels.reverse();
            let steps = spelled_steps(&labels);
            let way = steps.into_iter().map(|step| step.generic).collect();
            *ways.entry(way).or_default() += 1;
        }
    }
    let (way, count) = ways.into_iter().max_by_key(|&(_, count)| count)?;
    (count * 10 >= nodes.len() * MOST && !way.is_empty()).then_some(way)
}
