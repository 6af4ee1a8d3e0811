//! Reference chains.

use std::cell::Cell;
use std::convert::Infallible;

use heapgraph::analysis::{ChainSearch, Direction};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex, NodeSet};

use crate::random::Random;
use crate::sketch::{Drawn, Sketch, large};

pub(crate) const ANY_DEPTH: usize = usize::MAX;

/// Each reference labelled with its position.
pub(crate) fn by_position() -> impl FnMut(NodeIndex, &[usize]) -> Result<Vec<EdgeLabel>, Infallible>
{
    |_, positions| Ok(positions.iter().copied().map(EdgeLabel::Index).collect())
}

/// Each reference labelled as an attribute of the name of what is held.
fn by_name(drawn: &Drawn, node: NodeIndex, positions: &[usize]) -> Vec<EdgeLabel> {
    let referents = drawn.graph.referents(node);
    let label = |&position: &usize| EdgeLabel::attribute(drawn.name(referents[position]));
    positions.iter().map(label).collect()
}

fn search<'g>(drawn: &'g Drawn, start: &str, direction: Direction) -> ChainSearch<'g> {
    let ignored = drawn.set("");
    ChainSearch::new(&drawn.graph, drawn[start], direction, ANY_DEPTH, &ignored)
}

/// The names along the chain between two nodes.
fn chain(drawn: &Drawn, start: &str, direction: Direction, end: &str) -> String {
    let search = search(drawn, start, direction);
    let labels = |node, positions: &[usize]| Ok::<_, Infallible>(by_name(drawn, node, positions));
    drawn.names(&search.chain_to(drawn[end], labels).unwrap().nodes)
}

#[test]
fn the_shortest_chain_runs_from_holder_to_held() {
    // module -> dict -> cache -> leak
    //              \---> a -> b ---^
    let sketch = Sketch::new("module -> dict -> cache -> leak, dict -> a -> b -> leak");
    let drawn = sketch.build();
    let expected = "module dict cache leak";
    assert_eq!(
        chain(&drawn, "leak", Direction::Referrers, "module"),
        expected
    );
    assert_eq!(
        chain(&drawn, "module", Direction::Referents, "leak"),
        expected
    );
}

#[test]
fn a_start_that_is_the_end_is_a_chain_of_one() {
    let sketch = Sketch::new("a -> a");
    let drawn = sketch.build();
    assert_eq!(chain(&drawn, "a", Direction::Referrers, "a"), "a");
    assert_eq!(chain(&drawn, "a", Direction::Referents, "a"), "a");
}

#[test]
fn nodes_are_met_nearest_first_and_once() {
    // a -> b -> d -> a, a -> c -> d, d -> d
    let sketch = Sketch::new("a -> b -> d -> a, a -> c -> d, d -> d, other -> a");
    let drawn = sketch.build();
    let met = |start, direction| drawn.names(search(&drawn, start, direction).met());
    assert_eq!(met("a", Direction::Referents), "a b c d");
    assert_eq!(met("a", Direction::Referrers), "a d other b c");
    assert_eq!(met("other", Direction::Referrers), "other");
}

#[test]
fn max_depth_counts_references() {
    let sketch = Sketch::new("a -> b -> c -> d");
    let drawn = sketch.build();
    for (max_depth, expected) in [
        (0, "a"),
        (1, "a b"),
        (2, "a b c"),
        (3, "a b c d"),
        (9, "a b c d"),
    ] {
        let ignored = drawn.set("");
        let search = ChainSearch::new(
            &drawn.graph,
            drawn["a"],
            Direction::Referents,
            max_depth,
            &ignored,
        );
        assert_eq!(drawn.names(search.met()), expected);
    }
}

