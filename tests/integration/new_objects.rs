//! What holds new objects, in heaps drawn by hand.

use heapgraph::analysis::{NewObjects, NewPlace};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex, NodeSet};

use crate::written_heap::WrittenHeap;

fn found(heap: &WrittenHeap, new: &[usize]) -> NewObjects {
    let snapshot = heap.build();
    let mut is_new = NodeSet::new(snapshot.graph());
    for &node in new {
        is_new.insert(NodeIndex::new(node));
    }
    NewObjects::find(&snapshot, &is_new).unwrap()
}

/// Path, objects and bytes of a place, and how many entries it has.
fn row(place: &NewPlace) -> (&str, u64, u64, usize) {
    let NewPlace {
        path,
        tally,
        entries,
        ..
    } = place;
    (path, tally.count, tally.bytes, entries.len())
}

fn rows(new: &NewObjects) -> Vec<(&str, u64, u64, usize)> {
    new.places.iter().map(row).collect()
}

#[test]
fn new_objects_are_told_by_what_holds_them_most_bytes_first() {
    // app.sessions (old) -> new Session -> new str, twice     app.config (new dict) -> new str
    let mut heap = WrittenHeap::new();
    let sessions = heap.global("sessions", "builtins.list", 50);
    let mut new = Vec::new();
    for number in 0..2 {
        let session = heap.held(sessions, EdgeLabel::Index(number), "app.Session", 40);
        let name = heap.held(session, EdgeLabel::attribute("name"), "builtins.str", 60);
        new.extend([session, name]);
    }
    let config = heap.global("config", "builtins.dict", 30);
    let value = heap.held(config, EdgeLabel::Key("'a'".into()), "builtins.str", 20);
    new.extend([config, value]);
    let found = found(&heap, &new);
    assert_eq!((found.total.count, found.total.bytes), (6, 250));
    assert_eq!(
        rows(&found),
        [("app.sessions", 4, 200, 2), ("app.config", 2, 50, 1)]
    );
    let types = found.places[0].types.iter();
    let types: Vec<_> = types
        .map(|row| (row.type_name.as_str(), row.tally.count))
        .collect();
    assert_eq!(types, [("builtins.str", 2), ("app.Session", 2)]);
    assert_eq!(found.places[0].example, NodeIndex::new(new[0]));
}

#[test]
fn places_alike_are_one() {
    // app.users (old) -> old User -> new list -> new Message, three times; the second has two.
    let mut heap = WrittenHeap::new();
    let users = heap.global("users", "builtins.dict", 50);
    let mut new = Vec::new();
    let mut lists = Vec::new();
    for (number, count) in [1, 2, 1].into_iter().enumerate() {
        let key = EdgeLabel::Key(format!("'u{number}'"));
        let user = heap.held(users, key, "app.User", 50);
        let list = heap.held(user, EdgeLabel::attribute("messages"), "builtins.list", 10);
        lists.push(list);
        new.push(list);
        for position in 0..count {
            let label = EdgeLabel::Index(position);
            new.push(heap.held(list, label, "app.Message", 5));
        }
    }
    let found = found(&heap, &new);
    assert_eq!(rows(&found), [("app.users[x].messages", 7, 50, 3)]);
    assert_eq!(found.places[0].example, NodeIndex::new(lists[1]));
}

#[test]
fn what_was_there_before_is_not_told_and_what_nothing_holds_is_garbage() {
    // app.old -> Old; two new objects hold each other and nothing else does.
    let mut heap = WrittenHeap::new();
    heap.global("old", "app.Old", 50);
    let one = heap.add("app.Node", 30);
    let other = heap.held(one, EdgeLabel::attribute("peer"), "app.Node", 30);
    heap.refer(other, EdgeLabel::attribute("peer"), one);
    for node in [one, other] {
        heap.flag(node, NodeFlags::TRACKED);
        heap.hold_from_outside(node, 0);
    }
    let found = found(&heap, &[one, other]);
    assert!(rows(&found).is_empty());
    assert_eq!((found.garbage.count, found.garbage.bytes), (2, 60));
    assert_eq!(found.total.count, 0);
}

#[test]
fn a_new_object_behind_an_old_one_belongs_where_that_is() {
    // app.cache (new) -> Old -> new Item: what brings the item is the old object.
    let mut heap = WrittenHeap::new();
    let cache = heap.global("cache", "builtins.list", 10);
    let old = heap.held(cache, EdgeLabel::Index(0), "app.Old", 50);
    let item = heap.held(old, EdgeLabel::attribute("item"), "app.Item", 20);
    let found = found(&heap, &[cache, item]);
    assert_eq!(
        rows(&found),
        [("app.cache[x].item", 1, 20, 1), ("app.cache", 1, 10, 1)]
    );
}
