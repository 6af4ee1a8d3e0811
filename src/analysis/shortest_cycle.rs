//! A short way round: the cycle of a component that explains best.

use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use super::root_chain::preferred_label;
use super::why::{path_start, spelled_steps};
use crate::graph::{EdgeLabel, HeapGraph, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Objects each of which refers to the next, and the last to the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The objects, at least one. The first is an instance of a class if there is one.
    pub nodes: Vec<NodeIndex>,
    /// The name of the reference from each object to the next.
    pub labels: Vec<EdgeLabel>,
}

/// References spelled of a longer cycle.
const MOST_SPELLED: usize = 24;

impl Cycle {
    /// The cycle in Python's spelling, and how many references at its end are left out because there are
    /// so many.
    ///
    /// `Node.children[0] -> Node.parent` says that a `Node` refers through the list `children` to
    /// another, and that one as `parent` back to the first. Containers and cells are passed through.
    pub fn spelled(&self, snapshot: &HeapSnapshot) -> (String, usize) {
        let graph = snapshot.graph();
        let mut parts = Vec::new();
        let mut part_start = 0;
        let spelled = self.nodes.len().min(MOST_SPELLED);
        for position in 1..=spelled {
            if position == spelled || !is_passage(graph, self.nodes[position]) {
                let labels = self.labels[part_start..position].iter().cloned();
                let steps = spelled_steps(&labels.map(Some).collect::<Vec<_>>());
                let references: String = steps.into_iter().map(|step| step.text).collect();
                parts.push(start_of_part(snapshot, self.nodes[part_start]) + &references);
                part_start = position;
            }
        }
        (parts.join(" -> "), self.nodes.len() - spelled)
    }

    /// The references of the cycle that the collector does not see, in Python's spelling: `Table.base`.
    /// None if it sees the whole cycle.
    pub fn unseen_references(&self, snapshot: &HeapSnapshot) -> Vec<String> {
        let graph = snapshot.graph();
        let next = self.nodes.iter().cycle().skip(1);
        let references = self.nodes.iter().zip(next).zip(&self.labels);
        let unseen = references
            .filter(|&((&holder, held), _)| !graph.collected_referents(holder).contains(held));
        let spelled = unseen.map(|((&holder, _), label)| {
            let steps = spelled_steps(&[Some(label.clone())]).into_iter();
            let text: String = steps.map(|step| step.text).collect();
            start_of_part(snapshot, holder) + &text
        });
        spelled.collect()
    }
}

/// What a part of a cycle begins with: the name of a class or function, otherwise as a chain does.
fn start_of_part(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let ty = snapshot.graph().type_of(node);
    let is_class = snapshot.graph().flags(node).contains(NodeFlags::TYPE);
    match snapshot.node_names().get(node) {
        Some(name) if is_class => format!("class {name}"),
        Some(name) if ty.name == "function" => name.to_owned(),
        Some(_) => path_start(snapshot, node),
        None => ty.name.clone(),
    }
}

/// Up to so many objects the shortest cycle of all is searched for, each object being tried; in
/// larger components one object of each type is tried.
const TRY_ALL: usize = 256;

/// How many types are tried.
const TYPES_TRIED: usize = 16;

/// Searches components of one snapshot, one after the other.
pub(super) struct CycleSearch<'s, F> {
    snapshot: &'s HeapSnapshot,
    follows: F,
    /// One more than the number of references to the object where the search began; 0 if not met.
    levels: Vec<u32>,
    /// In the component that is searched.
    is_member: Vec<bool>,
}

impl<'s, F: Fn(NodeIndex, NodeIndex) -> bool> CycleSearch<'s, F> {
    /// `follows` is what the components were found with.
    pub(super) fn new(snapshot: &'s HeapSnapshot, follows: F) -> Self {
        let count = snapshot.graph().node_count();
        Self {
            snapshot,
            follows,
            levels: vec![0; count],
            is_member: vec![false; count],
        }
    }

    /// A shortest cycle through the members of a component. Of several, the one that comes first by
    /// the type of the object where it starts, then by the names of its references.
    ///
    /// O(members + references between them) for each object that is tried.
    pub(super) fn shortest(&mut self, members: &[NodeIndex]) -> Cycle {
        for member in members {
            self.is_member[member.index()] = true;
        }
        let mut best: Option<Cycle> = None;
        for start in self.starts(members) {
            let limit = best.as_ref().map_or(usize::MAX, |best| best.nodes.len());
            let found = self.through(start, limit);
            let is_better = |found: &Cycle| {
                best.as_ref()
                    .is_none_or(|best| found.nodes.len() < best.nodes.len())
            };
            best = found.filter(is_better).or(best);
        }
        for member in members {
            self.is_member[member.index()] = false;
        }
        best.expect("each member of a cyclic component is on a cycle")
    }

