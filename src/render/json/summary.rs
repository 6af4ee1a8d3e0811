//! What is in a snapshot, as JSON.

use indexmap::IndexMap;
use serde::Serialize;

use super::types::TypeJson;
use crate::analysis::{Histogram, TypeOrder};
use crate::graph::RootKind;
use crate::render::text::{TOP_TYPES, utc};
use crate::snapshot::{HeapSnapshot, Metadata};

/// Where a snapshot comes from.
#[derive(Debug, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of a document"
)]
pub(super) struct OriginJson<'s> {
    program: &'s str,
    pid: u32,
    captured_at: String,
    capture_seconds: f64,
    collected: bool,
    python: &'s str,
    platform: &'s str,
    heapgraph: &'s str,
    names: bool,
    keys: bool,
    values: bool,
    not_seen: &'s [String],
}

impl<'s> OriginJson<'s> {
    pub(super) fn new(snapshot: &'s HeapSnapshot) -> Self {
        let metadata: &Metadata = snapshot.metadata();
        Self {
            program: &metadata.program,
            pid: metadata.pid,
            captured_at: utc(metadata.captured_at),
            capture_seconds: metadata.capture_time.as_secs_f64(),
            collected: metadata.collected,
            python: &metadata.python_version,
            platform: &metadata.platform,
            heapgraph: &metadata.tool_version,
            names: snapshot.edge_names().is_some(),
            keys: metadata.has_keys && snapshot.edge_names().is_some(),
            values: !snapshot.values().is_empty(),
            not_seen: &metadata.unseen,
        }
    }
}

/// What is in a snapshot.
#[derive(Debug, Serialize)]
pub struct SummaryJson<'s> {
    schema: &'static str,
    #[serde(flatten)]
    origin: OriginJson<'s>,
    objects: usize,
    references: usize,
    types: usize,
    bytes: u64,
    /// How many there are of each kind.
    roots: IndexMap<&'static str, usize>,
    top_types: Vec<TypeJson<'s>>,
    /// Types without a traverse, most bytes first.
    opaque_types: Vec<TypeJson<'s>>,
}

impl<'s> SummaryJson<'s> {
    /// A summary with the first types of `histogram`, which is that of the snapshot, and with
    /// those that are [`opaque`](Histogram::opaque).
    pub fn new(
        snapshot: &'s HeapSnapshot,
        histogram: &'s mut Histogram,
        opaque: &'s Histogram,
    ) -> Self {
        histogram.sort(TypeOrder::Bytes);
        let count = |kind| {
            let roots = snapshot.roots().iter();
            roots.filter(|root| root.kind == kind).count()
        };
        Self {
            schema: "heapgraph/summary@1",
            origin: OriginJson::new(snapshot),
            objects: snapshot.graph().node_count(),
            references: snapshot.graph().edge_count(),
            types: histogram.types.len(),
            bytes: histogram.total().bytes,
            roots: RootKind::ALL.map(|kind| (kind.word(), count(kind))).into(),
            top_types: (histogram.types.iter().take(TOP_TYPES))
                .map(TypeJson::new)
                .collect(),
            opaque_types: opaque.types.iter().map(TypeJson::new).collect(),
        }
    }
}
