//! What is counted of the objects on a path.

use heapgraph::analysis::GrowthReport;
use heapgraph::graph::{EdgeLabel, NodeFlags};

use crate::growth::{only_row, paths, report_of};
use crate::written_heap::WrittenHeap;

#[test]
fn an_object_that_fattens_grows_by_its_bytes() {
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        heap.global("buffer", "builtins.bytearray", 100 + 10 * moment as u64);
        heap
    });
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.kind), ("app.buffer", "bytes"));
    assert_eq!(row.series, [100, 110, 120, 130]);
}

#[test]
fn a_buffer_grows_by_what_it_uses_and_not_by_its_room() {
    // Its room stays as it is, or rises although nothing is put into it.
    let report = |size: fn(u64) -> u64, used: fn(u64) -> u64| {
        report_of(4, |moment| {
            let moment = moment as u64;
            let mut heap = WrittenHeap::new();
            let buffer = heap.global("buffer", "builtins.bytearray", size(moment));
            heap.name(buffer, &format!("{} bytes used", used(moment)));
            heap
        })
    };
    let fills = report(|_| 1000, |moment| 500 + 10 * moment);
    let row = only_row(&fills);
    assert_eq!((row.path.as_str(), row.kind), ("app.buffer", "bytes"));
    assert_eq!(row.series, [500, 510, 520, 530]);
    assert!((row.bytes_per_iteration - 1.0).abs() < 1e-9);
    assert!(row.elements_per_iteration().abs() < 1e-9);
    assert!(paths(&report(|moment| 1000 + 100 * moment, |_| 500)).is_empty());
    // A file may say that more is used than there is.
    assert!(paths(&report(|_| 1000, |moment| 5000 + 10 * moment)).is_empty());
}

/// What grows if a list takes a weak reference, with the name that `name` gives it, each time.
fn weak(name: impl Fn(usize) -> Option<String>) -> GrowthReport {
    report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        heap.global("server", "app.Server", 50);
        heap.global("client", "app.Client", 50);
        let list = heap.global("items", "builtins.list", 50);
        for number in 0..=moment {
            let kind = "weakref.ReferenceType";
            let reference = heap.held(list, EdgeLabel::Index(number), kind, 20);
            if let Some(name) = name(number) {
                heap.name(reference, &name);
            }
        }
        heap
    })
}

#[test]
fn dead_weak_references_are_elements_and_living_ones_are_not() {
    assert!(paths(&weak(|_| None)).is_empty());
    assert_eq!(paths(&weak(|_| Some("dead".into()))), ["app.items"]);
}

#[test]
fn living_weak_references_to_one_object_are_elements_but_for_the_first() {
    // Objects 2 and 3 are the server and the client.
    let to = |node: usize| Some(format!("to {:#x}", crate::sketch::address(node)));
    let report = weak(|_| to(2));
    let row = only_row(&report);
    assert_eq!(row.path, "app.items");
    // 1, 2, 3 and 4 references to one object.
    assert_eq!(row.series, [0, 1, 2, 3]);
    assert!(paths(&weak(|number| to(2 + number % 2))).is_empty());
}

#[test]
fn two_weak_references_to_each_of_more_and_more_objects_are_no_elements() {
    // app.kept holds the objects; app.items has two references to each, app.owners by each as a weak
    // key one to the server.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let server = heap.global("server", "app.Server", 50);
        let kept = heap.global("kept", "builtins.list", 50);
        let list = heap.global("items", "builtins.list", 50);
        let owners = heap.global("owners", "builtins.dict", 50);
        heap.flag(owners, NodeFlags::DICT);
        let reference = |heap: &mut WrittenHeap, holder, label, to: usize| {
            let reference = heap.held(holder, label, "weakref.ReferenceType", 20);
            heap.name(reference, &format!("to {:#x}", crate::sketch::address(to)));
        };
        for number in 0..=moment {
            let item = heap.held(kept, EdgeLabel::Index(number), "app.Item", 20);
            for half in 0..2 {
                let label = EdgeLabel::Index(2 * number + half);
                reference(&mut heap, list, label, item);
            }
            let key = || format!("<weakref {number}>");
            reference(&mut heap, owners, EdgeLabel::KeyObject(key()), item);
            reference(&mut heap, owners, EdgeLabel::Key(key()), server);
        }
        heap
    });
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.also.len()), ("app.kept", 0));
}

#[test]
fn a_weak_map_is_named_where_its_own_values_keep_the_keys() {
    // app.streams has each stream as value and weak key, and app.log takes a number meanwhile.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let streams = heap.global("streams", "builtins.dict", 50);
        heap.flag(streams, NodeFlags::DICT);
        let log = heap.global("log", "builtins.list", 50);
        for number in 0..=moment {
            let label = || format!("<weakref {number}>");
            let (key, value) = (EdgeLabel::KeyObject(label()), EdgeLabel::Key(label()));
            let reference = heap.held(streams, key, "weakref.ReferenceType", 20);
            let stream = heap.held(streams, value, "app.Stream", 20);
            let address = crate::sketch::address(stream);
            heap.name(reference, &format!("to {address:#x}"));
            heap.held(log, EdgeLabel::Index(number), "builtins.int", 20);
        }
        heap
    });
    let row = only_row(&report);
    // Both fill by the same insertion.
    assert_eq!(row.path, "app.streams");
    assert_eq!(row.also, ["app.log"]);
}

#[test]
fn the_room_for_weak_references_goes_with_what_keeps_their_objects() {
    // app.handlers keeps the objects; the list app.registry refers to them weakly, and is made larger in jumps.
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let handlers = heap.global("handlers", "builtins.list", 50);
        let registry = heap.global("registry", "builtins.list", [184, 312, 376, 504][moment]);
        for number in 0..=2 * moment {
            let handler = heap.held(handlers, EdgeLabel::Index(number), "app.Handler", 20);
            let label = EdgeLabel::Index(number);
            let reference = heap.held(registry, label, "weakref.ReferenceType", 20);
            let address = crate::sketch::address(handler);
            heap.name(reference, &format!("to {address:#x}"));
        }
        heap
    });
    let row = only_row(&report);
    assert_eq!((row.path.as_str(), row.kind), ("app.handlers", "elements"));
}

#[test]
fn one_weak_reference_that_is_put_into_a_list_again_and_again_is_an_element() {
    let report = report_of(4, |moment| {
        let mut heap = WrittenHeap::new();
        let list = heap.global("items", "builtins.list", 50);
        let reference = heap.add("weakref.ReferenceType", 20);
        for number in 0..=moment {
            heap.refer(list, EdgeLabel::Index(number), reference);
        }
        heap
    });
    assert_eq!(paths(&report), ["app.items"]);
}
