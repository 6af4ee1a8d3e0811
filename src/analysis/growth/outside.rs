//! What grows and is not in the graph: blocks that no walk sees, and memory that is not Python's.

use super::course::{Course, Point, course, rate};
use super::history::GrowthHistory;
use super::judge::Judge;
use super::moment::Moment;
use super::report::{GrowingPath, Source};
use super::shares::Share;
use super::thresholds::{
    ITERATIONS_A_BLOCK, LEAST_BESIDES, LEAST_GIVEN_OUT, LEAST_GIVEN_OUT_RATE, LEAST_MEDIAN,
    LEAST_RATE, LEAST_RESIDENT, LEAST_RESIDENT_RATE, OBJECTS_EXPLAIN, STRAIGHT_ITERATIONS,
};
use crate::analysis::Fingerprint;

/// One kind of memory.
struct Outside {
    kind: &'static str,
    /// A word for it, and what is said instead of a path.
    name: (&'static str, &'static str),
    amount: fn(&Moment) -> Option<u64>,
    /// By how much it has to rise from each moment to the next.
    least: u64,
}

const NATIVE: &str = "native";

const BLOCKS: (&str, &str) = ("blocks", "<blocks that no walk sees>");

/// What is said of resident memory whose allocator does not tell where it has gone; else one of those
/// that follow.
const OUTSIDE: (&str, &str) = (NATIVE, "<memory outside the Python heap>");
const LEAK: (&str, &str) = ("leak", "<memory that compiled code has not given back>");
const FRAGMENTATION: (&str, &str) = (
    "fragmentation",
    "<free memory in pieces that the C allocator can not give back>",
);
const MAPPING: (&str, &str) = (
    "mapping",
    "<memory mapped by a library, or kept in pieces by Python's own allocator>",
);

const KINDS: [Outside; 3] = [
    Outside {
        kind: "blocks",
        name: BLOCKS,
        amount: Moment::unseen_blocks,
        least: 1,
    },
    Outside {
        kind: NATIVE,
        name: OUTSIDE,
        amount: |moment| moment.memory.resident,
        least: LEAST_RESIDENT,
    },
    Outside {
        kind: NATIVE,
        name: LEAK,
        amount: Moment::given_out,
        least: LEAST_GIVEN_OUT,
    },
];

/// True if a program under which nothing rises has so much more memory after some iterations that it
/// is worth a closer look: a block in every other one, or bytes, resident or given out by the C
/// allocator, that are more than noise.
pub fn is_more_memory(iterations: u32, blocks: i64, resident: i64, given_out: i64) -> bool {
    let iterations = i64::from(iterations);
    let least = |rate: i64, least: u64| (iterations * rate).max(least.cast_signed());
    blocks * ITERATIONS_A_BLOCK >= iterations
        || resident >= least(LEAST_RESIDENT_RATE, LEAST_RESIDENT)
        || given_out >= least(LEAST_GIVEN_OUT_RATE, LEAST_GIVEN_OUT)
}

impl GrowthHistory {
    /// True if no memory outside the graph is more than at an earlier moment of those from `first` on. Of
    /// two moments noise is too much of what is seen.
    pub fn memory_settled(&self, first: usize) -> bool {
        KINDS.iter().all(|kind| {
            let moments = self.moments().iter().skip(first);
            let amounts: Vec<u64> = moments.filter_map(kind.amount).collect();
            amounts.split_last().is_none_or(|(last, before)| {
                before.len() > 1 && before.iter().any(|before| before + kind.least > *last)
            })
        })
    }

    /// How many blocks that no walk sees, resident bytes and bytes of the C allocator are more than the objects
    /// explain that have come between the last two moments. Of the bytes as many more are there as is given;
    /// objects have neither the allocator's rounding nor what they share.
    pub fn beyond_objects(&self, resident: i64, given_out: i64) -> (i64, i64, i64) {
        let [.., first, last] = self.moments() else {
            return (0, resident, given_out);
        };
        let rise = |amount: fn(&Moment) -> Option<u64>| {
            let rise = amount(last).zip(amount(first));
            rise.map_or(0, |(last, first)| last.saturating_sub(first).cast_signed())
        };
        let explain = |rise: i64| rise.saturating_mul(OBJECTS_EXPLAIN.cast_signed());
        let bytes = explain(rise(|moment| Some(moment.bytes())));
        let objects = explain(rise(|moment| Some(moment.objects)));
        let blocks = rise(Moment::unseen_blocks);
        (blocks - objects, resident - bytes, given_out - bytes)
    }
}

/// Memory that rose beside something that grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Besides {
    /// What it is, as a path would say.
    pub path: &'static str,
    /// How many bytes there are more in an iteration.
    pub per_iteration: f64,
    /// By how many bytes the resident memory rose.
    pub resident: u64,
    /// By how many bytes the objects of the heap did.
    pub objects: u64,
}

