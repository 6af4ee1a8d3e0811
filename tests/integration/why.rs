//! Explanations of heaps written by hand: the order of preference, the references under
//! suspicion, what is one explanation, and what has to be cut.

use heapgraph::analysis::{DominatorTree, Why};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex, RootKind};
use heapgraph::render::text::{Style, why_text};
use heapgraph::snapshot::HeapSnapshot;

use crate::written_heap::{WrittenHeap, key};

fn attribute(name: &str) -> EdgeLabel {
    EdgeLabel::attribute(name)
}

fn explain(snapshot: &HeapSnapshot, targets: &[usize]) -> Why {
    let targets: Vec<NodeIndex> = targets.iter().map(|&node| NodeIndex::new(node)).collect();
    Why::explain(snapshot, &DominatorTree::new(snapshot), &targets, 10)
}

/// The text without the first lines, which have the address and the fingerprint.
fn said_of(heap: &WrittenHeap, targets: &[usize]) -> String {
    let snapshot = heap.build();
    let text = why_text(&snapshot, &explain(&snapshot, targets), Style::Plain);
    text.split_once("\n\n").unwrap().1.to_owned()
}

fn paths(heap: &WrittenHeap, targets: &[usize]) -> Vec<String> {
    let snapshot = heap.build();
    let text = why_text(&snapshot, &explain(&snapshot, targets), Style::Plain);
    let lines = text.lines().collect::<Vec<_>>();
    let below_fingerprints = lines
        .windows(3)
        .filter(|lines| lines[0].contains("fingerprint "));
    below_fingerprints.map(|lines| lines[2].into()).collect()
}

/// Lists in each other, of which the last holds `held`.
fn lists_around(heap: &mut WrittenHeap, count: usize, held: usize) -> usize {
    (0..count).fold(held, |held, _| {
        let list = heap.add("builtins.list", 1);
        heap.refer(list, EdgeLabel::Index(0), held);
        list
    })
}

#[test]
fn a_reference_that_explains_better_is_preferred_however_long_its_chain_is() {
    // One object, held by an instance that only its class holds, from outside, in a cache of the
    // library, by a traceback, by a running frame and by a global variable; the better, the further.
    let mut heap = WrittenHeap::new();
    let target = heap.add("builtins.str", 1);

    let outside = heap.add("builtins.dict", 1);
    heap.root(
        outside,
        RootKind::External,
        "held from outside, 1 reference",
    );
    heap.flag(outside, NodeFlags::DICT);
    heap.refer(outside, EdgeLabel::KeyObject("'k'".into()), target);
    assert_eq!(paths(&heap, &[target]), ["<dict><key 'k'>"]);

    let outside = lists_around(&mut heap, 1, target);
    heap.root(
        outside,
        RootKind::External,
        "held from outside, 1 reference",
    );
    assert_eq!(paths(&heap, &[target]), ["<list>[0]"]);

    let re = heap.module("re");
    let cache = lists_around(&mut heap, 2, target);
    heap.refer(re, key("_cache"), cache);
    assert_eq!(paths(&heap, &[target]), ["re._cache[0][0]"]);

    let error = heap.global("error", "app.Error", 1);
    let traceback = heap.held(error, attribute("__traceback__"), "builtins.traceback", 1);
    let frame = heap.held(traceback, attribute("tb_frame"), "builtins.frame", 1);
    let held = lists_around(&mut heap, 2, target);
    heap.refer(frame, EdgeLabel::Local("x".into()), held);
    let path = "app.error.__traceback__.tb_frame<local x>[0][0]";
    assert_eq!(paths(&heap, &[target]), [path]);

    let frame = heap.add("builtins.frame", 1);
    heap.flag(frame, NodeFlags::FRAME);
    heap.root(
        frame,
        RootKind::Frame,
        "main() in app.py:3, thread MainThread",
    );
    let held = lists_around(&mut heap, 6, target);
    heap.refer(frame, EdgeLabel::Local("x".into()), held);
    assert!(paths(&heap, &[target])[0].ends_with("<local x>[0][0][0][0][0][0]"));

    let held = lists_around(&mut heap, 8, target);
    heap.refer(1, key("deep"), held);
    assert_eq!(
        paths(&heap, &[target]),
        ["app.deep[0][0][0][0][0][0][0][0]"]
    );
}

