//! Snapshots to be saved, and how two are compared.

use std::time::{Duration, SystemTime};

use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraph, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord,
    Root, RootKind, TypeIndex,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

use crate::graph::FLAGS;
use crate::random::Random;
use crate::sketch::address;

/// Texts that are hard to keep: quotes, brackets, what looks like another kind of name, every
/// width of UTF-8, and a lone surrogate as `repr` spells it.
const TEXTS: [&str; 20] = [
    "",
    "a",
    "name",
    "'key'",
    "'\\udc80'",
    "3",
    "-1",
    "None",
    "[0]",
    "]",
    "<",
    ">",
    "<a>",
    "<<a",
    "set element",
    "item 3",
    "closure x",
    "ключ",
    "木",
    "🦀 \u{0}\n",
];

/// A snapshot with anything in it that a snapshot can have.
pub(crate) fn random_snapshot(seed: u64) -> HeapSnapshot {
    let mut random = Random::new(seed);
    let node_count = match random.below(4) {
        0 => random.below(3),
        _ => random.below(60),
    };
    let graph = random_graph(&mut random, node_count);
    let edge_names = (!random.one_in(4)).then(|| random_names(&mut random, &graph));
    let mut roots = Vec::new();
    for node in graph.nodes() {
        if random.one_in(8) {
            roots.push(Root {
                node,
                kind: RootKind::ALL[random.below(RootKind::ALL.len())],
                name: random_text(&mut random),
            });
        }
    }
    let metadata = Metadata {
        python_version: random_text(&mut random),
        platform: random_text(&mut random),
        pid: u32::MAX - 1,
        program: random_text(&mut random),
        captured_at: SystemTime::UNIX_EPOCH + Duration::from_nanos(random.next() >> 1),
        capture_time: Duration::from_nanos(random.next()),
        collected: random.one_in(2),
        unseen: (0..random.below(3))
            .map(|_| random_text(&mut random))
            .collect(),
        first_captured_at: (random.one_in(2))
            .then(|| SystemTime::UNIX_EPOCH + Duration::from_nanos(random.next() >> 1)),
        opaque_types: (0..random.below(3))
            .map(|_| random_text(&mut random))
            .collect(),
        has_keys: random.one_in(2),
        ..Metadata::default()
    };
    HeapSnapshot::new(SnapshotParts {
        node_names: random_texts(&mut random, &graph),
        values: if random.one_in(2) {
            random_texts(&mut random, &graph)
        } else {
            NodeTexts::default()
        },
        graph,
        edge_names,
        roots,
        metadata,
    })
}

fn random_graph(random: &mut Random, node_count: usize) -> HeapGraph {
    let mut builder = HeapGraphBuilder::default();
    let type_count = 1 + random.below(5);
    let nodes: Vec<NodeIndex> = (random.order(node_count).into_iter())
        .map(|position| builder.node_for_address(address(position)).unwrap())
        .collect();
    for _ in 0..type_count {
        builder.add_type(HeapType {
            name: random_text(random),
            module: random.one_in(2).then(|| random_text(random)),
            node: (node_count > 0 && random.one_in(2)).then(|| nodes[random.below(node_count)]),
            is_heap_type: random.one_in(2),
        });
    }
    for _ in 0..node_count {
        let edge_count = match random.below(10) {
            0 => random.below(100),
            1..=4 => 0,
            _ => random.below(4),
        };
        for _ in 0..edge_count {
            builder.add_edge(nodes[random.below(node_count)]);
        }
        let mut flags = NodeFlags::default();
        for flag in FLAGS {
            if random.one_in(4) {
                flags.insert(flag);
            }
        }
        let shift = random.below(64);
        builder.finish_node(NodeRecord {
            type_index: TypeIndex::new(random.below(type_count)),
            shallow_size: random.next() >> shift,
            reference_count: u32::try_from(random.next() >> 32).unwrap() >> random.below(32),
            flags,
        });
    }
    builder.build().unwrap()
}

fn random_names(random: &mut Random, graph: &HeapGraph) -> EdgeNames {
    let mut names = EdgeNames::default();
    for node in graph.nodes() {
        let is_sequence = random.one_in(2);
        let mut next = 0;
        for _ in graph.referents(node) {
            if is_sequence && !random.one_in(5) {
                names.push_label(&EdgeLabel::Index(next));
                next += 1;
            } else {
                names.push_label(&random_label(random));
            }
        }
    }
    names
}

fn random_label(random: &mut Random) -> EdgeLabel {
    let kind = random.below(8);
    let limit = 1 << random.below(30);
    let position = random.below(limit);
    let text = random_text(random);
    match kind {
        0 => EdgeLabel::Attribute(text),
        1 => EdgeLabel::Key(text),
        2 => EdgeLabel::Index(position),
        3 => EdgeLabel::Closure(text),
        4 => EdgeLabel::Local(text),
        5 => EdgeLabel::SetElement,
        6 => EdgeLabel::KeyObject(text),
        _ => EdgeLabel::Internal(text.into()),
    }
}

fn random_texts(random: &mut Random, graph: &HeapGraph) -> NodeTexts {
    let mut texts = NodeTexts::default();
    for node in graph.nodes() {
        if random.one_in(3) {
            texts.push(node, &random_text(random));
        }
    }
    texts
}

fn random_text(random: &mut Random) -> String {
    let text = TEXTS[random.below(TEXTS.len())];
    if random.one_in(4) {
        format!("{text}{}", random.below(1000))
    } else {
        text.to_owned()
    }
}

/// Fails unless two snapshots answer everything alike.
#[track_caller]
pub(crate) fn assert_same(left: &HeapSnapshot, right: &HeapSnapshot) {
    assert_eq!(left.metadata(), right.metadata());
    let (a, b) = (left.graph(), right.graph());
    assert_eq!(a.node_count(), b.node_count());
    assert_eq!(a.edge_count(), b.edge_count());
    assert_eq!(a.types(), b.types());
    assert_eq!(left.edge_names().is_some(), right.edge_names().is_some());
    for node in a.nodes() {
        assert_eq!(a.address(node), b.address(node));
        assert_eq!(b.node_at(a.address(node)), Some(node));
        assert_eq!(a.type_index(node), b.type_index(node));
        assert_eq!(a.shallow_size(node), b.shallow_size(node));
        assert_eq!(a.flags(node), b.flags(node));
        if !a.flags(node).contains(NodeFlags::IMMORTAL) {
            assert_eq!(a.reference_count(node), b.reference_count(node));
        }
        assert_eq!(a.referents(node), b.referents(node));
        assert_eq!(a.referrers(node), b.referrers(node));
        assert_eq!(left.labels(node), right.labels(node));
    }
    assert!(left.node_names().iter().eq(right.node_names().iter()));
    assert!(left.values().iter().eq(right.values().iter()));
    assert_eq!(left.roots(), right.roots());
}

/// A pipe that nobody writes to.
#[cfg(unix)]
pub(crate) fn make_pipe(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}
