//! Strongly connected components against petgraph's and against what leads where.

use std::collections::BTreeSet;

use heapgraph::analysis::CyclicComponents;
use heapgraph::graph::NodeIndex;
use petgraph::algo::{has_path_connecting, kosaraju_scc, tarjan_scc};
use petgraph::graph::DiGraph;

use crate::random::for_random_sketches;
use crate::sketch::{Sketch, large};

/// The names of the nodes of each component.
fn components(drawing: &str) -> Vec<String> {
    let sketch = Sketch::new(drawing);
    let drawn = sketch.build();
    let found = CyclicComponents::find(&drawn.graph, |_, _| true);
    assert_eq!(found.iter().len(), found.len());
    found.iter().map(|members| drawn.names(members)).collect()
}

#[test]
fn a_component_is_there_if_it_has_a_cycle() {
    // a <-> b -> c -> d    e (to itself)
    assert_eq!(components("a -> b -> a, b -> c -> d, e -> e"), ["a b", "e"]);
    assert!(components("a -> b -> c, a -> c").is_empty());
    // Two cycles that share an object are one component.
    assert_eq!(components("a -> b -> a, b -> c -> b"), ["a b c"]);
    // An edge from one to another joins them only if another leads back.
    assert_eq!(
        components("c -> d -> c, d -> a, a -> b -> a"),
        ["c d", "a b"]
    );
    assert_eq!(
        components("c -> d -> c, d -> a, a -> b -> a, b -> c"),
        ["c d a b"]
    );
}

#[test]
fn references_that_are_not_followed_make_no_cycle() {
    let sketch = Sketch::new("a -> b -> c -> a, b -> a, c -> c");
    let drawn = sketch.build();
    let find = |holder: &str, held: &str| {
        let left_out = (drawn[holder], drawn[held]);
        let found = CyclicComponents::find(&drawn.graph, |a, b| (a, b) != left_out);
        let names = found.iter().map(|members| drawn.names(members));
        names.collect::<Vec<_>>()
    };
    assert_eq!(find("b", "c"), ["a b", "c"]);
    assert_eq!(find("b", "a"), ["a b c"]);
    assert_eq!(find("a", "b"), ["c"]);
}

#[test]
fn only_what_the_starts_lead_to_is_searched() {
    let sketch = Sketch::new("a -> b -> a, b -> c -> d -> c, e -> e");
    let drawn = sketch.build();
    let from = |start: &str| {
        let found = CyclicComponents::among(&drawn.graph, [drawn[start]], |_, _| true);
        let names = found.iter().map(|members| drawn.names(members));
        names.collect::<Vec<_>>()
    };
    assert_eq!(from("b"), ["a b", "c d"]);
    assert_eq!(from("d"), ["c d"]);
    assert_eq!(from("e"), ["e"]);
    let none = CyclicComponents::among(&drawn.graph, [], |_, _| true);
    assert!(none.is_empty());
}

#[test]
fn components_are_those_of_petgraph_and_of_what_leads_where() {
    for_random_sketches(300, |sketch, random| {
        // One in five edges is not followed.
        let followed: Vec<(usize, usize)> = sketch.edges.clone();
        let left_out: BTreeSet<(usize, usize)> = (followed.iter().copied())
            .filter(|_| random.one_in(5))
            .collect();
        let mut oracle = DiGraph::<(), (), usize>::default();
        for _ in 0..sketch.node_count() {
            oracle.add_node(());
        }
        for &(holder, held) in followed.iter().filter(|edge| !left_out.contains(edge)) {
            oracle.add_edge(holder.into(), held.into(), ());
        }
        let is_cyclic = |members: &BTreeSet<usize>| {
            let first = (*members.first().unwrap()).into();
            members.len() > 1 || oracle.contains_edge(first, first)
        };
        let theirs = |components: Vec<Vec<petgraph::graph::NodeIndex<usize>>>| {
            let sets = components
                .into_iter()
                .map(|members| members.into_iter().map(petgraph::graph::NodeIndex::index))
                .map(BTreeSet::from_iter)
                .filter(is_cyclic);
            sets.collect::<BTreeSet<BTreeSet<usize>>>()
        };
        let expected = theirs(kosaraju_scc(&oracle));
        assert_eq!(theirs(tarjan_scc(&oracle)), expected);

        let graph = &sketch.build().graph;
        let found = CyclicComponents::find(graph, |holder, held| {
            !left_out.contains(&(holder.index(), held.index()))
        });
        // In the order of the first nodes, each in the order of its nodes.
        let in_order: Vec<Vec<usize>> = {
            let mut sets: Vec<Vec<usize>> = expected.into_iter().map(Vec::from_iter).collect();
            sets.sort();
            sets
        };
        let ours = found
            .iter()
            .map(|members| members.iter().map(|node| node.index()).collect::<Vec<_>>());
        assert_eq!(ours.collect::<Vec<_>>(), in_order);

        // Two objects are in one component if and only if each leads to the other.
        let component = |node: usize| {
            let node = NodeIndex::new(node);
            found.iter().position(|members| members.contains(&node))
        };
        for a in 0..sketch.node_count() {
            for b in (0..sketch.node_count()).filter(|&b| b != a) {
                let leads =
                    |a: usize, b: usize| has_path_connecting(&oracle, a.into(), b.into(), None);
                let together = component(a).is_some() && component(a) == component(b);
                assert_eq!(together, leads(a, b) && leads(b, a));
            }
        }
    });
}

#[test]
fn a_cycle_and_a_chain_of_a_million_objects_need_no_recursion() {
    const COUNT: usize = 1_000_000;
    let chain = (0..COUNT - 1).map(|n| (n, n + 1));
    let ring = (0..COUNT).map(|n| (n, (n + 1) % COUNT));
    let chain = CyclicComponents::find(&large(COUNT, chain), |_, _| true);
    assert!(chain.is_empty());
    let ring = CyclicComponents::find(&large(COUNT, ring), |_, _| true);
    assert_eq!((ring.len(), ring.members(0).len()), (1, COUNT));
    assert!(ring.members(0).is_sorted());
    // A ladder: each object refers to the one after it and to the one before.
    let ladder = (0..COUNT).flat_map(|n| {
        let back = (n > 0).then(|| (n, n - 1));
        back.into_iter().chain((n + 1 < COUNT).then(|| (n, n + 1)))
    });
    let ladder = CyclicComponents::find(&large(COUNT, ladder), |_, _| true);
    assert_eq!((ladder.len(), ladder.members(0).len()), (1, COUNT));
}
