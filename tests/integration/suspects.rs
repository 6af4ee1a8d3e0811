//! Suspects of heaps drawn by hand, with the sizes in sight.

use heapgraph::analysis::{DominatorTree, Suspects};
use heapgraph::graph::EdgeLabel;
use heapgraph::render::text::{Style, suspects_text};

use crate::written_heap::WrittenHeap;

fn said_of(heap: &WrittenHeap, least: u64) -> String {
    let snapshot = heap.build();
    let tree = DominatorTree::new(&snapshot);
    let found = Suspects::find(&snapshot, &tree, least);
    suspects_text(&snapshot, &found, usize::MAX, Style::Plain)
}

#[test]
fn an_object_with_a_tenth_of_the_data_is_a_suspect() {
    let mut heap = WrittenHeap::new();
    for number in 0..10 {
        heap.global(&format!("x{number}"), "app.Part", 10);
    }
    let report = said_of(&heap, 1);
    // Each has 10 of 100 bytes: the module and its namespace are no data.
    assert!(report.starts_with("200 bytes are alive; 100 of them are data"));
    assert_eq!(report.matches(" holds 10 bytes in 1 object").count(), 10);
    heap.global("one more", "app.Other", 1);
    let report = said_of(&heap, 1);
    assert!(!report.contains("x0"), "{report}");
    // As one of a hundred and one, each is less than a tenth; all of the type are not.
    assert!(
        report.contains(
            "10 `app.Part` hold together 100 bytes in 10 objects, 49.8% of the heap.\n   \
             100.0% of them are reached from `app`.\n"
        ),
        "{report}"
    );
    assert!(said_of(&heap, 101).ends_with("nor do all objects of one type together.\n"));
}

#[test]
fn the_descent_ends_where_less_than_seven_tenths_go_on() {
    // owner 10 -> list 0 -> 65 and 35: the list has 100 of 110 bytes, its largest item 65.
    let mut heap = WrittenHeap::new();
    let owner = heap.global("owner", "app.Owner", 10);
    let list = heap.add("builtins.list", 0);
    heap.refer(owner, EdgeLabel::attribute("items"), list);
    for (number, size) in [65, 35].into_iter().enumerate() {
        let item = heap.add("app.Item", size);
        heap.refer(list, EdgeLabel::Index(number), item);
    }
    let expected = "\
210 bytes are alive; 110 of them are data, and not modules, classes, functions and code.
A suspect holds at least 11 bytes.

1. `app.owner.items` (list, 2 items) holds 100 bytes in 3 objects, 47.6% of the heap.
   100.0% of it is 2 `app.Item` reached by `[x]`.
   It is in `app.owner` (Owner), which holds 110 bytes in 4 objects, 52.4% of the heap.
";
    assert_eq!(said_of(&heap, 1), expected);
    heap.resize(list + 1, 200);
    assert!(said_of(&heap, 1).contains("1. `app.owner.items[0]` (Item) holds 200 bytes"));
}

#[test]
fn objects_of_one_type_that_two_hold_are_counted_together() {
    // Dicts that a list of the module holds, `one` or `third`, and another list further away.
    let together = |alike: usize, others: usize| {
        let mut heap = WrittenHeap::new();
        let one = heap.global("one", "builtins.list", 0);
        let two = heap.global("two", "builtins.list", 0);
        let third = heap.global("third", "builtins.list", 0);
        for number in 0..alike + others {
            let dict = heap.add("builtins.dict", 5);
            let first = if number < alike { one } else { third };
            heap.refer(first, EdgeLabel::Index(number), dict);
            heap.refer(two, EdgeLabel::Index(number), dict);
        }
        // Longer than the other chains, so that these are not chosen.
        let late = heap.add("builtins.list", 0);
        for (label, dict) in heap.take_references(two) {
            heap.refer(late, label, dict);
        }
        heap.refer(two, EdgeLabel::Index(0), late);
        said_of(&heap, 10)
    };
    let report = together(16, 4);
    assert!(
        report.ends_with(
            "1. 20 `dict` hold together 100 bytes in 20 objects, 50.0% of the heap.\n   \
             80.0% of them are reached from `app.one` by `[x]`.\n"
        ),
        "{report}"
    );
    // Where less than eight tenths are reached from one, the rest of the chain is not common.
    let report = together(15, 5);
    assert!(
        report.contains("100.0% of them are reached from `app`."),
        "{report}"
    );
}
