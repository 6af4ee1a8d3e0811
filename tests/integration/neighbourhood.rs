//! What is drawn around some objects.

use std::collections::BTreeSet;
use std::convert::Infallible;

use heapgraph::analysis::{Direction, DrawnEdge, Limits, Neighbourhood};
use heapgraph::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet};

use crate::random::Random;
use crate::sketch::{Drawn, Sketch, large};

const UNLIMITED: Limits = limits(usize::MAX, usize::MAX);

pub(crate) const fn limits(max_depth: usize, too_many: usize) -> Limits {
    Limits {
        max_depth,
        too_many,
    }
}

/// Everything around `targets` that the limits allow.
pub(crate) fn around(
    graph: &HeapGraph,
    targets: &[NodeIndex],
    direction: Direction,
    limits: Limits,
) -> Neighbourhood {
    let ignored = NodeSet::new(graph);
    let keep = |_| Ok::<_, Infallible>(true);
    Neighbourhood::search(graph, targets, direction, limits, &ignored, keep, |_| false).unwrap()
}

/// As [`around`], by names, with filters.
struct Question<'d> {
    drawn: &'d Drawn<'d>,
    direction: Direction,
    limits: Limits,
    ignored: &'static str,
    refused: &'static str,
    culled: &'static str,
}

impl<'d> Question<'d> {
    fn referents(drawn: &'d Drawn<'d>) -> Self {
        let direction = Direction::Referents;
        Self {
            drawn,
            direction,
            limits: UNLIMITED,
            ignored: "",
            refused: "",
            culled: "",
        }
    }

    fn referrers(drawn: &'d Drawn<'d>) -> Self {
        Self {
            direction: Direction::Referrers,
            ..Self::referents(drawn)
        }
    }

    fn limits(self, max_depth: usize, too_many: usize) -> Self {
        Self {
            limits: limits(max_depth, too_many),
            ..self
        }
    }

    /// Nodes with the number of those hidden behind them, then edges with their positions.
    fn answer(&self, targets: &str) -> (String, String) {
        let Self { drawn, .. } = self;
        let targets: Vec<_> = targets.split_whitespace().map(|name| drawn[name]).collect();
        let (refused, culled) = (drawn.set(self.refused), drawn.set(self.culled));
        let found = Neighbourhood::search(
            &drawn.graph,
            &targets,
            self.direction,
            self.limits,
            &drawn.set(self.ignored),
            |node| Ok::<_, Infallible>(!refused.contains(node)),
            |node| culled.contains(node),
        )
        .unwrap();
        let name = |position: usize| drawn.name(found.nodes[position].node);
        let node = |position: usize| match found.nodes[position].hidden_count {
            0 => name(position).to_owned(),
            hidden => format!("{}+{hidden}", name(position)),
        };
        let edge = |e: &DrawnEdge| format!("{}->{}@{}", name(e.holder), name(e.held), e.position);
        let nodes: Vec<String> = (0..found.nodes.len()).map(node).collect();
        let edges: Vec<String> = found.edges.iter().map(edge).collect();
        (nodes.join(" "), edges.join(" "))
    }
}

#[track_caller]
fn assert_drawn(answer: &(String, String), nodes: &str, edges: &str) {
    assert_eq!(*answer, (nodes.to_owned(), edges.to_owned()));
}

#[test]
fn max_depth_counts_references() {
    // a -> b -> c -> d
    let sketch = Sketch::new("a -> b -> c -> d");
    let drawn = &sketch.build();
    let referents = |depth| Question::referents(drawn).limits(depth, 9).answer("a");
    let referrers = |depth| Question::referrers(drawn).limits(depth, 9).answer("d");
    assert_drawn(&referents(0), "a", "");
    assert_drawn(&referents(1), "a b", "a->b@0");
    assert_drawn(&referents(9), "a b c d", "a->b@0 b->c@0 c->d@0");
    assert_drawn(&referrers(0), "d", "");
    assert_drawn(&referrers(1), "d c", "c->d@0");
    assert_drawn(&referrers(9), "d c b a", "c->d@0 b->c@0 a->b@0");
}

