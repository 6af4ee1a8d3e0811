//! Garbage: what nothing leads to, what the collector can free of it.

use std::collections::BTreeSet;

use heapgraph::analysis::{Cycles, Fate, Garbage, UncollectableCycles};
use heapgraph::graph::{NodeFlags, NodeIndex};

use crate::cycles::snapshot;
use crate::random::for_random_sketches;
use crate::sketch::Sketch;

/// The names of the garbage, and how much of it is on cycles, held by them, and uncollectable.
fn found(sketch: &Sketch, roots: &str) -> (String, [u64; 3]) {
    let garbage = Garbage::find(&snapshot(sketch, roots));
    let names = sketch.build().names(&garbage.nodes);
    let counts = [
        garbage.in_cycles,
        garbage.held_by_cycles,
        garbage.uncollectable,
    ];
    (names, counts.map(|tally| tally.count))
}

#[test]
fn garbage_is_what_no_anchor_leads_to() {
    // root -> kept <- a <-> b -> text
    let drawing = "root -> kept, a -> b -> a, a -> kept, b -> text";
    let tracked =
        |outside: &str| (Sketch::new(drawing).flagged("a b", NodeFlags::TRACKED)).counted(outside);
    assert_eq!(found(&tracked(""), "root"), ("a b text".into(), [2, 1, 0]));
    // One reference that was not found makes all of it alive.
    assert_eq!(found(&tracked("b"), "root"), (String::new(), [0, 0, 0]));
    // Roots are alive whatever refers to them.
    assert_eq!(found(&tracked(""), "root a"), (String::new(), [0, 0, 0]));
    let immortal = tracked("").flagged("b", NodeFlags::IMMORTAL);
    assert_eq!(found(&immortal, "root"), (String::new(), [0, 0, 0]));
}

#[test]
fn a_text_that_something_refers_to_is_not_alive_by_itself() {
    // a <-> b -> name, and somebody else holds the name
    let held = Sketch::new("a -> b -> a, b -> name")
        .typed("name", "builtins.str")
        .flagged("a b", NodeFlags::TRACKED)
        .counted("name");
    assert_eq!(found(&held, ""), ("a b name".into(), [2, 1, 0]));
    // Nobody in the graph does, or it is no text: what is held from outside is alive.
    let alone = Sketch::new("name, a")
        .typed("name", "builtins.str")
        .counted("name");
    assert_eq!(found(&alone, "a"), (String::new(), [0, 0, 0]));
    let other = Sketch::new("a -> b -> a, b -> number")
        .flagged("a b", NodeFlags::TRACKED)
        .counted("number");
    assert_eq!(found(&other, ""), ("a b".into(), [2, 0, 0]));
}

#[test]
fn a_cycle_through_an_object_that_is_not_tracked_can_not_be_freed() {
    // a <-> dict -> text     c <-> d -> code -> constant
    let sketch = Sketch::new("a -> dict -> a, dict -> text, c -> d -> c, d -> code -> constant")
        .flagged("a c d constant", NodeFlags::TRACKED)
        .counted("");
    let all = "a dict text c d code constant";
    assert_eq!(found(&sketch, ""), (all.into(), [4, 3, 3]));
    let cycles = Cycles::find(&snapshot(&sketch, ""));
    let fates: Vec<Fate> = cycles.groups.iter().map(|group| group.fate).collect();
    assert_eq!(fates, [Fate::Uncollectable, Fate::Garbage]);
}

#[test]
fn a_cycle_through_an_lru_cache_can_be_freed_though_its_links_are_not_tracked() {
    // owner -> cache -> dict -> link -> result -> owner; the cache holds the link in a list too. Its
    // traverse visits what the link holds.
    let drawing = "owner -> cache -> dict -> key, dict -> link, cache -> link, link -> key, \
                   link -> result -> owner";
    let sketch = Sketch::new(drawing)
        .flagged("owner cache result", NodeFlags::TRACKED)
        .flagged("dict", NodeFlags::DICT)
        .counted("");
    let linked = sketch.clone().typed("link", "functools._lru_list_elem");
    let all = "owner cache dict key link result";
    assert_eq!(found(&linked, ""), (all.into(), [5, 1, 0]));
    let tracked = linked.flagged("dict", NodeFlags::TRACKED);
    assert_eq!(found(&tracked, ""), (all.into(), [5, 1, 0]));
    // What holds the same in an object that no traverse looks into is not freed.
    assert_eq!(found(&sketch, ""), (all.into(), [5, 1, 6]));
}

#[test]
fn a_cycle_through_a_reference_that_no_traverse_shows_cannot_be_freed() {
    // table -> part ~> table, table -> text: the reference of `part` is its last, and no traverse shows it.
    let drawing = "table -> part -> table, table -> text";
    let tracked = Sketch::new(drawing).flagged("table part", NodeFlags::TRACKED);
    let sketch = tracked.clone().untraversed("part").counted("");
    assert_eq!(found(&sketch, ""), ("table part text".into(), [2, 1, 3]));
    assert_eq!(
        found(&tracked.counted(""), ""),
        ("table part text".into(), [2, 1, 0])
    );
    let cycles = UncollectableCycles::find(&snapshot(&sketch, ""));
    let [group] = &cycles.groups[..] else {
        panic!("{:?}", cycles.groups)
    };
    assert_eq!((group.count, group.kept.count), (1, 3));
    let kept: Vec<_> = cycles.kept.iter().map(|kept| kept.node.index()).collect();
    assert_eq!(kept, [0, 1, 2]);
    let starts = cycles.kept.iter().filter(|kept| kept.held_by.is_none());
    assert_eq!(starts.count(), 1);
}

