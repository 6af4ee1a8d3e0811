//! Garbage that waits for the collector, in heaps that were captured without a collection before.

use heapgraph::analysis::{GrowthVerdict, Tally};
use heapgraph::graph::{EdgeLabel, NodeFlags};

use crate::growth::{only_row, report_of};
use crate::written_heap::WrittenHeap;

/// So many pairs that only hold each other: `Node.peer -> Node.peer`, of 30 bytes each.
///
/// A pair is garbage that the collector can free if it is tracked, and its references are all explained.
fn with_pairs(count: usize) -> WrittenHeap {
    let mut heap = WrittenHeap::new();
    for _ in 0..count {
        let one = heap.add("app.Node", 30);
        let other = heap.held(one, EdgeLabel::attribute("peer"), "app.Node", 30);
        heap.refer(other, EdgeLabel::attribute("peer"), one);
        heap.flag(one, NodeFlags::TRACKED);
        heap.flag(other, NodeFlags::TRACKED);
    }
    heap
}

#[test]
fn ever_more_garbage_is_told_with_what_a_collection_frees() {
    let report = report_of(3, |moment| with_pairs(20 * (1 + moment)));
    assert_eq!(report.verdict, GrowthVerdict::Garbage);
    assert!(!report.is_leak());
    let expected = Tally {
        count: 120,
        bytes: 120 * 30,
    };
    assert_eq!(report.garbage, Some(expected));
}

#[test]
fn garbage_that_comes_and_goes_is_none_that_grows() {
    for counts in [[20, 40, 30], [40, 40, 40], [0, 0, 0], [60, 40, 20]] {
        let report = report_of(3, |moment| with_pairs(counts[moment]));
        assert_eq!(report.garbage, None, "{counts:?}");
        assert_ne!(report.verdict, GrowthVerdict::Garbage, "{counts:?}");
    }
    // One object in ten iterations is none in each.
    let report = report_of(3, |moment| with_pairs(20 + moment));
    assert_eq!(report.garbage, None);
}

#[test]
fn what_a_collection_has_left_does_not_wait_for_one() {
    let report = report_of(3, |moment| {
        let mut heap = with_pairs(20 * (1 + moment));
        heap.collected();
        heap
    });
    assert_eq!(report.garbage, None);
}

#[test]
fn what_grows_besides_comes_first() {
    let report = report_of(3, |moment| {
        let mut heap = with_pairs(20 * (1 + moment));
        let list = heap.global("items", "builtins.list", 50);
        for number in 0..=moment {
            heap.held(list, EdgeLabel::Index(number), "app.Item", 20);
        }
        heap
    });
    assert_eq!(report.verdict, GrowthVerdict::Leaking);
    assert_eq!(only_row(&report).path, "app.items");
    assert!(report.garbage.is_some_and(|garbage| garbage.count == 120));
}
