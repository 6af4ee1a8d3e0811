//! What grows, judged and explained.

use rustc_hash::FxHashMap;

use super::by_course::{ByCourse, WithoutLeak};
use super::course::{Course, Point};
use super::history::{Growth, GrowthHistory, Rising};
use super::judge::Judge;
use super::limit::Limit;
use super::moment::Moment;
use super::name_path::PathIndex;
use super::outside::Besides;
use super::pace::Pace;
use super::placement::Placement;
use super::shares::Share;
use super::thresholds::{LEAST_RATE, SLOW};
use crate::analysis::{CompiledHolders, Excuse, Fingerprint, PathPattern, RootChain, Tally};
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;

/// What the moments taken together say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something rises and goes on rising.
    Leaking,
    /// Something rises ever more slowly, by a law that shows no end.
    Slowing,
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
    /// Something rose, and what was seen cannot tell whether that has an end.
    Undecided,
    /// Nothing rises.
    Nothing,
}

impl Verdict {
    /// The verdict in one word, as JSON has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Leaking => "leaking",
            Self::Slowing => "slowing",
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
    /// The first moment of those at which memory outside the graph was watched: nothing in the graph rose
    /// any more.
    pub memory_from: Option<usize>,
    /// How much the containers of a path held at some iterations.
    pub looks: FxHashMap<PathIndex, Vec<Point>>,
    /// What came in turns of fast and slow iterations, where little comes.
    pub paces: FxHashMap<PathIndex, Pace>,
    /// Limits that are known of containers or their owners.
    pub limits: FxHashMap<PathIndex, Limit>,
    /// True if time has cut the watch short.
    pub is_cut_short: bool,
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
    /// What may hold that from outside the heap.
    pub outside: Option<CompiledHolders>,
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
    /// A limit that is known.
    pub limit: Option<Limit>,
    /// Path and kind in one number, the same in every process.
    pub fingerprint: Fingerprint,
    /// Other paths that grow by the same insertion.
    pub also: Vec<String>,
    /// What it keeps alive.
    pub share: Share,
    /// The rule by which it may grow.
    pub excuse: Option<&'static Excuse>,
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
    /// The calls into compiled code that make it grow: where each is, and what it takes or leaves.
    pub calls: Vec<String>,
}

/// What grows over several moments of a program.
#[derive(Debug, Clone)]
pub struct GrowthReport {
    /// What all moments say together.
    pub verdict: Verdict,
    /// What goes on growing; that which keeps most bytes alive first.
    pub growing: Vec<GrowingPath>,
    /// What rose, and may have an end.
    pub undecided: Vec<GrowingPath>,
    /// What grew and came to an end.
    pub bounded: Vec<GrowingPath>,
    /// Objects that stay anyway, to which there are more references that nothing explains: not a byte is
    /// lost.
    pub remarks: Vec<GrowingPath>,
    /// What may grow as it likes, by a pattern of its path.
    pub ignored: Vec<GrowingPath>,
    /// Iterations until the last moment.
    pub iterations: u64,
    /// Of these, how many the scenario ran on to see what becomes of what rose.
    pub watched_iterations: u64,
    /// Objects and bytes that one collection has freed, or would free, if there was much.
    pub garbage: Option<Tally>,
    /// Memory that rose as well, and is more than what grows explains.
    pub besides: Option<Besides>,
    /// What would make the verdict surer.
    pub missing: Vec<String>,
    /// The iterations at which there was a moment.
    pub moments: Vec<u64>,
    /// Objects alive at each moment.
    pub objects: Vec<u64>,
}

impl GrowingPath {
    /// How many more elements, or what else is counted, there are in an iteration; 0 if bytes are.
    pub fn elements_per_iteration(&self) -> f64 {
        match self.kind {
            "bytes" | "native" => 0.0,
            _ => self.per_iteration,
        }
    }
}

impl GrowthReport {
    /// True if something goes on growing, by a line or by a law.
    pub fn is_leak(&self) -> bool {
        !self.growing.is_empty()
    }

    /// What is to be told first: what goes on growing or, where nothing does, what may.
    pub fn told(&self) -> &[GrowingPath] {
        if self.growing.is_empty() {
            &self.undecided
        } else {
            &self.growing
        }
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
        ignored: &[PathPattern],
    ) -> Self {
        let judge = Judge::new(history, watched, snapshot, placement);
        let moments = history.moments();
        let first = judge.found_in();
        let ByCourse {
            grows,
            ended,
            unknown,
        } = judge.with_registries(judge.by_course(&judge.rising()));
        let grows = judge.without_mirrors(grows);
        let unknown = judge.not_below(judge.without_mirrors(unknown), &grows);
        let ended = judge.not_below(judge.not_below(ended, &grows), &unknown);
        // Before what grows together is grouped: a path that is not ignored is to be named.
        let is_ignored = |rising: &Rising| {
            if history.excuse(rising.path).is_some() {
                return true;
            }
            let path = history.paths().spelled(rising.path);
            ignored.iter().any(|pattern| pattern.matches(&path))
        };
        let (ignored, grows): (Vec<_>, Vec<_>) =
            history.topmost(&grows).into_iter().partition(is_ignored);
        let (ignored_too, unknown): (Vec<_>, Vec<_>) =
            history.topmost(&unknown).into_iter().partition(is_ignored);
        let ignored: Vec<Rising> = ignored.into_iter().chain(ignored_too).collect();
        let ignored = judge.explained(&ignored);
        let (mut growing, mut remarks) = without_memory(judge.explained(&grows));
        let (mut undecided, of_unknown) = without_memory(judge.explained(&unknown));
        remarks.extend(of_unknown);
        remarks.retain(|row| {
            row.per_iteration >= SLOW
                && row.rising.is_none_or(|rising| judge.keeps_its_rate(rising))
        });
        let bounded = judge.explained(&history.topmost(&ended));
        let is_something = !growing.is_empty() || !undecided.is_empty() || !ignored.is_empty();
        if !is_something {
            match judge.outside() {
                Some(row) if row.course == Course::Unknown => undecided.push(row),
                row => growing.extend(row),
            }
        }
        let iteration_of = |moment: Option<&Moment>| moment.map_or(0, |moment| moment.iteration);
        let iterations = iteration_of(moments.last());
        Self {
            verdict: judge.verdict(&growing, &undecided, &bounded),
            growing,
            undecided,
            bounded,
            remarks,
            ignored,
            iterations,
            watched_iterations: iterations - iteration_of(moments[..first].last()),
            garbage: watched.garbage.or_else(|| history.growing_garbage()),
            besides: judge.besides().filter(|_| is_something),
            missing: watched.missing.clone(),
            moments: moments.iter().map(|moment| moment.iteration).collect(),
            objects: moments.iter().map(|moment| moment.objects).collect(),
        }
    }
}

/// What has risen and is no leak as far as is known; `None` if something is.
pub fn without_leak(
    history: &GrowthHistory,
    watched: &Watched,
    snapshot: &HeapSnapshot,
    placement: &Placement,
) -> Option<WithoutLeak> {
    Judge::new(history, watched, snapshot, placement).without_leak()
}

/// What takes memory, and what is only counted: references, which take none.
fn without_memory(rows: Vec<GrowingPath>) -> (Vec<GrowingPath>, Vec<GrowingPath>) {
    let takes_memory = |row: &GrowingPath| {
        let growth = row.rising.map(|rising| rising.growth);
        growth != Some(Growth::References) || row.bytes_per_iteration >= LEAST_RATE
    };
    rows.into_iter().partition(takes_memory)
}
