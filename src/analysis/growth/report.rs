//! What grows, judged and explained.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use indexmap::IndexMap;
use petgraph::unionfind::UnionFind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::course::{Course, Point, course, rate};
use super::history::{Growth, GrowthHistory, Moment, Rising};
use super::name_path::PathIndex;
use super::placement::Placement;
use super::shares::{Share, shares};
use crate::analysis::{Fingerprint, PreferredPaths, RootChain, Tally, TypePattern};
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;

/// What the moments taken together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something rises and goes on rising.
    Leaking,
    /// Memory outside the Python heap rises, or blocks that no walk sees.
    Native,
    /// What rose has come to an end.
    Bounded,
    /// Cycles wait for the collector.
    Garbage,
    /// There is less at every moment than at the one before.
    Draining,
    /// It grew once and not again.
    WarmUp,
    /// Something rose, but there are too few moments to say more.
    Undecided,
    /// Nothing rises.
    Nothing,
}

impl Verdict {
    /// The verdict in one word, as JSON has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Leaking => "leaking",
            Self::Native => "native",
            Self::Bounded => "bounded",
            Self::Garbage => "garbage",
            Self::Draining => "draining",
            Self::WarmUp => "warm-up",
            Self::Undecided => "undecided",
            Self::Nothing => "nothing",
        }
    }
}

/// What was seen of what rose while the scenario ran on.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    /// How many moments there were before.
    pub moments_before: usize,
    /// How much the containers of a path held at some iterations.
    pub looks: FxHashMap<PathIndex, Vec<Point>>,
    /// A limit that the container or its owner names, with the words that say where it is from.
    pub limits: FxHashMap<PathIndex, (u64, String)>,
    /// Objects and bytes that one collection has freed, if there was much.
    pub garbage: Option<Tally>,
    /// What would make the verdict surer.
    pub missing: Vec<String>,
}

/// A path on which something grows.
#[derive(Debug, Clone)]
pub struct GrowingPath {
    /// The path, in the history that the report is of; `None` for what no path leads to.
    pub rising: Option<Rising>,
    /// What grows, in one word.
    pub kind: &'static str,
    /// In Python's spelling: positions and keys are `[x]`.
    pub path: String,
    /// Full name of the type of what grows.
    pub type_name: String,
    /// The object that holds most of it.
    pub holder: Option<NodeIndex>,
    /// Why that is alive.
    pub chain: Option<RootChain>,
    /// What was counted at each moment.
    pub series: Vec<u64>,
    /// How much more of that there is in an iteration.
    pub per_iteration: f64,
    /// How many more bytes there are in an iteration, with all that is held.
    pub bytes_per_iteration: f64,
    /// What there is more of in an iteration, by full type name; most first.
    pub elements: Vec<(String, f64)>,
    /// What became of it.
    pub course: Course,
    /// A limit that is known, and where it is from.
    pub limit: Option<(u64, String)>,
    /// Path and kind in one number, the same in every process.
    pub fingerprint: Fingerprint,
    /// Other paths that grow by the same insertion.
    pub also: Vec<String>,
    /// What it keeps alive.
    pub share: Share,
    /// Where in the program it is, as far as somebody has looked.
    pub source: Source,
}

/// Places in the source of a program, as `file:line`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Source {
    /// Where what grows is defined.
    pub location: Option<String>,
    /// The lines that put something into it, those that do most often first.
    pub inserted: Vec<String>,
    /// The lines where what is in it was allocated.
    pub allocated: Vec<String>,
}

/// What grows over several moments of a program.
#[derive(Debug, Clone)]
pub struct GrowthReport {
    /// What all moments say together.
    pub verdict: Verdict,
    /// What goes on growing; that which keeps most bytes alive first.
    pub growing: Vec<GrowingPath>,
    /// What grew and came to an end.
    pub bounded: Vec<GrowingPath>,
    /// What may grow as it likes, by a pattern of its path.
    pub ignored: Vec<GrowingPath>,
    /// Iterations until the last moment.
    pub iterations: u64,
    /// Of these, how many the scenario ran on to see what becomes of what rose.
    pub watched_iterations: u64,
    /// Objects and bytes that one collection has freed, if there was much.
    pub garbage: Option<Tally>,
    /// What would make the verdict surer.
    pub missing: Vec<String>,
    /// The iterations at which there was a moment.
    pub moments: Vec<u64>,
    /// Objects alive at each moment.
    pub objects: Vec<u64>,
}

