//! The heap graph and its builder.

use std::collections::BTreeSet;

use heapgraph::graph::{
    GraphError, HeapGraph, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, NodeSet,
    TypeIndex, TypeTable,
};

use crate::random::{Random, for_random_sketches};
use crate::sketch::{Sketch, heap_type, large};

fn builder_with_type() -> HeapGraphBuilder {
    let mut builder = HeapGraphBuilder::default();
    builder.add_type(heap_type("builtins.object"));
    builder
}

#[test]
fn late_edges_come_behind_the_others_of_their_holder() {
    let mut random = Random::new(5);
    for _ in 0..100 {
        let node_count = 1 + random.below(8);
        let mut builder = builder_with_type();
        let nodes: Vec<NodeIndex> = (0..node_count)
            .map(|n| builder.node_for_address(0x1000 + 16 * n as u64).unwrap())
            .collect();
        let mut expected = vec![Vec::new(); node_count];
        for holder in &mut expected {
            for _ in 0..random.below(4) {
                let target = nodes[random.below(node_count)];
                builder.add_edge(target);
                holder.push(target);
            }
            builder.finish_node(NodeRecord::default());
        }
        for _ in 0..random.below(6) {
            let (holder, target) = (random.below(node_count), nodes[random.below(node_count)]);
            builder.add_late_edge(nodes[holder], target);
            expected[holder].push(target);
        }
        let graph = builder.build().unwrap();
        for (&node, expected) in nodes.iter().zip(&expected) {
            assert_eq!(graph.referents(node), expected);
            let held_by = expected.iter().filter(|&&target| target == node).count();
            let referrers = graph.referrers(node).iter();
            assert_eq!(referrers.filter(|&&holder| holder == node).count(), held_by);
        }
    }
}

#[test]
fn a_graph_can_be_sent_and_shared() {
    fn assert_send_and_sync<T: Send + Sync>() {}
    assert_send_and_sync::<HeapGraph>();
}

#[test]
fn the_empty_graph_has_nothing() {
    let graph = HeapGraphBuilder::default().build().unwrap();
    assert_eq!((graph.node_count(), graph.edge_count()), (0, 0));
    assert_eq!(graph.nodes().len(), 0);
    assert!(graph.types().is_empty());
    assert_eq!(graph.node_at(0), None);
}

#[test]
fn records_come_back_as_they_were_given() {
    let mut builder = builder_with_type();
    let class_type = builder.add_type_at(0x5000, heap_type("builtins.type"));
    let node = builder.node_for_address(0x1000).unwrap();
    for (count, flags) in [(7, NodeFlags::TYPE), (u32::MAX, NodeFlags::TRACKED)] {
        builder.finish_node(NodeRecord {
            type_index: class_type,
            shallow_size: u64::MAX,
            reference_count: count,
            flags,
        });
    }
    let graph = builder.build().unwrap();
    let class = graph.node_at(0x5000).unwrap();
    assert_eq!(graph.types()[class_type].node, Some(class));
    assert_eq!(graph.type_of(node).full_name(), "builtins.type");
    assert_eq!(graph.address(node), 0x1000);
    assert_eq!(graph.shallow_size(node), u64::MAX);
    assert_eq!(graph.reference_count(class), 7);
    assert_eq!(graph.reference_count(node), u32::MAX);
    assert_eq!(graph.flags(class), NodeFlags::TYPE);
    assert_eq!(graph.flags(node), NodeFlags::TRACKED);
}

