//! What grows in series of heaps drawn by hand.

use heapgraph::analysis::{
    GrowingPath, GrowthHistory, GrowthReport, GrowthVerdict, Memory, PathPattern, Placement,
    Watched, shares,
};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex};
use heapgraph::snapshot::HeapSnapshot;

use crate::random::Random;
use crate::written_heap::{WrittenHeap, key};

/// The history of heaps that `draw` makes, one for each moment, ten iterations apart.
pub(crate) fn history(
    moments: usize,
    draw: impl Fn(usize) -> WrittenHeap,
) -> (GrowthHistory, HeapSnapshot, Placement) {
    let mut history = GrowthHistory::default();
    let mut last = None;
    for moment in 0..moments {
        let snapshot = draw(moment).build();
        let placement = history.add(&snapshot, 10 * moment as u64, Memory::default());
        last = Some((snapshot, placement.unwrap()));
    }
    let (snapshot, placement) = last.unwrap();
    (history, snapshot, placement)
}

pub(crate) fn report_of(moments: usize, draw: impl Fn(usize) -> WrittenHeap) -> GrowthReport {
    let (history, snapshot, placement) = history(moments, draw);
    GrowthReport::new(&history, &Watched::default(), &snapshot, &placement, &[])
}

pub(crate) fn paths(report: &GrowthReport) -> Vec<&str> {
    report.growing.iter().map(|row| row.path.as_str()).collect()
}

/// The only path that grows.
pub(crate) fn only_row(report: &GrowthReport) -> &GrowingPath {
    assert_eq!(report.growing.len(), 1, "{:?}", paths(report));
    &report.growing[0]
}

/// Puts new objects into a list.
pub(crate) fn fill(heap: &mut WrittenHeap, list: usize, count: usize) {
    for number in 0..count {
        heap.held(list, EdgeLabel::Index(number), "app.Item", 20);
    }
}

/// `app.items`, a list of so many.
fn with_list(count: usize) -> WrittenHeap {
    let mut heap = WrittenHeap::new();
    let list = heap.global("items", "builtins.list", 50);
    fill(&mut heap, list, count);
    heap
}

#[test]
fn equal_heaps_do_not_grow() {
    let report = report_of(4, |_| with_list(5));
    assert_eq!(report.verdict, GrowthVerdict::Nothing);
    assert!(!report.is_leak());
}

#[test]
fn a_pause_of_a_service_excuses_no_leak() {
    let list =
        |counts: &'static [usize]| report_of(counts.len(), |moment| with_list(counts[moment]));
    let report = list(&[5, 10, 15, 20, 20, 25, 30, 35]);
    assert_eq!(only_row(&report).path, "app.items");
    assert_eq!(report.verdict, GrowthVerdict::Leaking);
    // What was emptied once, has come to an end, or of which there are too few moments.
    for counts in [
        &[5, 10, 15, 20, 15, 25, 30, 35][..],
        &[5, 10, 15, 20, 25, 30, 30, 30],
        &[5, 10, 10, 15],
    ] {
        assert!(!report_of(counts.len(), |moment| with_list(counts[moment])).is_leak());
    }
}

#[test]
fn a_list_that_is_longer_each_time_grows() {
    let report = report_of(4, |moment| with_list(3 + 2 * moment));
    assert_eq!(report.verdict, GrowthVerdict::Leaking);
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.kind), ("app.items", "elements"));
    assert_eq!(row.series, [3, 5, 7, 9]);
    // Two elements, of 20 bytes each, in ten iterations.
    assert!((row.per_iteration - 0.2).abs() < 1e-9);
    assert!((row.bytes_per_iteration - 4.0).abs() < 1e-9);
    assert_eq!(row.elements, [("app.Item".to_owned(), 0.2)]);
    // The list and nine elements.
    assert_eq!(row.share.bytes, 50 + 9 * 20);
}

#[test]
fn names_change_no_verdict() {
    let mut random = Random::new(13);
    for _ in 0..20 {
        let counts: Vec<usize> = (0..5)
            .map(|moment| 10 * moment + random.below(30))
            .collect();
        let told = |name: &str| {
            let report = report_of(counts.len(), |moment| {
                let mut heap = WrittenHeap::new();
                let list = heap.global(name, "builtins.list", 50);
                fill(&mut heap, list, counts[moment]);
                heap
            });
            let rows = [&report.growing, &report.undecided, &report.bounded];
            let series = rows.map(|rows| rows.iter().map(|row| row.series.clone()).collect());
            (report.verdict, series as [Vec<Vec<u64>>; 3])
        };
        let plain = told("items");
        for name in [
            "_cache",
            "registry",
            "method_calls",
            "maxsize",
            "x",
            "zürich",
        ] {
            assert_eq!(told(name), plain, "{name} {counts:?}");
        }
    }
}

#[test]
fn a_list_that_is_empty_at_first_grows() {
    let report = report_of(4, |moment| with_list(2 * moment));
    assert_eq!(paths(&report), ["app.items"]);
}

