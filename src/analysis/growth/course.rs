//! Whether what has risen goes on rising.
//!
//! What grows like `c * n^p` rises by `2^p` times as much in each doubling of the iterations, whatever
//! `c` is. So the last two doublings tell the exponent, and the one before whether it stays: that is a
//! law; what fills up falls off.

use super::thresholds::{
    FEWEST_MEASURED, FEWEST_OF_THIRD, FEWEST_QUIET, FEWEST_TO_COMPARE, LEAST_LAW,
    LEAST_NOISY_EXPONENT, LEAST_OF_RATE, LEAST_OF_STEP, LOOK_DIFFERS, LOOK_DIFFERS_PART,
    MOST_DECLINE, NEAR_PEAK, NOISE, QUIET_PAUSES, SLOW, STEADY_EXPONENT, STRAIGHT_ERROR,
    STRAIGHT_ITERATIONS,
};

/// What became of something that rose while the scenario ran on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// It rises still, and does not slow down.
    Steady,
    /// It rises still, ever more slowly, as a power of the iterations.
    Slowing {
        /// The power.
        exponent: f64,
        /// True if it has been the same over three doublings: no end is in sight.
        is_lawful: bool,
    },
    /// It has come to an end: nothing new for as long as it took to come there.
    Levelled {
        /// The most there was.
        most: u64,
        /// The iteration at which there was as much for the first time.
        since: u64,
    },
    /// It rises and falls, and has not exceeded what it was for as long as it took to come there.
    Saws {
        /// The most there was.
        most: u64,
        /// The iteration at which there was as much for the first time.
        since: u64,
    },
    /// It rises still, and no more slowly where iterations are slower: a table of times may do so until it is
    /// full.
    ByClock,
    /// Too little is known.
    Unknown,
}

/// How much there was at some iteration.
pub type Point = (u64, u64);

/// Judges a series by the last doublings of the iterations.
///
/// `first` are the points at which it was found to rise, `later` those that followed, both in order.
/// Without later ones it is judged by what there is.
pub fn course(first: &[Point], later: &[Point]) -> Course {
    let found = first.last().map_or(0, |point| point.0);
    if later.last().is_none_or(|end| end.0 <= found) {
        return without_later(first);
    }
    let points: Vec<Point> = first.iter().chain(later).copied().collect();
    let Some(peak) = Peak::of(&points) else {
        return Course::Unknown;
    };
    let at_first = first.last().zip(later.first());
    let has_fallen = at_first.is_some_and(|(found, next)| next.1 < found.1);
    if has_fallen || later.windows(2).any(|pair| pair[1].1 < pair[0].1) {
        let peak = peak.of_saw(&points);
        return if rises_with_its_falls(later) {
            Course::Steady
        } else if peak.is_past() {
            peak.saws()
        } else {
            Course::Unknown
        };
    }
    if peak.is_past() {
        return peak.levelled();
    }
    let Some(&end) = later.last() else {
        return Course::Unknown;
    };
    let measured = points
        .iter()
        .filter(|point| 4 * point.0 > end.0 && point.0 < end.0);
    if measured.count() < FEWEST_MEASURED {
        if points.windows(2).any(|pair| pair[1].1 < pair[0].1) {
            return Course::Unknown;
        }
        // Between two points everything looks straight.
        return as_fast_as_at_first(&points, first[first.len() - 1], end);
    }
    let doublings = Doublings::of(&points);
    let course = doublings.map_or(Course::Unknown, |doublings| doublings.course());
    match course {
        Course::Steady if pauses(later) => Course::Unknown,
        other => other,
    }
}

/// The course of what holds no more at its last point than at its first: it falls as it rises, wherever in that
/// the last look has met it. `None` of anything else.
pub(super) fn fallen_back(points: &[Point]) -> Option<Course> {
    let (first, last) = (points.first()?, points.last()?);
    let has_fallen = last.0 > first.0 && last.1 <= first.1;
    Peak::of(points)
        .filter(|_| has_fallen)
        .map(|peak| peak.saws())
}

/// The highest point of a series.
struct Peak {
    start: u64,
    end: u64,
    most: u64,
    since: u64,
}

impl Peak {
    fn of(points: &[Point]) -> Option<Self> {
        let most = points.iter().map(|point| point.1).max()?;
        let since = points.iter().find(|point| point.1 == most)?.0;
        Some(Self {
            start: points.first()?.0,
            end: points.last()?.0,
            most,
            since,
        })
    }

    /// That of what rises and falls: a look seldom meets the very tip.
    fn of_saw(self, points: &[Point]) -> Self {
        let near = as_f64(self.most) * NEAR_PEAK;
        let since = points.iter().find(|point| as_f64(point.1) >= near);
        Self {
            since: since.map_or(self.since, |point| point.0),
            ..self
        }
    }

