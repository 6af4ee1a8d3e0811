//! Memory that rises while the heap does not.

use heapgraph::analysis::{Allocator, GrowthHistory, GrowthReport, GrowthVerdict, Memory, Watched};

use crate::written_heap::WrittenHeap;

/// What is said of a heap that stays as it is, at moments ten iterations apart, while memory rises:
/// resident bytes, and what the C allocator has given out and holds, by so many in an iteration.
fn report_of(moments: u32, resident: u64, allocator: Option<(u32, u32)>) -> GrowthReport {
    report_of_traced(false, moments, resident, allocator)
}

fn report_of_traced(
    is_traced: bool,
    moments: u32,
    resident: u64,
    allocator: Option<(u32, u32)>,
) -> GrowthReport {
    let done: Vec<u32> = (0..moments).map(|moment| 10 * moment).collect();
    report_of_moments(10, &done, |&done| Memory {
        resident: Some(50_000_000 + u64::from(done) * resident),
        // Close to 4 GiB, where the counters begin anew.
        allocator: allocator.map(|(given_out, held)| Allocator {
            given_out: (u32::MAX - 100_000).wrapping_add(done.wrapping_mul(given_out)),
            held: (u32::MAX - 50_000).wrapping_add(done.wrapping_mul(held)),
        }),
        is_traced,
        ..Memory::default()
    })
}

/// What is said of a heap that stays as it is, at moments so many iterations apart, the first of which is
/// the start of the watch.
pub(crate) fn report_of_moments<T>(
    apart: u64,
    moments: &[T],
    memory: impl Fn(&T) -> Memory,
) -> GrowthReport {
    let mut history = GrowthHistory::default();
    let mut last = None;
    for (number, moment) in (0..).zip(moments) {
        let snapshot = WrittenHeap::new().build();
        let placement = history.add(&snapshot, number * apart, memory(moment));
        last = Some((snapshot, placement.unwrap()));
    }
    let watched = Watched {
        moments_before: 1,
        memory_from: Some(0),
        ..Watched::default()
    };
    let (snapshot, placement) = last.unwrap();
    GrowthReport::new(&history, &watched, &snapshot, &placement, &[])
}

/// Type and path of memory that rises by 40,000 bytes in an iteration.
fn cause_of(allocator: Option<(u32, u32)>) -> (String, String) {
    let report = report_of(5, 40_000, allocator);
    assert_eq!(report.verdict, GrowthVerdict::Native);
    assert!(report.is_leak());
    let row = &report.growing[0];
    assert_eq!(row.kind, "native");
    (row.type_name.clone(), row.path.clone())
}

#[test]
fn memory_that_is_given_out_is_told_from_memory_that_is_kept_free() {
    let cause = |allocator| cause_of(allocator).0;
    assert_eq!(cause(Some((39_000, 39_000))), "leak");
    assert_eq!(cause(Some((100, 39_000))), "fragmentation");
    // What is given out is less, and more is kept free.
    assert_eq!(
        cause(Some((0_u32.wrapping_sub(500), 39_000))),
        "fragmentation"
    );
    assert_eq!(cause(Some((100, 200))), "mapping");
    assert_eq!(cause(None), "native");
    let paths = [
        Some((39_000, 39_000)),
        Some((0, 39_000)),
        Some((0, 0)),
        None,
    ];
    let mut paths = paths.map(|allocator| cause_of(allocator).1).to_vec();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), 4);
}

#[test]
fn two_moments_of_a_watch_that_was_cut_short_decide_nothing() {
    let report = report_of(2, 40_000, None);
    assert_eq!(report.verdict, GrowthVerdict::Undecided);
    assert!(!report.is_leak());
    // What is no more than noise is nothing.
    let report = report_of(2, 10, None);
    assert_eq!(report.verdict, GrowthVerdict::Nothing);
    assert_eq!(report_of(1, 40_000, None).verdict, GrowthVerdict::Nothing);
}

#[test]
fn a_few_bytes_that_the_allocator_has_given_out_are_told_although_nothing_else_rises() {
    let report = report_of(31, 0, Some((200, 0)));
    assert_eq!(report.verdict, GrowthVerdict::Native);
    let row = &report.growing[0];
    assert_eq!((row.kind, row.type_name.as_str()), ("native", "leak"));
    assert_eq!(row.series[..3], [0, 2000, 4000]);
    // An allocator that is not yet at rest looks the same for some time.
    let report = report_of(5, 0, Some((200, 0)));
    assert_eq!(report.verdict, GrowthVerdict::Undecided);
    let verdict = |allocator| report_of(5, 0, Some(allocator)).verdict;
    // Less than noise, more of it kept free, and less than before.
    assert_eq!(verdict((10, 10)), GrowthVerdict::Nothing);
    assert_eq!(verdict((0, 200)), GrowthVerdict::Nothing);
    assert_eq!(
        verdict((0_u32.wrapping_sub(200), 0)),
        GrowthVerdict::Nothing
    );
    // The tables of `tracemalloc` are among it.
    assert_eq!(
        report_of_traced(true, 5, 0, Some((200, 0))).verdict,
        GrowthVerdict::Nothing
    );
}
