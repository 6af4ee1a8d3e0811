//! Cycles: which are told apart, what becomes of them, and the way round that is shown.

use heapgraph::analysis::{Cycle, Cycles, Fate, TypePattern};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex, RootKind};
use heapgraph::render::cycle_text;
use heapgraph::render::text::{Style, cycles_text};
use heapgraph::snapshot::HeapSnapshot;

use crate::dominators::with_roots;
use crate::random::for_random_sketches;
use crate::sketch::{Sketch, large};

/// The sketch as a snapshot: `roots` are frames, and a reference to an object called `b` is `.b`.
pub(crate) fn snapshot(sketch: &Sketch, roots: &str) -> HeapSnapshot {
    let roots = roots.split_whitespace();
    let roots: Vec<_> = roots.map(|name| (name, RootKind::Frame)).collect();
    sketch.snapshot(&roots, |drawn, _, held| {
        EdgeLabel::attribute(drawn.name(held))
    })
}

/// Fate, number of components and way round of each group.
fn found(snapshot: &HeapSnapshot) -> Vec<(Fate, usize, String)> {
    let cycles = Cycles::find(snapshot);
    let groups = cycles.groups.iter();
    groups
        .map(|group| {
            let path = cycle_text(snapshot, &group.cycle);
            (group.fate, group.component_count, path)
        })
        .collect()
}

#[test]
fn what_keeps_a_cycle_is_said_and_garbage_comes_first() {
    // root -> a <-> b      c <-> d      (held by compiled code) -> e -> f <-> g
    let sketch = Sketch::new("root -> a -> b -> a, c -> d -> c, e -> f -> g -> f")
        .flagged("a b c d e f g", NodeFlags::TRACKED)
        .counted("root e");
    let expected = [
        (Fate::Garbage, 1, "object.d -> object.c".into()),
        (Fate::Outside, 1, "object.g -> object.f".into()),
        (Fate::Alive, 1, "object.b -> object.a".into()),
    ];
    assert_eq!(found(&snapshot(&sketch, "root")), expected);
}

#[test]
fn components_of_the_same_types_are_taken_together() {
    // Twice a tree of an owner and its parts, of different size; and one of another type.
    let sketch = Sketch::new("a -> b -> a, c -> d -> c, c -> e -> c, c -> f -> c, g -> h -> g")
        .typed("a c", "app.Tree")
        .typed("b d e f", "app.Leaf")
        .typed("g", "app.Tree")
        .typed("h", "app.Other")
        .flagged("a b c d e f g h", NodeFlags::TRACKED)
        .counted("");
    let snapshot = snapshot(&sketch, "");
    let expected = [
        (Fate::Garbage, 2, "Leaf.a -> Tree.b".into()),
        (Fate::Garbage, 1, "Other.g -> Tree.h".into()),
    ];
    assert_eq!(found(&snapshot), expected);
    let mut cycles = Cycles::find(&snapshot);
    let counts = |cycles: &Cycles| {
        let types = cycles.histogram().types.into_iter();
        let types = types.map(|row| (row.type_name, row.tally.count));
        types.collect::<Vec<_>>()
    };
    let expected = [("app.Leaf", 4), ("app.Other", 1), ("app.Tree", 3)];
    assert_eq!(counts(&cycles), expected.map(|(name, n)| (name.into(), n)));
    assert_eq!(cycles.total().0, 3);
    cycles.keep(&TypePattern::new("Other"));
    assert_eq!(counts(&cycles)[0].1 + counts(&cycles)[1].1, 2);
}

#[test]
fn modules_and_classes_hold_together_what_is_alive_and_are_told_in_one_line() {
    // module -> names -> function -> names;  names -> class -> names
    //                names -> x <-> y;  x -> class, y -> module
    let drawing = "module -> names -> function -> names, names -> class -> function, \
                   names -> x -> y -> x, x -> class, y -> module";
    let sketch = Sketch::new(drawing)
        .flagged("module", NodeFlags::MODULE.with(NodeFlags::PROPER_MODULE))
        .flagged("names", NodeFlags::MODULE_NAMESPACE)
        .flagged("class", NodeFlags::TYPE)
        .counted("");
    let snapshot = snapshot(&sketch, "module");
    assert_eq!(
        found(&snapshot),
        [(Fate::Alive, 1, "object.y -> object.x".into())]
    );
    let standing = Cycles::find(&snapshot).standing;
    assert_eq!(standing.component_count, 1);
    assert_eq!(standing.tally.count, 6, "all but none");
    assert_eq!((standing.module_count, standing.class_count), (1, 1));
    let text = cycles_text(&snapshot, &Cycles::find(&snapshot), 10, Style::Plain);
    let line = "through modules and classes, as in every program: 1 component with 6 objects, \
                0 bytes, 1 module and 1 class among them\n";
    assert!(text.ends_with(line), "{text}");
}