    /// True if nothing was more for as long as it took to come there.
    fn is_past(&self) -> bool {
        self.end - self.since >= (self.since - self.start).max(FEWEST_QUIET)
    }

    fn levelled(&self) -> Course {
        Course::Levelled {
            most: self.most,
            since: self.since,
        }
    }

    fn saws(&self) -> Course {
        Course::Saws {
            most: self.most,
            since: self.since,
        }
    }
}

/// True if nothing has come for much longer than ever before.
fn pauses(looks: &[Point]) -> bool {
    let rises = looks.windows(2).filter(|pair| pair[1].1 > pair[0].1);
    let mut last = looks.first().map_or(0, |look| look.0);
    let mut longest = 0;
    for pair in rises {
        longest = longest.max(pair[1].0 - last);
        last = pair[1].0;
    }
    let end = looks.last().map_or(0, |look| look.0);
    longest > 0 && end - last > QUIET_PAUSES * longest
}

/// By how much a series rose in each of the last doublings of the iterations, the latest first; in shorter
/// steps where there are not so many.
struct Doublings {
    rises: [f64; 3],
    /// The logarithm of the factor between the ends of one.
    step: f64,
    /// How much the rise in parts of them varies, as a multiple of what chance would make of it.
    dispersion: f64,
}

/// Parts of a doubling that are compared with one another.
const PARTS: u32 = 6;

impl Doublings {
    fn of(points: &[Point]) -> Option<Self> {
        let (start, end) = (as_f64(points.first()?.0).max(1.0), as_f64(points.last()?.0));
        if end <= start {
            return None;
        }
        let factor = (end / start).cbrt().min(2.0);
        let amounts = [0, 1, 2, 3].map(|power| amount_at(points, end / factor.powi(power)));
        let rises = [0, 1, 2].map(|number| amounts[number] - amounts[number + 1]);
        let dispersion = f64::midpoint(
            dispersion(points, end / factor, end),
            dispersion(points, end / factor.powi(2), end / factor),
        );
        Some(Self {
            rises,
            step: factor.ln(),
            dispersion,
        })
    }

    fn course(&self) -> Course {
        let [last, before, first] = self.rises;
        if last <= 0.0 || before <= 0.0 {
            return Course::Unknown;
        }
        let exponent = (last / before).ln() / self.step;
        let error = self.error(1.0 / last + 1.0 / before);
        let is_straight_with_noise =
            exponent + NOISE * error >= 1.0 && exponent >= LEAST_NOISY_EXPONENT;
        if exponent >= STEADY_EXPONENT || is_straight_with_noise {
            return Course::Steady;
        }
        let is_lawful = first > 0.0 && exponent >= LEAST_LAW && {
            let decline = (before / first).ln() / self.step - exponent;
            let error = self.error(1.0 / last + 4.0 / before + 1.0 / first);
            decline + error <= MOST_DECLINE
        };
        Course::Slowing {
            exponent,
            is_lawful,
        }
    }

    /// The standard error of an exponent: that of a logarithm of counts.
    fn error(&self, inverse_counts: f64) -> f64 {
        (self.dispersion * inverse_counts).sqrt() / self.step
    }
}

/// The index of dispersion of what comes in the parts of an interval: 0 of what is dead even, 1 of what
/// comes by chance, more of what comes in bursts. By the differences of neighbours, so that a slope is none.
fn dispersion(points: &[Point], from: f64, to: f64) -> f64 {
    let edge = |part: u32| from + (to - from) * f64::from(part) / f64::from(PARTS);
    let rises: Vec<f64> = (0..PARTS)
        .map(|part| amount_at(points, edge(part + 1)) - amount_at(points, edge(part)))
        .collect();
    let mean = rises.iter().sum::<f64>() / f64::from(PARTS);
    let squares = rises
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2) / 2.0);
    let variance = squares.sum::<f64>() / f64::from(PARTS - 1);
    if mean > 0.0 { variance / mean } else { 0.0 }
}

/// How much there was at an iteration, on the line between the points around it.
fn amount_at(points: &[Point], iteration: f64) -> f64 {
    let next = points.partition_point(|point| as_f64(point.0) < iteration);
    let (Some(&after), Some(&before)) = (points.get(next), points.get(next.saturating_sub(1)))
    else {
        return points.last().map_or(0.0, |point| as_f64(point.1));
    };
    let width = as_f64(after.0) - as_f64(before.0);
    if width <= 0.0 {
        return as_f64(after.1);
    }
    let part = (iteration - as_f64(before.0)) / width;
    as_f64(before.1) + part * (as_f64(after.1) - as_f64(before.1))
}