/// Garbage in an iteration from which on it is worth a verdict.
const MUCH_GARBAGE: u64 = 10;

impl GrowthReport {
    /// True if something goes on growing; of two moments nobody knows.
    pub fn is_leak(&self) -> bool {
        !self.growing.is_empty() && self.verdict != Verdict::Undecided
    }

    /// Judges a history whose last moment is that of `snapshot`.
    ///
    /// O(paths x moments), for what grows one walk over the heap, and O(nodes) for each path that
    /// does.
    pub fn new(
        history: &GrowthHistory,
        watched: &Watched,
        snapshot: &HeapSnapshot,
        placement: &Placement,
        ignored: &[TypePattern],
    ) -> Self {
        let judge = Judge {
            history,
            watched,
            snapshot,
            placement,
        };
        let first = match watched.moments_before {
            0 => history.moments().len(),
            count => count,
        };
        let mut rising = history.rising(first);
        if watched.moments_before > 0 {
            rising.extend(history.wavering(first));
        }
        let (mut grows, mut ended, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for &rising in &rising {
            match judge.course(rising) {
                Course::Steady if !judge.is_limited(rising) => grows.push(rising),
                Course::Unknown => unknown.push(rising),
                _ => ended.push(rising),
            }
        }
        let is_undecided = grows.is_empty() && !unknown.is_empty();
        grows.extend(unknown);
        judge.drop_mirrors(&mut grows);
        let topmost = history.topmost(&grows);
        let below: FxHashSet<PathIndex> = grows.iter().map(|rising| rising.path).collect();
        ended.retain(|rising| {
            !history
                .paths()
                .ancestors(rising.path)
                .any(|path| below.contains(&path))
        });
        let bounded = history.topmost(&ended);
        // Before what grows together is grouped: a path that is not ignored is to be named.
        let is_ignored = |rising: &Rising| {
            let path = history.paths().spelled(rising.path);
            ignored.iter().any(|pattern| pattern.matches(&path))
        };
        let (ignored, topmost): (Vec<_>, Vec<_>) = topmost.into_iter().partition(is_ignored);
        let ignored = judge.explained(&ignored);
        let mut kept = judge.explained(&topmost);
        let bounded = judge.explained(&bounded);
        if kept.is_empty() && ignored.is_empty() {
            kept.extend(judge.outside());
        }
        let moments = history.moments();
        Self {
            verdict: judge.verdict(&kept, is_undecided, &bounded, first),
            growing: kept,
            bounded,
            ignored,
            iterations: moments.last().map_or(0, |moment| moment.iteration),
            watched_iterations: match watched.moments_before {
                0 => 0,
                count => {
                    moments.last().map_or(0, |moment| moment.iteration)
                        - moments[count - 1].iteration
                }
            },
            garbage: watched.garbage,
            missing: watched.missing.clone(),
            moments: moments.iter().map(|moment| moment.iteration).collect(),
            objects: moments.iter().map(|moment| moment.objects).collect(),
        }
    }
}

struct Judge<'a> {
    history: &'a GrowthHistory,
    watched: &'a Watched,
    snapshot: &'a HeapSnapshot,
    placement: &'a Placement,
}

