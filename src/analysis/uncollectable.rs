//! Garbage that the collector cannot free: cycles through references that it does not see.
//!
//! The collector looks at what it tracks, and calls the traverse of each object. An object that has
//! more references than these show is alive to it, with all that is reached from there. A cycle stays
//! for ever if a reference of its own is one that no traverse shows: then it is what keeps itself alive
//! in the eyes of the collector.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::components::CyclicComponents;
use super::cycles::{TypeNames, found_alike, tally};
use super::fate::Fates;
use super::histogram::Tally;
use super::root_chain::preferred_label;
use super::shortest_cycle::{Cycle, telling};
use super::why::Fingerprint;
use crate::graph::{HeapGraph, NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// The cycles of a heap that the collector cannot free, and all that these keep.
#[derive(Debug, Default)]
pub struct UncollectableCycles {
    /// Those that are alike together, in the order of capture.
    pub groups: Vec<UncollectableGroup>,
    /// Every object that stays, each after the one that holds it here.
    pub kept: Vec<KeptObject>,
}

/// Cycles of objects of the same types that the collector cannot free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncollectableGroup {
    /// A short cycle in the smallest of them, with a reference that the collector does not see.
    pub cycle: Cycle,
    /// How many there are.
    pub count: usize,
    /// The objects on them, and all that is kept by them and by none of an earlier group.
    pub kept: Tally,
}

/// An object that such a cycle keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptObject {
    /// The object.
    pub node: NodeIndex,
    /// The group that keeps it, by its position.
    pub group: usize,
    /// What holds it, and the position of that reference among all; `None` for one object of each cycle.
    pub held_by: Option<(NodeIndex, usize)>,
}

impl UncollectableCycles {
    /// Finds them. O(nodes + edges), and in one cycle of each group a few searches for a short one.
    pub fn find(snapshot: &HeapSnapshot) -> Self {
        Self::among(snapshot, &Fates::of_garbage(snapshot))
    }

    /// As [`find`](Self::find), if it is known what nothing alive leads to.
    pub fn of_garbage(snapshot: &HeapSnapshot, garbage: NodeSet) -> Self {
        let fates = Fates::of_known_garbage(snapshot.graph(), garbage);
        Self::among(snapshot, &fates)
    }

    fn among(snapshot: &HeapSnapshot, fates: &Fates) -> Self {
        let graph = snapshot.graph();
        let cycles = fates.uncollectable_cycles();
        let mut found = Self::default();
        if cycles.is_empty() {
            return found;
        }
        let mut is_kept = NodeSet::new(graph);
        let names = TypeNames::new(graph);
        for alike in found_alike(snapshot, fates, cycles, &names) {
            let Some(cycle) = unseen_cycle(snapshot, alike.smallest()) else {
                continue;
            };
            let group = found.groups.len();
            let first_type = graph.type_index(cycle.nodes[0]);
            let mut next = found.kept.len();
            for members in &alike.components {
                let mut members = members.iter().copied();
                let first = members.clone().next();
                let like_example = members.find(|&node| graph.type_index(node) == first_type);
                let start = like_example.or(first).filter(|&node| is_kept.insert(node));
                found.kept.extend(start.map(|node| KeptObject {
                    node,
                    group,
                    held_by: None,
                }));
            }
            let mut kept = Tally::default();
            while let Some(&KeptObject { node, .. }) = found.kept.get(next) {
                next += 1;
                kept.add(tally(graph, node));
                for (position, &held) in graph.edge_positions(node).zip(graph.referents(node)) {
                    if fates.is_garbage(held) && is_kept.insert(held) {
                        found.kept.push(KeptObject {
                            node: held,
                            group,
                            held_by: Some((node, position)),
                        });
                    }
                }
            }
            found.groups.push(UncollectableGroup {
                cycle,
                count: alike.components.len(),
                kept,
            });
        }
        found
    }
}

/// How the path of what such a cycle keeps begins; the way round it follows.
const START: &str = "<a cycle that the collector cannot free>";

impl UncollectableGroup {
    /// How the path of what such a cycle keeps begins: with the way round it.
    pub fn path(&self, snapshot: &HeapSnapshot) -> String {
        format!("{START} {}", self.cycle.spelled(snapshot).0)
    }

    /// True of a path that begins so.
    pub(super) fn is_start_of(path: &str) -> bool {
        path.starts_with(START)
    }

    /// That path and the type of its first object in one number, the same in every process.
    pub fn fingerprint(&self, snapshot: &HeapSnapshot) -> Fingerprint {
        let first = snapshot.graph().type_of(self.cycle.nodes[0]);
        Fingerprint::of_texts(&[&self.path(snapshot), &first.full_name()])
    }
}

/// References that the collector does not see from which a way back is searched for: so many, and in all
/// through so many objects.
const MOST_TRIED: usize = 32;
const MOST_SEARCHED: usize = 10_000;