    /// The objects to try, the most telling first.
    fn starts(&self, members: &[NodeIndex]) -> Vec<NodeIndex> {
        let graph = self.snapshot.graph();
        let mut starts: Vec<NodeIndex> = if members.len() <= TRY_ALL {
            members.to_vec()
        } else {
            let mut types = FxHashSet::default();
            let is_new = |node: &&NodeIndex| types.insert(graph.type_index(**node));
            members.iter().filter(is_new).copied().collect()
        };
        starts.sort_by_cached_key(|&node| telling(graph, node));
        if members.len() > TRY_ALL {
            starts.truncate(TYPES_TRIED);
        }
        starts
    }

    /// A shortest cycle through one object, unless it has `limit` objects or more.
    fn through(&mut self, start: NodeIndex, limit: usize) -> Option<Cycle> {
        let met = self.levels_to(start, limit);
        let nodes = met.is_closed.then(|| self.way_round(start));
        for node in met.nodes {
            self.levels[node.index()] = 0;
        }
        let nodes = nodes.filter(|nodes| nodes.len() < limit)?;
        let next = nodes.iter().cycle().skip(1);
        let labels = nodes.iter().zip(next);
        let labels =
            labels.filter_map(|(&holder, &held)| preferred_label(self.snapshot, holder, held));
        let labels = labels.collect();
        Some(Cycle { nodes, labels })
    }

    /// Searches breadth first among the referrers of `start`, until one is met that `start` refers
    /// to.
    fn levels_to(&mut self, start: NodeIndex, limit: usize) -> Met {
        let graph = self.snapshot.graph();
        let mut met = vec![start];
        self.levels[start.index()] = 1;
        let mut next = 0;
        while let Some(&node) = met.get(next) {
            let level = self.levels[node.index()];
            if level as usize >= limit {
                break;
            }
            for &holder in graph.referrers(node) {
                if !self.is_member[holder.index()] || !(self.follows)(holder, node) {
                    continue;
                }
                if holder == start {
                    return Met {
                        nodes: met,
                        is_closed: true,
                    };
                }
                if self.levels[holder.index()] == 0 {
                    self.levels[holder.index()] = level + 1;
                    met.push(holder);
                }
            }
            next += 1;
        }
        Met {
            nodes: met,
            is_closed: false,
        }
    }

    /// From `start` to where it is met again; at each object the best of the references that lead
    /// back soonest.
    fn way_round(&self, start: NodeIndex) -> Vec<NodeIndex> {
        let mut nodes = vec![start];
        let mut next = self.nearest(start);
        while next != start {
            nodes.push(next);
            next = self.nearest(next);
        }
        nodes
    }

    fn nearest(&self, node: NodeIndex) -> NodeIndex {
        let graph = self.snapshot.graph();
        let level = |held: NodeIndex| self.levels[held.index()];
        let referents = graph.referents(node).iter().zip(graph.edge_positions(node));
        let back = referents.filter(|&(&held, _)| level(held) > 0 && (self.follows)(node, held));
        let least = back.clone().map(|(&held, _)| level(held)).min();
        let mut tied = back
            .filter(|&(&held, _)| Some(level(held)) == least)
            .peekable();
        let first = tied.next().expect("what was met leads back");
        if tied.peek().is_none() {
            return *first.0;
        }
        let key = |&(&held, position): &(&NodeIndex, usize)| {
            (
                self.snapshot.label(position),
                graph.type_of(held).full_name(),
            )
        };
        let best = std::iter::once(first).chain(tied).min_by_key(key);
        *best.unwrap_or(first).0
    }
}

struct Met {
    nodes: Vec<NodeIndex>,
    /// True if the search came to an object that its start refers to.
    is_closed: bool,
}

/// What says most to a reader comes first: an instance of a class, then a function or frame, then
/// anything but what only passes references on; then by the name of the type.
pub(super) fn telling(graph: &HeapGraph, node: NodeIndex) -> (Reverse<u8>, String) {
    let ty = graph.type_of(node);
    let rank = match ty.name.as_str() {
        _ if graph.flags(node).contains(NodeFlags::TYPE) => 2,
        _ if ty.module.as_deref() != Some("builtins") => 4,
        _ if is_passage(graph, node) => 0,
        "function" | "frame" | "generator" | "coroutine" | "async_generator" => 3,
        _ => 1,
    };
    (Reverse(rank), ty.full_name().into_owned())
}

/// True for objects that say little themselves: containers and cells.
pub fn is_passage(graph: &HeapGraph, node: NodeIndex) -> bool {
    const PASSAGES: [&str; 9] = [
        "dict",
        "frozendict",
        "list",
        "tuple",
        "set",
        "frozenset",
        "cell",
        "method",
        "traceback",
    ];
    let ty = graph.type_of(node);
    !ty.is_heap_type
        && ty.module.as_deref() == Some("builtins")
        && PASSAGES.contains(&ty.name.as_str())
}