#[test]
fn ignored_nodes_are_never_passed_but_the_start_always_is() {
    // a -> x -> end is shorter than a -> b -> c -> end, but x is ignored.
    let sketch = Sketch::new("a -> x -> end, a -> b -> c -> end");
    let drawn = sketch.build();
    let ignored = drawn.set("a x");
    let search = ChainSearch::new(
        &drawn.graph,
        drawn["a"],
        Direction::Referents,
        ANY_DEPTH,
        &ignored,
    );
    let chain = search.chain_to(drawn["end"], by_position()).unwrap();
    assert_eq!(drawn.names(&chain.nodes), "a b c end");
    assert!(!search.met().contains(&drawn["x"]));
}

#[test]
fn a_search_stops_at_the_end_of_the_level_of_the_first_match() {
    // a -> b, c -> (level 2) d, e -> f
    let sketch = Sketch::new("a -> b -> d -> f, a -> c -> e -> f");
    let drawn = sketch.build();
    let until = |names: &str| {
        let (ignored, wanted) = (drawn.set(""), drawn.set(names));
        let direction = Direction::Referents;
        let is_match = |node| wanted.contains(node);
        let search = ChainSearch::until(
            &drawn.graph,
            drawn["a"],
            direction,
            ANY_DEPTH,
            &ignored,
            is_match,
        );
        let rank = |node| wanted.contains(node).then(|| drawn.name(node).to_owned());
        let best = search
            .best_match(rank)
            .map(|node| drawn.name(node).to_owned());
        (drawn.names(search.met()), best.unwrap_or_default())
    };
    let answer = |met: &str, best: &str| (met.to_owned(), best.to_owned());
    assert_eq!(until("a f"), answer("a", "a"));
    assert_eq!(until("c"), answer("a b c", "c"));
    // Both are on the level: the rank decides.
    assert_eq!(until("e d f"), answer("a b c d e", "d"));
    assert_eq!(until(""), answer("a b c d e f", ""));
}

#[test]
fn of_equal_ranks_the_first_in_capture_order_is_best() {
    let sketch = Sketch::new("z, y, x, a -> x, a -> y, a -> z");
    let drawn = sketch.build();
    let search = search(&drawn, "a", Direction::Referents);
    assert_eq!(drawn.names(search.met()), "a x y z");
    assert_eq!(search.best_match(|_| Some(())), Some(drawn["z"]));
    assert_eq!(
        search.best_match(|node| (node == drawn["y"]).then_some(())),
        Some(drawn["y"])
    );
    // Only the last level counts.
    assert_eq!(
        search.best_match(|node| (node == drawn["a"]).then_some(())),
        None
    );
}

#[test]
fn labels_are_only_read_where_there_is_a_choice() {
    // a => b (twice) -> c: no choice. a -> d -> c would be one.
    let asked = Cell::new(0);
    let mut labels = |node: NodeIndex, _: &[usize]| {
        asked.set(asked.get() + 1);
        Err::<Vec<EdgeLabel>, _>(format!("no labels for {}", node.index()))
    };
    let sketch = Sketch::new("a -> b, a -> b, b -> c");
    let drawn = sketch.build();
    for (start, direction, end) in [
        ("a", Direction::Referents, "c"),
        ("c", Direction::Referrers, "a"),
    ] {
        let chain = search(&drawn, start, direction).chain_to(drawn[end], &mut labels);
        assert_eq!(drawn.names(&chain.unwrap().nodes), "a b c");
    }
    assert_eq!(asked.get(), 0);
}

#[test]
fn what_the_labels_raise_is_raised() {
    let sketch = Sketch::new("a -> b -> d, a -> c -> d");
    let drawn = sketch.build();
    for (start, direction, end) in [
        ("a", Direction::Referents, "d"),
        ("d", Direction::Referrers, "a"),
    ] {
        let search = search(&drawn, start, direction);
        let error = search.chain_to(drawn[end], |_, _| Err("the object is gone"));
        assert_eq!(error, Err("the object is gone"));
    }
}

