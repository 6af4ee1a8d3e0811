//! The neighbourhood of some objects as JSON.

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use crate::analysis::{Direction, Limits, Neighbourhood};
use crate::snapshot::HeapSnapshot;

/// The objects around some objects, and the references between them.
#[derive(Debug, Serialize)]
pub struct NeighbourhoodJson<'s> {
    schema: &'static str,
    direction: &'static str,
    max_depth: usize,
    too_many: usize,
    /// How many objects those at depth 0 are a sample of.
    candidates: usize,
    nodes: Vec<NodeJson<'s>>,
    edges: Vec<EdgeJson>,
}

#[derive(Debug, Serialize)]
struct NodeJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    root: Option<RootJson>,
    depth: usize,
    /// Neighbours that `too_many` left out.
    hidden: usize,
}

/// A reference between two of the nodes, by their positions.
#[derive(Debug, Serialize)]
struct EdgeJson {
    from: usize,
    to: usize,
    name: String,
}

impl<'s> NeighbourhoodJson<'s> {
    /// What was found around some of `candidates` objects.
    pub fn new(
        snapshot: &'s HeapSnapshot,
        found: &Neighbourhood,
        direction: Direction,
        limits: Limits,
        candidates: usize,
    ) -> Self {
        let nodes = found.nodes.iter().map(|drawn| NodeJson {
            object: ObjectJson::new(snapshot, drawn.node),
            root: snapshot.root(drawn.node).map(RootJson::new),
            depth: drawn.depth,
            hidden: drawn.hidden_count,
        });
        let edges = found.edges.iter().map(|edge| {
            let holder = found.nodes[edge.holder].node;
            let start = snapshot.graph().edge_positions(holder).start;
            EdgeJson {
                from: edge.holder,
                to: edge.held,
                name: snapshot.label(start + edge.position).to_string(),
            }
        });
        Self {
            schema: "heapgraph/neighbourhood@1",
            direction: match direction {
                Direction::Referents => "referents",
                Direction::Referrers => "referrers",
            },
            max_depth: limits.max_depth,
            too_many: limits.too_many,
            candidates,
            nodes: nodes.collect(),
            edges: edges.collect(),
        }
    }
}
