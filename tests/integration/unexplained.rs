//! References that a graph cannot explain, and what has come to have more of them.

use heapgraph::analysis::{HeldAs, Unexplained};
use heapgraph::graph::{
    HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root, RootKind,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

/// One object: its type, its flags and its reference count.
type Object = (&'static str, NodeFlags, u32);

/// A heap of objects without references between them; the first is a module that all are in.
fn heap(objects: &[Object], roots: &[(usize, RootKind)]) -> HeapSnapshot {
    let mut builder = HeapGraphBuilder::default();
    let mut node_names = NodeTexts::default();
    for (position, &(type_name, flags, reference_count)) in objects.iter().enumerate() {
        let (module, name) = type_name.split_once('.').unwrap();
        let type_index = builder.add_type(HeapType {
            name: name.into(),
            module: Some(module.into()),
            node: None,
            is_heap_type: true,
        });
        let node = builder
            .node_for_address(0x1000 + 16 * position as u64)
            .unwrap();
        builder.finish_node(NodeRecord {
            type_index,
            reference_count,
            flags,
            ..NodeRecord::default()
        });
        if flags.contains(NodeFlags::TYPE) {
            node_names.push(node, "Row");
        }
    }
    let roots = roots.iter().map(|&(position, kind)| Root {
        node: NodeIndex::new(position),
        kind,
        name: String::new(),
    });
    HeapSnapshot::new(SnapshotParts {
        graph: builder.build().unwrap(),
        edge_names: None,
        node_names,
        values: NodeTexts::default(),
        roots: roots.collect(),
        metadata: Metadata::default(),
    })
}

const PLAIN: NodeFlags = NodeFlags::TRACKED;

fn rows(snapshot: &HeapSnapshot) -> Vec<(String, HeldAs, u64, u64)> {
    let tallies = Unexplained::new(snapshot).tallies.into_iter();
    tallies
        .map(|row| (row.type_name, row.held, row.objects, row.references))
        .collect()
}

fn leaks(base: &HeapSnapshot, current: &HeapSnapshot) -> Vec<(String, HeldAs, u64, u64)> {
    let leaks = Unexplained::new(current).leaks_since(&Unexplained::new(base));
    let leaks = leaks.into_iter();
    leaks
        .map(|leak| (leak.type_name, leak.held, leak.rise, leak.loaded_modules))
        .collect()
}

#[test]
fn references_are_counted_by_class_and_classes_by_themselves() {
    let snapshot = heap(
        &[
            ("app.Session", PLAIN, 3),
            ("app.Session", PLAIN, 1),
            ("app.Session", PLAIN, 0),
            ("builtins.type", NodeFlags::TYPE, 7),
            ("app.Immortal", NodeFlags::IMMORTAL, 9),
            ("heapgraph.HeapSnapshot", PLAIN, 9),
        ],
        &[],
    );
    assert_eq!(
        rows(&snapshot),
        [
            ("Row".into(), HeldAs::Class, 1, 7),
            ("app.Session".into(), HeldAs::Instances, 2, 4),
        ]
    );
}

#[test]
fn a_root_explains_one_reference_and_the_interpreter_all_of_its_own() {
    let snapshot = heap(
        &[
            ("app.Held", PLAIN, 2),
            ("app.Running", PLAIN, 2),
            ("app.Suspended", PLAIN, 1),
            ("app.Codecs", PLAIN, 5),
        ],
        &[
            (0, RootKind::External),
            (1, RootKind::Frame),
            (2, RootKind::Suspended),
            (3, RootKind::Interpreter),
        ],
    );
    assert_eq!(
        rows(&snapshot),
        [
            ("app.Held".into(), HeldAs::Instances, 1, 2),
            ("app.Running".into(), HeldAs::Instances, 1, 1),
        ]
    );
}

#[test]
fn what_rises_by_ten_or_more_is_a_probable_leak() {
    let base = heap(
        &[
            ("app.Leaky", PLAIN, 2),
            ("app.Steady", PLAIN, 50),
            ("app.Noise", PLAIN, 0),
            ("builtins.str", PLAIN, 0),
            ("builtins.type", NodeFlags::TYPE, 0),
        ],
        &[],
    );
    let current = heap(
        &[
            ("app.Leaky", PLAIN, 12),
            ("app.Steady", PLAIN, 50),
            ("app.Noise", PLAIN, 9),
            ("builtins.str", PLAIN, 900),
            ("builtins.type", NodeFlags::TYPE, 30),
            ("builtins.module", NodeFlags::PROPER_MODULE, 0),
        ],
        &[],
    );
    assert_eq!(
        leaks(&base, &current),
        [
            ("Row".into(), HeldAs::Class, 30, 1),
            ("app.Leaky".into(), HeldAs::Instances, 10, 1),
        ]
    );
    assert_eq!(leaks(&current, &base), []);
    assert_eq!(leaks(&current, &current), []);
}