#[test]
fn a_cycle_that_another_one_keeps_goes_with_that() {
    // a <-> b, and b ~> c <-> d: the collector frees a and b, then c and d.
    let first = Sketch::new("a -> b -> a, b -> c -> d -> c")
        .flagged("a b c d", NodeFlags::TRACKED)
        .untraversed("b")
        .counted("");
    assert_eq!(found(&first, ""), ("a b c d".into(), [4, 0, 0]));
    // a ~> b -> a stays, and what it keeps: c <-> d.
    let second = Sketch::new("b -> a -> b, b -> c -> d -> c")
        .flagged("a b c d", NodeFlags::TRACKED)
        .untraversed("a")
        .counted("");
    assert_eq!(found(&second, ""), ("b a c d".into(), [4, 0, 4]));
    assert!(
        UncollectableCycles::find(&snapshot(&first, ""))
            .groups
            .is_empty()
    );
}

/// What is left when the collector has run as often as it frees something: as the collector goes
/// about it, which counts the references that tracked objects hold, and as reference counting goes
/// on from there.
fn left_by_the_collector(sketch: &Sketch, garbage: &BTreeSet<usize>) -> BTreeSet<usize> {
    let is_tracked = |node: usize| sketch.has_flags(node, NodeFlags::TRACKED);
    let mut left = garbage.clone();
    loop {
        let before = left.len();
        let references = |left: &BTreeSet<usize>, node: usize| {
            let held = left.iter().flat_map(|&holder| sketch.referents(holder));
            held.filter(|&held| held == node).count()
        };
        // Tracked objects with a reference that no traverse shows, and what they lead to.
        let shown = |node: usize| {
            let held = left
                .iter()
                .flat_map(|&holder| sketch.collected_referents(holder));
            held.filter(|&held| held == node).count()
        };
        let mut kept: BTreeSet<usize> = (left.iter().copied())
            .filter(|&node| is_tracked(node))
            .filter(|&node| references(&left, node) > shown(node))
            .collect();
        for _ in 0..left.len() {
            let held = kept
                .iter()
                .flat_map(|&node| sketch.collected_referents(node));
            let held: Vec<usize> = held.filter(|held| left.contains(held)).collect();
            kept.extend(held);
        }
        left.retain(|node| !is_tracked(*node) || kept.contains(node));
        // What nothing refers to any more is gone.
        while let Some(node) = (left.iter().copied()).find(|&node| references(&left, node) == 0) {
            left.remove(&node);
        }
        if left.len() == before {
            return left;
        }
    }
}

#[test]
fn garbage_and_what_is_left_of_it_are_those_of_a_collection_played_through() {
    let seen = std::cell::Cell::new((0, 0));
    for_random_sketches(300, |sketch, random| {
        let mut sketch = sketch.clone();
        let count = sketch.node_count();
        for node in 0..count {
            if !random.one_in(4) {
                sketch = sketch.flagged(&format!("n{node}"), NodeFlags::TRACKED);
                if random.one_in(4) && !sketch.referents(node).is_empty() {
                    sketch = sketch.untraversed(&format!("n{node}"));
                }
            }
        }
        let root = format!("n{}", random.below(count));
        // Not a text: of those it says nothing, and in CPython they hold nothing.
        let mut others = (0..count).filter(|&node| sketch.type_name(node) != "builtins.str");
        let start = random.below(count);
        let outside = others.clone().find(|&node| node >= start).or(others.next());
        let outside = outside.map_or_else(|| root.clone(), |node| format!("n{node}"));
        let sketch = sketch.counted(&outside);
        let snapshot = snapshot(&sketch, &root);
        let mut alive: BTreeSet<usize> = [&root, &outside]
            .map(|name| name[1..].parse().unwrap())
            .into();
        for _ in 0..count {
            let held = alive.iter().flat_map(|&node| sketch.referents(node));
            let held: Vec<usize> = held.collect();
            alive.extend(held);
        }
        let expected: BTreeSet<usize> = (0..count).filter(|node| !alive.contains(node)).collect();
        let garbage = Garbage::find(&snapshot);
        let indexes = |nodes: &[NodeIndex]| nodes.iter().map(|node| node.index()).collect();
        let found: BTreeSet<usize> = indexes(&garbage.nodes);
        assert_eq!(found, expected);

        // An object that nothing at all refers to would not be there; nor would what it holds.
        let mut real = expected;
        let is_held = |node: usize, left: &BTreeSet<usize>| {
            let mut edges = sketch.edges.iter();
            edges.any(|&(holder, held)| held == node && left.contains(&holder))
        };
        while let Some(node) = real.iter().copied().find(|&node| !is_held(node, &real)) {
            real.remove(&node);
        }
        if real.len() == garbage.nodes.len() {
            let left = left_by_the_collector(&sketch, &real);
            assert_eq!(garbage.uncollectable.count, left.len() as u64);
            let (all, stays) = seen.get();
            seen.set((
                all + usize::from(!real.is_empty()),
                stays + usize::from(!left.is_empty()),
            ));
        }
    });
    let (all, stays) = seen.get();
    assert!(
        all > 20 && stays > 5,
        "{all} with garbage, {stays} with some that stays"
    );
}
