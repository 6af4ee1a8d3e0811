//! What is to be said of the paths that rise.

use std::cell::OnceCell;
use std::cmp::Reverse;

use rustc_hash::FxHashSet;

use super::course::{Course, Point, course, fallen_back, looks_agree, rate};
use super::elements::finalizers;
use super::history::{Growth, GrowthHistory, Rising};
use super::name_path::PathIndex;
use super::pace::Cause;
use super::placement::Placement;
use super::placing::HELD_FROM_OUTSIDE;
use super::report::{GrowingPath, Source, Verdict, Watched};
use super::shares::{Share, shares};
use super::thresholds::{FEWEST_TO_COMPARE, FEWEST_WATCHED, LEAST_OF_RATE};
use crate::analysis::{CompiledHolders, Fingerprint, PreferredPaths, UncollectableGroup};
use crate::graph::{HeapGraph, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// What a judgement goes by.
pub(super) struct Judge<'a> {
    pub(super) history: &'a GrowthHistory,
    pub(super) watched: &'a Watched,
    pub(super) snapshot: &'a HeapSnapshot,
    pub(super) placement: &'a Placement,
    /// The chains to all objects, walked once where something is to be explained.
    chains: OnceCell<PreferredPaths<'a>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        history: &'a GrowthHistory,
        watched: &'a Watched,
        snapshot: &'a HeapSnapshot,
        placement: &'a Placement,
    ) -> Self {
        Self {
            history,
            watched,
            snapshot,
            placement,
            chains: OnceCell::new(),
        }
    }

    /// At how many moments it was found what rises: those before the watch, or all.
    pub(super) fn found_in(&self) -> usize {
        match self.watched.moments_before {
            0 => self.history.moments().len(),
            count => count,
        }
    }

    /// What has risen at those moments, or at most of them.
    pub(super) fn rising(&self) -> Vec<Rising> {
        let mut rising = self.history.rising(self.found_in());
        rising.extend(match self.watched.moments_before {
            0 => self.history.pausing(),
            count => self.history.wavering(count),
        });
        rising
    }

    /// A series with the iteration of each moment.
    pub(super) fn points(&self, series: &[u64]) -> Vec<Point> {
        let iterations = self.history.moments().iter().map(|moment| moment.iteration);
        iterations.zip(series.iter().copied()).collect()
    }

    pub(super) fn course(&self, rising: Rising) -> Course {
        let is_looked_at = rising.growth == Growth::Elements;
        let looks = self.watched.looks.get(&rising.path);
        let course = self.course_of(&self.history.series(rising), looks.filter(|_| is_looked_at));
        let pace = self.watched.paces.get(&rising.path);
        match (course, pace.filter(|_| is_looked_at)) {
            (Course::Steady | Course::Slowing { .. }, Some(pace)) => match pace.cause() {
                Some(Cause::Iterations) => course,
                Some(Cause::Clock) => Course::ByClock,
                None => Course::Unknown,
            },
            _ => course,
        }
    }

    /// Those of `ended` that are not below what grows.
    pub(super) fn not_below(&self, mut ended: Vec<Rising>, grows: &[Rising]) -> Vec<Rising> {
        let grows: FxHashSet<PathIndex> = grows.iter().map(|rising| rising.path).collect();
        let paths = self.history.paths();
        let is_below = |rising: &Rising| paths.ancestors(rising.path).any(|p| grows.contains(&p));
        ended.retain(|rising| !is_below(rising));
        ended
    }

    /// Drops containers with weak keys that grow as something else does: that keeps the keys alive,
    /// unless their own values do.
    pub(super) fn without_mirrors(&self, mut rising: Vec<Rising>) -> Vec<Rising> {
        let is_weak = |rising: &Rising| rising.growth == Growth::WeaklyKeyed;
        let strong: Vec<Vec<u64>> = (rising.iter().filter(|rising| !is_weak(rising)))
            .map(|&rising| self.steps(rising))
            .collect();
        rising.retain(|&row| {
            !is_weak(&row) || !strong.contains(&self.steps(row)) || self.keeps_its_keys(row)
        });
        rising
    }

    /// True if one of the weak keys that came last is named by way of the container itself.
    fn keeps_its_keys(&self, rising: Rising) -> bool {
        let containers = self.placement.objects_at(rising.path);
        let mut held = containers.iter().flat_map(|&node| self.latest(node));
        held.any(|reference| {
            let key = self.snapshot.weak_referent(reference);
            let path = key.and_then(|key| self.placement.path_of(key));
            path.is_some_and(|path| {
                let mut above = self.history.paths().ancestors(path);
                above.any(|path| path == rising.path)
            })
        })
    }

    /// By how much a series rises from each moment to the next.
    pub(super) fn steps(&self, rising: Rising) -> Vec<u64> {
        let series = self.history.series(rising);
        let pairs = series.windows(2);
        pairs.map(|pair| pair[1].wrapping_sub(pair[0])).collect()
    }

    /// True unless something rises far more slowly since it was found: what nobody looked at may have come
    /// to its end at once, and only the first snapshot of the watch shows it as higher.
    pub(super) fn keeps_its_rate(&self, rising: Rising) -> bool {
        let points = self.points(&self.history.series(rising));
        let (first, later) = points.split_at(self.found_in().min(points.len()));
        let ends = (first.first(), first.last(), later.last());
        let (Some(&start), Some(&found), Some(&last)) = ends else {
            return true;
        };
        rate(found, last) >= LEAST_OF_RATE * rate(start, found)
    }

    fn course_of(&self, series: &[u64], looks: Option<&Vec<Point>>) -> Course {
        let points = self.points(series);
        if let Some(course) = fallen_back(&points) {
            return course;
        }
        let (first, later) = points.split_at(self.found_in().min(points.len()));
        let agrees = |looks: &&Vec<Point>| {
            let (look, point) = (looks.last(), later.last());
            look.zip(point)
                .is_some_and(|(look, point)| look.0 < point.0 || looks_agree(look.1, point.1))
        };
        let known = looks.filter(agrees);
        // What was looked at was not what the snapshot has counted, and that is all there is.
        let is_refuted = looks.is_some() && known.is_none() && later.len() < FEWEST_TO_COMPARE;
        let course = course(first, known.map_or(later, Vec::as_slice));
        let is_too_short =
            is_refuted || self.watched.is_cut_short && self.watched_iterations() < FEWEST_WATCHED;
        match course {
            // What rises all the time may be a cache that is not full.
            Course::Steady | Course::Slowing { .. } if is_too_short => Course::Unknown,
            course => course,
        }
    }

    /// For how many iterations the scenario ran on after something was found to rise.
    pub(super) fn watched_iterations(&self) -> u64 {
        let moments = self.history.moments();
        let found = moments[..self.found_in()].last();
        let last = moments.last();
        last.zip(found)
            .map_or(0, |(last, found)| last.iteration - found.iteration)
    }

    /// Everything that is to be said of some paths; those that grow by the same insertion together.
    pub(super) fn explained(&self, rising: &[Rising]) -> Vec<GrowingPath> {
        if rising.is_empty() {
            return Vec::new();
        }
        let holders: Vec<Vec<NodeIndex>> = rising
            .iter()
            .map(|rising| self.placement.objects_at(rising.path))
            .collect();
        let walk = || PreferredPaths::new(self.snapshot, |_| false);
        let paths = self.chains.get_or_init(walk);
        let groups = self.groups(rising, &holders);
        let of_groups: Vec<Vec<NodeIndex>> = groups
            .iter()
            .map(|group| group.iter().flat_map(|&row| holders[row].clone()).collect())
            .collect();
        let shares = shares(self.snapshot, &of_groups);
        let mut explained: Vec<GrowingPath> = groups
            .iter()
            .zip(shares)
            .map(|(group, share)| {
                let mut row = self.row(rising[group[0]], &holders[group[0]], paths);
                row.share = share;
                // References take nothing: that they rise, too, says of no other place that it grows.
                let is_remark = |&row: &usize| rising[row].growth == Growth::References;
                let others = group[1..].iter();
                let others = others.filter(|row| is_remark(&group[0]) || !is_remark(row));
                row.also = others
                    .map(|&other| self.history.paths().spelled(rising[other].path))
                    .collect();
                row
            })
            .collect();
        explained.sort_by(|a, b| {
            let key = |row: &GrowingPath| Reverse((row.share.exclusive.bytes, row.share.bytes));
            // What the program has comes before what a library notes of it.
            let is_registry =
                |row: &GrowingPath| row.rising.is_some_and(|row| self.is_registry(row));
            let order = is_registry(a)
                .cmp(&is_registry(b))
                .then(key(a).cmp(&key(b)));
            order.then(a.path.cmp(&b.path))
        });
        explained
    }

    fn row(
        &self,
        rising: Rising,
        holders: &[NodeIndex],
        paths: &PreferredPaths<'_>,
    ) -> GrowingPath {
        let history = self.history;
        let names = history.paths();
        let graph = self.snapshot.graph();
        let series = history.series(rising);
        let bytes = history.bytes_below(rising.path);
        let elements = self.elements(rising.path);
        let largest = || {
            holders.iter().copied().max_by_key(|&node| {
                (
                    graph.referents(node).len(),
                    graph.shallow_size(node),
                    Reverse(node),
                )
            })
        };
        let holder = match rising.growth {
            // A class, and not its namespace.
            Growth::References => most_unexplained(graph, holders),
            _ => largest(),
        };
        let is_uncollectable = UncollectableGroup::is_start_of(&names.spelled(rising.path));
        GrowingPath {
            kind: match (rising.growth, names.holder(rising.path)) {
                (Growth::Objects, None) if is_uncollectable => "cycles",
                (Growth::Objects, None) => "outside",
                // A list of the interpreter, such as that of the functions called at a fork.
                (Growth::Elements, None) if names.spelled(rising.path).starts_with('<') => {
                    "outside"
                }
                (Growth::Objects, _) => Growth::Elements.word(),
                (growth, _) => growth.word(),
            },
            path: names.spelled(rising.path),
            type_name: names.type_name(rising.path).to_owned(),
            chain: holder.and_then(|node| paths.chain_to(node)),
            holder,
            outside: match (rising.growth, names.holder(rising.path)) {
                (Growth::References, _) => holder,
                // That which was met last is likely to be new.
                (Growth::Objects, None) if names.spelled(rising.path) == HELD_FROM_OUTSIDE => {
                    holders.last().copied()
                }
                _ => None,
            }
            .and_then(|node| CompiledHolders::of(self.snapshot, node)),
            per_iteration: self.rate(&series),
            bytes_per_iteration: match rising.growth {
                // What is used, and not the room that is kept for more.
                Growth::Bytes => self.rate(&series),
                _ => self.rate(&bytes),
            },
            course: self.course(rising),
            limit: self.watched.limits.get(&rising.path).cloned(),
            fingerprint: match finalizers(&elements) {
                finalizers if finalizers.is_empty() => names.fingerprint(rising.path),
                // What is registered says which leak it is, and not the registry of all.
                finalizers => Fingerprint::of_texts(&finalizers),
            },
            elements,
            rising: Some(rising),
            series,
            also: Vec::new(),
            share: Share::default(),
            excuse: history.excuse(rising.path),
            source: Source::default(),
        }
    }

    pub(super) fn rate(&self, series: &[u64]) -> f64 {
        let points = self.points(series);
        match (points.first(), points.last()) {
            (Some(&first), Some(&last)) => rate(first, last),
            _ => 0.0,
        }
    }

    /// True if something rose between the first two moments and not at all of them.
    fn grew_once(&self) -> bool {
        let rises: FxHashSet<PathIndex> = self.rising().iter().map(|rising| rising.path).collect();
        let mut at_first = self.history.rising(2).into_iter();
        at_first.any(|rising| !rises.contains(&rising.path))
    }

    pub(super) fn verdict(
        &self,
        growing: &[GrowingPath],
        undecided: &[GrowingPath],
        bounded: &[GrowingPath],
    ) -> Verdict {
        let is_slowing = |row: &GrowingPath| matches!(row.course, Course::Slowing { .. });
        if growing.iter().any(|row| row.rising.is_none()) {
            return Verdict::Native;
        }
        if !growing.is_empty() {
            return if growing.iter().all(is_slowing) {
                Verdict::Slowing
            } else {
                Verdict::Leaking
            };
        }
        let moments = self.history.moments().len();
        if !undecided.is_empty() {
            Verdict::Undecided
        } else if !bounded.is_empty() {
            Verdict::Bounded
        } else if self.watched.garbage.is_some() || self.history.is_much_garbage() {
            Verdict::Garbage
        } else if moments > 2 && self.history.is_draining() {
            Verdict::Draining
        } else if self.found_in() > 2 && self.grew_once() {
            Verdict::WarmUp
        } else {
            Verdict::Nothing
        }
    }
}

/// Of some objects that with most references that are not found, of several the first.
fn most_unexplained(graph: &HeapGraph, nodes: &[NodeIndex]) -> Option<NodeIndex> {
    let unexplained = |&node: &NodeIndex| (graph.unexplained_count(node), Reverse(node));
    nodes.iter().copied().max_by_key(unexplained)
}