#[test]
fn a_list_that_is_absent_at_first_grows() {
    let report = report_of(4, |moment| match moment {
        0 => WrittenHeap::new(),
        _ => with_list(moment),
    });
    // So does the module: but only once.
    assert_eq!(paths(&report), ["app.items"]);
}

#[test]
fn a_list_that_replaces_something_else_is_seen_at_once() {
    // `app.items` is None at first.
    let (history, ..) = history(2, |moment| {
        if moment > 0 {
            return with_list(4);
        }
        let mut heap = WrittenHeap::new();
        heap.global("items", "builtins.NoneType", 16);
        heap
    });
    let rising = history.rising(2);
    let paths: Vec<String> = (rising.iter())
        .map(|rising| history.paths().spelled(rising.path))
        .collect();
    assert_eq!(paths, ["app.items"]);
}

#[test]
fn the_same_element_again_and_again_is_growth() {
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let list = heap.global("items", "builtins.list", 50);
        let only = heap.held(list, EdgeLabel::Index(0), "app.Item", 20);
        for number in 0..moment {
            heap.refer(list, EdgeLabel::Index(1 + number), only);
        }
        heap
    });
    assert_eq!(paths(&report), ["app.items"]);
}

#[test]
fn different_lists_at_different_moments_are_no_growth() {
    // items: 1 2 2 3, others: 1 1 2 2
    let report = report_of(4, |moment| {
        let mut heap = with_list([1, 2, 2, 3][moment]);
        let others = heap.global("others", "builtins.list", 50);
        fill(&mut heap, others, [1, 1, 2, 2][moment]);
        heap
    });
    assert!(paths(&report).is_empty(), "{:?}", paths(&report));
}

#[test]
fn what_is_below_something_that_grows_is_not_told() {
    // app.items[x].parts, one more list with one more part each time.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let items = heap.global("items", "builtins.list", 50);
        for number in 0..=moment {
            let item = heap.held(items, EdgeLabel::Index(number), "app.Item", 20);
            let parts = heap.held(item, EdgeLabel::attribute("parts"), "builtins.list", 50);
            fill(&mut heap, parts, moment);
        }
        heap
    });
    assert_eq!(paths(&report), ["app.items"]);
}

#[test]
fn lists_below_a_container_that_does_not_grow_are_one_path() {
    // app.items[x].parts: three lists, of which another is longer each time.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let items = heap.global("items", "builtins.list", 50);
        for number in 0..3 {
            let item = heap.held(items, EdgeLabel::Index(number), "app.Item", 20);
            let parts = heap.held(item, EdgeLabel::attribute("parts"), "builtins.list", 50);
            fill(&mut heap, parts, (moment + number) / 3);
        }
        heap
    });
    assert_eq!(paths(&report), ["app.items[x].parts"]);
}

#[test]
fn a_linked_list_is_one_path() {
    // app.first -> .next -> .next ...
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let mut link = heap.global("first", "app.Link", 30);
        for _ in 0..=moment {
            link = heap.held(link, EdgeLabel::attribute("next"), "app.Link", 30);
        }
        heap
    });
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.kind), ("app.first", "elements"));
    assert_eq!(row.series, [2, 3, 4, 5]);
}

#[test]
fn containers_that_hold_the_same_new_objects_are_one_report() {
    // app.by_name and app.active hold the same items; app.others grows as fast and holds others.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let by_name = heap.add("builtins.dict", 50);
        let registry = heap.global("registry", "app.Registry", 30);
        heap.refer(registry, EdgeLabel::attribute("by_name"), by_name);
        let manager = heap.global("manager", "app.Manager", 30);
        let active = heap.held(manager, EdgeLabel::attribute("active"), "builtins.list", 50);
        for number in 0..=moment {
            let label = EdgeLabel::Key(format!("'{number}'"));
            let item = heap.held(by_name, label, "app.Item", 20);
            heap.refer(active, EdgeLabel::Index(number), item);
        }
        let others = heap.global("others", "builtins.list", 50);
        fill(&mut heap, others, 1 + moment);
        heap
    });
    let rows: Vec<(&str, Vec<&str>)> = report
        .growing
        .iter()
        .map(|row| {
            (
                row.path.as_str(),
                row.also.iter().map(String::as_str).collect(),
            )
        })
        .collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().any(|(path, also)| {
        let mut both: Vec<&str> = also.iter().copied().chain([*path]).collect();
        both.sort_unstable();
        both == ["app.manager.active", "app.registry.by_name"]
    }));
}

