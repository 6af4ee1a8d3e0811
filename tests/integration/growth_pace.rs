//! Whether what comes slowly comes with the iterations or by the clock.

use heapgraph::analysis::{Cause, Pace};

use crate::random::Random;

const FAST: usize = 400;
const SLOW: usize = 80;

/// What is known after so many pairs of turns, each of which brings what `came` says.
fn cause(pairs: usize, mut came: impl FnMut(bool) -> u64) -> Option<Cause> {
    let mut amount = 1000;
    let mut pace = Pace::new(amount);
    for turn in 0..2 * pairs {
        let is_slow = turn % 2 == 1;
        amount += came(is_slow);
        pace.end_turn(amount, is_slow);
        if pace.cause().is_some() {
            break;
        }
    }
    pace.cause()
}

/// How many of `tries` succeed, each once in `rate` times.
fn drawn(random: &mut Random, tries: usize, rate: usize) -> u64 {
    (0..tries).filter(|_| random.one_in(rate)).count() as u64
}

#[test]
fn what_comes_in_fast_iterations_comes_with_them() {
    let in_turn = |is_slow| if is_slow { SLOW } else { FAST };
    let mut wrong = 0;
    for seed in 0..200 {
        let mut random = Random::new(seed);
        // From twenty in a fast turn to one in five of them.
        let rate = 20 + random.below(1980);
        let told = cause(1000, |is_slow| drawn(&mut random, in_turn(is_slow), rate));
        wrong += usize::from(told != Some(Cause::Iterations));
    }
    assert!(wrong <= 2, "{wrong} of 200");
}

#[test]
fn what_comes_in_slow_iterations_as_well_comes_by_the_clock() {
    let mut wrong = 0;
    for seed in 0..200 {
        let mut random = Random::new(seed);
        // In bursts: all of a turn, or nothing.
        let (rate, burst) = (1 + random.below(10), 1 + random.below(20) as u64);
        let told = cause(500, |_| drawn(&mut random, 1, rate) * burst);
        wrong += usize::from(told != Some(Cause::Clock));
    }
    assert!(wrong <= 2, "{wrong} of 200");
}

#[test]
fn how_many_turns_are_certain() {
    let by_iterations = |is_slow: bool| u64::from(!is_slow);
    assert_eq!(cause(11, by_iterations), None);
    assert_eq!(cause(12, by_iterations), Some(Cause::Iterations));
    assert_eq!(cause(5, |_| 3), None);
    assert_eq!(cause(6, |_| 3), Some(Cause::Clock));
    // A table that has just been filled says nothing.
    assert_eq!(cause(500, |_| 0), None);
}
