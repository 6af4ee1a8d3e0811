//! petgraph's algorithms find the same in a heap graph as in petgraph's own graph.

use std::collections::BTreeSet;

use heapgraph::graph::NodeIndex;
use petgraph::algo::{dominators, has_path_connecting, kosaraju_scc, tarjan_scc};
use petgraph::graph::DiGraph;
use petgraph::visit::{Bfs, Dfs, DfsPostOrder, Reversed, Walker};

use crate::random::for_random_sketches;
use crate::sketch::Sketch;

type Oracle = DiGraph<(), (), usize>;

fn oracle(sketch: &Sketch) -> Oracle {
    let mut oracle = Oracle::default();
    for _ in 0..sketch.node_count() {
        oracle.add_node(());
    }
    for &(holder, held) in &sketch.edges {
        oracle.add_edge(holder.into(), held.into(), ());
    }
    oracle
}

fn ours(nodes: impl IntoIterator<Item = NodeIndex>) -> BTreeSet<usize> {
    nodes.into_iter().map(NodeIndex::index).collect()
}

fn theirs(nodes: impl IntoIterator<Item = petgraph::graph::NodeIndex<usize>>) -> BTreeSet<usize> {
    nodes
        .into_iter()
        .map(petgraph::graph::NodeIndex::index)
        .collect()
}

#[test]
fn searches_reach_the_same_nodes() {
    for_random_sketches(100, |sketch, _| {
        let graph = &sketch.build().graph;
        let oracle = &oracle(sketch);
        for start in graph.nodes() {
            let same = start.index().into();
            let reached = theirs(Dfs::new(oracle, same).iter(oracle));
            assert_eq!(ours(Dfs::new(graph, start).iter(graph)), reached);
            assert_eq!(ours(DfsPostOrder::new(graph, start).iter(graph)), reached);
            assert_eq!(ours(Bfs::new(graph, start).iter(graph)), reached);
            let (graph, oracle) = (Reversed(graph), Reversed(oracle));
            assert_eq!(
                ours(Dfs::new(graph, start).iter(graph)),
                theirs(Dfs::new(oracle, same).iter(oracle)),
            );
        }
    });
}

#[test]
fn the_same_nodes_are_connected() {
    for_random_sketches(100, |sketch, _| {
        let graph = &sketch.build().graph;
        let oracle = &oracle(sketch);
        for from in graph.nodes() {
            for to in graph.nodes() {
                assert_eq!(
                    has_path_connecting(graph, from, to, None),
                    has_path_connecting(oracle, from.index().into(), to.index().into(), None),
                );
            }
        }
    });
}

#[test]
fn immediate_dominators_are_the_same() {
    for_random_sketches(100, |sketch, _| {
        let graph = &sketch.build().graph;
        let oracle = &oracle(sketch);
        for root in graph.nodes() {
            let found = dominators::simple_fast(graph, root);
            let expected = dominators::simple_fast(oracle, root.index().into());
            for node in graph.nodes() {
                assert_eq!(
                    found.immediate_dominator(node).map(NodeIndex::index),
                    expected
                        .immediate_dominator(node.index().into())
                        .map(petgraph::graph::NodeIndex::index),
                );
            }
        }
    });
}

#[test]
fn strongly_connected_components_are_the_same() {
    for_random_sketches(100, |sketch, _| {
        let graph = &sketch.build().graph;
        let expected: BTreeSet<_> = kosaraju_scc(&oracle(sketch))
            .into_iter()
            .map(theirs)
            .collect();
        let kosaraju: BTreeSet<_> = kosaraju_scc(graph).into_iter().map(ours).collect();
        let tarjan: BTreeSet<_> = tarjan_scc(graph).into_iter().map(ours).collect();
        assert_eq!(kosaraju, expected);
        assert_eq!(tarjan, expected);
    });
}
