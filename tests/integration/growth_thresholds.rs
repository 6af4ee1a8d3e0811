//! Each number that decides a verdict on growth: a pair of drawn series, one on either side of it.

use std::collections::BTreeMap;

use heapgraph::analysis::{
    Course, GrowthReport, GrowthVerdict, Limit, Memory, Point, course, is_more_memory, is_settled,
    is_straight, rises_slowly, thresholds,
};

use crate::growth_memory::report_of_moments;

/// The course of a series that is found to rise at four moments and watched until `end`.
fn watched(end: u64, amount: impl Fn(u64) -> u64) -> Course {
    let point = |n| (n, amount(n));
    let first = [7, 12, 17, 22].map(point);
    let later: Vec<Point> = (23..=end).map(point).collect();
    course(&first, &later)
}

fn looks(from: u64, to: u64, amount: impl Fn(u64) -> u64) -> Vec<Point> {
    (from..=to).map(|n| (n, amount(n))).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "small numbers"
)]
fn power(n: u64, exponent: f64) -> u64 {
    (1000.0 * (n as f64).powf(exponent)) as u64
}

fn is_steady(course: Course) -> bool {
    course == Course::Steady
}

fn is_lawful(course: Course) -> bool {
    matches!(
        course,
        Course::Slowing {
            is_lawful: true,
            ..
        }
    )
}

/// What rises by `rates` in the last three doublings until 2,048, in bursts of `burst` at a time.
fn doublings(rates: [u64; 3], burst: u64) -> impl Fn(u64) -> u64 {
    move |n| {
        let in_each = [n.min(512), n.clamp(512, 1024) - 512, n.max(1024) - 1024];
        let sum: u64 = in_each.iter().zip(rates).map(|(n, rate)| n * rate).sum();
        sum / burst * burst
    }
}

#[test]
fn the_exponent_of_what_is_steady_and_of_a_law() {
    assert!(is_steady(watched(2022, |n| power(n, 0.87))));
    assert!(!is_steady(watched(2022, |n| power(n, 0.83))));
    assert!(is_lawful(watched(2022, |n| power(n, 0.27))));
    assert!(!is_lawful(watched(2022, |n| power(n, 0.23))));
}

#[test]
fn by_how_much_an_exponent_may_fall() {
    // The powers of the last doublings are log2(2 * 60 / 80) = 0.58 and a little more.
    assert!(is_lawful(watched(2048, doublings([98, 80, 60], 1))));
    assert!(!is_lawful(watched(2048, doublings([94, 80, 60], 1))));
}

#[test]
fn what_is_noise_of_a_straight_line() {
    // A power of 0.68: the more it comes in bursts, the less that says.
    let rates = [10, 10, 8];
    assert!(!is_steady(watched(2048, doublings(rates, 10))));
    assert!(is_steady(watched(2048, doublings(rates, 900))));
    // A power of 0.42 is too low for that.
    assert!(!is_steady(watched(2048, doublings([10, 9, 6], 900))));
}

#[test]
fn how_long_a_pause_is_an_end() {
    // Ten in each tenth iteration, until the pause.
    let until = |last: u64| move |n: u64| n.min(last) / 10 * 10;
    assert!(is_steady(watched(530, until(500))));
    assert_eq!(watched(531, until(500)), Course::Unknown);
}

#[test]
fn how_long_nothing_new_is_an_end() {
    let cache = |n: u64| n.min(30);
    assert!(!is_settled(&looks(22, 89, cache), 22));
    assert!(is_settled(&looks(22, 90, cache), 22));
    let cache = |n: u64| n.min(500);
    assert!(!is_settled(&looks(0, 999, cache), 0));
    assert!(is_settled(&looks(0, 1000, cache), 0));
}

#[test]
fn how_straight_is_straight_and_for_how_long() {
    assert!(!is_straight(&looks(22, 321, |n| n)));
    assert!(is_straight(&looks(22, 322, |n| n)));
    // A bulge in the middle of a rise by 40,000: of 1 % and one step of 100, and of a little more.
    let bulge = |most: u64| move |n: u64| 100 * n + most * n.min(400 - n) / 200;
    assert!(is_straight(&looks(0, 400, bulge(480))));
    assert!(!is_straight(&looks(0, 400, bulge(530))));
}

#[test]
fn what_comes_slowly() {
    assert!(rises_slowly(&looks(0, 1100, |n| n / 11), 0));
    assert!(!rises_slowly(&looks(0, 900, |n| n / 9), 0));
}

