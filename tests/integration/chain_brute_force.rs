//! Reference chains in random graphs against brute force.

use std::convert::Infallible;

use heapgraph::analysis::{ChainSearch, Direction};
use heapgraph::graph::{EdgeLabel, NodeIndex, NodeSet};

use crate::chain::{ANY_DEPTH, by_position};
use crate::random::for_random_sketches;

/// References between `start` and each node, by relaxing every edge until nothing changes.
fn distances(
    edges: &[(usize, usize)],
    node_count: usize,
    start: usize,
    max_depth: usize,
    is_ignored: impl Fn(usize) -> bool,
) -> Vec<Option<usize>> {
    let mut distances = vec![None; node_count];
    distances[start] = Some(0);
    for depth in 0..max_depth.min(node_count) {
        for &(from, to) in edges {
            if distances[from] == Some(depth) && distances[to].is_none() && !is_ignored(to) {
                distances[to] = Some(depth + 1);
            }
        }
    }
    distances
}

fn turned(edges: Vec<(usize, usize)>, direction: Direction) -> Vec<(usize, usize)> {
    match direction {
        Direction::Referents => edges,
        Direction::Referrers => edges.into_iter().map(|(a, b)| (b, a)).collect(),
    }
}

#[test]
fn what_is_met_and_how_far_it_is_agrees_with_brute_force() {
    for_random_sketches(400, |sketch, random| {
        let graph = &sketch.build().graph;
        let node_count = sketch.node_count();
        let start = random.below(node_count);
        let max_depth = [random.below(5), ANY_DEPTH][random.below(2)];
        let mut ignored = NodeSet::new(graph);
        for node in graph.nodes() {
            if random.one_in(5) {
                ignored.insert(node);
            }
        }
        for direction in [Direction::Referents, Direction::Referrers] {
            let edges = turned(sketch.telling_edges(), direction);
            let is_ignored = |node| ignored.contains(NodeIndex::new(node));
            let expected = distances(&edges, node_count, start, max_depth, is_ignored);
            let search =
                ChainSearch::new(graph, NodeIndex::new(start), direction, max_depth, &ignored);
            let met = search.met();
            assert_eq!(met.len(), expected.iter().flatten().count());
            assert!(met.is_sorted_by_key(|node| expected[node.index()]));
            for &end in met {
                let mut nodes = search.chain_to(end, by_position()).unwrap().nodes;
                if direction == Direction::Referrers {
                    nodes.reverse();
                }
                assert_eq!(Some(nodes.len() - 1), expected[end.index()]);
                assert_eq!((nodes[0].index(), nodes.last()), (start, Some(&end)));
                for step in nodes.windows(2) {
                    assert!(edges.contains(&(step[0].index(), step[1].index())));
                }
            }
        }
    });
}

/// All shortest chains from a node back to the start, as positions, `end` first.
fn all_chains(
    edges: &[(usize, usize)],
    distances: &[Option<usize>],
    end: usize,
) -> Vec<Vec<usize>> {
    let Some(depth) = distances[end].and_then(|distance| distance.checked_sub(1)) else {
        return vec![vec![end]];
    };
    let nearer = (0..distances.len())
        .filter(|&node| distances[node] == Some(depth) && edges.contains(&(node, end)));
    nearer
        .flat_map(|node| all_chains(edges, distances, node))
        .map(|chain| [vec![end], chain].concat())
        .collect()
}

#[test]
fn the_best_chain_is_the_least_of_all_and_the_same_in_any_capture_order() {
    for_random_sketches(300, |sketch, random| {
        let node_count = sketch.node_count();
        let start = random.below(node_count);
        let order = random.order(node_count);
        // Labels often tie; then the types decide, which never do.
        let mut sketch = sketch.clone();
        for node in 0..node_count {
            sketch = sketch.typed(&format!("n{node}"), &format!("app.T{node:02}"));
        }
        let salt = random.below(3);
        let label =
            |holder: usize, position: usize| EdgeLabel::Index((holder + position + salt) % 3);
        let drawn = sketch.build_in_order(&order);
        let labels = |node: NodeIndex, positions: &[usize]| {
            let holder = drawn.position(node);
            let labels = positions.iter().map(|&position| label(holder, position));
            Ok::<_, Infallible>(labels.collect())
        };
        for direction in [Direction::Referents, Direction::Referrers] {
            let edges = turned(sketch.edges.clone(), direction);
            let distances = distances(&edges, node_count, start, ANY_DEPTH, |_| false);
            let search = ChainSearch::new(
                &drawn.graph,
                drawn.nodes[start],
                direction,
                ANY_DEPTH,
                &drawn.set(""),
            );
            for end in (0..node_count).filter(|&end| distances[end].is_some()) {
                // The least label of the references between two nodes, then the type of the next.
                let step = |pair: &[usize]| {
                    let (holder, held) = match direction {
                        Direction::Referents => (pair[1], pair[0]),
                        Direction::Referrers => (pair[0], pair[1]),
                    };
                    let referents = sketch.referents(holder).into_iter().enumerate();
                    let labels = referents
                        .filter(|&(_, other)| other == held)
                        .map(|(position, _)| label(holder, position));
                    (labels.min(), sketch.type_name(pair[1]))
                };
                let mut expected = all_chains(&edges, &distances, end)
                    .into_iter()
                    .min_by_key(|chain| chain.windows(2).map(step).collect::<Vec<_>>())
                    .unwrap();
                if direction == Direction::Referents {
                    expected.reverse();
                }
                let found = search.chain_to(drawn.nodes[end], labels).unwrap().nodes;
                let found: Vec<usize> = found.iter().map(|&node| drawn.position(node)).collect();
                assert_eq!(found, expected);
            }
        }
    });
}