#[test]
fn the_builder_knows_what_it_met_and_what_is_next() {
    let mut builder = builder_with_type();
    assert_eq!(builder.next_node(), None);
    let a = builder.node_for_address(0x1000).unwrap();
    let b = builder.node_for_address(0x2000).unwrap();
    assert_eq!(builder.node_for_address(0x1000), Some(a));
    assert_eq!(builder.node_count(), 2);
    assert_eq!(builder.next_node(), Some(a));
    assert_eq!(builder.address_ahead(1), Some(0x2000));
    assert_eq!(builder.address_ahead(2), None);
    assert_eq!(builder.type_of(a), None);
    builder.add_edge(b);
    builder.add_edge(b);
    assert_eq!(builder.pending_edges(), [b, b]);
    builder.reserve();
    builder.finish_node(NodeRecord::default());
    assert!(builder.pending_edges().is_empty());
    assert_eq!(builder.next_node(), Some(b));
    assert_eq!(builder.type_of(a), Some(TypeIndex::new(0)));
    assert_eq!(builder.address(b), 0x2000);
    assert_eq!(builder.known_node(0x2000), Some(b));
    assert_eq!(builder.known_node(0x3000), None);
}

#[test]
fn references_of_the_capture_itself_are_discounted() {
    let mut builder = builder_with_type();
    let counts = [2, 0, 2].map(|reference_count| NodeRecord {
        reference_count,
        ..NodeRecord::default()
    });
    for (address, record) in [0x1000, 0x2000, 0x3000].into_iter().zip(counts) {
        builder.node_for_address(address).unwrap();
        builder.finish_node(record);
    }
    builder.add_flags(NodeIndex::new(2), NodeFlags::IMMORTAL);
    for address in [0x1000, 0x2000, 0x3000, 0x4000, u64::MAX] {
        builder.discount_reference(address);
    }
    let graph = builder.build().unwrap();
    let counts: Vec<u32> = graph.nodes().map(|n| graph.reference_count(n)).collect();
    assert_eq!(counts, [1, 0, 2]);
}

#[test]
fn a_graph_that_is_not_closed_is_refused() {
    let mut builder = builder_with_type();
    builder.node_for_address(0x1000).unwrap();
    builder.add_edge(NodeIndex::new(5));
    builder.finish_node(NodeRecord::default());
    let error = builder.build().unwrap_err();
    let expected = GraphError::TargetOutOfRange {
        target: 5,
        node_count: 1,
    };
    assert_eq!(error, expected);
    assert_eq!(
        error.to_string(),
        "reference to object 5, but there are only 1 objects"
    );
}

#[test]
fn a_missing_type_is_refused() {
    let mut builder = HeapGraphBuilder::default();
    builder.node_for_address(0x1000).unwrap();
    builder.finish_node(NodeRecord::default());
    let expected = GraphError::TypeOutOfRange {
        type_index: 0,
        type_count: 0,
    };
    assert_eq!(builder.build().unwrap_err(), expected);
}

#[test]
fn every_object_met_is_visited_once() {
    let mut never_finished = builder_with_type();
    never_finished.node_for_address(0x1000).unwrap();
    let mut never_met = builder_with_type();
    never_met.finish_node(NodeRecord::default());
    for (builder, met, finished) in [(never_finished, 1, 0), (never_met, 0, 1)] {
        let expected = GraphError::Unfinished { met, finished };
        assert_eq!(builder.build().unwrap_err(), expected);
    }
    // An edge after the last visit belongs to no object.
    let mut builder = builder_with_type();
    let node = builder.node_for_address(0x1000).unwrap();
    builder.finish_node(NodeRecord::default());
    builder.add_edge(node);
    let expected = GraphError::Unfinished {
        met: 1,
        finished: 1,
    };
    assert_eq!(builder.build().unwrap_err(), expected);
}

#[test]
fn parallel_edges_and_self_loops_are_kept_in_both_directions() {
    // a => b (twice, with c in between), a -> a, c -> b
    let sketch = Sketch::new("a -> b, a -> c, a -> b, a -> a, c -> b");
    let drawn = sketch.build();
    let graph = &drawn.graph;
    assert_eq!(graph.edge_count(), 5);
    assert_eq!(drawn.names(graph.referents(drawn["a"])), "b c b a");
    assert_eq!(drawn.names(graph.referrers(drawn["b"])), "a a c");
    assert_eq!(drawn.names(graph.referrers(drawn["a"])), "a");
}

