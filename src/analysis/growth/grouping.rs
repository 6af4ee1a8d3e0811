//! Which paths grow by the same insertion.

use std::cmp::Reverse;

use indexmap::IndexMap;
use petgraph::unionfind::UnionFind;
use rustc_hash::FxHashSet;

use super::history::{Growth, Rising};
use super::judge::{ByCourse, Judge};
use super::thresholds::{EFFECT_DELAY, MOST_EFFECTS};
use crate::graph::{EdgeLabel, FINALIZER, NodeIndex};

impl Judge<'_> {
    /// Rows that grow by the same insertion: by as much at every moment, and held by the same object,
    /// or holding the same objects; what is an effect of something else, by about as much and near
    /// it in the graph. The row that says most of each
    /// group is its first.
    pub(super) fn groups(&self, rising: &[Rising], holders: &[Vec<NodeIndex>]) -> Vec<Vec<usize>> {
        let paths = self.history.paths();
        let steps: Vec<Vec<u64>> = rising.iter().map(|&row| self.steps(row)).collect();
        let belong_together = |one: usize, other: usize| {
            let holder = paths.holder(rising[one].path);
            let other_holder = paths.holder(rising[other].path);
            // What is held has grown, and its holder counts that as its own size.
            let is_held =
                holder == Some(rising[other].path) || other_holder == Some(rising[one].path);
            let same_holder = (holder.is_some() && holder == other_holder) || is_held;
            let rows = [rising[one], rising[other]];
            let (is_effect, other_is) = (self.is_effect(rows[0]), self.is_effect(rows[1]));
            if is_effect || other_is {
                let is_connected = || {
                    (is_effect && other_is)
                        || is_held
                        || rows.iter().any(|row| self.is_code(*row))
                        || self.touch(&holders[one], &holders[other])
                        || self.share(&holders[one], &holders[other], rows)
                };
                is_as_much_or_a_few_times(&steps[one], &steps[other]) && is_connected()
            } else {
                (steps[one] == steps[other]
                    && (same_holder || self.share(&holders[one], &holders[other], rows)))
                    || is_as_much_or_a_few_times(&steps[one], &steps[other])
                        && (self.follows(&holders[one], rows[1])
                            || self.follows(&holders[other], rows[0]))
            }
        };
        let mut together = UnionFind::<usize>::new(rising.len());
        for one in 0..rising.len() {
            for other in 0..one {
                if !together.equiv(one, other) && belong_together(one, other) {
                    together.union(one, other);
                }
            }
        }
        let mut order: Vec<usize> = (0..rising.len()).collect();
        order.sort_by_cached_key(|&row| {
            let bytes = self.history.bytes_below(rising[row].path);
            (
                self.is_effect(rising[row]) || self.is_registry(rising[row]),
                Reverse(bytes.last().copied()),
                rising[row].path,
            )
        });
        let mut groups: IndexMap<usize, Vec<usize>> = IndexMap::new();
        for row in order {
            groups.entry(together.find(row)).or_default().push(row);
        }
        groups.into_values().collect()
    }

    /// True for what is seen to grow because something else does: objects that nothing in the heap
    /// holds, such as the frames of threads, references that nothing explains, and names that are
    /// interned when they are bound.
    fn is_effect(&self, rising: Rising) -> bool {
        matches!(rising.growth, Growth::Objects | Growth::References)
            || self.history.paths().spelled(rising.path) == INTERNED
    }

    /// Moves the registry of finalizers to what holds the objects that they are registered on: its entries
    /// go with those, whatever becomes of them.
    pub(super) fn with_registries(&self, by_course: ByCourse) -> ByCourse {
        let ByCourse {
            grows,
            ended,
            unknown,
        } = by_course;
        let mut lists = [grows, unknown, ended];
        for own in 0..lists.len() {
            let (registries, others) = lists[own].iter().partition(|&&row| self.is_registry(row));
            lists[own] = others;
            let registries: Vec<Rising> = registries;
            for registry in registries {
                let holders = self.placement.objects_at(registry.path);
                let is_followed = |list: &Vec<Rising>| {
                    let mut others = list.iter().filter(|&&row| !self.is_registry(row));
                    others.any(|&other| self.follows(&holders, other))
                };
                let place = lists.iter().position(is_followed).unwrap_or(own);
                lists[place].push(registry);
            }
        }
        let [grows, unknown, ended] = lists;
        ByCourse {
            grows,
            ended,
            unknown,
        }
    }

    /// True for the registry of `weakref.finalize`, whose keys are finalizers.
    fn is_registry(&self, rising: Rising) -> bool {
        let containers = self.placement.objects_at(rising.path);
        let is_of_finalizers = |&node: &NodeIndex| {
            let mut references = self.snapshot.graph().edge_positions(node);
            references.next().is_some_and(|key| {
                matches!(self.snapshot.label(key), EdgeLabel::KeyObject(key) if key.starts_with(FINALIZER))
            })
        };
        rising.growth == Growth::Elements && containers.iter().any(is_of_finalizers)
    }

    /// True for code that gets references which nothing explains: those of coroutines and generators
    /// that have ended, which up to CPython 3.13.0 no traverse shows.
    fn is_code(&self, rising: Rising) -> bool {
        rising.growth == Growth::References
            && self.history.paths().type_name(rising.path) == "builtins.code"
    }

    /// True if and only if an object of one row refers to one of the other, or to something that does.
    fn touch(&self, ours: &[NodeIndex], theirs: &[NodeIndex]) -> bool {
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
    fn follows(&self, containers: &[NodeIndex], other: Rising) -> bool {
        let (graph, paths) = (self.snapshot.graph(), self.history.paths());
        let is_of_other = |node: &NodeIndex| {
            let path = self.placement.path_of(*node);
            path.is_some_and(|path| {
                path != other.path && paths.ancestors(path).any(|p| p == other.path)
            })
        };
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

    /// What an object has come to hold last, and first: a list is traversed from its end, a dict from
    /// its start.
    pub(super) fn latest(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let referents = self.snapshot.graph().referents(node);
        let ends = referents.iter().take(MOST_COMPARED);
        ends.chain(referents.iter().rev().take(MOST_COMPARED))
            .copied()
    }

    /// True if and only if two rows hold the same new objects.
    fn share(&self, ours: &[NodeIndex], theirs: &[NodeIndex], rows: [Rising; 2]) -> bool {
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

fn is_as_much_or_a_few_times(one: &[u64], other: &[u64]) -> bool {
    (1..=MOST_EFFECTS)
        .any(|times| is_about_as_much(one, other, times) || is_about_as_much(other, one, times))
}

/// True if one series rises `times` as much as another in all, up to a tenth: some of it comes a
/// little later.
fn is_about_as_much(one: &[u64], other: &[u64], times: u64) -> bool {
    let sum = |steps: &[u64]| {
        steps
            .iter()
            .fold(0_u64, |sum, step| sum.wrapping_add(*step))
    };
    let (one, other) = (sum(one), sum(other).saturating_mul(times));
    one.abs_diff(other) <= one.min(other) / EFFECT_DELAY
}

/// The path of the table of interned strings, where an interpreter shows it.
const INTERNED: &str = "<interned strings>";

/// So many references lead from what a registry holds to the objects that it is about: a tuple, and a weak
/// reference in it.
const STEPS_TO_FOLLOW: usize = 3;

/// Elements of a container that are compared with those of another: the last.
const MOST_COMPARED: usize = 100;
