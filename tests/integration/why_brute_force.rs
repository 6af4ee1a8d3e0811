//! Explanations compared with every chain, every cut and another algorithm on small random graphs.

use heapgraph::analysis::{DominatorTree, Holders, PreferredPaths, Tally, Why, anchors};
use heapgraph::graph::{EdgeLabel, NodeIndex, RootKind};
use heapgraph::snapshot::HeapSnapshot;
use petgraph::algo::ford_fulkerson;
use petgraph::graph::DiGraph;

use crate::random::{Random, for_random_sketches};
use crate::sketch::Sketch;

const KINDS: [RootKind; 4] = [
    RootKind::Module,
    RootKind::Frame,
    RootKind::AtExit,
    RootKind::External,
];

/// The sketch with one to three roots of any kind. References are called after the number of the
/// object they lead to; some are namespaces, which nobody can cut off.
fn rooted(sketch: &Sketch, random: &mut Random) -> HeapSnapshot {
    let names: Vec<String> = (0..=random.below(3))
        .map(|_| format!("n{}", random.below(sketch.node_count())))
        .collect();
    let roots: Vec<(&str, RootKind)> = names
        .iter()
        .map(|name| (&**name, KINDS[random.below(KINDS.len())]))
        .collect();
    sketch.snapshot(&roots, |_, holder, held| label(holder, held))
}

fn label(holder: NodeIndex, held: NodeIndex) -> EdgeLabel {
    if is_namespace(holder, held) {
        EdgeLabel::attribute("__dict__")
    } else {
        EdgeLabel::Index(held.index())
    }
}

fn is_namespace(holder: NodeIndex, held: NodeIndex) -> bool {
    (holder.index() + held.index()).is_multiple_of(5)
}

/// What is reached from what is alive by itself over references at which `is_passed` is true.
fn reached(
    snapshot: &HeapSnapshot,
    starts: &[NodeIndex],
    is_passed: impl Fn(NodeIndex, usize) -> bool,
) -> Vec<NodeIndex> {
    let graph = snapshot.graph();
    let mut reached: Vec<NodeIndex> = starts.to_vec();
    let mut next = 0;
    while next < reached.len() {
        let node = reached[next];
        next += 1;
        for (number, &held) in graph.referents(node).iter().enumerate() {
            if is_passed(node, number) && !reached.contains(&held) {
                reached.push(held);
            }
        }
    }
    reached
}

fn is_telling(snapshot: &HeapSnapshot, holder: NodeIndex, number: usize) -> bool {
    let graph = snapshot.graph();
    let held = graph.referents(holder)[number];
    !graph.is_string_key(holder, number) && !graph.is_only_instance_of(holder, held)
}

/// 0 if modules lead to `target`, 1 if other named roots do, 2 if only what is held from outside
/// does, 3 if references that say nothing have to be passed; `None` if nothing does.
fn least_rank(snapshot: &HeapSnapshot, target: NodeIndex) -> Option<usize> {
    let of_kinds = |kinds: &[RootKind]| -> Vec<NodeIndex> {
        let roots = snapshot.roots().iter();
        let roots = roots.filter(|root| kinds.contains(&root.kind));
        roots.map(|root| root.node).collect()
    };
    let telling = |holder, number| is_telling(snapshot, holder, number);
    let starts = [
        of_kinds(&KINDS[..1]),
        of_kinds(&KINDS[..3]),
        of_kinds(&KINDS),
    ];
    let by_rank = starts
        .iter()
        .position(|starts| reached(snapshot, starts, telling).contains(&target));
    let all = &starts[2];
    by_rank.or_else(|| {
        reached(snapshot, all, |_, _| true)
            .contains(&target)
            .then_some(3)
    })
}

/// The steps of the shortest chain from a module to `target`, to which one leads; namespaces do not
/// count.
fn distance_from_modules(snapshot: &HeapSnapshot, target: NodeIndex) -> usize {
    let graph = snapshot.graph();
    let next_to = |level: &[NodeIndex], is_meant: &dyn Fn(NodeIndex, NodeIndex) -> bool| {
        let mut next = level.to_vec();
        for &node in level {
            for (number, &held) in graph.referents(node).iter().enumerate() {
                let is_passed = is_telling(snapshot, node, number) && is_meant(node, held);
                if is_passed && !next.contains(&held) {
                    next.push(held);
                }
            }
        }
        next
    };
    let modules = snapshot.roots().iter();
    let modules = modules.filter(|root| root.kind == RootKind::Module);
    let mut level: Vec<NodeIndex> = modules.map(|root| root.node).collect();
    let mut distance = 0;
    loop {
        for _ in graph.nodes() {
            level = next_to(&level, &is_namespace);
        }
        if level.contains(&target) {
            return distance;
        }
        level = next_to(&level, &|_, _| true);
        distance += 1;
    }
}

#[test]
fn chains_are_as_good_as_any() {
    for_random_sketches(400, |sketch, random| {
        let snapshot = rooted(sketch, random);
        let graph = snapshot.graph();
        let paths = PreferredPaths::new(&snapshot, |_| false);
        for target in graph.nodes() {
            let found = paths.chain_to(target);
            let expected = least_rank(&snapshot, target);
            assert_eq!(found.is_some(), expected.is_some());
            let (Some(found), Some(expected)) = (found, expected) else {
                continue;
            };
            let nodes = &found.chain.nodes;
            assert_eq!(found.root.node, nodes[0]);
            assert_eq!(*nodes.last().unwrap(), target);
            let mut rank = match found.root.kind {
                RootKind::Module => 0,
                RootKind::External => 2,
                _ => 1,
            };
            for (step, label) in nodes.windows(2).zip(&found.labels) {
                let position = graph.referents(step[0]).iter().enumerate();
                let mut position = position.filter(|&(_, &held)| held == step[1]);
                assert_eq!(*label, self::label(step[0], step[1]));
                if !position.any(|(number, _)| is_telling(&snapshot, step[0], number)) {
                    rank = 3;
                }
            }
            assert_eq!(rank, expected);
            if rank == 0 {
                let steps = nodes.windows(2);
                let steps = steps.filter(|step| !is_namespace(step[0], step[1]));
                assert_eq!(steps.count(), distance_from_modules(&snapshot, target));
            }
        }
    });
}