#[test]
fn in_garbage_every_reference_counts() {
    // A class that nothing needs any more, and its instance.
    let sketch = Sketch::new("class -> namespace -> class, instance -> class, class -> instance")
        .class("class", "app.Local")
        .typed("instance", "app.Local")
        .flagged("class", NodeFlags::TYPE)
        .flagged("class namespace instance", NodeFlags::TRACKED)
        .counted("");
    let snapshot = snapshot(&sketch, "");
    let cycles = Cycles::find(&snapshot);
    assert_eq!(cycles.groups.len(), 1);
    assert_eq!(cycles.groups[0].example.len(), 3);
    assert_eq!(cycles.standing.component_count, 0);
    assert_eq!(found(&snapshot)[0].2, "Local.class -> object.instance");
}

#[test]
fn containers_are_passed_through() {
    let sketch = Sketch::new("node -> children -> other -> namespace -> node")
        .typed("node other", "app.Node")
        .typed("children", "builtins.list")
        .typed("namespace", "builtins.dict")
        .counted("");
    let path = &found(&snapshot(&sketch, ""))[0].2;
    assert_eq!(path, "Node.children.other -> Node.namespace.node");
    let sketch = Sketch::new("a -> a")
        .typed("a", "builtins.list")
        .counted("");
    assert_eq!(found(&snapshot(&sketch, ""))[0].2, "list.a");
}

#[test]
fn a_snapshot_without_names_says_so() {
    let sketch = Sketch::new("a -> b -> a").counted("");
    let snapshot = with_roots(sketch.build().graph, &[]);
    let path = &found(&snapshot)[0].2;
    assert_eq!(path, "object<unnamed> -> object<unnamed>");
}

#[test]
fn the_way_round_is_a_shortest_cycle_of_the_component() {
    for_random_sketches(300, |sketch, random| {
        let root = format!("n{}", random.below(sketch.node_count()));
        let sketch = sketch.clone().counted("");
        let snapshot = snapshot(&sketch, &root);
        let is_fixed = |node: usize| sketch.has_flags(node, NodeFlags::PROPER_MODULE);
        let alive = snapshot.graph().reachable_from([sketch.build()[&*root]]);
        let is_alive = |node| alive.contains(NodeIndex::new(node));
        for group in Cycles::find(&snapshot).groups {
            let members: Vec<usize> = group.example.iter().map(|node| node.index()).collect();
            let followed = |holder: usize| {
                let held = sketch.referents(holder).into_iter();
                let held = held.filter(|&held| !is_alive(held) || !is_fixed(held));
                held.filter(|held| members.contains(held))
                    .collect::<Vec<_>>()
            };
            let shortest = members.iter().map(|&start| {
                // As many steps as lead back, by taking all at once.
                let mut reached = vec![start];
                (1..=members.len()).find(|_| {
                    reached = reached.iter().flat_map(|&node| followed(node)).collect();
                    reached.sort_unstable();
                    reached.dedup();
                    reached.contains(&start)
                })
            });
            let Cycle { nodes, labels } = group.cycle;
            assert_eq!(Some(nodes.len()), shortest.map(Option::unwrap).min());
            assert_eq!(nodes.len(), labels.len());
            for (n, node) in nodes.iter().enumerate() {
                let next = nodes[(n + 1) % nodes.len()].index();
                assert!(followed(node.index()).contains(&next));
            }
        }
    });
}

#[test]
fn the_order_of_capture_changes_nothing_but_the_example() {
    for_random_sketches(100, |sketch, random| {
        let order = random.order(sketch.node_count());
        let heaps = [sketch.build(), sketch.build_in_order(&order)];
        let [one, other] = heaps.map(|drawn| {
            let cycles = Cycles::find(&with_roots(drawn.graph, &[]));
            let groups = cycles.groups.into_iter();
            let mut groups: Vec<_> = groups
                .map(|group| (group.types, group.component_count, group.tally.count))
                .map(|group| format!("{group:?}"))
                .collect();
            groups.sort();
            groups
        });
        assert_eq!(one, other);
    });
}

#[test]
fn of_a_cycle_of_a_million_objects_the_beginning_is_spelled() {
    const COUNT: usize = 1_000_000;
    let ring = (0..COUNT).map(|n| (n, (n + 1) % COUNT));
    let snapshot = with_roots(large(COUNT, ring), &[]);
    let cycles = Cycles::find(&snapshot);
    assert_eq!(cycles.groups[0].cycle.nodes.len(), COUNT);
    let path = cycle_text(&snapshot, &cycles.groups[0].cycle);
    assert!(path.ends_with(" -> (999,976 more references)"), "{path}");
    assert!(path.len() < 1000);
    let chain = (0..COUNT - 1).map(|n| (n, n + 1));
    let snapshot = with_roots(large(COUNT, chain), &[]);
    assert!(Cycles::find(&snapshot).groups.is_empty());
}
