//! Which paths grow by the same insertion.

use std::cmp::Reverse;

use indexmap::IndexMap;
use petgraph::unionfind::UnionFind;

use super::by_course::ByCourse;
use super::connections::Way;
use super::history::{Growth, Rising};
use super::judge::Judge;
use super::name_path::{NamePaths, PathIndex};
use super::thresholds::{EFFECT_DELAY, MOST_EFFECTS};
use crate::graph::{EdgeLabel, FINALIZER, NodeIndex};

impl Judge<'_> {
    /// Rows that grow by the same insertion: by as much at every moment, and held by the same object,
    /// or holding the same objects; what is an effect of something else, by about as much and near
    /// it in the graph. The row that says most of each
    /// group is its first: what only notes objects that something else keeps comes behind that.
    pub(super) fn groups(&self, rising: &[Rising], holders: &[Vec<NodeIndex>]) -> Vec<Vec<usize>> {
        let paths = self.history.paths();
        let steps: Vec<Vec<u64>> = rising.iter().map(|&row| self.steps(row)).collect();
        let belong_together = |one: usize, other: usize| {
            let rows = [rising[one], rising[other]];
            let [holder, other_holder] = rows.map(|row| paths.holder(row.path));
            // What is held has grown, and its holder counts that as its own size.
            let is_held =
                holder == Some(rising[other].path) || other_holder == Some(rising[one].path);
            let is_same = |[one, other]: [Option<PathIndex>; 2]| one.is_some() && one == other;
            let have_same = |of: fn(&NamePaths, PathIndex) -> Option<PathIndex>| {
                is_same(rows.map(|row| of(paths, row.path)))
            };
            // A module has much that has nothing to do with each other, and tables beside their indexes.
            let is_index = || rows.iter().any(|row| self.has_only_values(row.path));
            let same_holder = || {
                is_held
                    || is_same(rows.map(|row| self.object_with(row)))
                    || is_same(rows.map(|row| self.object_that_owns(row)))
                    || (have_same(NamePaths::holder) || have_same(NamePaths::owner)) && is_index()
            };
            let lead_there = || {
                self.way(&holders[one], rows).is_some()
                    || self.way(&holders[other], [rows[1], rows[0]]).is_some()
            };
            let (is_effect, other_is) = (self.is_effect(rows[0]), self.is_effect(rows[1]));
            if is_effect || other_is {
                let is_connected = || {
                    (is_effect && other_is)
                        || is_held
                        || rows.iter().any(|row| self.is_code(*row))
                        || self.touch(&holders[one], &holders[other])
                        || self.share(&holders[one], &holders[other], rows)
                        || (self.is_from_outside(rows[0]) && self.hide(&holders[other]))
                        || (self.is_from_outside(rows[1]) && self.hide(&holders[one]))
                        || lead_there()
                };
                is_as_much_or_a_few_times(&steps[one], &steps[other]) && is_connected()
            } else {
                (steps[one] == steps[other]
                    && (same_holder() || self.share(&holders[one], &holders[other], rows)))
                    || is_as_much_or_a_few_times(&steps[one], &steps[other])
                        && (self.follows(&holders[one], rows[1])
                            || self.follows(&holders[other], rows[0])
                            || self.mirrors(&holders[one], rows[1])
                            || self.mirrors(&holders[other], rows[0])
                            || lead_there())
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
        let mirrors_another = |row: usize| {
            let mirrors = |one: usize, other: usize| {
                let way = self.way(&holders[one], [rising[one], rising[other]]);
                self.mirrors(&holders[one], rising[other]) || way == Some(Way::Weak)
            };
            (0..rising.len()).any(|other| {
                row != other
                    && together.equiv(row, other)
                    && mirrors(row, other)
                    && !mirrors(other, row)
            })
        };
        let mut order: Vec<usize> = (0..rising.len()).collect();
        order.sort_by_cached_key(|&row| {
            let bytes = self.history.bytes_below(rising[row].path);
            (
                self.is_effect(rising[row]),
                self.is_registry(rising[row]),
                mirrors_another(row),
                self.has_only_values(rising[row].path),
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

    /// Moves registries to what holds the objects that they are of: their entries go with those, whatever
    /// becomes of them.
    pub(super) fn with_registries(&self, by_course: ByCourse) -> ByCourse {
        let ByCourse {
            grows,
            ended,
            unknown,
        } = by_course;
        let mut lists = [grows, unknown, ended];
        for own in 0..lists.len() {
            let is_registry = |row: &Rising| self.is_registry(*row);
            let (registries, others) = lists[own].iter().copied().partition(is_registry);
            lists[own] = others;
            let registries: Vec<Rising> = registries;
            for registry in registries {
                let holders = self.placement.objects_at(registry.path);
                let is_followed = |list: &Vec<Rising>| {
                    let mut others = list.iter().filter(|row| !is_registry(row));
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

    /// True for a registry of what something else keeps; that of `weakref.finalize` is known by its keys.
    pub(super) fn is_registry(&self, rising: Rising) -> bool {
        let is_of_finalizers = |&node: &NodeIndex| {
            let mut references = self.snapshot.graph().edge_positions(node);
            references.next().is_some_and(|key| {
                matches!(self.snapshot.label(key), EdgeLabel::KeyObject(key) if key.starts_with(FINALIZER))
            })
        };
        self.history.paths().is_registry(rising.path)
            || (self.placement.objects_at(rising.path).iter()).any(is_of_finalizers)
    }

    /// True for code that gets references which nothing explains: those of coroutines and generators
    /// that have ended, which up to CPython 3.13.0 no traverse shows.
    fn is_code(&self, rising: Rising) -> bool {
        rising.growth == Growth::References
            && self.history.paths().type_name(rising.path) == "builtins.code"
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
