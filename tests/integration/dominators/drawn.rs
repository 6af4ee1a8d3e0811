//! Trees of heaps drawn by hand. A tree is written as `a(b(c) d)`: `a` dominates `b` and `d`.

use heapgraph::analysis::{
    Dominator, DominatorTree, Owner, RetainedByType, Tally, TypePattern, TypeRetained,
    largest_first, retained_together,
};
use heapgraph::graph::{NodeFlags, NodeIndex};

use super::certificate::assert_dominator_tree;
use super::{Object, heap, with_roots};
use crate::sketch::{Drawn, Sketch};

/// What the roots dominate, in the order of the drawing.
fn tree(drawing: &str, roots: &str) -> String {
    let sketch = Sketch::new(drawing);
    let drawn = sketch.build();
    let roots = roots.split_whitespace().map(|name| drawn[name].index());
    let roots: Vec<usize> = roots.collect();
    let snapshot = with_roots(sketch.build().graph, &roots);
    let tree = DominatorTree::new(&snapshot);
    assert_dominator_tree(&snapshot, &tree, usize::MAX);
    written(&drawn, &tree, Dominator::Root)
}

fn written(drawn: &Drawn<'_>, tree: &DominatorTree, dominator: Dominator) -> String {
    let mut nodes: Vec<_> = tree.dominated_by(dominator).collect();
    nodes.sort_unstable();
    let node = |&node| match written(drawn, tree, Dominator::Node(node)) {
        inside if inside.is_empty() => drawn.name(node).to_owned(),
        inside => format!("{}({inside})", drawn.name(node)),
    };
    let nodes: Vec<String> = nodes.iter().map(node).collect();
    nodes.join(" ")
}

#[test]
fn an_object_is_dominated_by_what_all_chains_to_it_share() {
    //      ┌─ b ─┐
    // m ─ a       d ─ e
    //      └─ c ─┘
    let diamond = "m -> a -> b -> d -> e, a -> c -> d";
    assert_eq!(tree(diamond, "m"), "m(a(b d(e) c))");
    // A way round all of it.
    let with_shortcut = format!("{diamond}, m -> e");
    assert_eq!(tree(&with_shortcut, "m"), "m(a(b d c) e)");
}

#[test]
fn what_two_roots_lead_to_is_dominated_by_no_object() {
    // m ─ a ┐
    //       ├ x ─ y
    // f ─ b ┘
    assert_eq!(
        tree("m -> a -> x -> y, f -> b -> x", "m f"),
        "m(a) x(y) f(b)"
    );
}

#[test]
fn what_is_alive_by_itself_is_dominated_by_no_object_whatever_holds_it() {
    // m ─ a ─ x ─ y, and x is a root of its own.
    assert_eq!(tree("m -> a -> x -> y", "m x"), "m(a) x(y)");
    // A root that another root and its own referent hold.
    assert_eq!(tree("m -> x -> y -> x", "m x"), "m x(y)");
}

#[test]
fn cycles_loops_and_double_references_change_nothing() {
    assert_eq!(tree("m -> a -> b -> c -> a", "m"), "m(a(b(c)))");
    assert_eq!(tree("m -> a -> a, a -> b, a -> b, b -> m", "m"), "m(a(b))");
    assert_eq!(tree("m -> m", "m"), "m");
}

#[test]
fn garbage_is_outside_and_keeps_nothing_from_being_dominated() {
    // m ─ a ─ b        g ─ h ─ g, and g also refers to b
    let sketch = Sketch::new("m -> a -> b, g -> h -> g, g -> b");
    let snapshot = with_roots(sketch.build().graph, &[0]);
    let drawn = sketch.build();
    let tree = DominatorTree::new(&snapshot);
    assert_eq!(written(&drawn, &tree, Dominator::Root), "m(a(b))");
    assert_eq!(tree.total().count, 3);
    for garbage in ["g", "h"] {
        let garbage = drawn[garbage];
        assert_eq!(tree.immediate_dominator(garbage), None);
        assert_eq!(tree.retained(garbage), None);
        assert!(tree.retained_set(garbage).is_empty());
        assert_eq!(tree.dominators(garbage).count(), 0);
        assert_eq!(tree.dominated_by(Dominator::Node(garbage)).count(), 0);
        assert!(!tree.dominates(garbage, drawn["b"]) && !tree.dominates(drawn["m"], garbage));
        assert!(!tree.dominates(garbage, garbage));
    }
}

#[test]
fn the_example_of_lengauer_and_tarjan() {
    // "A Fast Algorithm for Finding Dominators in a Flowgraph", 1979, figures 1 and 2.
    let flowgraph = "r -> a -> d -> l -> h -> e -> h -> k -> i -> k -> r, r -> b -> a, b -> d, \
                     b -> e, r -> c -> f -> i, c -> g -> i, g -> j -> i";
    assert_eq!(tree(flowgraph, "r"), "r(a d(l) h e k i b c(f g(j)))");
}

#[test]
fn a_heap_without_roots_has_an_empty_tree() {
    assert_eq!(tree("a -> b -> a", ""), "");
    let snapshot = heap(&[], &[]);
    let tree = DominatorTree::new(&snapshot);
    assert_eq!(tree.total(), Tally::default());
    assert!(tree.nodes().is_empty() && Owner::largest(&tree, 3).is_empty());
}