impl Judge<'_> {
    /// The series of all moments, then that of the moments before the watch.
    fn points(&self, series: &[u64]) -> Vec<Point> {
        let iterations = self.history.moments().iter().map(|moment| moment.iteration);
        iterations.zip(series.iter().copied()).collect()
    }

    fn course(&self, rising: Rising) -> Course {
        self.course_of(
            &self.history.series(rising),
            self.watched
                .looks
                .get(&rising.path)
                .filter(|_| rising.growth == Growth::Elements),
        )
    }

    /// Drops containers with weak keys that grow as something else does: that keeps the keys alive.
    fn drop_mirrors(&self, rising: &mut Vec<Rising>) {
        let is_weak = |rising: &Rising| rising.growth == Growth::WeaklyKeyed;
        let strong: Vec<Vec<u64>> = (rising.iter().filter(|rising| !is_weak(rising)))
            .map(|&rising| self.steps(rising))
            .collect();
        rising.retain(|row| !is_weak(row) || !strong.contains(&self.steps(*row)));
    }

    /// By how much a series rises from each moment to the next.
    fn steps(&self, rising: Rising) -> Vec<u64> {
        let series = self.history.series(rising);
        let pairs = series.windows(2);
        pairs.map(|pair| pair[1].wrapping_sub(pair[0])).collect()
    }

    fn course_of(&self, series: &[u64], looks: Option<&Vec<Point>>) -> Course {
        let points = self.points(series);
        let before = match self.watched.moments_before {
            0 => points.len(),
            count => count.min(points.len()),
        };
        let (first, later) = points.split_at(before);
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
    fn is_limited(&self, rising: Rising) -> bool {
        let limit = self.watched.limits.get(&rising.path);
        let now = self.history.series(rising).last().copied().unwrap_or(0);
        rising.growth == Growth::Elements && limit.is_some_and(|&(limit, _)| now <= limit)
    }

    /// Everything that is to be said of some paths; those that grow by the same insertion together.
    fn explained(&self, rising: &[Rising]) -> Vec<GrowingPath> {
        if rising.is_empty() {
            return Vec::new();
        }
        let holders: Vec<Vec<NodeIndex>> = rising
            .iter()
            .map(|rising| self.placement.objects_at(rising.path))
            .collect();
        let paths = PreferredPaths::new(self.snapshot, |_| false);
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
                let mut row = self.row(rising[group[0]], &holders[group[0]], &paths);
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
            bytes_per_iteration: self.rate(&bytes),
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

    fn rate(&self, series: &[u64]) -> f64 {
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

    /// Rows that grow by the same insertion: by as much at every moment, and held by the same object,
    /// or holding the same objects, or seen from outside of what grows. The row that says most of each
    /// group is its first.
    fn groups(&self, rising: &[Rising], holders: &[Vec<NodeIndex>]) -> Vec<Vec<usize>> {
        let paths = self.history.paths();
        let steps: Vec<Vec<u64>> = rising.iter().map(|&row| self.steps(row)).collect();
        let belong_together = |one: usize, other: usize| {
            let holder = paths.holder(rising[one].path);
            let other_holder = paths.holder(rising[other].path);
            // What is held has grown, and its holder counts that as its own size.
            let is_held =
                holder == Some(rising[other].path) || other_holder == Some(rising[one].path);
            let same_holder = (holder.is_some() && holder == other_holder) || is_held;
            let is_seen_besides = self.is_effect(rising[one]) || self.is_effect(rising[other]);
            if is_seen_besides {
                (1..=MOST_EFFECTS).any(|times| {
                    is_about_as_much(&steps[one], &steps[other], times)
                        || is_about_as_much(&steps[other], &steps[one], times)
                })
            } else {
                steps[one] == steps[other]
                    && (same_holder
                        || self.share(&holders[one], &holders[other], [rising[one], rising[other]]))
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
                self.is_effect(rising[row]),
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

    /// True if and only if two rows hold the same new objects.
    fn share(&self, ours: &[NodeIndex], theirs: &[NodeIndex], rows: [Rising; 2]) -> bool {
        let graph = self.snapshot.graph();
        let latest = |&node: &NodeIndex| {
            // A list is traversed from its end, a dict from its start.
            let referents = graph.referents(node);
            let ends = referents.iter().take(MOST_COMPARED);
            ends.chain(referents.iter().rev().take(MOST_COMPARED))
                .copied()
        };
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

    /// What grows outside of the graph: blocks that no walk sees, and memory that is not Python's.
    fn outside(&self) -> Vec<GrowingPath> {
        // Those before the watch are too near to one another: there is noise.
        let Some(before) = self.watched.moments_before.checked_sub(1) else {
            return Vec::new();
        };
        let moments = &self.history.moments()[before..];
        let blocks: Option<Vec<u64>> = moments.iter().map(Moment::unseen_blocks).collect();
        let resident: Option<Vec<u64>> = moments
            .iter()
            .map(|moment| moment.memory.resident)
            .collect();
        let rows = [
            ("blocks", "<blocks that no walk sees>", blocks, 1),
            (
                "native",
                "<memory outside the Python heap>",
                resident,
                LEAST_RESIDENT,
            ),
        ];
        let row = |(kind, path, series, least): (&'static str, &str, Option<Vec<u64>>, u64)| {
            let series = series?;
            let rises = series.len() > 2
                && series
                    .windows(2)
                    .all(|pair| pair[1] >= pair[0].saturating_add(least));
            let iterations = moments.iter().map(|moment| moment.iteration);
            let points: Vec<Point> = iterations.zip(series.iter().copied()).collect();
            let rate = rate(points[0], points[points.len() - 1]);
            let least = series.iter().min().copied().unwrap_or(0);
            (rises && rate >= LEAST_RATE && course(&points, &[]) == Course::Steady).then(|| {
                GrowingPath {
                    rising: None,
                    kind,
                    path: path.into(),
                    type_name: kind.into(),
                    holder: None,
                    chain: None,
                    per_iteration: rate,
                    bytes_per_iteration: if kind == "native" { rate } else { 0.0 },
                    elements: Vec::new(),
                    course: Course::Steady,
                    limit: None,
                    fingerprint: Fingerprint::of_texts(&[path]),
                    also: Vec::new(),
                    share: Share::default(),
                    source: Source::default(),
                    series: series.iter().map(|amount| amount - least).collect(),
                }
            })
        };
        rows.into_iter().find_map(row).into_iter().collect()
    }

    fn verdict(
        &self,
        growing: &[GrowingPath],
        is_undecided: bool,
        bounded: &[GrowingPath],
        first: usize,
    ) -> Verdict {
        let moments = self.history.moments();
        let garbage: u64 = moments
            .iter()
            .skip(1)
            .map(|moment| moment.memory.garbage)
            .sum();
        let iterations = moments.first().zip(moments.last());
        let iterations = iterations.map_or(0, |(first, last)| last.iteration - first.iteration);
        let falls = moments
            .windows(2)
            .all(|pair| pair[0].objects > pair[1].objects);
        let fallen = moments.first().zip(moments.last());
        let fallen = fallen.is_some_and(|(first, last)| {
            first.objects - last.objects.min(first.objects) > first.objects / 100
        });
        match growing {
            [_, ..] if is_undecided => Verdict::Undecided,
            [row, ..] if row.rising.is_none() => Verdict::Native,
            [_, ..] => Verdict::Leaking,
            [] if !bounded.is_empty() => Verdict::Bounded,
            [] if garbage > MUCH_GARBAGE * iterations.max(1) => Verdict::Garbage,
            [] if moments.len() > 2 && falls && fallen => Verdict::Draining,
            [] if first > 2 && !self.history.rising(2).is_empty() => Verdict::WarmUp,
            [] => Verdict::Nothing,
        }
    }
}

/// True if a series rises `times` as much as another at every moment, up to a few that come a little
/// later.
fn is_about_as_much(one: &[u64], other: &[u64], times: u64) -> bool {
    let mut pairs = one.iter().zip(other);
    pairs.all(|(one, other)| {
        let other = other.saturating_mul(times);
        one.abs_diff(other) <= FEW * times + (*one).min(other) / 10
    })
}

/// The path of the table of interned strings, where an interpreter shows it.
const INTERNED: &str = "<interned strings>";

/// So many may come a little later, or go for another reason.
const FEW: u64 = 3;

/// Objects that one insertion makes besides: the methods that a thread runs.
const MOST_EFFECTS: u64 = 3;

/// Elements of a container that are compared with those of another: the last.
const MOST_COMPARED: usize = 100;
/// Blocks or bytes in an iteration that are no noise.
const LEAST_RATE: f64 = 0.9;
/// Bytes by which the resident memory must rise from each moment to the next to be more than noise.
const LEAST_RESIDENT: u64 = 128 * 1024;
