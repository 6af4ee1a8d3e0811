//! Memory that rises while the heap does not.

use heapgraph::analysis::{Allocator, GrowthHistory, GrowthReport, GrowthVerdict, Memory, Watched};

use crate::written_heap::WrittenHeap;

/// What memory says of a heap that stays as it is, at moments ten iterations apart: resident bytes,
/// and what the C allocator has given out and holds, each rising by so many bytes in an iteration.
fn cause_of(resident: u64, allocator: Option<(u32, u32)>) -> (String, String) {
    let mut history = GrowthHistory::default();
    let mut last = None;
    for moment in 0..5_u32 {
        let snapshot = WrittenHeap::new().build();
        let done = 10 * moment;
        let memory = Memory {
            resident: Some(50_000_000 + u64::from(done) * resident),
            // Close to 4 GiB, where the counters begin anew.
            allocator: allocator.map(|(given_out, held)| Allocator {
                given_out: (u32::MAX - 100_000).wrapping_add(done.wrapping_mul(given_out)),
                held: (u32::MAX - 50_000).wrapping_add(done.wrapping_mul(held)),
            }),
            ..Memory::default()
        };
        let placement = history.add(&snapshot, done.into(), memory).unwrap();
        last = Some((snapshot, placement));
    }
    let watched = Watched {
        moments_before: 1,
        ..Watched::default()
    };
    let (snapshot, placement) = last.unwrap();
    let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &[]);
    assert_eq!(report.verdict, GrowthVerdict::Native);
    let row = &report.growing[0];
    assert_eq!(row.kind, "native");
    (row.type_name.clone(), row.path.clone())
}

#[test]
fn memory_that_is_given_out_is_told_from_memory_that_is_kept_free() {
    let cause = |allocator| cause_of(40_000, allocator).0;
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
    let mut paths = paths
        .map(|allocator| cause_of(40_000, allocator).1)
        .to_vec();
    paths.sort_unstable();
    paths.dedup();
    assert_eq!(paths.len(), 4);
}
