//! Snapshots: names of references, texts of nodes, roots.

use heapgraph::graph::{EdgeLabel, EdgeNames, NodeIndex, Root, RootKind};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

use crate::sketch::Sketch;

#[test]
fn every_kind_of_name_comes_back() {
    let labels = [
        EdgeLabel::attribute("name"),
        EdgeLabel::Key("'name'".into()),
        EdgeLabel::Index(0),
        EdgeLabel::Index(1_000_000),
        EdgeLabel::Closure("x".into()),
        EdgeLabel::Local("x".into()),
        EdgeLabel::SetElement,
        EdgeLabel::KeyObject("'name'".into()),
        EdgeLabel::Internal("module state".into()),
    ];
    let mut names = EdgeNames::default();
    for label in &labels {
        names.push_label(label);
    }
    let back: Vec<EdgeLabel> = (0..names.len()).map(|n| names.label(n)).collect();
    assert_eq!(back, labels);
    assert_eq!(names.texts().len(), 4, "name, 'name', x, module state");
}

#[test]
fn a_position_too_large_for_its_bits_is_said_to_be_unnumbered() {
    let mut names = EdgeNames::default();
    names.push_label(&EdgeLabel::Index((1 << 29) - 1));
    names.push_label(&EdgeLabel::Index(1 << 29));
    assert_eq!(names.label(0), EdgeLabel::Index((1 << 29) - 1));
    assert_eq!(names.label(1).to_string(), "<unnumbered>");
}

#[test]
fn of_two_roots_at_one_node_the_better_kind_stays() {
    let graph = Sketch::new("module -> dict").build().graph;
    let node = NodeIndex::new(0);
    let root = |kind| Root {
        node,
        kind,
        name: kind.word().into(),
    };
    let snapshot = HeapSnapshot::new(SnapshotParts {
        graph,
        edge_names: None,
        node_names: NodeTexts::default(),
        values: NodeTexts::default(),
        roots: vec![root(RootKind::External), root(RootKind::Module)],
        metadata: Metadata::default(),
    });
    assert_eq!(snapshot.roots(), [root(RootKind::Module)]);
    assert_eq!(snapshot.root(node), Some(&root(RootKind::Module)));
    assert_eq!(snapshot.root(NodeIndex::new(1)), None);
    assert_eq!(snapshot.labels(node)[0].to_string(), "<unnamed>");
}

#[test]
fn every_kind_of_root_is_told_by_its_word() {
    for kind in RootKind::ALL {
        assert_eq!(RootKind::from_word(kind.word()), Some(kind));
    }
    assert_eq!(RootKind::from_word("modules"), None);
}