/// The shortest of the cycles through the first such references of a component, if there are any.
pub(super) fn unseen_cycle(snapshot: &HeapSnapshot, members: &[NodeIndex]) -> Option<Cycle> {
    let graph = snapshot.graph();
    let are_members: FxHashSet<NodeIndex> = members.iter().copied().collect();
    let unseen = members.iter().flat_map(|&holder| {
        let shown = graph.collected_referents(holder).len();
        let held = graph.referents(holder)[shown..].iter();
        held.map(move |&held| (holder, held))
    });
    let unseen = unseen.filter(|(_, held)| are_members.contains(held));
    let tried = MOST_SEARCHED / members.len().max(1);
    let cycles = unseen
        .take(tried.clamp(1, MOST_TRIED))
        .filter_map(|(holder, held)| way_back(graph, &are_members, holder, held));
    let mut nodes = cycles.min_by_key(Vec::len)?;
    // A class of the program says more than one that was compiled.
    let rank = |node| {
        (
            !graph.type_of(node).is_heap_type,
            telling(graph, node),
            node,
        )
    };
    let start = (0..nodes.len()).min_by_key(|&position| rank(nodes[position]))?;
    nodes.rotate_left(start);
    let next = nodes.iter().cycle().skip(1);
    let labels = nodes.iter().zip(next);
    let labels = labels.filter_map(|(&holder, &held)| preferred_label(snapshot, holder, held));
    Some(Cycle {
        labels: labels.collect(),
        nodes,
    })
}

/// The shortest way from `held` to `holder`, which holds it, among the members of a component.
fn way_back(
    graph: &HeapGraph,
    members: &FxHashSet<NodeIndex>,
    holder: NodeIndex,
    held: NodeIndex,
) -> Option<Vec<NodeIndex>> {
    let mut reached_from = FxHashMap::from_iter([(held, held)]);
    let mut met = VecDeque::from([held]);
    while let Some(node) = met.pop_front() {
        if node == holder {
            let before = |&node: &NodeIndex| (node != held).then(|| reached_from[&node]);
            let mut way: Vec<_> = std::iter::successors(Some(node), before).collect();
            way.reverse();
            return Some(way);
        }
        for &next in graph.referents(node) {
            if members.contains(&next) && !reached_from.contains_key(&next) {
                reached_from.insert(next, node);
                met.push_back(next);
            }
        }
    }
    None
}

/// How often cycles are taken apart by what the collector does free in them. Each round needs a cycle
/// inside of what is left of another one, and no heap has more than a few; what is left of a file that
/// does is called garbage, which it is.
const MOST_ROUNDS: usize = 32;

/// The cycles that the collector cannot free, each strongly connected; `garbage` is what nothing alive
/// leads to.
///
/// Whether something outside of a cycle keeps it plays no part: what is no cycle itself goes, and what
/// is stays for its own sake. O(nodes + edges) for each cycle within a cycle, 12 bytes a node meanwhile.
pub(super) fn uncollectable_cycles(graph: &HeapGraph, garbage: &NodeSet) -> CyclicComponents {
    if !graph.nodes().any(|node| garbage.contains(node)) {
        return CyclicComponents::none();
    }
    let counts = shown_counts(graph, garbage);
    let looks_alive = |node: NodeIndex| {
        let shown = counts.get(&node).copied().unwrap_or(0);
        graph.reference_count(node) > shown
    };
    let mut left = NodeSet::new(graph);
    for node in graph.nodes().filter(|&node| garbage.contains(node)) {
        left.insert(node);
    }
    for _ in 0..MOST_ROUNDS {
        let nodes = graph.nodes().filter(|&node| left.contains(node));
        let cycles = CyclicComponents::among(graph, nodes, |_, held| left.contains(held));
        let kept = kept_by_itself(graph, &cycles, looks_alive);
        let are_all_kept = cycles
            .all_members()
            .iter()
            .all(|&member| kept.contains(member));
        if are_all_kept {
            return cycles;
        }
        left = kept;
    }
    CyclicComponents::none()
}

/// How many references to each object of garbage traverses show.
fn shown_counts(graph: &HeapGraph, garbage: &NodeSet) -> FxHashMap<NodeIndex, u32> {
    let mut counts = FxHashMap::default();
    for node in graph.nodes().filter(|&node| garbage.contains(node)) {
        for &held in graph.collected_referents(node) {
            if garbage.contains(held) {
                *counts.entry(held).or_default() += 1;
            }
        }
    }
    counts
}

/// Of the members of cycles those that the collector takes for alive, or does not look at at all, as far
/// as the cycle itself is the cause.
fn kept_by_itself(
    graph: &HeapGraph,
    cycles: &CyclicComponents,
    looks_alive: impl Fn(NodeIndex) -> bool,
) -> NodeSet {
    let mut number_of: FxHashMap<NodeIndex, usize> = FxHashMap::default();
    for (number, members) in cycles.iter().enumerate() {
        number_of.extend(members.iter().map(|&member| (member, number)));
    }
    let is_beside = |one: NodeIndex, other: NodeIndex| number_of.get(&one) == number_of.get(&other);
    let mut kept = NodeSet::new(graph);
    let mut next = Vec::new();
    for &holder in cycles.all_members() {
        let shown = graph.collected_referents(holder).len();
        for &held in &graph.referents(holder)[shown..] {
            if is_beside(holder, held) && looks_alive(held) && kept.insert(held) {
                next.push(held);
            }
        }
        if !graph.is_seen_by_collector(holder) && kept.insert(holder) {
            next.push(holder);
        }
    }
    while let Some(holder) = next.pop() {
        for &held in graph.collected_referents(holder) {
            if is_beside(holder, held) && kept.insert(held) {
                next.push(held);
            }
        }
    }
    kept
}

/// What some objects of garbage lead to that is garbage too, themselves included.
pub(super) fn kept_by(graph: &HeapGraph, garbage: &NodeSet, starts: &[NodeIndex]) -> NodeSet {
    let mut kept = NodeSet::new(graph);
    let mut next = starts.to_vec();
    while let Some(node) = next.pop() {
        if kept.insert(node) {
            let held = graph.referents(node).iter().copied();
            next.extend(held.filter(|&held| garbage.contains(held) && !kept.contains(held)));
        }
    }
    kept
}
