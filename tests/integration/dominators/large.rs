//! Heaps that are deep or dense: nothing recurses, and nothing takes the square of their length.

use heapgraph::analysis::{DominatorTree, Owner};
use heapgraph::graph::NodeIndex;

use super::certificate::assert_dominator_tree;
use super::with_roots;
use crate::sketch::large;

const MILLION: usize = 1_000_000;

/// The tree of a heap whose first object is the only root, with its proof.
fn tree(node_count: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> DominatorTree {
    let snapshot = with_roots(large(node_count, edges), &[0]);
    let tree = DominatorTree::new(&snapshot);
    assert_dominator_tree(&snapshot, &tree, 1);
    tree
}

/// The numbers of the dominators of an object, the nearest first.
fn dominators(tree: &DominatorTree, number: usize) -> impl Iterator<Item = usize> {
    let dominators = tree.dominators(NodeIndex::new(number));
    dominators.map(NodeIndex::index)
}

#[test]
fn a_chain() {
    // 0 ─ 1 ─ 2 ─ 3 ─ ...
    let tree = tree(MILLION, (1..MILLION).map(|number| (number - 1, number)));
    assert!(dominators(&tree, MILLION - 1).eq((0..MILLION - 1).rev()));
    let retained = |number| tree.retained(NodeIndex::new(number)).unwrap().count;
    assert_eq!(retained(0), MILLION as u64);
    assert_eq!(retained(MILLION / 2), MILLION as u64 / 2);
    assert_eq!(Owner::largest(&tree, 5)[0].descent.len(), 1000);
}

#[test]
fn a_chain_in_both_directions_with_a_way_in_at_its_end() {
    // 0 ─ 1 ═ 2 ═ 3 ═ ... ═ n, and 0 ─ n
    let last = MILLION - 1;
    let edges = (0..MILLION).flat_map(|number| {
        let end = (number == 0).then_some((0, last));
        let next = (number < last).then(|| (number, number + 1));
        let back = (number > 1).then(|| (number, number - 1));
        end.into_iter().chain(next).chain(back)
    });
    let tree = tree(MILLION, edges);
    for number in [1, MILLION / 2, last] {
        assert!(dominators(&tree, number).eq([0]));
    }
}

#[test]
fn a_ladder() {
    // 0 ─ 1 ─ 3 ─ 5 ─ ...
    //  └─ 2 ─ 4 ─ 6 ─ ...   with a rung from each to the other side
    let last = MILLION - 1;
    let edges = (0..MILLION).flat_map(|number| {
        let rung = match number {
            0 => 1,
            odd if odd % 2 == 1 => odd + 1,
            even => even - 1,
        };
        [(number, rung.min(last)), (number, (number + 2).min(last))]
    });
    let tree = tree(MILLION, edges);
    assert_eq!(dominators(&tree, last).last(), Some(0));
}

#[test]
fn a_chain_whose_every_link_refers_to_what_is_also_held_from_above() {
    // 0 ─ 1 ─ 2 ─ ... ─ n    each of which refers to one more object, as 0 does to all of those
    let half = MILLION / 2;
    let first_value = half;
    let edges = (0..half).flat_map(|number| {
        let values = if number == 0 {
            first_value..MILLION
        } else {
            0..0
        };
        let next = (number + 1 < half).then_some((number, number + 1));
        let value = (number, first_value + number);
        // The chain first, so that a search is at its end before it meets a value.
        let own = next.into_iter().chain([value]);
        own.chain(values.map(|value| (0, value)))
    });
    let tree = tree(MILLION, edges);
    for value in [first_value + 1, MILLION - 1] {
        assert!(dominators(&tree, value).eq([0]));
    }
    assert!(dominators(&tree, half - 1).eq((0..half - 1).rev()));
}

#[test]
fn a_clique() {
    // Each of a thousand refers to all.
    let edges = (0..1000).flat_map(|holder| (0..1000).map(move |held| (holder, held)));
    let tree = tree(1000, edges);
    assert!((1..1000).all(|number| dominators(&tree, number).eq([0])));
}