#[test]
#[should_panic(expected = "a chain to a node never met")]
fn a_chain_to_a_node_never_met_is_a_mistake() {
    let sketch = Sketch::new("a -> b");
    let drawn = sketch.build();
    chain(&drawn, "a", Direction::Referrers, "b");
}

#[test]
fn of_equally_short_chains_the_first_label_wins_then_the_type() {
    // root -> holder by .cache, .data and an element, each of which holds the leak.
    let sketch = Sketch::new(
        "root -> element -> leak, root -> data -> leak, root -> cache -> leak, root -> one, \
         one -> leak, root -> two -> leak",
    )
    .typed("one", "app.B")
    .typed("two", "app.A");
    let labels = |drawn: &Drawn, node: NodeIndex, positions: &[usize]| {
        let referents = drawn.graph.referents(node);
        let label = |&position: &usize| match drawn.name(referents[position]) {
            "element" => EdgeLabel::Index(0),
            "one" | "two" => EdgeLabel::SetElement,
            name => EdgeLabel::attribute(name),
        };
        positions.iter().map(label).collect::<Vec<_>>()
    };
    let mut random = Random::new(3);
    for _ in 0..20 {
        let drawn = sketch.build_in_order(&random.order(sketch.node_count()));
        let chain = |ignored: &str| {
            let ignored = drawn.set(ignored);
            let direction = Direction::Referrers;
            let search =
                ChainSearch::new(&drawn.graph, drawn["leak"], direction, ANY_DEPTH, &ignored);
            let chain = search.chain_to(drawn["root"], |node, positions| {
                Ok::<_, Infallible>(labels(&drawn, node, positions))
            });
            drawn.names(&chain.unwrap().nodes)
        };
        assert_eq!(chain(""), "root cache leak");
        assert_eq!(chain("cache"), "root data leak");
        assert_eq!(chain("cache data"), "root element leak");
        assert_eq!(chain("cache data element"), "root two leak");
    }
}

#[test]
fn a_string_that_is_only_a_key_is_not_held_by_the_dict() {
    // {text: other} and {other_key: text}
    let sketch = Sketch::new("keyed -> text, keyed -> other, valued -> key, valued -> text")
        .typed("text key", "builtins.str")
        .flagged("keyed valued", NodeFlags::DICT);
    let drawn = sketch.build();
    let met = |start, direction| drawn.names(search(&drawn, start, direction).met());
    assert_eq!(met("text", Direction::Referrers), "text valued");
    assert_eq!(met("key", Direction::Referrers), "key");
    assert_eq!(met("keyed", Direction::Referents), "keyed other");
    assert_eq!(met("valued", Direction::Referents), "valued text");
}

#[test]
fn an_instance_does_not_keep_its_class_alive() {
    // Both are instances of Session; `registry` also names the class.
    let sketch = Sketch::new("plain -> Session, registry -> Session, registry -> Session")
        .class("Session", "app.Session")
        .typed("plain registry", "app.Session");
    let drawn = sketch.build();
    let met = |start, direction| drawn.names(search(&drawn, start, direction).met());
    assert_eq!(met("Session", Direction::Referrers), "Session registry");
    assert_eq!(met("plain", Direction::Referents), "plain");
    assert_eq!(met("registry", Direction::Referents), "registry Session");
}

#[test]
fn a_chain_of_a_million_nodes_is_found_both_ways() {
    const LENGTH: usize = 1_000_000;
    let graph = large(LENGTH, (1..LENGTH).map(|held| (held - 1, held)));
    let (first, last) = (NodeIndex::new(0), NodeIndex::new(LENGTH - 1));
    let ignored = NodeSet::new(&graph);
    for (start, direction, end) in [
        (first, Direction::Referents, last),
        (last, Direction::Referrers, first),
    ] {
        let search =
            ChainSearch::until(&graph, start, direction, ANY_DEPTH, &ignored, |n| n == end);
        let chain = search.chain_to(end, by_position()).unwrap();
        assert!(chain.nodes.iter().copied().eq(graph.nodes()));
    }
}