#[test]
fn referents_and_referrers_are_those_drawn() {
    for_random_sketches(300, |sketch, random| {
        let drawn = sketch.build_in_order(&random.order(sketch.node_count()));
        let graph = &drawn.graph;
        assert_eq!(graph.edge_count(), sketch.edges.len());
        for position in 0..sketch.node_count() {
            let node = drawn.nodes[position];
            let referents = sketch.referents(position);
            let found: Vec<usize> = (graph.referents(node).iter())
                .map(|&held| drawn.position(held))
                .collect();
            assert_eq!(found, referents);
            let holding = sketch.edges.iter().filter(|edge| edge.1 == position);
            let mut referrers: Vec<NodeIndex> = holding.map(|edge| drawn.nodes[edge.0]).collect();
            referrers.sort_unstable();
            assert_eq!(graph.referrers(node), referrers);
        }
    });
}

#[test]
fn a_node_set_behaves_as_a_set() {
    let graph = large(200, []);
    let mut random = Random::new(2);
    let mut set = NodeSet::new(&graph);
    let mut oracle = BTreeSet::new();
    for _ in 0..2_000 {
        let node = NodeIndex::new(random.below(200));
        if random.one_in(2) {
            assert_eq!(set.insert(node), oracle.insert(node));
        } else {
            assert_eq!(set.remove(node), oracle.remove(&node));
        }
        assert_eq!(set.contains(node), oracle.contains(&node));
    }
    assert!(
        graph
            .nodes()
            .all(|node| set.contains(node) == oracle.contains(&node))
    );
    set.clear();
    assert_eq!(set, NodeSet::new(&graph));
}

/// All that a node can be.
pub(crate) const FLAGS: [NodeFlags; 8] = [
    NodeFlags::TRACKED,
    NodeFlags::IMMORTAL,
    NodeFlags::TYPE,
    NodeFlags::MODULE,
    NodeFlags::PROPER_MODULE,
    NodeFlags::FRAME,
    NodeFlags::MODULE_NAMESPACE,
    NodeFlags::DICT,
];

#[test]
fn flags_are_a_set_of_bits() {
    let mut so_far = NodeFlags::default();
    for flag in FLAGS {
        assert!(!so_far.contains(flag));
        assert_eq!(so_far.with(flag), flag.with(so_far));
        so_far.insert(flag);
        assert!(so_far.contains(flag));
    }
    assert!(FLAGS.iter().all(|&flag| so_far.contains(flag)));
    assert!(so_far.contains(NodeFlags::default()));
    assert!(!NodeFlags::TYPE.contains(NodeFlags::TYPE.with(NodeFlags::DICT)));
}

#[test]
fn a_type_has_a_short_and_a_full_name() {
    let ty = heap_type("app.models.Session");
    assert_eq!(ty.full_name(), "app.models.Session");
    assert_eq!(ty.display_name(true), "Session");
    assert_eq!(ty.display_name(false), "app.models.Session");
    assert_eq!(heap_type("Session").full_name(), "Session");
}

#[test]
fn a_pattern_with_a_dot_means_the_full_name() {
    let ty = heap_type("app.models.Session");
    for (pattern, is_match) in [
        ("Session", true),
        ("app.models.Session", true),
        ("models.Session", false),
        ("app.models", false),
        ("session", false),
        (".Session", false),
        ("", false),
    ] {
        assert_eq!(ty.matches(pattern), is_match, "{pattern}");
    }
    assert!(heap_type("Session").matches("Session"));
}

#[test]
fn types_of_the_same_name_are_two_types() {
    let mut table = TypeTable::default();
    assert!(table.is_empty());
    let first = table.push(heap_type("app.Session"));
    let second = table.push(HeapType {
        is_heap_type: true,
        ..heap_type("app.Session")
    });
    assert_ne!(first, second);
    assert_eq!(table.len(), 2);
    assert!(!table[first].is_heap_type && table[second].is_heap_type);
    let indexes: Vec<TypeIndex> = table.iter().map(|(index, _)| index).collect();
    assert_eq!(indexes, [first, second]);
}
