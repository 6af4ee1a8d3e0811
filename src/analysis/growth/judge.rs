//! What is to be said of the paths that rise.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use super::course::{Course, Point, course, rate};
use super::history::{Growth, GrowthHistory, Rising};
use super::name_path::PathIndex;
use super::placement::Placement;
use super::report::{GrowingPath, Source, Verdict, Watched};
use super::shares::{Share, shares};
use crate::analysis::PreferredPaths;
use crate::graph::NodeIndex;
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

/// What rises, by how it goes on.
#[derive(Default)]
pub(super) struct ByCourse {
    pub(super) grows: Vec<Rising>,
    pub(super) ended: Vec<Rising>,
    pub(super) unknown: Vec<Rising>,
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
    fn points(&self, series: &[u64]) -> Vec<Point> {
        let iterations = self.history.moments().iter().map(|moment| moment.iteration);
        iterations.zip(series.iter().copied()).collect()
    }

    pub(super) fn course(&self, rising: Rising) -> Course {
        self.course_of(
            &self.history.series(rising),
            self.watched
                .looks
                .get(&rising.path)
                .filter(|_| rising.growth == Growth::Elements),
        )
    }

    /// What rises, by its course; what goes together with something limited will end with it.
    pub(super) fn by_course(&self, rising: &[Rising]) -> ByCourse {
        let limited = rising.iter().filter(|&&rising| self.is_limited(rising));
        let limited: Vec<Rising> = limited.copied().collect();
        let will_end = |rising| limited.iter().any(|&other| self.go_together(rising, other));
        let mut by_course = ByCourse::default();
        for &rising in rising {
            let alike = match self.course(rising) {
                Course::Steady if !will_end(rising) => &mut by_course.grows,
                Course::Unknown => &mut by_course.unknown,
                _ => &mut by_course.ended,
            };
            alike.push(rising);
        }
        by_course
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
    pub(super) fn drop_mirrors(&self, rising: &mut Vec<Rising>) {
        let is_weak = |rising: &Rising| rising.growth == Growth::WeaklyKeyed;
        let strong: Vec<Vec<u64>> = (rising.iter().filter(|rising| !is_weak(rising)))
            .map(|&rising| self.steps(rising))
            .collect();
        rising.retain(|&row| {
            !is_weak(&row) || !strong.contains(&self.steps(row)) || self.keeps_its_keys(row)
        });
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

    fn course_of(&self, series: &[u64], looks: Option<&Vec<Point>>) -> Course {
        let points = self.points(series);
        let (first, later) = points.split_at(self.found_in().min(points.len()));
        let agrees = |looks: &&Vec<Point>| {
            let (look, point) = (looks.last(), later.last());
            look.zip(point)
                .is_some_and(|(look, point)| look.1.abs_diff(point.1) <= 2 + point.1 / 20)
        };
        match looks.filter(agrees) {
            Some(looks) => course(first, looks),
            None => course(first, later),
        }
    }

    /// True if it is known to end later, and nothing speaks against that.
    pub(super) fn is_limited(&self, rising: Rising) -> bool {
        let limit = self.watched.limits.get(&rising.path);
        let now = self.history.series(rising).last().copied().unwrap_or(0);
        rising.growth == Growth::Elements && limit.is_some_and(|&(limit, _)| now <= limit)
    }

    /// True if two paths are one, or parts of one object that rose by as much before the watch: the
    /// index of a cache and its order.
    pub(super) fn go_together(&self, one: Rising, other: Rising) -> bool {
        let holder = self.history.paths().holder(one.path);
        let before = |rising| {
            let mut steps = self.steps(rising);
            steps.truncate(self.watched.moments_before.saturating_sub(1));
            steps
        };
        one == other
            || (holder.is_some()
                && holder == self.history.paths().holder(other.path)
                && before(one) == before(other))
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
                let others = group[1..].iter();
                row.also = others
                    .map(|&other| self.history.paths().spelled(rising[other].path))
                    .collect();
                row
            })
            .collect();
        explained.sort_by(|a, b| {
            let key = |row: &GrowingPath| Reverse(row.share.bytes);
            key(a).cmp(&key(b)).then(a.path.cmp(&b.path))
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
        let largest = holders.iter().copied().max_by_key(|&node| {
            (
                graph.referents(node).len(),
                graph.shallow_size(node),
                Reverse(node),
            )
        });
        GrowingPath {
            kind: match (rising.growth, names.holder(rising.path)) {
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
            chain: largest.and_then(|node| paths.chain_to(node)),
            holder: largest,
            per_iteration: self.rate(&series),
            bytes_per_iteration: match rising.growth {
                // What is used, and not the room that is kept for more.
                Growth::Bytes => self.rate(&series),
                _ => self.rate(&bytes),
            },
            elements: self.elements(rising.path),
            course: self.course(rising),
            limit: self.watched.limits.get(&rising.path).cloned(),
            fingerprint: names.fingerprint(rising.path),
            rising: Some(rising),
            series,
            also: Vec::new(),
            share: Share::default(),
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

    /// What is held under a path, where there is more of it than at first.
    fn elements(&self, holder: PathIndex) -> Vec<(String, f64)> {
        let names = self.history.paths();
        let mut by_type: BTreeMap<String, f64> = BTreeMap::new();
        for path in (0..names.len()).map(PathIndex::new) {
            if names.holder(path) != Some(holder) {
                continue;
            }
            let growth = Growth::Objects;
            let rate = self.rate(&self.history.series(Rising { path, growth }));
            if rate > 0.0 {
                *by_type.entry(names.type_name(path).to_owned()).or_default() += rate;
            }
        }
        let mut elements: Vec<(String, f64)> = by_type.into_iter().collect();
        elements.sort_by(|a, b| b.1.total_cmp(&a.1));
        elements
    }

    pub(super) fn verdict(
        &self,
        growing: &[GrowingPath],
        is_undecided: bool,
        bounded: &[GrowingPath],
        first: usize,
    ) -> Verdict {
        match growing {
            [_, ..] if is_undecided => Verdict::Undecided,
            [row, ..] if row.rising.is_none() => match row.course {
                Course::Unknown => Verdict::Undecided,
                _ => Verdict::Native,
            },
            [_, ..] => Verdict::Leaking,
            [] if !bounded.is_empty() => Verdict::Bounded,
            [] if self.history.is_much_garbage() => Verdict::Garbage,
            [] if self.history.moments().len() > 2 && self.history.is_draining() => {
                Verdict::Draining
            }
            [] if first > 2 && !self.history.rising(2).is_empty() => Verdict::WarmUp,
            [] => Verdict::Nothing,
        }
    }
}
