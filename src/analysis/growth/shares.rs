//! How much of a heap each of several groups of objects keeps alive, when they share some of it.

use crate::analysis::{Tally, anchors};
use crate::graph::{NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// What one group keeps alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// Bytes: each object split evenly among the groups that lead to it. The shares of all groups
    /// are together what would go if all of them went.
    pub bytes: u64,
    /// What no other group leads to.
    pub exclusive: Tally,
}

/// Groups told apart in one walk; there is one bit for each.
const AT_ONCE: usize = 64;

/// The shares of some groups, none of which leads to nothing.
///
/// What is alive without passing any of them belongs to none (`LeakShare` of `BLeak`, PLDI 2018, as
/// `LeakCanary` computes it). O(groups / 64 x (nodes + edges)), at most 9 bytes a node meanwhile. Of
/// more than 64 groups the first 64 share; the others have nothing.
pub fn shares(snapshot: &HeapSnapshot, groups: &[Vec<NodeIndex>]) -> Vec<Share> {
    let graph = snapshot.graph();
    let mut is_growing = NodeSet::new(graph);
    for &node in groups.iter().flatten() {
        is_growing.insert(node);
    }
    let mut alive_anyway = NodeSet::new(graph);
    let mut next = anchors(snapshot);
    next.retain(|&anchor| !is_growing.contains(anchor) && alive_anyway.insert(anchor));
    while let Some(node) = next.pop() {
        let referents = graph.referents(node).iter().copied();
        let held = |&held: &NodeIndex| !is_growing.contains(held) && alive_anyway.insert(held);
        next.extend(referents.filter(held));
    }
    let mut reached_by = vec![0_u64; graph.node_count()];
    for (number, group) in groups.iter().take(AT_ONCE).enumerate() {
        let bit = 1_u64 << number;
        let mut next = group.clone();
        while let Some(node) = next.pop() {
            let reached = &mut reached_by[node.index()];
            if *reached & bit != 0 || alive_anyway.contains(node) {
                continue;
            }
            *reached |= bit;
            next.extend(graph.referents(node).iter().copied());
        }
    }
    let mut shares = vec![Share::default(); groups.len()];
    for node in graph.nodes() {
        let groups = reached_by[node.index()];
        let Some(among) = std::num::NonZeroU64::new(groups.count_ones().into()) else {
            continue;
        };
        let bytes = snapshot.whole_size(node);
        let mut rest = bytes % among;
        for (number, share) in shares.iter_mut().enumerate().take(AT_ONCE) {
            if groups >> number & 1 == 0 {
                continue;
            }
            // The bytes that can not be split go to the first groups, so that nothing is lost.
            let extra = u64::from(rest > 0);
            rest -= extra;
            share.bytes = share.bytes.saturating_add(bytes / among + extra);
            if among.get() == 1 {
                share.exclusive.add(Tally { count: 1, bytes });
            }
        }
    }
    shares
}
