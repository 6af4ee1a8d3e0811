//! Dominators and retained sizes of random heaps against brute force and against petgraph.

use heapgraph::analysis::{Dominator, DominatorTree, anchors, retained_together};
use heapgraph::graph::NodeIndex;
use petgraph::algo::dominators::simple_fast;
use petgraph::graph::DiGraph;

use super::certificate::assert_dominator_tree;
use super::{Object, heap};
use crate::random::Random;

/// Up to 24 objects, from loose to dense, some of them alive by themselves in one of three ways;
/// and which are roots.
fn random_heap(random: &mut Random) -> (Vec<Object>, Vec<usize>) {
    let count = 1 + random.below(24);
    let density = 1 + random.below(4);
    let mut objects = vec![Object::default(); count];
    for object in &mut objects {
        object.size = random.below(100) as u64;
        object.referents = (0..random.below(density + 1))
            .map(|_| random.below(count))
            .collect();
        object.is_immortal = random.one_in(20);
    }
    for held in objects.clone().iter().flat_map(|object| &object.referents) {
        objects[*held].reference_count += 1;
    }
    for object in &mut objects {
        object.reference_count += u32::from(random.one_in(20));
    }
    let roots = (0..random.below(4)).map(|_| random.below(count)).collect();
    (objects, roots)
}

fn for_random_heaps(check: impl Fn(&[Object], &[usize])) {
    for seed in 0..1000 {
        let (objects, roots) = random_heap(&mut Random::new(seed));
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            check(&objects, &roots);
        }));
        assert!(
            checked.is_ok(),
            "random heap {seed}: {objects:?}, {roots:?}"
        );
    }
}

/// Whether each object can be reached from the starts without passing through `gone`.
fn reached_without(objects: &[Object], starts: &[usize], gone: &[usize]) -> Vec<bool> {
    let mut reached = vec![false; objects.len()];
    let mut next = starts.to_vec();
    while let Some(position) = next.pop() {
        if !gone.contains(&position) && !reached[position] {
            reached[position] = true;
            next.extend(&objects[position].referents);
        }
    }
    reached
}

/// What is alive by itself, told from the objects and not from the graph.
fn starts(objects: &[Object], roots: &[usize]) -> Vec<usize> {
    let found = |position: usize| {
        let referents = objects.iter().flat_map(|object| &object.referents);
        referents.filter(|&&held| held == position).count()
    };
    let is_start = |&position: &usize| {
        let object = &objects[position];
        roots.contains(&position)
            || object.is_immortal
            || object.reference_count as usize > found(position)
    };
    (0..objects.len()).filter(is_start).collect()
}

#[test]
fn what_is_retained_is_what_is_lost_when_the_object_is_taken_away() {
    for_random_heaps(|objects, roots| {
        let snapshot = heap(objects, roots);
        let tree = DominatorTree::new(&snapshot);
        let starts = starts(objects, roots);
        let alive = reached_without(objects, &starts, &[]);
        let mut dominator_counts = vec![0; objects.len()];
        for gone in (0..objects.len()).filter(|&gone| alive[gone]) {
            let left = reached_without(objects, &starts, &[gone]);
            let lost = |&node: &usize| alive[node] && !left[node];
            let lost: Vec<usize> = (0..objects.len()).filter(lost).collect();
            let node = NodeIndex::new(gone);
            let retained = tree.retained(node).unwrap();
            assert_eq!(retained.count, lost.len() as u64);
            let bytes: u64 = lost.iter().map(|&node| objects[node].size).sum();
            assert_eq!(retained.bytes, bytes);
            let mut set: Vec<usize> = tree.retained_set(node).iter().map(|n| n.index()).collect();
            set.sort_unstable();
            assert_eq!(set, lost);
            for (position, dominator_count) in dominator_counts.iter_mut().enumerate() {
                let is_lost = lost.contains(&position);
                assert_eq!(tree.dominates(node, NodeIndex::new(position)), is_lost);
                *dominator_count += usize::from(is_lost && position != gone);
            }
        }
        let several: Vec<usize> = (0..objects.len()).step_by(3).collect();
        let left = reached_without(objects, &starts, &several);
        let nodes: Vec<_> = several.iter().map(|&node| NodeIndex::new(node)).collect();
        let lost = (0..objects.len()).filter(|&node| alive[node] && !left[node]);
        let together = retained_together(&snapshot, &tree, &nodes);
        assert_eq!(together.count, lost.clone().count() as u64);
        assert_eq!(
            together.bytes,
            lost.map(|node| objects[node].size).sum::<u64>()
        );
        for position in 0..objects.len() {
            let node = NodeIndex::new(position);
            assert_eq!(tree.retained(node).is_some(), alive[position]);
            // The immediate dominator is the one below all others.
            assert_eq!(tree.dominators(node).count(), dominator_counts[position]);
        }
        assert_dominator_tree(&snapshot, &tree, 3);
    });
}

#[test]
fn immediate_dominators_are_those_that_petgraph_finds() {
    for_random_heaps(|objects, roots| {
        let snapshot = heap(objects, roots);
        let tree = DominatorTree::new(&snapshot);
        let mut graph = DiGraph::<(), ()>::new();
        let root = graph.add_node(());
        let nodes: Vec<_> = objects.iter().map(|_| graph.add_node(())).collect();
        for (holder, object) in objects.iter().enumerate() {
            for &held in &object.referents {
                graph.add_edge(nodes[holder], nodes[held], ());
            }
        }
        for anchor in anchors(&snapshot) {
            graph.add_edge(root, nodes[anchor.index()], ());
        }
        let expected = simple_fast(&graph, root);
        for (position, &node) in nodes.iter().enumerate() {
            let dominator = expected.immediate_dominator(node).map(|dominator| {
                match dominator.index().checked_sub(1) {
                    None => Dominator::Root,
                    Some(position) => Dominator::Node(NodeIndex::new(position)),
                }
            });
            let found = tree.immediate_dominator(NodeIndex::new(position));
            assert_eq!(found, dominator);
        }
    });
}
