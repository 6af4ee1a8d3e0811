//! What is drawn of random graphs against brute force.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use heapgraph::analysis::{Direction, Neighbourhood};
use heapgraph::graph::{NodeIndex, NodeSet};

use crate::neighbourhood::{around, limits};
use crate::random::for_random_sketches;
use crate::sketch::Sketch;

/// Depth of every node, and the edges as holder, held and position.
type Picture = (BTreeMap<usize, usize>, BTreeSet<(usize, usize, usize)>);

/// What should be drawn, by relaxing every edge until nothing changes.
fn expected(
    sketch: &Sketch,
    targets: &[usize],
    direction: Direction,
    max_depth: usize,
    is_left_out: impl Fn(usize) -> bool,
    is_culled: impl Fn(usize) -> bool,
) -> Picture {
    let mut depths: BTreeMap<usize, usize> = targets.iter().map(|&target| (target, 0)).collect();
    let near_and_far = |(holder, held)| match direction {
        Direction::Referents => (holder, held),
        Direction::Referrers => (held, holder),
    };
    for depth in 0..max_depth.min(sketch.node_count()) {
        for (near, far) in sketch.telling_edges().into_iter().map(near_and_far) {
            if depths.get(&near) == Some(&depth) && !is_culled(near) && !is_left_out(far) {
                depths.entry(far).or_insert(depth + 1);
            }
        }
    }
    let is_expanded = |node| depths[&node] < max_depth && !is_culled(node);
    let mut edges = BTreeSet::new();
    for &holder in depths.keys() {
        for (position, held) in sketch.referents(holder).into_iter().enumerate() {
            if depths.contains_key(&held)
                && sketch.is_telling(holder, position)
                && is_expanded(near_and_far((holder, held)).0)
            {
                edges.insert((holder, held, position));
            }
        }
    }
    (depths, edges)
}

#[test]
fn nodes_depths_and_edges_agree_with_brute_force() {
    for_random_sketches(400, |sketch, random| {
        let graph = &sketch.build().graph;
        let mut some = |one_in| {
            let mut set = NodeSet::new(graph);
            for node in graph.nodes().filter(|_| random.one_in(one_in)) {
                set.insert(node);
            }
            set
        };
        let (ignored, refused, culled, targets) = (some(8), some(8), some(6), some(4));
        let targets: Vec<_> = graph
            .nodes()
            .filter(|&node| targets.contains(node))
            .collect();
        let target_positions: Vec<usize> = targets.iter().map(|node| node.index()).collect();
        let max_depth = random.below(6);
        for direction in [Direction::Referents, Direction::Referrers] {
            let found = Neighbourhood::search(
                graph,
                &targets,
                direction,
                limits(max_depth, usize::MAX),
                &ignored,
                |node| Ok::<_, Infallible>(!refused.contains(node)),
                |node| culled.contains(node),
            )
            .unwrap();
            let is_left_out = |node| {
                let node = NodeIndex::new(node);
                ignored.contains(node) || refused.contains(node)
            };
            let is_culled = |node| culled.contains(NodeIndex::new(node));
            let (depths, edges) = expected(
                sketch,
                &target_positions,
                direction,
                max_depth,
                is_left_out,
                is_culled,
            );
            let node = |position: usize| found.nodes[position].node.index();
            let found_depths: Vec<_> = found
                .nodes
                .iter()
                .map(|n| (n.node.index(), n.depth))
                .collect();
            assert_eq!(found_depths.len(), depths.len());
            assert_eq!(found_depths.into_iter().collect::<BTreeMap<_, _>>(), depths);
            assert!(found.nodes.iter().all(|node| node.hidden_count == 0));
            assert!(found.edges.is_sorted());
            let found_edges = found
                .edges
                .iter()
                .map(|e| (node(e.holder), node(e.held), e.position));
            assert_eq!(found_edges.clone().count(), edges.len());
            assert_eq!(found_edges.collect::<BTreeSet<_>>(), edges);
        }
    });
}

#[test]
fn with_limits_every_neighbour_is_drawn_or_counted() {
    for_random_sketches(300, |sketch, random| {
        let graph = &sketch.build().graph;
        let start = NodeIndex::new(random.below(sketch.node_count()));
        let limits = limits(1 + random.below(4), random.below(4));
        for direction in [Direction::Referents, Direction::Referrers] {
            let found = around(graph, &[start], direction, limits);
            let drawn: BTreeSet<_> = found.nodes.iter().map(|drawn| drawn.node).collect();
            for drawn_node in &found.nodes {
                let neighbours = direction.neighbours(graph, drawn_node.node);
                let hidden: BTreeSet<_> = neighbours
                    .into_iter()
                    .filter(|node| !drawn.contains(node))
                    .collect();
                let is_expanded = drawn_node.depth < limits.max_depth;
                let expected = if is_expanded { hidden.len() } else { 0 };
                assert_eq!(drawn_node.hidden_count, expected);
            }
        }
    });
}