#[test]
fn the_way_from_an_instance_to_its_class_says_nothing() {
    let mut heap = WrittenHeap::new();
    let class = heap.add("builtins.type", 1);
    heap.class(class, "app.Model");
    let instance = heap.global("model", "app.Model", 1);
    heap.refer(instance, attribute("__class__"), class);
    let held = lists_around(&mut heap, 3, class);
    heap.refer(1, key("classes"), held);
    assert_eq!(paths(&heap, &[class]), ["app.classes[0][0][0]"]);
}

/// _codec<state> → list ← app.registry.items: two names explain better than none.
#[test]
fn the_state_of_a_compiled_module_explains_worse_than_a_name() {
    let mut heap = WrittenHeap::new();
    let namespace = heap.module("_codec");
    let state = EdgeLabel::Internal("module state".into());
    let list = heap.held(namespace - 1, state, "builtins.list", 1);
    let registry = heap.global("registry", "app.Registry", 1);
    heap.refer(registry, attribute("items"), list);
    let held = heap.held(list, EdgeLabel::Index(0), "app.Job", 1);
    assert_eq!(paths(&heap, &[held]), ["app.registry.items[0]"]);
}

#[test]
fn the_cause_is_behind_the_last_object_that_stays() {
    // app -> Registry (a class) -> by_name -> the object.
    let mut heap = WrittenHeap::new();
    let class = heap.global("Registry", "builtins.type", 10);
    heap.flag(class, NodeFlags::TYPE);
    heap.name(class, "Registry");
    let namespace = heap.held(class, attribute("__dict__"), "builtins.dict", 20);
    heap.flag(namespace, NodeFlags::DICT);
    let by_name = heap.held(namespace, key("by_name"), "builtins.dict", 30);
    heap.flag(by_name, NodeFlags::DICT);
    let name = heap.held(
        by_name,
        EdgeLabel::KeyObject("'u7'".into()),
        "builtins.str",
        0,
    );
    heap.root(name, RootKind::Interpreter, "never freed");
    let target = heap.held(by_name, key("u7"), "app.Session", 40);
    let expected = "\
app.Registry.by_name['u7']

┬─ module app     a module stays
│    .Registry
├─ type Registry  a class of a module stays
│    .by_name
│    ~~~~~~~~
├─ dict 1 item    retains 70 bytes in 2 objects
│    ['u7']
│    ~~~~~~
╰→ Session        retains 40 bytes in 1 object

Cutting app.Registry.by_name['u7'] frees 40 bytes in 1 object.
";
    assert_eq!(said_of(&heap, &[target]), expected);
}

#[test]
fn objects_that_are_held_alike_are_one_explanation() {
    let mut heap = WrittenHeap::new();
    let others = heap.global("others", "builtins.list", 1);
    let all = heap.global("all", "builtins.list", 1);
    let mut targets = Vec::new();
    // Captured from the last to the first, and referred to in that order.
    for position in (0..5).rev() {
        let list = heap.held(all, EdgeLabel::Index(position), "builtins.list", 1);
        targets.push(heap.held(list, EdgeLabel::Index(0), "app.Item", 1));
    }
    targets.push(heap.held(others, EdgeLabel::Index(0), "app.Item", 1));
    let snapshot = heap.build();
    let why = explain(&snapshot, &targets);
    let alike: Vec<usize> = (why.explanations.iter()).map(|one| one.alike).collect();
    assert_eq!(alike, [5, 1]);
    // The first in its list stands for all.
    assert_eq!(paths(&heap, &targets), ["app.all[0][0]", "app.others[0]"]);
}

#[test]
fn explanations_that_are_as_good_come_in_the_same_order_however_they_are_captured() {
    let names = ["one", "two", "three", "four", "five"];
    let in_order = |order: &[usize]| {
        let mut heap = WrittenHeap::new();
        let targets: Vec<usize> = (order.iter())
            .map(|&number| {
                let list = heap.global(names[number], "builtins.list", 1);
                heap.held(list, EdgeLabel::Index(0), "app.Item", 1)
            })
            .collect();
        paths(&heap, &targets)
    };
    let paths = in_order(&[0, 1, 2, 3, 4]);
    assert_eq!(paths.len(), 5);
    assert_eq!(paths, in_order(&[4, 2, 0, 3, 1]));
}

