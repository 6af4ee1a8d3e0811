//! Hints about heaps written by hand, with the sizes in sight.

use heapgraph::analysis::{DominatorTree, HintKind, Suspects};
use heapgraph::graph::{EdgeLabel, NodeFlags};
use heapgraph::render::text::hint_sentences;
use heapgraph::snapshot::WEAK_REFERENT;

use crate::sketch::address;
use crate::written_heap::{WrittenHeap, key};

fn attribute(name: &str) -> EdgeLabel {
    EdgeLabel::attribute(name)
}

/// What is said of hints that keep `least` bytes, without advice.
fn hints(heap: &WrittenHeap, least: u64) -> Vec<(HintKind, String)> {
    let snapshot = heap.build();
    let tree = DominatorTree::new(&snapshot);
    let found = Suspects::find(&snapshot, &tree, least);
    let said = found.hints.iter().map(|hint| {
        let [what, _] = hint_sentences(&snapshot, hint);
        (hint.kind, what)
    });
    said.collect()
}

/// The class `app.Model`, of 10 bytes, with a cache in its namespace; returns the dict of the cache.
fn cached_method(heap: &mut WrittenHeap) -> usize {
    let class = heap.global("Model", "builtins.type", 10);
    heap.class(class, "app.Model");
    let namespace = heap.held(class, attribute("__dict__"), "builtins.dict", 10);
    heap.flag(namespace, NodeFlags::DICT);
    let wrapper = "functools._lru_cache_wrapper";
    let cache = heap.held(namespace, key("price"), wrapper, 10);
    let entries = heap.held(cache, attribute("__dict__"), "builtins.dict", 10);
    heap.flag(entries, NodeFlags::DICT);
    entries
}

/// An entry of a cache whose key begins with `first`.
fn remember(heap: &mut WrittenHeap, entries: usize, first: usize) {
    let text = "(<Model>,)".to_owned();
    let key = EdgeLabel::KeyObject(text.clone());
    let tuple = heap.held(entries, key, "builtins.tuple", 1);
    heap.refer(tuple, EdgeLabel::Index(0), first);
    heap.held(entries, EdgeLabel::Key(text), "builtins.str", 1000);
}

#[test]
fn a_cache_keeps_what_its_keys_begin_with_and_nothing_else_holds() {
    let mut heap = WrittenHeap::new();
    let entries = cached_method(&mut heap);
    for _ in 0..3 {
        let model = heap.add("app.Model", 7);
        remember(&mut heap, entries, model);
    }
    // Of another class, and alive anyway: neither counts, nor do results.
    let other = heap.add("app.Other", 7);
    remember(&mut heap, entries, other);
    let global = heap.global("model", "app.Model", 7);
    remember(&mut heap, entries, global);
    let said = "`app.Model.price` (_lru_cache_wrapper) keeps 3 `app.Model` alive as `self` in the \
                keys of the cache: 21 bytes in 3 objects.";
    assert_eq!(hints(&heap, 21), [(HintKind::CachedMethod, said.into())]);
    assert_eq!(hints(&heap, 22), []);
}

/// A map of `app` from a weak reference, which is called `text`, to a value that holds an object of
/// 30 bytes.
fn weak_map(heap: &mut WrittenHeap, text: impl Fn(usize) -> String) {
    let weakref = heap.module("weakref");
    let name = "weakref.WeakKeyDictionary";
    let class = heap.held(weakref, key("WeakKeyDictionary"), "builtins.type", 10);
    heap.class(class, name);
    let map = heap.global("styles", name, 10);
    let data = heap.held(map, attribute("data"), "builtins.dict", 10);
    heap.flag(data, NodeFlags::DICT);
    let spelled = "<ReferenceType>".to_owned();
    let label = EdgeLabel::KeyObject(spelled.clone());
    let reference = heap.held(data, label, "weakref.ReferenceType", 10);
    let value = heap.held(data, EdgeLabel::Key(spelled), "app.Style", 10);
    let widget = heap.held(value, attribute("widget"), "app.Widget", 30);
    heap.name(reference, &text(widget));
}

#[test]
fn a_weak_map_keeps_a_key_that_its_value_leads_to() {
    let mut heap = WrittenHeap::new();
    let address_of = |widget| format!("{WEAK_REFERENT}{:x}", address(widget));
    weak_map(&mut heap, address_of);
    let said = "`app.styles` (WeakKeyDictionary) keeps 1 of the keys, `app.Widget`, alive: the \
                values lead to them: 40 bytes in 2 objects.";
    assert_eq!(hints(&heap, 1), [(HintKind::WeakKeys, said.into())]);
}

#[test]
fn a_name_that_is_no_address_of_an_object_is_no_key() {
    // The name comes from a file.
    for text in [
        "to 0x",
        "to 0xgg",
        "to 0x1",
        "to 0xffffffffffffffffff",
        "0x100000",
    ] {
        let mut heap = WrittenHeap::new();
        weak_map(&mut heap, |_| text.into());
        assert_eq!(hints(&heap, 1), [], "{text}");
    }
}

#[test]
fn registries_that_are_held_alike_are_one_hint() {
    let mut heap = WrittenHeap::new();
    let topics = heap.global("topics", "builtins.list", 10);
    let mut add_topic = |position, callables| {
        let topic = heap.held(topics, EdgeLabel::Index(position), "app.Topic", 10);
        let list = heap.held(topic, attribute("subscribers"), "builtins.list", 10);
        for number in 0..callables {
            let method = heap.held(list, EdgeLabel::Index(number), "builtins.method", 1);
            heap.held(method, attribute("__self__"), "app.Session", 5);
        }
    };
    add_topic(1, 20);
    add_topic(0, 10);
    // Nine are few.
    add_topic(2, 9);
    let said = "2 `list` at `app.topics[x].subscribers` keep 30 `app.Session` alive by functions or \
                bound methods that refer to them: 150 bytes in 30 objects.";
    assert_eq!(hints(&heap, 150), [(HintKind::Callbacks, said.into())]);
    assert_eq!(hints(&heap, 151), []);
}
