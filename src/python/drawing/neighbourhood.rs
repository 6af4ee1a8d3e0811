//! The neighbourhood of live objects as a drawing.

use std::collections::hash_map::Entry;

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::super::asker::Asker;
use super::super::fingerprint::Fingerprints;
use super::super::live::LiveHeap;
use super::{Drawing, DrawingEdge, DrawingNode};
use crate::analysis::{Direction, HiddenReferences, Limits, Neighbourhood};
use crate::capture::{self, CaptureError, Describer};
use crate::graph::{NodeFlags, NodeIndex};
use crate::render::one_line;

/// The objects within `max_depth` references of `targets`.
///
/// `forward` searches what they refer to, otherwise what refers to them; then modules that
/// `sys.modules` holds are drawn but not expanded. `keep` is called on every neighbour, unless
/// `None`. `held_by_caller` is the number of references that the caller itself has to each of
/// `targets`: they are not counted. What the `asker` holds in order to ask is drawn only if there is
/// nothing else to draw.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of objgraph.show_refs"
)]
pub(in crate::python) fn draw_neighbourhood<'py>(
    py: Python<'py>,
    targets: Vec<Bound<'py, PyAny>>,
    forward: bool,
    max_depth: usize,
    too_many: usize,
    ignored: Vec<u64>,
    keep: Option<&Bound<'py, PyAny>>,
    held_by_caller: usize,
    asker: &Asker,
) -> PyResult<Drawing> {
    let heap = LiveHeap::capture(py, &targets)?;
    let graph = heap.graph();
    let target_nodes: Vec<NodeIndex> = targets.iter().filter_map(|t| heap.node_of(t)).collect();
    let direction = if forward {
        Direction::Referents
    } else {
        Direction::Referrers
    };
    let is_module = |node| graph.flags(node).contains(NodeFlags::PROPER_MODULE);
    if keep.is_some() {
        heap.hold_all()?;
    }
    let fingerprints = Fingerprints::new(&heap);
    let ignored = heap.nodes_at(&ignored);
    let search = |hidden: &HiddenReferences| {
        Neighbourhood::search_by(
            graph,
            &target_nodes,
            direction,
            Limits {
                max_depth,
                too_many,
            },
            &ignored,
            hidden,
            |node| {
                keep.map_or(Ok(true), |keep| {
                    capture::is_truthy(&capture::call(keep, (heap.object(node),))?)
                })
            },
            |node| !forward && is_module(node),
            |node| fingerprints.of(node),
        )
    };
    let own = asker
        .0
        .references(graph, &target_nodes)
        .map_err(CaptureError::from)?;
    let mut found = search(&own)?;
    if found.edges.is_empty() && !own.is_empty() {
        found = search(&HiddenReferences::default())?;
    }
    found.ensure_memory().map_err(CaptureError::from)?;
    let drawing = Drawing {
        edges: label_edges(&heap.describer()?, &found)?,
        nodes: drawn_nodes(&heap, &found, &target_nodes, held_by_caller),
        max_depth,
        direction,
    };
    heap.let_go()?;
    Ok(drawing)
}

/// The objects to draw, each target without the references that the caller has to it.
fn drawn_nodes(
    heap: &LiveHeap<'_>,
    found: &Neighbourhood,
    targets: &[NodeIndex],
    held_by_caller: usize,
) -> Vec<DrawingNode> {
    let mut times_asked: FxHashMap<NodeIndex, usize> = FxHashMap::default();
    for &target in targets {
        *times_asked.entry(target).or_default() += 1;
    }
    let nodes = found.nodes.iter().map(|drawn| {
        let mut node = DrawingNode::new(heap, *drawn);
        if let Some(times) = times_asked.get(&drawn.node) {
            node.is_target = true;
            node.discount(times * held_by_caller);
        }
        node
    });
    nodes.collect()
}

/// The references to draw, with their names.
fn label_edges(
    describer: &Describer<'_, '_>,
    found: &Neighbourhood,
) -> Result<Vec<DrawingEdge>, CaptureError> {
    let mut labels = FxHashMap::default();
    let edges = found.edges.iter().map(|edge| {
        let of_holder = match labels.entry(edge.holder) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(describer.labels(found.nodes[edge.holder].node)?),
        };
        Ok(DrawingEdge {
            holder: edge.holder,
            held: edge.held,
            label: one_line(&of_holder.at(edge.position).to_string()).into_owned(),
            on_chain: false,
        })
    });
    edges.collect()
}
