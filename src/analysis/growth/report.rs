//! What grows, judged and explained.

use rustc_hash::FxHashMap;

use super::course::{Course, Point};
use super::history::{GrowthHistory, Rising};
use super::judge::{ByCourse, Judge};
use super::moment::Moment;
use super::name_path::PathIndex;
use super::outside::Besides;
use super::placement::Placement;
use super::shares::Share;
use crate::analysis::{Fingerprint, RootChain, Tally, TypePattern};
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
        let judge = Judge::new(history, watched, snapshot, placement);
        let moments = history.moments();
        let first = judge.found_in();
        let rising = judge.rising();
        let ByCourse {
            mut grows,
            ended,
            unknown,
        } = judge.by_course(&rising);
        let is_undecided = grows.is_empty() && !unknown.is_empty();
        grows.extend(unknown);
        judge.drop_mirrors(&mut grows);
        let topmost = history.topmost(&grows);
        let ended = judge.not_below(ended, &grows);
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
        let is_something = !kept.is_empty() || !ignored.is_empty();
        if !is_something {
            let outside = judge.outside();
            // Of a watch of containers there may be no more moments than two.
            let is_told = |row: &GrowingPath| rising.is_empty() || row.course != Course::Unknown;
            kept.extend(outside.filter(is_told));
        }
        let iteration_of = |moment: Option<&Moment>| moment.map_or(0, |moment| moment.iteration);
        let iterations = iteration_of(moments.last());
        Self {
            verdict: judge.verdict(&kept, is_undecided, &bounded, first),
            growing: kept,
            bounded,
            ignored,
            iterations,
            watched_iterations: iterations - iteration_of(moments[..first].last()),
            garbage: watched.garbage,
            besides: judge.besides().filter(|_| is_something),
            missing: watched.missing.clone(),
            moments: moments.iter().map(|moment| moment.iteration).collect(),
            objects: moments.iter().map(|moment| moment.objects).collect(),
        }
    }
}
