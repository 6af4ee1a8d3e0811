//! Objects as JSON.

use serde::Serialize;

use crate::graph::{NodeIndex, Root};
use crate::render::words::reference_count;
use crate::snapshot::HeapSnapshot;

/// What is known of one object.
#[derive(Debug, Serialize)]
pub struct ObjectJson<'s> {
    address: String,
    r#type: String,
    bytes: u64,
    /// `null` if the object is immortal.
    reference_count: Option<u32>,
    /// What a module, class, function, code or frame is called.
    name: Option<&'s str>,
    /// What a string, bytes or number says, if values were recorded.
    value: Option<&'s str>,
}

impl<'s> ObjectJson<'s> {
    /// One object of a snapshot.
    pub fn new(snapshot: &'s HeapSnapshot, node: NodeIndex) -> Self {
        let graph = snapshot.graph();
        Self {
            address: format!("{:#x}", graph.address(node)),
            r#type: graph.type_of(node).full_name().into_owned(),
            bytes: graph.shallow_size(node),
            reference_count: reference_count(snapshot, node),
            name: snapshot.node_names().get(node),
            value: snapshot.values().get(node),
        }
    }
}

/// A root as JSON.
#[derive(Debug, Serialize)]
pub(super) struct RootJson {
    kind: &'static str,
    name: String,
}

impl RootJson {
    pub(super) fn new(root: &Root) -> Self {
        Self {
            kind: root.kind.word(),
            name: root.name.clone(),
        }
    }
}

/// Objects of a type.
#[derive(Debug, Serialize)]
pub struct ObjectsJson<'s> {
    schema: &'static str,
    r#type: &'s str,
    count: usize,
    bytes: u64,
    objects: Vec<ObjectJson<'s>>,
}

impl<'s> ObjectsJson<'s> {
    /// The first `limit` of the objects of a type, as it was asked for.
    pub fn new(
        snapshot: &'s HeapSnapshot,
        type_name: &'s str,
        nodes: &[NodeIndex],
        limit: usize,
    ) -> Self {
        let sizes = nodes
            .iter()
            .map(|&node| snapshot.graph().shallow_size(node));
        let shown = nodes.iter().take(limit);
        Self {
            schema: "heapgraph/find@1",
            r#type: type_name,
            count: nodes.len(),
            bytes: sizes.fold(0, u64::saturating_add),
            objects: shown.map(|&node| ObjectJson::new(snapshot, node)).collect(),
        }
    }
}