#[test]
fn neighbours_beyond_too_many_are_counted() {
    let sketch = Sketch::new("hub -> a, hub -> b, hub -> c, hub -> a");
    let drawn = &sketch.build();
    let of = |too_many| Question::referents(drawn).limits(1, too_many).answer("hub");
    assert_drawn(&of(4), "hub a b c", "hub->a@0 hub->a@3 hub->b@1 hub->c@2");
    assert_drawn(&of(3), "hub a b c", "hub->a@0 hub->a@3 hub->b@1 hub->c@2");
    assert_drawn(&of(2), "hub+1 a b", "hub->a@0 hub->a@3 hub->b@1");
    assert_drawn(&of(0), "hub+3", "");
}

#[test]
fn what_one_node_hides_another_may_draw() {
    // hub has too many, but b is drawn because a holds it, and then the edge from hub is too.
    let sketch = Sketch::new("hub -> a, hub -> b, hub -> c, a -> b");
    let drawn = &sketch.build();
    let answer = Question::referents(drawn).limits(2, 1).answer("hub");
    assert_drawn(&answer, "hub+1 a b", "hub->a@0 hub->b@1 a->b@0");
}

#[test]
fn ignored_and_refused_nodes_are_neither_drawn_nor_counted() {
    let sketch = Sketch::new("a -> b -> c, a -> x -> y, a -> z");
    let drawn = &sketch.build();
    let question = || Question::referents(drawn);
    let ignoring = Question {
        ignored: "x",
        refused: "z",
        ..question()
    };
    assert_drawn(&ignoring.answer("a"), "a b c", "a->b@0 b->c@0");
    assert_drawn(&ignoring.limits(9, 0).answer("a"), "a+1", "");
}

#[test]
fn targets_are_drawn_with_their_references_whatever_the_filters_say() {
    // a -> b -> a
    let sketch = Sketch::new("a -> b -> a");
    let drawn = &sketch.build();
    let ignoring = Question {
        ignored: "a",
        ..Question::referents(drawn)
    };
    assert_drawn(&ignoring.answer("a"), "a b", "a->b@0 b->a@0");
    let refusing = Question {
        refused: "a",
        ..Question::referrers(drawn)
    };
    assert_drawn(&refusing.answer("a"), "a b", "a->b@0 b->a@0");
}

#[test]
fn culled_nodes_are_drawn_but_not_expanded() {
    let sketch = Sketch::new("a -> module -> dict, a -> b");
    let drawn = &sketch.build();
    let culling = Question {
        culled: "module",
        ..Question::referents(drawn)
    };
    assert_drawn(&culling.answer("a"), "a module b", "a->module@0 a->b@1");
    assert_drawn(&culling.answer("module"), "module", "");
}

#[test]
fn references_between_nodes_at_the_depth_limit_are_not_drawn() {
    // b and c hold each other, but neither is expanded; the way back from b is not seen either.
    let sketch = Sketch::new("a -> b -> c -> b -> a, a -> c");
    let drawn = &sketch.build();
    let of = |depth| Question::referents(drawn).limits(depth, 9).answer("a");
    assert_drawn(&of(1), "a b c", "a->b@0 a->c@1");
    let edges = "a->b@0 a->c@1 b->a@1 b->c@0 c->b@0";
    assert_drawn(&of(2), "a b c", edges);
}

#[test]
fn what_the_filter_raises_is_raised() {
    let sketch = Sketch::new("a -> b");
    let drawn = sketch.build();
    let found = Neighbourhood::search(
        &drawn.graph,
        &[drawn["a"]],
        Direction::Referents,
        UNLIMITED,
        &drawn.set(""),
        |_| Err("the filter is broken"),
        |_| false,
    );
    assert_eq!(found, Err("the filter is broken"));
}

#[test]
fn a_target_named_twice_is_drawn_once() {
    let sketch = Sketch::new("a -> b, c");
    let drawn = &sketch.build();
    assert_drawn(
        &Question::referents(drawn).answer("c a c b a"),
        "c a b",
        "a->b@0",
    );
    assert_drawn(&Question::referents(drawn).answer(""), "", "");
}

#[test]
fn self_loops_and_parallel_edges_are_all_drawn() {
    let sketch = Sketch::new("a -> a, a -> b, a -> a, a -> b");
    let drawn = &sketch.build();
    let edges = "a->a@0 a->a@2 a->b@1 a->b@3";
    assert_drawn(&Question::referents(drawn).answer("a"), "a b", edges);
    let edges = "a->b@1 a->b@3 a->a@0 a->a@2";
    let answer = Question::referrers(drawn).answer("b");
    assert_eq!(answer.0, "b a");
    let drawn_edges: BTreeSet<&str> = answer.1.split(' ').collect();
    assert_eq!(drawn_edges, edges.split(' ').collect());
}

