//! Dominator trees and retained sizes.

mod brute_force;
mod certificate;
mod drawn;
mod large;
mod text;

use heapgraph::graph::{
    HeapGraph, HeapGraphBuilder, NodeFlags, NodeIndex, NodeRecord, Root, RootKind,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

use crate::sketch::{address, heap_type};

/// A snapshot without names in which these nodes are modules.
pub(super) fn with_roots(graph: HeapGraph, roots: &[usize]) -> HeapSnapshot {
    let root = |&position: &usize| Root {
        node: NodeIndex::new(position),
        kind: RootKind::Module,
        name: format!("n{position}"),
    };
    HeapSnapshot::new(SnapshotParts {
        graph,
        edge_names: None,
        node_names: NodeTexts::default(),
        values: NodeTexts::default(),
        roots: roots.iter().map(root).collect(),
        metadata: Metadata::default(),
    })
}

/// One object of a heap to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    pub(super) size: u64,
    pub(super) is_immortal: bool,
    pub(super) reference_count: u32,
    pub(super) referents: Vec<usize>,
}

/// The heap of these objects, all of one type.
pub(super) fn heap(objects: &[Object], roots: &[usize]) -> HeapSnapshot {
    let mut builder = HeapGraphBuilder::default();
    let type_index = builder.add_type(heap_type("builtins.object"));
    for position in 0..objects.len() {
        builder.node_for_address(address(position)).unwrap();
    }
    for object in objects {
        for &held in &object.referents {
            builder.add_edge(NodeIndex::new(held));
        }
        builder.finish_node(NodeRecord {
            type_index,
            shallow_size: object.size,
            reference_count: object.reference_count,
            flags: if object.is_immortal {
                NodeFlags::IMMORTAL
            } else {
                NodeFlags::default()
            },
        });
    }
    with_roots(builder.build().unwrap(), roots)
}