#[test]
fn a_dict_that_a_look_has_made_is_no_growth() {
    // From CPython 3.13 on: a Session that shows the values of its attributes, and so does the dict that
    // it has at the second moment.
    let report = report_of(2, |moment| {
        let mut heap = WrittenHeap::new();
        let session = heap.global("session", "app.Session", 50);
        let values = ["user", "listeners"].map(|name| {
            let label = EdgeLabel::attribute(name);
            (name, heap.held(session, label, "builtins.list", 50))
        });
        if moment > 0 {
            let label = EdgeLabel::attribute("__dict__");
            let dict = heap.held(session, label, "builtins.dict", 50);
            heap.flag(dict, NodeFlags::DICT);
            for (name, value) in values {
                let text = heap.add("builtins.str", 50);
                heap.refer(dict, EdgeLabel::KeyObject(format!("'{name}'")), text);
                heap.refer(dict, key(name), value);
            }
        }
        heap
    });
    assert_eq!(report.verdict, GrowthVerdict::Nothing);
}

#[test]
fn more_and_more_attributes_are_growth_whatever_else_their_owner_holds() {
    // A Pool that is a list of None, and has None as the value of each attribute.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let pool = heap.global("pool", "app.Pool", 50);
        let none = heap.held(pool, EdgeLabel::Index(0), "builtins.NoneType", 16);
        let dict = heap.held(pool, EdgeLabel::attribute("__dict__"), "builtins.dict", 50);
        heap.flag(dict, NodeFlags::DICT);
        for name in ["a0", "a1", "a2", "a3", "a4"].iter().take(2 + moment) {
            let text = heap.add("builtins.str", 50);
            heap.refer(dict, EdgeLabel::KeyObject(format!("'{name}'")), text);
            heap.refer(dict, key(name), none);
        }
        heap
    });
    assert_eq!(paths(&report), ["app.pool"]);
}

#[test]
fn the_order_of_objects_in_memory_does_not_matter() {
    let draw = |moment: usize, backwards: bool| {
        let mut heap = WrittenHeap::new();
        let names = ["a", "b", "c"];
        for position in 0..3 {
            let number = if backwards { 2 - position } else { position };
            let list = heap.global(names[number], "builtins.list", 50);
            fill(&mut heap, list, (1 + number) * (1 + moment));
        }
        heap
    };
    let told = |backwards| -> Vec<(String, Vec<u64>, String)> {
        let report = report_of(4, |moment| draw(moment, backwards));
        let row = |row: GrowingPath| (row.path, row.series, row.fingerprint.to_string());
        report.growing.into_iter().map(row).collect()
    };
    assert_eq!(told(false).len(), 3);
    assert_eq!(told(false), told(true));
}

#[test]
fn what_may_grow_is_apart() {
    let (history, snapshot, placement) = history(4, with_list);
    let ignored = [PathPattern::new("app.*")];
    let watched = Watched::default();
    let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &ignored);
    assert!(!report.is_leak());
    assert_eq!(report.ignored.len(), 1);
}

#[test]
fn two_moments_do_not_tell_a_backlog_from_a_leak() {
    let report = report_of(2, with_list);
    assert_eq!(report.verdict, GrowthVerdict::Undecided);
    assert!(!report.is_leak());
    assert_eq!(paths(&report), [""; 0]);
    assert_eq!(report.undecided[0].path, "app.items");
}

#[test]
fn a_wide_list_takes_no_more_than_a_walk() {
    // Quadratic time would take hours.
    let report = report_of(3, |moment| with_list(1_000_000 + moment));
    assert_eq!(paths(&report), ["app.items"]);
}

#[test]
fn the_bytes_of_a_difference_add_up() {
    let (history, snapshot, _) = history(2, |moment| {
        let mut heap = with_list(3 * moment);
        heap.global("buffer", "builtins.bytearray", 500 - 100 * moment as u64);
        // Nothing leads to it.
        heap.add("app.Lost", 7 * (1 + moment as u64));
        heap
    });
    let rows: Vec<(String, i128)> = history
        .delta()
        .into_iter()
        .map(|row| (row.owner, row.bytes))
        .collect();
    let expected = [("app.items", 60), ("<garbage>", 7), ("app.buffer", -100)];
    assert_eq!(
        rows,
        expected.map(|(owner, bytes)| (owner.to_owned(), bytes))
    );
    assert_eq!(snapshot.graph().node_count(), 2 + 2 + 1 + 3);
}

#[test]
fn what_is_shared_is_split_and_adds_up() {
    // One object of 10 bytes is held by both lists, one of 20 by the first only.
    let mut heap = WrittenHeap::new();
    let one = heap.global("one", "builtins.list", 100);
    let other = heap.global("other", "builtins.list", 100);
    let both = heap.held(one, EdgeLabel::Index(0), "app.Item", 10);
    heap.refer(other, EdgeLabel::Index(0), both);
    heap.held(one, EdgeLabel::Index(1), "app.Item", 20);
    let snapshot = heap.build();
    let groups = [vec![NodeIndex::new(one)], vec![NodeIndex::new(other)]];
    let found = shares(&snapshot, &groups);
    assert_eq!((found[0].bytes, found[0].exclusive.bytes), (125, 120));
    assert_eq!((found[1].bytes, found[1].exclusive.bytes), (105, 100));
}