#[test]
fn references_that_explain_nothing_are_not_drawn() {
    // {key: both, both: instance}, and the class of the instance
    let sketch = Sketch::new("d -> key, d -> both, d -> both, d -> i, i -> K")
        .typed("key both", "builtins.str")
        .flagged("d", NodeFlags::DICT)
        .class("K", "app.K")
        .typed("i", "app.K");
    let drawn = &sketch.build();
    assert_drawn(
        &Question::referents(drawn).answer("d"),
        "d i both",
        "d->i@3 d->both@1",
    );
    assert_drawn(
        &Question::referrers(drawn).answer("both"),
        "both d",
        "d->both@1",
    );
    assert_drawn(&Question::referrers(drawn).answer("key K"), "key K", "");
}

#[test]
fn holders_with_a_name_come_first_then_the_order_is_by_type() {
    let sketch = Sketch::new(
        "function -> x, zebra -> x, aardvark -> x, frame -> x, namespace -> x, module -> x",
    )
    .flagged("module", NodeFlags::PROPER_MODULE)
    .flagged("namespace", NodeFlags::MODULE_NAMESPACE)
    .flagged("frame", NodeFlags::FRAME)
    .typed("function", "builtins.function")
    .typed("zebra", "app.Zebra")
    .typed("aardvark", "app.Aardvark");
    let mut random = Random::new(4);
    for _ in 0..20 {
        let drawn = sketch.build_in_order(&random.order(sketch.node_count()));
        let nodes = |too_many| {
            Question::referrers(&drawn)
                .limits(1, too_many)
                .answer("x")
                .0
        };
        assert_eq!(nodes(9), "x module namespace frame aardvark zebra function");
        assert_eq!(nodes(2), "x+4 module namespace");
    }
}

#[test]
fn functions_of_a_drawn_module_are_counted() {
    // Both functions have the namespace as their globals; one of them is asked for as well.
    let sketch = Sketch::new(
        "module -> namespace -> x, f -> namespace, g -> namespace, table -> namespace, \
         table -> g, f -> x",
    )
    .flagged("module", NodeFlags::PROPER_MODULE)
    .flagged("namespace", NodeFlags::MODULE_NAMESPACE)
    .typed("f", "builtins.function")
    .typed("g", "builtins.function");
    let drawn = &sketch.build();
    let around = |targets, depth| Question::referrers(drawn).limits(depth, 9).answer(targets);
    let (nodes, edges) = around("namespace", 1);
    assert_eq!(nodes, "namespace+2 module table");
    assert_eq!(edges, "module->namespace@0 table->namespace@0");
    // Where they are drawn anyway, so is the reference.
    let (nodes, edges) = around("x", 2);
    assert_eq!(nodes, "x namespace+1 f module table");
    assert!(edges.contains("f->namespace@0"), "{edges}");
    // Without the module they are all there is to say.
    let question = Question {
        refused: "module",
        ..Question::referrers(drawn)
    };
    let (nodes, _) = question.limits(1, 9).answer("namespace");
    assert_eq!(nodes, "namespace table f g");
}

#[test]
fn a_hub_of_a_hundred_thousand_is_drawn_in_part() {
    const COUNT: usize = 100_000;
    // hub -> 1, ..., hub -> COUNT, and each of them -> hub
    let out = (1..=COUNT).map(|node| (0, node));
    let graph = large(COUNT + 1, out.chain((1..=COUNT).map(|node| (node, 0))));
    for direction in [Direction::Referents, Direction::Referrers] {
        let found = around(&graph, &[NodeIndex::new(0)], direction, limits(3, 10));
        assert_eq!(found.nodes.len(), 11);
        assert_eq!(found.nodes[0].hidden_count, COUNT - 10);
        assert_eq!(found.edges.len(), 20);
    }
    let found = around(
        &graph,
        &[NodeIndex::new(0)],
        Direction::Referents,
        UNLIMITED,
    );
    assert_eq!(
        (found.nodes.len(), found.edges.len()),
        (COUNT + 1, 2 * COUNT)
    );
}