impl Judge<'_> {
    /// How much more memory the process has since the watch began, where what was found to grow does
    /// not explain it: more than twice the bytes of all objects, which have neither the allocator's
    /// rounding nor what they share, and more than noise.
    pub(super) fn besides(&self) -> Option<Besides> {
        let start = self.watched.moments_before.checked_sub(1)?;
        let (first, last) = (
            self.history.moments().get(start)?,
            self.history.moments().last()?,
        );
        let resident = last.memory.resident?.saturating_sub(first.memory.resident?);
        let objects = last.bytes().saturating_sub(first.bytes());
        let unexplained = resident.saturating_sub(OBJECTS_EXPLAIN * objects);
        let iterations = last.iteration - first.iteration;
        let enough = (iterations * LEAST_RESIDENT_RATE.cast_unsigned()).max(LEAST_BESIDES);
        (unexplained >= enough).then(|| Besides {
            path: cause(first, last).unwrap_or(OUTSIDE).1,
            per_iteration: rate((first.iteration, 0), (last.iteration, resident - objects)),
            resident,
            objects,
        })
    }

    /// What rises at each moment of the watch of memory, and goes on; those before it are too near to one
    /// another, and a cache that fills up meanwhile takes memory, too.
    pub(super) fn outside(&self) -> Option<GrowingPath> {
        let moments = self.history.moments().get(self.watched.memory_from?..)?;
        let mut row = KINDS.iter().find_map(|kind| growing(kind, moments))?;
        let (first, last) = (moments.first()?, moments.last()?);
        let iterations = last.iteration - first.iteration;
        let much = iterations.saturating_mul(LEAST_RESIDENT_RATE.cast_unsigned());
        let growth = row.series.last().zip(row.series.first());
        let is_little = growth.is_none_or(|(last, first)| last - first < much);
        if row.kind == NATIVE && is_little && iterations < STRAIGHT_ITERATIONS {
            // What an allocator needs before it is at rest looks like that.
            row.course = Course::Unknown;
        }
        Some(row)
    }
}

/// What most of the resident memory that has come is, by what the C allocator says of its own: given
/// out, or free and not given back, or none of its memory.
fn cause(first: &Moment, last: &Moment) -> Option<(&'static str, &'static str)> {
    let (first, last) = (first.memory, last.memory);
    let resident = last.resident?.saturating_sub(first.resident?);
    let change = last.allocator?.since(first.allocator?);
    // Less than before is a large number modulo 4 GiB; the watch ends long before 2 GiB have come.
    let is_most = |bytes: u32| u64::try_from(bytes.cast_signed()).unwrap_or(0) >= resident / 2;
    Some(if is_most(change.given_out) {
        LEAK
    } else if is_most(change.held.wrapping_sub(change.given_out)) {
        FRAGMENTATION
    } else {
        MAPPING
    })
}

/// True if objects of the heap explain half of the blocks: a list has one of its own, and one for what it
/// holds. Where nothing grows in the graph, they take places that were made before.
fn are_of_objects(moments: &[Moment]) -> bool {
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return false;
    };
    let unseen = last.unseen_blocks().zip(first.unseen_blocks());
    let unseen = unseen.map_or(0, |(last, first)| last.saturating_sub(first));
    OBJECTS_EXPLAIN * last.objects.saturating_sub(first.objects) >= unseen
}

/// True if half of what the C allocator has given out may be for objects of the heap, large ones.
fn is_of_objects(moments: &[Moment]) -> bool {
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return false;
    };
    let given_out = last.given_out().zip(first.given_out());
    let given_out = given_out.map_or(0, |(last, first)| last.saturating_sub(first));
    OBJECTS_EXPLAIN * last.bytes().saturating_sub(first.bytes()) >= given_out
}

/// The middle one of the rates from each point to the next; of an even number the lower.
fn median_rate(points: &[Point]) -> f64 {
    let pairs = points.windows(2);
    let mut rates: Vec<f64> = pairs
        .map(|pair| super::course::rate(pair[0], pair[1]))
        .collect();
    rates.sort_by(f64::total_cmp);
    rates
        .get(rates.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0.0)
}

fn growing(kind: &Outside, moments: &[Moment]) -> Option<GrowingPath> {
    let point = |moment: &Moment| Some((moment.iteration, (kind.amount)(moment)?));
    let points: Vec<Point> = moments.iter().map(point).collect::<Option<_>>()?;
    let (&first, &last) = (points.first()?, points.last()?);
    let pairs = points.windows(2);
    let rises = pairs.map(|pair| pair[1].1 >= pair[0].1.saturating_add(kind.least));
    let rate = rate(first, last);
    let course = course(&points, &[]);
    // Unknown of two moments only, where the watch was cut short.
    if !rises.min()?
        || rate < LEAST_RATE
        || median_rate(&points) < rate * LEAST_MEDIAN
        || !matches!(course, Course::Steady | Course::Unknown)
    {
        return None;
    }
    let (word, path) = match kind.name {
        OUTSIDE => cause(moments.first()?, moments.last()?).unwrap_or(OUTSIDE),
        LEAK if is_of_objects(moments) => return None,
        BLOCKS if are_of_objects(moments) => return None,
        name => name,
    };
    Some(GrowingPath {
        rising: None,
        kind: kind.kind,
        path: path.into(),
        type_name: word.into(),
        holder: None,
        outside: None,
        chain: None,
        // Only changes mean something.
        series: points.iter().map(|point| point.1 - first.1).collect(),
        per_iteration: rate,
        bytes_per_iteration: if kind.kind == NATIVE { rate } else { 0.0 },
        elements: Vec::new(),
        course,
        limit: None,
        fingerprint: Fingerprint::of_texts(&[path]),
        also: Vec::new(),
        share: Share::default(),
        excuse: None,
        source: Source::default(),
    })
}