/// The most chains to `target` that share no reference.
fn max_flow(snapshot: &HeapSnapshot, starts: &[NodeIndex], target: NodeIndex) -> u32 {
    const WITHOUT_LIMIT: u32 = 1_000;
    let graph = snapshot.graph();
    let mut network: DiGraph<(), u32> = DiGraph::new();
    let nodes: Vec<_> = graph.nodes().map(|_| network.add_node(())).collect();
    let source = network.add_node(());
    for start in starts {
        network.add_edge(source, nodes[start.index()], WITHOUT_LIMIT);
    }
    for holder in graph.nodes() {
        let mut referents = graph.referents(holder).to_vec();
        referents.sort_unstable();
        referents.dedup();
        for held in referents {
            let capacity = if is_namespace(holder, held) {
                WITHOUT_LIMIT
            } else {
                1
            };
            network.add_edge(nodes[holder.index()], nodes[held.index()], capacity);
        }
    }
    ford_fulkerson(&network, source, nodes[target.index()]).0
}

/// Checks that the references of `holders`, and no fewer, part `starts` from `target`.
fn check_cut(snapshot: &HeapSnapshot, starts: &[NodeIndex], target: NodeIndex, holders: &Holders) {
    let graph = snapshot.graph();
    let cut: Vec<(NodeIndex, NodeIndex)> = (holders.holders.iter())
        .map(|holder| {
            let nodes = &holder.chain.chain.nodes;
            (nodes[nodes.len() - 2], nodes[nodes.len() - 1])
        })
        .collect();
    let all = anchors(snapshot);
    let alive = |starts: &[NodeIndex], cut: &[(NodeIndex, NodeIndex)]| {
        reached(snapshot, starts, |holder, number| {
            !cut.contains(&(holder, graph.referents(holder)[number]))
        })
    };
    let freed = |cut: &[(NodeIndex, NodeIndex)]| {
        let rest = alive(&all, cut);
        let gone = alive(&all, &[])
            .into_iter()
            .filter(|node| !rest.contains(node));
        let sizes: Vec<u64> = gone.map(|node| graph.shallow_size(node)).collect();
        Tally {
            count: sizes.len() as u64,
            bytes: sizes.iter().sum(),
        }
    };
    assert_eq!(cut.len(), max_flow(snapshot, starts, target) as usize);
    assert!(!alive(starts, &cut).contains(&target), "the cut parts them");
    assert_eq!(holders.freed, freed(&cut));
    for (number, holder) in holders.holders.iter().enumerate() {
        assert_eq!(holder.freed, freed(&cut[number..=number]));
        let mut others = cut.clone();
        others.remove(number);
        assert!(alive(starts, &others).contains(&target), "each is needed");
        // The chain to one holder has none of the other references.
        for step in holder.chain.chain.nodes.windows(2) {
            assert!(!others.contains(&(step[0], step[1])));
        }
    }
}

#[test]
fn holders_are_a_smallest_cut() {
    for_random_sketches(400, |sketch, random| {
        let snapshot = rooted(sketch, random);
        let starts = anchors(&snapshot);
        let paths = PreferredPaths::new(&snapshot, |_| false);
        let tree = DominatorTree::new(&snapshot);
        for target in snapshot.graph().nodes() {
            let holders = Holders::find(&paths, &tree, target, 100);
            let flow = max_flow(&snapshot, &starts, target);
            assert_eq!(holders.is_some(), (1..1_000).contains(&flow));
            let Some(holders) = holders else {
                continue;
            };
            assert!(!holders.has_more);
            check_cut(&snapshot, &starts, target, &holders);
            if let Some(nearest) = holders.find_below(&paths, &tree, target, 100) {
                let first = holders.holders[0].chain.chain.nodes.last().unwrap();
                assert!(nearest.holders.len() > 1, "else it would have been the cut");
                check_cut(&snapshot, &[*first], target, &nearest);
            }
            if flow > 1 {
                let some = Holders::find(&paths, &tree, target, flow as usize - 1).unwrap();
                assert!(some.has_more);
                assert_eq!(some.holders.len(), flow as usize - 1);
            }
        }
    });
}

#[test]
fn every_object_is_explained_once() {
    for_random_sketches(200, |sketch, random| {
        let snapshot = rooted(sketch, random);
        let all: Vec<NodeIndex> = snapshot.graph().nodes().collect();
        let why = Why::explain(&snapshot, &DominatorTree::new(&snapshot), &all, usize::MAX);
        let alike: usize = why.explanations.iter().map(|one| one.alike).sum();
        let kept: usize = why.uncollectable.iter().map(|held| held.nodes.len()).sum();
        let garbage_found = kept + why.garbage;
        assert_eq!(alike + why.behind_others + garbage_found, all.len());
        let reached = snapshot.graph().reachable_from(anchors(&snapshot));
        let garbage = all.iter().filter(|&&node| !reached.contains(node)).count();
        assert_eq!(garbage_found, garbage);
        let mut fingerprints: Vec<_> = why.explanations.iter().map(|one| one.fingerprint).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), why.explanations.len());
    });
}
