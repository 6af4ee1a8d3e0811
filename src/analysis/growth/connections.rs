//! How what grows on one path is connected with what grows on another.

use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use super::history::Rising;
use super::judge::Judge;
use super::placing::HELD_FROM_OUTSIDE;
use crate::analysis::compiled_holders::hiding_types;
use crate::analysis::shortest_cycle::is_passage;
use crate::graph::{NodeFlags, NodeIndex};

/// How something leads to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By references that keep it alive.
    Strong,
    /// By a weak reference: it notes what something else keeps.
    Weak,
}

impl Judge<'_> {
    /// True for objects that nothing in the heap is seen to hold.
    pub(super) fn is_from_outside(&self, rising: Rising) -> bool {
        self.history.paths().spelled(rising.path) == HELD_FROM_OUTSIDE
    }

    /// True if what some containers have come to hold last is of a type that shows no references, or holds
    /// such an object itself.
    pub(super) fn hide(&self, containers: &[NodeIndex]) -> bool {
        let graph = self.snapshot.graph();
        let hides = hiding_types(self.snapshot);
        let is_hiding = |node: &NodeIndex| hides[graph.type_index(*node).index()];
        let latest = containers.iter().rev().take(MOST_COMPARED);
        let mut held = latest.flat_map(|&node| self.latest(node));
        held.any(|node| {
            let referents = graph.referents(node).iter().take(MOST_COMPARED);
            std::iter::once(&node).chain(referents).any(is_hiding)
        })
    }

    /// True if and only if an object of one row refers to one of the other, or to something that does.
    pub(super) fn touch(&self, ours: &[NodeIndex], theirs: &[NodeIndex]) -> bool {
        let graph = self.snapshot.graph();
        let leads_to = |from: &[NodeIndex], to: &[NodeIndex]| {
            let to: FxHashSet<NodeIndex> = to.iter().copied().collect();
            let latest = from.iter().rev().take(MOST_COMPARED);
            let mut held = latest.flat_map(|&node| self.latest(node));
            held.any(|node| {
                to.contains(&node)
                    || graph.referents(node).len() <= MOST_COMPARED
                        && graph.referents(node).iter().any(|held| to.contains(held))
            })
        };
        leads_to(ours, theirs) || leads_to(theirs, ours)
    }

    /// True if what some containers have come to hold last leads in a few steps to what grows on another
    /// path, weak references included: what a registry or a weak map has of the objects that something
    /// else keeps goes with them.
    pub(super) fn follows(&self, containers: &[NodeIndex], other: Rising) -> bool {
        let graph = self.snapshot.graph();
        let is_of_other = |node: &NodeIndex| self.is_below(*node, other);
        let latest = containers.iter().rev().take(MOST_COMPARED);
        let mut next: Vec<NodeIndex> = latest.flat_map(|&node| self.latest(node)).collect();
        for _ in 0..STEPS_TO_FOLLOW {
            if next.iter().any(is_of_other) {
                return true;
            }
            let held = next.iter().take(MOST_COMPARED).flat_map(|&node| {
                let referents = graph.referents(node).iter().take(MOST_COMPARED).copied();
                referents.chain(self.snapshot.weak_referent(node))
            });
            next = held.collect();
        }
        next.iter().any(is_of_other)
    }

    /// True if some containers, or others of what they belong to, have weak references to what grows on another
    /// path: tables of a registry, by number and by name, of what something else keeps.
    pub(super) fn mirrors(&self, containers: &[NodeIndex], other: Rising) -> bool {
        let graph = self.snapshot.graph();
        let is_table = |node: NodeIndex| {
            graph.flags(node).contains(NodeFlags::DICT) || is_passage(graph, node)
        };
        let is_part = |&node: &NodeIndex| {
            let holder = graph.referrers(node).first().copied();
            holder.filter(|_| is_table(node))
        };
        let owner = |&node: &NodeIndex| {
            std::iter::successors(Some(node), is_part)
                .take(STEPS_TO_OWNER)
                .last()
        };
        let is_instance = |node: &NodeIndex| {
            let others = [NodeFlags::MODULE, NodeFlags::TYPE, NodeFlags::FRAME];
            let flags = graph.flags(*node);
            !others.into_iter().any(|other| flags.contains(other)) && !is_table(*node)
        };
        let latest = containers.iter().rev().take(MOST_COMPARED);
        let owners: FxHashSet<NodeIndex> = latest.filter_map(owner).filter(is_instance).collect();
        let held = |node: NodeIndex| graph.referents(node).iter().take(MOST_COMPARED).copied();
        // In a dict of attributes, or in none.
        let parts = owners
            .into_iter()
            .flat_map(|owner| held(owner).chain(held(owner).flat_map(held)));
        let tables = parts.filter(|&part| {
            let is_of_module = graph.flags(part).contains(NodeFlags::MODULE_NAMESPACE);
            is_table(part) && !is_of_module
        });
        let mut tables = containers.iter().copied().chain(tables);
        tables.any(|table| {
            let mut elements = self
                .latest(table)
                .filter_map(|held| self.snapshot.weak_referent(held));
            elements.any(|referent| self.is_below(referent, other))
        })
    }

    /// How what some containers of the first row have come to hold last leads to what grows on the path of the
    /// second, by way of nothing but what they have themselves; `None` if it does not.
    pub(super) fn way(&self, containers: &[NodeIndex], [own, other]: [Rising; 2]) -> Option<Way> {
        let graph = self.snapshot.graph();
        // Those that are empty may be many: the branches of a tree.
        let mut containers = containers.to_vec();
        containers.sort_by_key(|&node| Reverse(graph.referents(node).len()));
        let largest = containers.iter().take(MOST_COMPARED);
        let latest = largest.flat_map(|&node| self.latest(node));
        let mut next: Vec<(NodeIndex, Way)> = latest.map(|node| (node, Way::Strong)).collect();
        let mut met: FxHashSet<NodeIndex> = FxHashSet::default();
        let mut found = None;
        for _ in 0..STEPS_INSIDE {
            next.retain(|&(node, _)| met.insert(node));
            next.truncate(MOST_MET);
            let mut further = Vec::new();
            for (node, way) in next {
                if self.is_below(node, other) {
                    found = Some(way);
                    if way == Way::Strong {
                        return found;
                    }
                } else if self.is_below(node, own) {
                    let referents = graph.referents(node).iter().take(MOST_COMPARED);
                    further.extend(referents.map(|&held| (held, way)));
                    let referent = self.snapshot.weak_referent(node);
                    further.extend(referent.map(|referent| (referent, Way::Weak)));
                }
            }
            next = further;
        }
        found
    }

    /// True of what is held by way of what grows.
    fn is_below(&self, node: NodeIndex, rising: Rising) -> bool {
        let path = self.placement.path_of(node);
        path.is_some_and(|path| {
            let mut above = self.history.paths().ancestors(path);
            path != rising.path && above.any(|path| path == rising.path)
        })
    }

    /// What an object has come to hold last, and first: a list is traversed from its end, a dict from
    /// its start.
    pub(super) fn latest(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let referents = self.snapshot.graph().referents(node);
        let ends = referents.iter().take(MOST_COMPARED);
        ends.chain(referents.iter().rev().take(MOST_COMPARED))
            .copied()
    }

    /// True if and only if two rows hold the same new objects.
    pub(super) fn share(
        &self,
        ours: &[NodeIndex],
        theirs: &[NodeIndex],
        rows: [Rising; 2],
    ) -> bool {
        let latest = |&node: &NodeIndex| self.latest(node);
        // Names, numbers and classes are held by everything.
        let is_new = |node: &NodeIndex| {
            let path = self.placement.path_of(*node);
            path.is_some_and(|path| {
                let mut above = self.history.paths().ancestors(path);
                above.any(|path| rows.iter().any(|row| row.path == path))
            })
        };
        let ours: FxHashSet<NodeIndex> = ours.iter().flat_map(latest).filter(is_new).collect();
        theirs
            .iter()
            .flat_map(latest)
            .any(|node| ours.contains(&node))
    }
}

/// So many references lead from what a registry holds to the objects that it is about: a tuple, and a weak
/// reference in it.
const STEPS_TO_FOLLOW: usize = 3;

/// So many lead through what an entry of a table consists of: a list in a dict, an object in that, its
/// attributes, and a weak reference in one of them.
const STEPS_INSIDE: usize = 7;

/// Objects that are looked at in each of these steps.
const MOST_MET: usize = 2000;

/// Elements of a container that are compared with those of another: the last.
const MOST_COMPARED: usize = 100;

/// A table in a table is a part of what that belongs to.
const STEPS_TO_OWNER: usize = 5;
