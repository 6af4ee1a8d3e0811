//! Chains from the roots of a snapshot.

use heapgraph::analysis::{RootChain, preferred_label, surroundings};
use heapgraph::graph::{EdgeLabel, NodeIndex, RootKind};
use heapgraph::snapshot::HeapSnapshot;

use crate::random::Random;
use crate::sketch::Sketch;

/// The sketch as a snapshot with roots of these names and kinds; references are called after the
/// number of the object they lead to.
fn snapshot(sketch: &Sketch, roots: &[(&str, RootKind)]) -> HeapSnapshot {
    sketch.snapshot(roots, |_, _, held| EdgeLabel::Index(held.index()))
}

/// The names of the objects of the chain to `x`.
fn chain(sketch: &Sketch, roots: &[(&str, RootKind)]) -> Option<String> {
    let snapshot = snapshot(sketch, roots);
    let drawn = sketch.build();
    let chain = RootChain::find(&snapshot, drawn["x"])?;
    assert_eq!(chain.root.node, chain.chain.nodes[0]);
    assert_eq!(chain.labels.len() + 1, chain.chain.nodes.len());
    for (pair, label) in chain.chain.nodes.windows(2).zip(&chain.labels) {
        assert_eq!(*label, EdgeLabel::Index(pair[1].index()));
    }
    Some(drawn.names(&chain.chain.nodes))
}

#[test]
fn a_module_is_preferred_however_far_then_the_nearest_then_what_is_held_from_outside() {
    let heap =
        Sketch::new("module -> a -> b -> c -> x, frame -> d -> x, generator -> x, outside -> x");
    let module = ("module", RootKind::Module);
    let frame = ("frame", RootKind::Frame);
    let generator = ("generator", RootKind::Suspended);
    let outside = ("outside", RootKind::External);
    let found = |roots: &[_]| chain(&heap, roots);
    let far = Some("module a b c x".into());
    assert_eq!(found(&[outside, generator, frame, module]), far);
    assert_eq!(
        found(&[outside, generator, frame]),
        Some("generator x".into())
    );
    assert_eq!(found(&[outside, frame]), Some("frame d x".into()));
    assert_eq!(found(&[outside]), Some("outside x".into()));
    assert_eq!(found(&[]), None);
}

#[test]
fn of_roots_equally_near_the_kind_and_then_the_name_decide() {
    let heap = Sketch::new("b -> x, a -> x, c -> x");
    let frames = [("b", RootKind::Frame), ("a", RootKind::Frame)];
    assert_eq!(chain(&heap, &frames), Some("a x".into()));
    let kinds = [("a", RootKind::AtExit), ("c", RootKind::Frame)];
    assert_eq!(chain(&heap, &kinds), Some("c x".into()));
}

#[test]
fn a_root_needs_no_chain_unless_it_is_only_held_from_outside() {
    let heap = Sketch::new("module -> x");
    let module = ("module", RootKind::Module);
    let alone = Some("x".into());
    assert_eq!(chain(&heap, &[module, ("x", RootKind::Frame)]), alone);
    assert_eq!(chain(&heap, &[("x", RootKind::External)]), alone);
    let outside = [module, ("x", RootKind::External)];
    assert_eq!(chain(&heap, &outside), Some("module x".into()));
}

#[test]
fn of_several_references_the_preferred_one_is_named() {
    let sketch = Sketch::new("a -> b, a -> b, a -> c");
    let snapshot = snapshot(&sketch, &[]);
    let label =
        |holder, held| preferred_label(&snapshot, NodeIndex::new(holder), NodeIndex::new(held));
    assert_eq!(label(0, 1), Some(EdgeLabel::Index(1)));
    assert_eq!(label(1, 0), None);
}

#[test]
fn the_surroundings_are_all_that_is_near_enough_in_one_direction() {
    let mut random = Random::new(13);
    for _ in 0..200 {
        let node_count = 2 + random.below(8);
        let edges: Vec<(usize, usize)> = (0..random.below(16))
            .map(|_| (random.below(node_count), random.below(node_count)))
            .collect();
        let graph = crate::sketch::large(node_count, sorted(&edges));
        let (target, depth) = (random.below(node_count), random.below(4));
        let found = surroundings(&graph, &[NodeIndex::new(target)], depth);
        let turned: Vec<_> = edges.iter().map(|&(a, b)| (b, a)).collect();
        let near = [near(&edges, target, depth), near(&turned, target, depth)].concat();
        for node in 0..node_count {
            assert_eq!(
                found.contains(NodeIndex::new(node)),
                near.contains(&node),
                "{edges:?}"
            );
        }
    }
}

fn sorted(edges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut edges = edges.to_vec();
    edges.sort_unstable();
    edges
}

/// What can be reached in that many steps, by taking them all.
fn near(edges: &[(usize, usize)], start: usize, depth: usize) -> Vec<usize> {
    let mut reached = vec![start];
    for _ in 0..depth {
        let next = edges.iter().filter(|(from, _)| reached.contains(from));
        let next: Vec<usize> = next.map(|&(_, to)| to).collect();
        reached.extend(next);
    }
    reached
}