/// True if what rises and falls does so around ever more: both its lowest and its highest points are
/// higher in each third, and the last step is not much smaller than the one before. Of few points only
/// what is plain counts: those of the last third are all higher than those of the first.
fn rises_with_its_falls(points: &[Point]) -> bool {
    let (Some(start), Some(end)) = (points.first(), points.last()) else {
        return false;
    };
    // By iterations: there are more points at first than later.
    let third = ((end.0 - start.0) / 3).max(1);
    let mut thirds = [const { Vec::new() }; 3];
    for &(iteration, amount) in points {
        thirds[usize::from(iteration - start.0 >= third)
            + usize::from(iteration - start.0 >= 2 * third)]
        .push(amount);
    }
    if thirds.iter().any(|third| third.len() < FEWEST_OF_THIRD) {
        let amounts: Vec<u64> = points.iter().map(|point| point.1).collect();
        let third = amounts.len() / 3;
        let (first, last) = (&amounts[..third], &amounts[amounts.len() - third..]);
        return third >= FEWEST_TO_COMPARE && last.iter().min() > first.iter().max();
    }
    let [first, second, third] = &thirds;
    let range = |third: &[u64]| third.iter().min().copied().zip(third.iter().max().copied());
    let (Some(first), Some(second), Some(third)) = (range(first), range(second), range(third))
    else {
        return false;
    };
    let steps = |low: u64, middle: u64, high: u64| {
        low < middle
            && middle < high
            && as_f64(high - middle) >= as_f64(middle - low) * LEAST_OF_STEP
    };
    steps(first.0, second.0, third.0) && steps(first.1, second.1, third.1)
}

/// The course of what nobody watched: the rate of the last third of the points against that of the others.
fn without_later(points: &[Point]) -> Course {
    let (Some(&start), Some(&end), Some(peak)) = (points.first(), points.last(), Peak::of(points))
    else {
        return Course::Unknown;
    };
    if points.len() < 3 {
        return Course::Unknown;
    }
    let is_past = end.0 - peak.since >= peak.since - start.0;
    if points.windows(2).any(|pair| pair[1].1 < pair[0].1) {
        return if is_past {
            peak.saws()
        } else {
            Course::Unknown
        };
    }
    if is_past {
        return peak.levelled();
    }
    let found = points[points.len() - points.len().div_ceil(3) - 1];
    as_fast_as_at_first(points, found, end)
}

/// The course of what is known at a few points only: whether it rises at the end about as fast as it did
/// until it was `found`.
fn as_fast_as_at_first(points: &[Point], found: Point, end: Point) -> Course {
    if rate(found, end) >= rate(points[0], found) * LEAST_OF_RATE {
        Course::Steady
    } else {
        Course::Unknown
    }
}

/// By how much it rises in an iteration.
pub fn rate(from: Point, to: Point) -> f64 {
    let iterations = to.0.saturating_sub(from.0).max(1);
    (as_f64(to.1) - as_f64(from.1)) / as_f64(iterations)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts beyond 2^53 would be rounded, which changes no rate"
)]
fn as_f64(count: u64) -> f64 {
    count as f64
}

/// True if watching can end: nothing new since at least as many iterations as it took to come there from
/// `start`.
pub fn is_settled(looks: &[Point], start: u64) -> bool {
    Peak::of(looks).is_some_and(|peak| Peak { start, ..peak }.is_past())
}

/// True if what was looked at may be what a snapshot has counted: else another object is there by then.
pub fn looks_agree(look: u64, counted: u64) -> bool {
    look.abs_diff(counted) <= LOOK_DIFFERS + counted / LOOK_DIFFERS_PART
}

/// True if it has risen fast along a straight line for so long that watching can end.
pub fn is_straight(looks: &[Point]) -> bool {
    let (Some(&start), Some(&end)) = (looks.first(), looks.last()) else {
        return false;
    };
    if end.1 <= start.1 || end.0 - start.0 < STRAIGHT_ITERATIONS {
        return false;
    }
    let slope = rate(start, end);
    if slope < SLOW {
        // It may come by the clock.
        return false;
    }
    // What comes in one iteration. Between moments that are far apart it is less: of few everything is near
    // a line.
    let step = looks.windows(2).map(|pair| rate(pair[0], pair[1]));
    let most = step.fold(0.0, f64::max) + (as_f64(end.1) - as_f64(start.1)) * STRAIGHT_ERROR;
    looks.windows(2).all(|pair| pair[0].1 <= pair[1].1)
        && looks.iter().all(|look| {
            let line = as_f64(start.1) + slope * as_f64(look.0 - start.0);
            (as_f64(look.1) - line).abs() <= most
        })
}

/// True if there is more and more since iteration `start`, but something new in few iterations only.
pub fn rises_slowly(looks: &[Point], start: u64) -> bool {
    let (Some(&first), Some(&last)) = (looks.first(), looks.last()) else {
        return false;
    };
    last.1 > first.1 && rate(first, last) < SLOW && !is_settled(looks, start)
}
