//! Under which name growth is told, where there could be several.

use heapgraph::analysis::{GrowthReport, GrowthVerdict, Watched};
use heapgraph::graph::EdgeLabel;

use crate::growth::{fill, history, only_row, paths, report_of};
use crate::written_heap::{WrittenHeap, key};

#[test]
fn functions_that_are_wrapped_again_and_again_are_one_path() {
    // app.handler -> closure of the former -> closure of the one before ...
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let mut function = heap.global("handler", "builtins.function", 30);
        for _ in 0..20 * (moment + 1) {
            let label = EdgeLabel::attribute("__closure__");
            let closure = heap.held(function, label, "builtins.tuple", 20);
            let cell = heap.held(closure, EdgeLabel::Closure("f".into()), "builtins.cell", 20);
            let label = EdgeLabel::attribute("cell_contents");
            function = heap.held(cell, label, "builtins.function", 30);
        }
        heap
    });
    let row = only_row(&report);
    assert_eq!(row.path, "app.handler<closure f>");
    assert_eq!(row.series, [20, 40, 60, 80]);
}

#[test]
fn what_objects_that_show_nothing_may_hold_goes_with_them() {
    // app.kept has objects of a type that shows no references; as many others are held from outside.
    let heap_at = |moment: usize, shows: bool| {
        let mut heap = WrittenHeap::new();
        let kept = heap.global("kept", "builtins.list", 50);
        for number in 0..=moment {
            heap.held(kept, EdgeLabel::Index(number), "codec.Reader", 20);
            let flags = heap.add("app.Flags", 60);
            heap.hold_from_outside(flags, 1);
        }
        if !shows {
            heap.opaque("codec.Reader");
        }
        heap
    };
    let report = report_of(4, |moment| heap_at(moment, false));
    let row = only_row(&report);
    assert_eq!(
        (row.path.as_str(), &*row.also),
        ("app.kept", &["<held from outside>".into()][..])
    );
    let report = report_of(4, |moment| heap_at(moment, true));
    assert_eq!(report.growing.len(), 2, "{:?}", paths(&report));
}

#[test]
fn the_nodes_of_a_persistent_map_are_no_step() {
    // app.users -> a node -> nodes of another type at each depth -> keys and values. The map and its first nodes
    // are others at each moment, and so may be their types.
    const NODES: [&str; 2] = ["maps.bitmap_node", "maps.array_node"];
    let draw = |moment: usize, are_hidden: bool| {
        let mut heap = WrittenHeap::new();
        for type_name in NODES {
            let class = heap.add("builtins.type", 400);
            heap.class(class, type_name);
            heap.make_static(type_name);
            if !are_hidden {
                heap.refer(1, key(type_name), class);
            }
        }
        let unnamed = || EdgeLabel::Internal("internal".into());
        let map = heap.global("users", "maps.Map", 50);
        let root = heap.held(map, unnamed(), NODES[moment % 2], 50);
        for number in 0..20 + 10 * moment {
            let ty = NODES[(moment + number) % 2];
            let node = heap.held(root, unnamed(), ty, 50);
            heap.held(node, unnamed(), "builtins.str", 50);
            heap.held(node, unnamed(), "app.Session", 50);
        }
        heap
    };
    let report = report_of(4, |moment| draw(moment, true));
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.kind), ("app.users", "elements"));
    assert_eq!(row.series, [40, 60, 80, 100]);
    let named = report_of(4, |moment| draw(moment, false));
    assert!(paths(&named).iter().all(|path| *path != "app.users"));
}

#[test]
fn what_holds_no_more_than_at_first_does_not_grow() {
    // A list of weak references that is made anew when many are dead, wherever that is in its course.
    let lengths = |last: usize| [7, 12, 17, 22, 30, 9, 31, last];
    for (last, verdict) in [(6, GrowthVerdict::Bounded), (7, GrowthVerdict::Bounded)] {
        let (history, snapshot, placement) = history(8, |moment| {
            let mut heap = WrittenHeap::new();
            let list = heap.global("cursors", "builtins.list", 50);
            fill(&mut heap, list, lengths(last)[moment]);
            heap
        });
        let watched = Watched {
            moments_before: 4,
            ..Watched::default()
        };
        let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &[]);
        assert_eq!(report.verdict, verdict, "{:?}", report.undecided);
    }
}

#[test]
fn what_has_taken_over_is_told_and_not_what_has_fallen_back() {
    let draw = |moment: usize| {
        let mut heap = WrittenHeap::new();
        let counts = if moment < 6 {
            (3 + 10 * moment, 0)
        } else {
            (2, 10 * moment)
        };
        for (name, count) in [("first", counts.0), ("second", counts.1)] {
            let list = heap.global(name, "builtins.list", 50);
            fill(&mut heap, list, count);
        }
        heap
    };
    let (history, snapshot, placement) = history(20, draw);
    let watched = Watched {
        moments_before: 4,
        ..Watched::default()
    };
    let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &[]);
    let undecided: Vec<&str> = report.undecided.iter().map(|row| &*row.path).collect();
    assert_eq!(undecided, ["app.second"]);
    let bounded: Vec<&str> = report.bounded.iter().map(|row| &*row.path).collect();
    assert_eq!(bounded, ["app.first"]);
}

#[test]
fn growth_that_goes_on_under_another_name_is_no_end() {
    // What app.first has held, app.second has at the end.
    let amounts = |moment: usize| {
        if moment < 6 {
            (10 * moment, 0)
        } else {
            (5, 10 * moment)
        }
    };
    let draw = |moment: usize, has_moved: bool| {
        let (first, second) = amounts(moment);
        let mut heap = WrittenHeap::new();
        for (name, count) in [
            ("first", first),
            ("second", if has_moved { second } else { 3 }),
        ] {
            let list = heap.global(name, "builtins.list", 50);
            fill(&mut heap, list, count);
        }
        heap
    };
    for (has_moved, verdict) in [
        (true, GrowthVerdict::Undecided),
        (false, GrowthVerdict::Bounded),
    ] {
        let (history, snapshot, placement) = history(20, |moment| draw(moment, has_moved));
        let watched = Watched {
            moments_before: 4,
            ..Watched::default()
        };
        let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &[]);
        assert_eq!(report.verdict, verdict, "{:?}", paths(&report));
    }
}