#[test]
fn dominators_are_listed_from_the_nearest_up() {
    let sketch = Sketch::new("m -> a -> b -> d -> e, a -> c -> d");
    let drawn = sketch.build();
    let snapshot = with_roots(sketch.build().graph, &[0]);
    let tree = DominatorTree::new(&snapshot);
    let dominators: Vec<_> = tree.dominators(drawn["e"]).collect();
    assert_eq!(drawn.names(&dominators), "d a m");
    assert_eq!(tree.dominators(drawn["m"]).count(), 0);
}

#[test]
fn sizes_are_of_64_bits_and_end_at_the_highest() {
    // n0 ─ n1 ─ n2
    let sizes = |size: u64| {
        let object = |next: usize| Object {
            size,
            referents: (next < 3).then_some(next).into_iter().collect(),
            ..Object::default()
        };
        let snapshot = heap(&[object(1), object(2), object(3)], &[0]);
        let tree = DominatorTree::new(&snapshot);
        let bytes = snapshot
            .graph()
            .nodes()
            .map(|node| tree.retained(node).unwrap().bytes);
        bytes.collect::<Vec<u64>>()
    };
    let five_gib = 5 << 30;
    assert_eq!(sizes(five_gib), [3 * five_gib, 2 * five_gib, five_gib]);
    let huge = u64::MAX - 1;
    assert_eq!(sizes(huge), [u64::MAX, u64::MAX, huge]);
}

#[test]
fn what_an_object_of_the_type_retains_is_counted_once() {
    // list ─ Node ─ Node ─ Node ─ Leaf      Node (garbage) ─ Leaf
    //    └─ Node ─ Leaf
    let sketch = Sketch::new("list -> a -> b -> c -> leaf, list -> d -> e, gone -> dead")
        .typed("list", "builtins.list")
        .typed("a b c d gone", "app.Node")
        .typed("leaf e dead", "app.Leaf");
    let snapshot = with_roots(sketch.build().graph, &[0]);
    let graph = snapshot.graph();
    let mut types = RetainedByType::new(graph, &DominatorTree::new(&snapshot));
    let row = |type_name: &str, objects, retained| TypeRetained {
        type_name: type_name.into(),
        objects: Tally {
            count: objects,
            bytes: 0,
        },
        retained: Tally {
            count: retained,
            bytes: 0,
        },
    };
    let expected = [
        row("builtins.list", 1, 7),
        row("app.Node", 4, 6),
        row("app.Leaf", 2, 2),
    ];
    assert_eq!(types.types, expected);
    types.keep(&TypePattern::new("app.*"));
    assert_eq!(types.types, expected[1..]);
}

#[test]
fn types_of_one_name_are_one_and_ties_are_in_the_order_of_names() {
    let sketch = Sketch::new("m -> b, m -> a, m -> c")
        .typed("b", "app.B")
        .typed("a c", "app.A")
        .flagged("m", NodeFlags::MODULE);
    let snapshot = with_roots(sketch.build().graph, &[1, 2]);
    let types = RetainedByType::new(snapshot.graph(), &DominatorTree::new(&snapshot)).types;
    let rows = types.iter();
    let rows: Vec<_> = rows
        .map(|row| (row.type_name.as_str(), row.retained.count))
        .collect();
    assert_eq!(rows, [("app.A", 1), ("app.B", 1)]);
}

#[test]
fn owners_are_the_largest_and_their_descent_ends_where_it_is_spread() {
    // m (1) ─ dict (1) ─ list (1) ─ x (10)          f (1) ─ y (90)
    //                         ├──── x (10)
    //                         └──── x (10)
    let referents: [&[usize]; 8] = [&[1], &[2], &[3, 4, 5], &[], &[], &[], &[7], &[]];
    let sizes = [1, 1, 1, 10, 10, 10, 1, 90];
    let object = |(&size, referents): (&u64, &&[usize])| Object {
        size,
        referents: referents.to_vec(),
        ..Object::default()
    };
    let objects: Vec<Object> = sizes.iter().zip(&referents).map(object).collect();
    let snapshot = heap(&objects, &[0, 6]);
    let tree = DominatorTree::new(&snapshot);
    let owners = Owner::largest(&tree, usize::MAX);
    let rows = owners.iter().map(|owner| {
        let descent: Vec<usize> = owner.descent.iter().map(|node| node.index()).collect();
        (owner.node.index(), owner.retained.bytes, descent)
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows, [(6, 91, vec![7]), (0, 33, vec![1, 2])]);
    assert_eq!(Owner::largest(&tree, 1), owners[..1]);
    let list = Dominator::Node(NodeIndex::new(2));
    let dominated = largest_first(&tree, tree.dominated_by(list));
    let dominated: Vec<usize> = dominated.iter().map(|node| node.index()).collect();
    assert_eq!(dominated, [3, 4, 5], "ties in capture order");
}

#[test]
fn what_several_objects_only_hold_together_is_retained_by_none_of_them() {
    // m ─ a ─ x ─ y         m ─ b ─ x         garbage ─ x
    let sketch = Sketch::new("m -> a -> x -> y, m -> b -> x, garbage -> x");
    let drawn = sketch.build();
    let snapshot = with_roots(sketch.build().graph, &[0]);
    let tree = DominatorTree::new(&snapshot);
    let together = |names: &str| {
        let nodes: Vec<_> = names.split_whitespace().map(|name| drawn[name]).collect();
        retained_together(&snapshot, &tree, &nodes).count
    };
    assert_eq!((together("a"), together("b"), together("a b")), (1, 1, 4));
    assert_eq!((together("m"), together("m a"), together("x y")), (5, 5, 2));
    assert_eq!((together("garbage"), together("")), (0, 0));
}