#[test]
fn what_has_to_be_cut() {
    // Held twice below one object, whose reference is the only one near the root.
    let mut heap = WrittenHeap::new();
    let hub = heap.global("hub", "app.Hub", 10);
    let target = heap.add("app.Item", 5);
    let list = heap.held(hub, attribute("order"), "builtins.list", 10);
    heap.refer(list, EdgeLabel::Index(0), target);
    let dict = heap.held(hub, attribute("by_name"), "builtins.dict", 10);
    heap.flag(dict, NodeFlags::DICT);
    heap.refer(dict, key("a"), target);
    let below = "\
Cutting app.hub frees 35 bytes in 4 objects.
To free this object and not those beside it:
Held by 2 independent references
  (1) app.hub.order[0]: cutting it alone frees nothing
  (2) app.hub.by_name['a']: cutting it alone frees nothing
Cutting all of them frees 5 bytes in 1 object.
";
    let said = said_of(&heap, &[target]);
    assert!(said.ends_with(below), "{said}");

    // With another way there is no single reference; that of the chain shown comes first.
    let log = heap.global("log", "builtins.list", 10);
    heap.refer(log, EdgeLabel::Index(3), target);
    let above = "\
Held by 2 independent references
  (1) app.log[3]: cutting it alone frees nothing
  (2) app.hub: cutting it alone frees 30 bytes in 3 objects
Cutting all of them frees 35 bytes in 4 objects.
";
    let said = said_of(&heap, &[target]);
    assert!(said.ends_with(above), "{said}");

    // A root is alive whatever is cut.
    heap.root(target, RootKind::External, "held from outside, 1 reference");
    let said = said_of(&heap, &[target]);
    assert!(said.ends_with("held from outside too.\n"), "{said}");
}

#[test]
fn what_frees_all_that_are_alike_is_told_first() {
    // app.engine.listeners -> list -> [0], [1], [2] -> lists -> an item each
    let mut heap = WrittenHeap::new();
    let engine = heap.global("engine", "app.Engine", 10);
    let listeners = heap.held(engine, attribute("listeners"), "builtins.list", 10);
    let mut items = Vec::new();
    for position in 0..3 {
        let list = heap.held(listeners, EdgeLabel::Index(position), "builtins.list", 2);
        items.push(heap.held(list, EdgeLabel::Index(0), "app.Item", 5));
    }
    let one = "\
Cutting app.engine.listeners frees all 3 of them: 31 bytes in 7 objects.
Cutting app.engine.listeners[0][0] frees this one: 5 bytes in 1 object.
";
    let said = said_of(&heap, &items);
    assert!(said.ends_with(one), "{said}");

    // Two references hold them together, one of which nobody can do without.
    let log = heap.global("log", "builtins.dict", 10);
    for &item in &items {
        heap.refer(log, EdgeLabel::KeyObject("x".into()), item);
    }
    let two =
        "Cutting app.log and app.engine.listeners frees all 3 of them: 41 bytes in 8 objects.";
    let said = said_of(&heap, &items);
    assert!(said.contains(two), "{said}");

    // Where each is held by itself there is nothing in common.
    let mut heap = WrittenHeap::new();
    let items = ["one", "two"].map(|name| {
        let list = heap.global("list", "builtins.list", 2);
        heap.refer(1, key(name), list);
        heap.held(list, EdgeLabel::Index(0), "app.Item", 5)
    });
    let said = said_of(&heap, &items);
    assert!(!said.contains("of them:"), "{said}");
}

#[test]
fn what_is_held_from_outside_may_be_held_by_what_was_not_seen() {
    let mut heap = WrittenHeap::new();
    let outside = heap.add("builtins.dict", 1);
    let inside = heap.global("registry", "builtins.list", 1);
    heap.root(
        outside,
        RootKind::External,
        "held from outside, 1 reference",
    );
    heap.unseen("the local variables of 3 suspended greenlets");
    let line = "\nnot seen: the local variables of 3 suspended greenlets\n";
    assert!(said_of(&heap, &[outside]).ends_with(line));
    assert!(!said_of(&heap, &[inside]).contains("not seen"));
}

#[test]
fn an_object_of_many_references_is_not_cut_off_from_its_namespace() {
    let mut heap = WrittenHeap::new();
    let owner = heap.global("owner", "app.Owner", 10);
    for number in 0..40 {
        heap.held(owner, attribute(&format!("part_{number}")), "app.Part", 1);
    }
    let namespace = heap.held(owner, attribute("__dict__"), "builtins.dict", 20);
    let log = heap.global("log", "builtins.list", 10);
    heap.refer(log, EdgeLabel::Index(0), namespace);
    let said = said_of(&heap, &[namespace]);
    assert!(
        said.contains(" app.owner: cutting it alone frees "),
        "{said}"
    );
    assert!(
        said.contains(" app.log[0]: cutting it alone frees "),
        "{said}"
    );
}
