//! Whether what has risen goes on rising.

/// What became of something that rose while the scenario ran on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Course {
    /// It rises still, and does not slow down any more.
    Steady,
    /// It has come to an end, or nearly so.
    Levelled {
        /// The most there was.
        most: u64,
        /// The iteration at which there was as much for the first time.
        since: u64,
    },
    /// It rises and falls; it does not exceed what it was before.
    Saws {
        /// The most there was.
        most: u64,
        /// The iteration at which there was as much for the first time.
        since: u64,
    },
    /// Too little is known: there are fewer than three moments.
    Unknown,
}

/// How much there was at some iteration.
pub type Point = (u64, u64);

/// Judges a series by how fast it rises in the last third of what was watched, against how fast it
/// rose at first.
///
/// `first` are the points at which it was found to rise, `later` those that followed, both in order.
/// Half as fast is still steady: a leak need not be quite even, and what fills up slows down for
/// good. What is slower than that, up to four times, but as fast as in the middle third does not slow
/// down any more; what is slower still may have a key for each millisecond.
/// What rises and falls is judged by its highest and lowest points.
pub fn course(first: &[Point], later: &[Point]) -> Course {
    let (Some(&start), Some(&found)) = (first.first(), first.last()) else {
        return Course::Unknown;
    };
    let Some(&end) = later.last().filter(|end| end.0 > found.0) else {
        return without_later(first);
    };
    let most_until = |iteration: u64| {
        let points = first.iter().chain(later);
        let points = points.filter(|point| point.0 <= iteration);
        points.map(|point| point.1).max().unwrap_or(0)
    };
    // The last point until an iteration, as high as it had come by then.
    let highest = |iteration: u64| {
        let mut known = later.iter().rev().map(|point| point.0);
        let known = known.find(|&known| known <= iteration && known < end.0);
        let known = known.unwrap_or(found.0);
        (known, most_until(known))
    };
    let length = end.0 - found.0;
    let [first_third, second_third] = [2, 1].map(|thirds| highest(end.0 - thirds * length / 3));
    let most = most_until(end.0);
    let now = rate(second_third, (end.0, most));
    let since = (first.iter().chain(later))
        .find(|point| point.1 == most)
        .map_or(end.0, |point| point.0);
    if later.windows(2).any(|pair| pair[1].1 < pair[0].1) {
        return if rises_with_its_falls(later) {
            Course::Steady
        } else {
            Course::Saws { most, since }
        };
    }
    let slows_no_more = || {
        first_third.0 < second_third.0
            && now >= rate(first_third, second_third) * LEAST_OF_STEADY
            && most_until(end.0 - length / 6) > second_third.1
    };
    let before = rate(start, found);
    if now > 0.0 && (now >= before / 2.0 || now >= before / 4.0 && slows_no_more()) {
        return Course::Steady;
    }
    Course::Levelled { most, since }
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
        low < middle && middle < high && (high - middle) * 2 >= middle - low
    };
    steps(first.0, second.0, third.0) && steps(first.1, second.1, third.1)
}

/// The course of what nobody watched afterwards: the last third of the points against the others.
fn without_later(points: &[Point]) -> Course {
    if points.len() < 3 {
        return Course::Unknown;
    }
    let (first, later) = points.split_at(points.len() - points.len().div_ceil(3));
    if first.len() < 2 {
        let (before, now) = (rate(points[0], points[1]), rate(points[1], points[2]));
        return if now >= before / 2.0 {
            Course::Steady
        } else {
            course(&points[..2], &points[2..])
        };
    }
    course(first, later)
}

/// By how much it rises in an iteration.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts beyond 2^53 would be rounded, which changes no rate"
)]
pub fn rate(from: Point, to: Point) -> f64 {
    let iterations = to.0.saturating_sub(from.0).max(1);
    (to.1 as f64 - from.1 as f64) / iterations as f64
}

/// True if watching can end: nothing new since at least as many iterations as it took to come there.
pub fn is_settled(looks: &[Point], start: u64) -> bool {
    let Some(&(end, _)) = looks.last() else {
        return false;
    };
    let most = looks.iter().map(|look| look.1).max().unwrap_or(0);
    let since = looks.iter().find(|look| look.1 == most);
    since.is_some_and(|&(since, _)| {
        let taken = since.saturating_sub(start);
        end - since >= taken.max(FEWEST_QUIET)
    })
}

/// True if there is more and more, but something new in few iterations only.
pub fn rises_slowly(looks: &[Point]) -> bool {
    let (Some(&first), Some(&last)) = (looks.first(), looks.last()) else {
        return false;
    };
    last.1 > first.1 && rate(first, last) < SLOW && !is_settled(looks, first.0)
}

/// New elements in an iteration that are few.
const SLOW: f64 = 0.1;

/// Points of a third of which lowest and highest mean something.
const FEWEST_OF_THIRD: usize = 10;

/// Points of a third that are compared with those of another: that all of three are higher than three
/// others happens by chance once in twenty times.
const FEWEST_TO_COMPARE: usize = 3;

/// How much of the rate of one third makes that of the next the same. A cache of 2,000 random keys,
/// filled by 2,000 iterations, comes to 0.72, one of 6,000 to 0.89.
const LEAST_OF_STEADY: f64 = 0.9;

/// So many iterations without anything new at least are an end of growth.
const FEWEST_QUIET: u64 = 60;
