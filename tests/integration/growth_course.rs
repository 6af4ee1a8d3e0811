//! Whether what rises goes on, by series that are drawn by hand or made by laws of growth.

use heapgraph::analysis::{Course, Point, course, is_settled, is_straight, rises_slowly};

use crate::random::Random;

/// How much there is after each of some iterations.
fn rising(from: u64, to: u64, amount: impl Fn(u64) -> u64) -> Vec<Point> {
    (from..=to)
        .map(|iteration| (iteration, amount(iteration)))
        .collect()
}

/// The course of a series that is found to rise at four moments and watched for `budget` iterations, each
/// looked at.
fn watched(budget: u64, amount: impl Fn(u64) -> u64) -> Course {
    let first: Vec<Point> = [7, 12, 17, 22].map(|n| (n, amount(n))).to_vec();
    course(&first, &rising(23, 22 + budget, amount))
}

fn is_bounded(course: Course) -> bool {
    matches!(course, Course::Levelled { .. } | Course::Saws { .. })
}

fn is_growth(course: Course) -> bool {
    matches!(
        course,
        Course::Steady
            | Course::Slowing {
                is_lawful: true,
                ..
            }
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
fn power(n: u64, factor: f64, exponent: f64) -> u64 {
    (factor * (n as f64).powf(exponent)) as u64
}

/// How many different keys of `keys` were drawn by chance after each of so many draws.
fn drawn_keys(seed: u64, keys: usize, draws: usize) -> Vec<u64> {
    let mut random = Random::new(seed);
    let mut different = std::collections::BTreeSet::new();
    let draw = |_| {
        different.insert(random.below(keys));
        different.len() as u64
    };
    (0..=draws).map(draw).collect()
}

#[test]
fn a_leak_goes_on_and_a_cache_comes_to_an_end() {
    let first = rising(0, 20, |iteration| iteration);
    let leak = rising(21, 2000, |iteration| iteration);
    assert_eq!(course(&first, &leak), Course::Steady);
    let half_as_fast = rising(21, 2000, |iteration| 20 + (iteration - 20) * 6 / 10);
    assert_eq!(course(&first, &half_as_fast), Course::Steady);
    let cache = rising(21, 2000, |iteration| iteration.min(1000));
    let ended = Course::Levelled {
        most: 1000,
        since: 1000,
    };
    assert_eq!(course(&first, &cache), ended);
    assert!(!is_settled(&leak, 20));
    assert!(!is_settled(&cache[..1500], 20));
    assert!(is_settled(&cache, 20));
}

#[test]
fn growth_by_a_power_is_never_bounded_and_its_exponent_is_told() {
    for tenths in 3..=10 {
        let exponent = f64::from(tenths) / 10.0;
        for factor in [10.0, 1000.0] {
            let amount = |n| power(n, factor, exponent);
            for budget in [50, 200, 1000, 2000, 20_000] {
                let course = watched(budget, amount);
                assert!(!is_bounded(course), "n^{exponent} for {budget}: {course:?}");
            }
            match watched(2000, amount) {
                Course::Steady => assert!(exponent > 0.84, "n^{exponent}"),
                Course::Slowing {
                    exponent: told,
                    is_lawful,
                } => {
                    assert!((told - exponent).abs() < 0.05, "n^{exponent}: {told}");
                    // Of few elements the exponent is not known well enough.
                    let is_many = amount(2000) > 400;
                    assert_eq!(is_lawful, is_many, "{factor} n^{exponent}");
                }
                other => panic!("n^{exponent}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_longer_budget_turns_no_leak_into_something_bounded() {
    for seed in 0..20 {
        let mut random = Random::new(seed);
        // Zero to three in an iteration, in bursts of up to five.
        let (rate, burst) = (2 + random.below(8), 1 + random.below(5) as u64);
        let mut amounts = vec![0];
        for n in 0..5000 {
            let more = if random.one_in(rate) { burst } else { 0 };
            amounts.push(amounts[n] + more);
        }
        let amount = |n: u64| amounts[usize::try_from(n).unwrap()];
        for budget in [300, 600, 1200, 2400, 4900] {
            let course = watched(budget, amount);
            assert!(!is_bounded(course), "seed {seed}, {budget}: {course:?}");
        }
        assert_eq!(watched(4900, amount), Course::Steady, "seed {seed}");
    }
}

#[test]
fn the_scale_of_a_series_changes_nothing() {
    let series: [&dyn Fn(u64) -> u64; 6] = [
        &|n| n,
        &|n| n / 7,
        &|n| power(n, 10.0, 0.6),
        &|n| n.min(700),
        &|n| n % 50,
        &|n| n % 50 + n / 10,
    ];
    for (number, amount) in series.iter().enumerate() {
        let kind = |course| std::mem::discriminant(&course);
        for factor in [2, 10, 1_000, 1_000_000] {
            let scaled = watched(2000, |n| amount(n) * factor);
            assert_eq!(
                kind(scaled),
                kind(watched(2000, amount)),
                "{number} x {factor}"
            );
        }
    }
}

#[test]
fn what_comes_once_in_a_period_goes_on() {
    for period in 1..=50 {
        assert_eq!(watched(2000, |n| n / period), Course::Steady, "{period}");
        let saw = watched(2000, |n| n % (2 * period));
        assert!(is_bounded(saw) || period == 1, "{period}: {saw:?}");
    }
}

#[test]
fn a_cache_whose_keys_come_by_chance_is_never_called_a_leak() {
    for seed in 0..20 {
        for keys in [100, 300, 1000, 2000] {
            let sizes = drawn_keys(seed, keys, 2022);
            let course = watched(2000, |n| sizes[usize::try_from(n).unwrap()]);
            assert!(!is_growth(course), "seed {seed}, {keys} keys: {course:?}");
        }
    }
}

#[test]
fn a_cache_that_has_just_been_filled_is_not_known_yet() {
    for size in [100, 900, 1500, 1900] {
        let course = watched(2000, |n| n.min(size));
        assert_eq!(is_bounded(course), size < 1000, "{size}: {course:?}");
        assert!(!is_growth(course), "{size}: {course:?}");
    }
}

#[test]
fn what_rises_now_and_then_and_has_not_settled_rises_slowly() {
    // One in twenty iterations, and one in two.
    assert!(rises_slowly(
        &rising(21, 2000, |iteration| iteration / 20),
        21
    ));
    assert!(!rises_slowly(
        &rising(21, 2000, |iteration| iteration / 2),
        21
    ));
    // As much since 400 iterations.
    let ended = rising(21, 2000, |iteration| iteration.min(400) / 20);
    assert!(!rises_slowly(&ended, 21));
    assert!(!rises_slowly(&rising(21, 2000, |_| 7), 21));
    assert!(!rises_slowly(&[], 0));
}

#[test]
fn what_is_emptied_now_and_then_does_not_go_on() {
    let first = rising(0, 20, |iteration| iteration);
    let saw = rising(21, 2000, |iteration| iteration % 101);
    assert!(matches!(
        course(&first, &saw),
        Course::Saws { most: 100, .. }
    ));
    // Looked at ever more rarely: a cache that is emptied by a third when it has 750.
    let cache = |iteration: u64| {
        if iteration < 750 {
            iteration
        } else {
            500 + iteration % 250
        }
    };
    let mut looks = rising(21, 221, cache);
    looks.extend(
        (222..3000)
            .step_by(19)
            .map(|iteration| (iteration, cache(iteration))),
    );
    assert!(matches!(course(&first, &looks), Course::Saws { .. }));
    // One of twenty stays each time.
    let rising_saw = rising(21, 2000, |iteration| iteration % 20 + iteration / 20);
    assert_eq!(course(&first, &rising_saw), Course::Steady);
}

#[test]
fn what_has_fallen_between_snapshots_rises_and_falls() {
    // Seen at a few moments only, which its teeth happen to let rise.
    let first = [(7, 49), (12, 84), (17, 119), (22, 154)];
    let later = [(72, 60), (172, 114), (272, 160)];
    assert!(is_bounded(course(&first, &later)));
}

#[test]
fn a_saw_whose_tip_is_new_is_not_known_yet() {
    // Emptied once, at 1,500, and never seen as full again.
    let course = watched(2000, |n| n % 1500);
    assert_eq!(course, Course::Unknown);
}

#[test]
fn a_leak_that_slows_down_once_goes_on() {
    // Three in an iteration, from the fortieth on one.
    let slow = |n: u64| if n < 40 { 3 * n } else { 120 + (n - 40) };
    let first = rising(0, 4, slow);
    assert_eq!(course(&first, &rising(4, 2000, slow)), Course::Steady);
}

#[test]
fn a_short_watch_tells_a_leak_that_is_emptied_a_little_now_and_then() {
    // Ten more each time, eleven fewer each seventh.
    let saw = |n: u64| 10 * n - 21 * (n / 7);
    let first = rising(0, 4, saw);
    assert_eq!(course(&first, &rising(4, 25, saw)), Course::Steady);
    // Up and down by chance.
    let chance = |n: u64| n * 7919 % 50;
    let ended = course(&[(0, 1), (1, 5), (2, 9)], &rising(2, 25, chance));
    assert!(!is_growth(ended), "{ended:?}");
}

#[test]
fn what_had_no_time_to_go_on_is_judged_by_what_there_is() {
    let first = rising(0, 4, |n| 2 * n);
    assert_eq!(course(&first, &first[first.len() - 1..]), Course::Steady);
}

#[test]
fn what_nobody_watched_is_judged_by_its_last_third() {
    let points = |amounts: &[u64]| -> Vec<Point> {
        (0..).step_by(10).zip(amounts.iter().copied()).collect()
    };
    let course = |amounts: &[u64]| course(&points(amounts), &[]);
    assert_eq!(course(&[1, 2, 3, 4, 5, 6]), Course::Steady);
    // It rises still.
    assert_eq!(course(&[10, 20, 30, 40, 41, 42]), Course::Unknown);
    assert!(is_bounded(course(&[10, 20, 30, 30, 30])));
    assert!(is_bounded(course(&[10, 30, 20, 30, 20])));
    assert_eq!(course(&[10, 30, 20, 31]), Course::Unknown);
    assert_eq!(course(&[1, 2]), Course::Unknown);
    assert_eq!(course(&[4, 5, 6, 7]), Course::Steady);
    assert_eq!(course(&[4, 5, 6]), Course::Steady);
}

#[test]
fn a_straight_rise_is_known_early() {
    assert!(is_straight(&rising(22, 322, |n| n)));
    assert!(!is_straight(&rising(22, 321, |n| n)));
    // A batch of ten in each tenth iteration.
    assert!(is_straight(&rising(22, 400, |n| n / 10 * 10)));
    for bent in [
        rising(22, 400, |n| power(n, 10.0, 0.9)),
        rising(22, 400, |n| n.min(390)),
        rising(22, 400, |n| n % 300),
        rising(22, 400, |_| 5),
        // Three moments at which something that rises and falls held more each time.
        vec![(22, 49), (72, 60), (172, 114), (372, 160)],
        // It may come by the clock.
        rising(22, 1100, |n| n / 11),
    ] {
        assert!(!is_straight(&bent));
    }
}

#[test]
fn looks_that_come_ever_more_rarely_tell_the_same() {
    let amount = |n| power(n, 10.0, 0.5);
    let mut looks = rising(23, 222, amount);
    while looks.last().unwrap().0 < 2022 {
        let last = looks.last().unwrap().0;
        let next = (last + (last - 222) / 100 + 1).min(2022);
        looks.push((next, amount(next)));
    }
    let first: Vec<Point> = [7, 12, 17, 22].map(|n| (n, amount(n))).to_vec();
    let course = course(&first, &looks);
    assert!(is_growth(course), "{course:?}");
}
