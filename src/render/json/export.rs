//! A whole heap, or a part of it, as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use super::summary::OriginJson;
use super::visible::Visible;
use crate::graph::{NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// One object with what it refers to.
#[derive(Debug, Serialize)]
struct NodeJson<'s> {
    id: usize,
    #[serde(flatten)]
    object: ObjectJson<'s>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<RootJson>,
    referents: Vec<ReferentJson>,
}

#[derive(Debug, Serialize)]
struct ReferentJson {
    id: usize,
    name: String,
}

/// Writes the objects of a snapshot, or those of `part`, and the references between them: a
/// document with one object on each line. An object has the same `id` in a part as in the whole.
///
/// Written as it is read: the memory needed does not depend on the number of objects.
///
/// # Errors
///
/// What writing raises.
pub fn export(
    snapshot: &HeapSnapshot,
    part: Option<&NodeSet>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let out = &mut Visible(out);
    let is_part = |node: &NodeIndex| part.is_none_or(|part| part.contains(*node));
    out.write_all(b"{\n\"schema\": \"heapgraph/export@1\",\n\"snapshot\": ")?;
    serde_json::to_writer(&mut *out, &OriginJson::new(snapshot))?;
    out.write_all(b",\n\"nodes\": [")?;
    let mut separator: &[u8] = b"\n";
    for node in snapshot.graph().nodes().filter(is_part) {
        out.write_all(separator)?;
        separator = b",\n";
        let positions = snapshot.graph().edge_positions(node);
        let referents = snapshot.graph().referents(node).iter().zip(positions);
        let referents = referents.filter(|(referent, _)| is_part(referent));
        let referents = referents.map(|(referent, position)| ReferentJson {
            id: referent.index(),
            name: snapshot.label(position).to_string(),
        });
        let row = NodeJson {
            id: node.index(),
            object: ObjectJson::new(snapshot, node),
            root: snapshot.root(node).map(RootJson::new),
            referents: referents.collect(),
        };
        serde_json::to_writer(&mut *out, &row)?;
    }
    out.write_all(b"\n]\n}\n")
}
