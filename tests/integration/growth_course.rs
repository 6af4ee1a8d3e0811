//! Whether what rises goes on, by series that are drawn by hand.

use heapgraph::analysis::{Course, course, is_settled, rises_slowly};

/// How much there is after each of some iterations.
fn rising(from: u64, to: u64, amount: impl Fn(u64) -> u64) -> Vec<(u64, u64)> {
    (from..=to)
        .map(|iteration| (iteration, amount(iteration)))
        .collect()
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
fn what_rises_now_and_then_and_has_not_settled_rises_slowly() {
    // One in twenty iterations, and one in two.
    assert!(rises_slowly(&rising(21, 2000, |iteration| iteration / 20)));
    assert!(!rises_slowly(&rising(21, 2000, |iteration| iteration / 2)));
    // As much since 400 iterations.
    assert!(!rises_slowly(&rising(21, 2000, |iteration| {
        iteration.min(400) / 20
    })));
    assert!(!rises_slowly(&rising(21, 2000, |_| 7)));
    assert!(!rises_slowly(&[]));
}

#[test]
fn what_is_emptied_now_and_then_does_not_go_on() {
    let first = rising(0, 20, |iteration| iteration);
    let saw = rising(21, 2000, |iteration| iteration % 101);
    let ended = Course::Saws {
        most: 100,
        since: 100,
    };
    assert_eq!(course(&first, &saw), ended);
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
fn a_leak_that_slows_down_once_goes_on() {
    // Three in an iteration, from the fortieth on one.
    let slow = |n: u64| if n < 40 { 3 * n } else { 120 + (n - 40) };
    let first = rising(0, 4, slow);
    assert_eq!(course(&first, &rising(4, 2000, slow)), Course::Steady);
    // A cache of 2,000 keys that come by chance: what is new comes less and less often.
    let mut state = 1_u64;
    let mut cache = std::collections::BTreeSet::new();
    let sizes: Vec<u64> = (0..=2000)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            cache.insert((state >> 33) % 2000);
            cache.len() as u64
        })
        .collect();
    let size = |n: u64| sizes[usize::try_from(n).unwrap()];
    let ended = course(&rising(0, 4, size), &rising(4, 2000, size));
    assert!(matches!(ended, Course::Levelled { .. }), "{ended:?}");
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
    assert!(matches!(ended, Course::Saws { .. }), "{ended:?}");
}

#[test]
fn what_had_no_time_to_go_on_is_judged_by_what_there_is() {
    let first = rising(0, 4, |n| 2 * n);
    assert_eq!(course(&first, &first[first.len() - 1..]), Course::Steady);
}

#[test]
fn what_nobody_watched_is_judged_by_its_last_third() {
    let points =
        |amounts: [u64; 6]| -> Vec<(u64, u64)> { (0..).step_by(10).zip(amounts).collect() };
    assert_eq!(course(&points([1, 2, 3, 4, 5, 6]), &[]), Course::Steady);
    assert!(matches!(
        course(&points([10, 20, 30, 40, 41, 42]), &[]),
        Course::Levelled { .. }
    ));
    assert_eq!(
        course(&points([1, 2, 3, 4, 5, 6])[..2], &[]),
        Course::Unknown
    );
    let few = [(0, 4), (1, 5), (2, 6), (3, 7)];
    assert_eq!(course(&few, &[]), Course::Steady);
    assert_eq!(course(&few[..3], &[]), Course::Steady);
}