#[test]
fn how_high_a_saw_comes_again() {
    // The tip rises in the middle of the watch: by a twentieth, and by more.
    let saw = |tip: u64| {
        move |n: u64| {
            if n < 1000 {
                n % 100
            } else {
                n % 100 * tip / 100
            }
        }
    };
    assert!(matches!(watched(1900, saw(104)), Course::Saws { .. }));
    assert!(!matches!(watched(1900, saw(108)), Course::Saws { .. }));
}

#[test]
fn how_much_a_rising_saw_rises_again() {
    // From 0 to 100 in the first third, then by so many again.
    let saw = |again: u64| {
        move |n: u64| {
            n % 10
                + if n < 900 {
                    n / 9
                } else {
                    100 + (n - 900) * again / 900
                }
        }
    };
    let of = |again| course(&[(0, 0), (1, 1), (2, 2)], &looks(3, 1350, saw(again)));
    assert!(is_steady(of(100)));
    assert!(!is_steady(of(20)));
    // Nine points of a third are too few for their range, ten are not.
    let noise = |n: u64| 10 * n + n % 2 * 200;
    assert!(!is_steady(course(
        &[(0, 0), (1, 1), (2, 2)],
        &looks(3, 30, noise)
    )));
    assert!(is_steady(course(
        &[(0, 0), (1, 1), (2, 2)],
        &looks(3, 36, noise)
    )));
    // Of two points none is compared.
    let steps = |n: u64| 100 * n - 150 * (n / 3);
    assert!(!is_steady(course(
        &[(0, 0), (1, 1), (2, 2)],
        &looks(3, 10, steps)
    )));
}

#[test]
fn what_nobody_watched_keeps_half_of_its_rate() {
    let points = |last: u64| [(0, 0), (10, 100), (20, 200), (30, 250), (40, 200 + last)];
    assert!(is_steady(course(&points(110), &[])) && !is_steady(course(&points(90), &[])));
}

#[test]
fn how_near_a_limit_has_to_be() {
    let named = |now| {
        let limit = Limit {
            most: 1000,
            source: "attribute maxsize".into(),
            is_kept: false,
        };
        limit.is_believed(now)
    };
    assert!(!named(499) && named(500) && named(1000) && !named(1001));
}

#[test]
fn what_is_more_memory_than_noise() {
    assert!(!is_more_memory(100, 49, 0, 0) && is_more_memory(100, 50, 0, 0));
    let least = 128 * 1024;
    assert!(!is_more_memory(10, 0, least - 1, 0) && is_more_memory(10, 0, least, 0));
    assert!(!is_more_memory(1000, 0, 511_999, 0) && is_more_memory(1000, 0, 512_000, 0));
    assert!(!is_more_memory(10, 0, 0, 1023) && is_more_memory(10, 0, 0, 1024));
    assert!(!is_more_memory(1000, 0, 0, 15_999) && is_more_memory(1000, 0, 0, 16_000));
}

/// What is said where the resident memory is as given at moments ten iterations apart.
fn of_resident(resident: [u64; 4]) -> GrowthReport {
    report_of_moments(10, &resident, |&resident| Memory {
        resident: Some(resident),
        ..Memory::default()
    })
}

#[test]
fn what_is_native_growth_of_a_watch() {
    let step = |step: u64| of_resident([0, step, 2 * step, 3 * step]).verdict;
    assert_eq!(step(128 * 1024 - 1), GrowthVerdict::Nothing);
    assert_eq!(step(128 * 1024), GrowthVerdict::Native);
    let blocks = |every: u64| {
        let done = [0, 100, 200, 300];
        let blocks = done.map(|done| 1000 + done * every / 100);
        report_of_moments(100, &blocks, |&blocks| Memory {
            blocks: Some(blocks),
            ..Memory::default()
        })
        .verdict
    };
    assert_eq!(blocks(89), GrowthVerdict::Nothing);
    assert_eq!(blocks(90), GrowthVerdict::Native);
}

#[test]
fn the_documentation_has_all_of_them() {
    let document = include_str!("../../docs/growth.md");
    let documented: BTreeMap<&str, f64> = document
        .lines()
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("| `")?.split_once("` | ")?;
            Some((name, value.strip_suffix(" |")?.parse().ok()?))
        })
        .collect();
    let all: BTreeMap<&str, f64> = thresholds::ALL.iter().copied().collect();
    assert_eq!(documented, all);
}
