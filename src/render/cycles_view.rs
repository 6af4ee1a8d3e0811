//! Cycles as a view to draw.

use std::convert::Infallible;

use rustc_hash::FxHashMap;

use super::snapshot_view::neighbourhood_view;
use super::{View, ViewEdge};
use crate::analysis::{CycleGroup, Direction, Limits, Neighbourhood};
use crate::graph::{NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// Cycles drawn in one picture.
const MOST_DRAWN: usize = 6;

/// Objects drawn of a long cycle.
const LONGEST_DRAWN: usize = 40;

/// How far from a cycle, and how many referents of one object, are drawn.
const LIMITS: Limits = Limits {
    max_depth: 2,
    too_many: 6,
};

/// A cycle of each of the first groups, marked as a chain is, and what hangs on it as far as it is
/// in `shown`.
pub fn cycles_view(snapshot: &HeapSnapshot, groups: &[CycleGroup], shown: &NodeSet) -> View {
    let graph = snapshot.graph();
    let groups = &groups[..groups.len().min(MOST_DRAWN)];
    let drawn = |group: &CycleGroup| group.cycle.nodes.len().min(LONGEST_DRAWN);
    let targets: Vec<NodeIndex> = groups
        .iter()
        .flat_map(|group| &group.cycle.nodes[..drawn(group)])
        .copied()
        .collect();
    let Ok(found) = Neighbourhood::search(
        graph,
        &targets,
        Direction::Referents,
        LIMITS,
        &NodeSet::new(graph),
        |node| Ok::<_, Infallible>(shown.contains(node)),
        |_| false,
    );
    let mut view = neighbourhood_view(snapshot, &found, Direction::Referents, LIMITS.max_depth);
    let positions = view.graph.node_indices().zip(&found.nodes);
    let positions: FxHashMap<_, _> = positions.map(|(at, drawn)| (drawn.node, at)).collect();
    for group in groups {
        let nodes = &group.cycle.nodes;
        for (n, node) in nodes[..drawn(group)].iter().enumerate() {
            let holder = positions[node];
            view.graph[holder].on_chain = true;
            view.graph[holder].is_target = false;
            let Some(&held) = positions.get(&nodes[(n + 1) % nodes.len()]) else {
                continue;
            };
            let label = group.cycle.labels[n].to_string();
            let mut edges = view.graph.edges_connecting(holder, held);
            let edge = edges.find(|edge| edge.weight().label == label);
            if let Some(edge) = edge.map(|edge| petgraph::visit::EdgeRef::id(&edge)) {
                view.graph[edge].on_chain = true;
            } else {
                let on_chain = true;
                (view.graph).add_edge(holder, held, ViewEdge { label, on_chain });
            }
        }
    }
    view
}
