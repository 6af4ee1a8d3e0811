//! Chains of live objects as a drawing.

use pyo3::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::super::chain::preferred_label;
use super::super::live::LiveHeap;
use super::{Drawing, DrawingEdge, DrawingNode};
use crate::analysis::{Direction, DrawnNode};
use crate::capture::{CaptureError, Describer};
use crate::graph::NodeIndex;
use crate::render::one_line;

/// What stands at a reference of a chain that has gone since the chain was found.
const NO_REFERENCE: &str = "no reference any more";

/// References to each object of a chain to draw: from the caller's list and from the user's.
const HELD_BY_CHAIN_LISTS: usize = 2;

/// The objects of some chains and the references along them, nothing else. The last object of
/// each chain is the one asked about if `target_is_last`, otherwise the first. The caller holds
/// the objects of each chain twice, in its list and in the one that it was given: these references
/// are not counted.
#[pyfunction]
pub(in crate::python) fn draw_chains(
    py: Python<'_>,
    chains: Vec<Vec<Bound<'_, PyAny>>>,
    target_is_last: bool,
) -> PyResult<Drawing> {
    let lengths: Vec<usize> = chains.iter().map(Vec::len).collect();
    let objects: Vec<Bound<'_, PyAny>> = chains.into_iter().flatten().collect();
    let heap = LiveHeap::capture(py, &objects)?;
    let mut drawing = ChainDrawing::new(&heap)?;
    let mut rest = &objects[..];
    for length in lengths {
        let (chain, others) = rest.split_at(length);
        drawing.add_chain(chain, target_is_last)?;
        rest = others;
    }
    let drawing = drawing.finish();
    heap.let_go()?;
    Ok(drawing)
}

/// A drawing of chains while it is made.
struct ChainDrawing<'a, 'py> {
    heap: &'a LiveHeap<'py>,
    describer: Describer<'py, 'a>,
    nodes: Vec<DrawingNode>,
    /// Positions in `nodes`.
    positions: FxHashMap<NodeIndex, usize>,
    edges: Vec<DrawingEdge>,
    /// Holders and helds of `edges`.
    linked: FxHashSet<(usize, usize)>,
}

impl<'a, 'py> ChainDrawing<'a, 'py> {
    fn new(heap: &'a LiveHeap<'py>) -> Result<Self, CaptureError> {
        Ok(Self {
            heap,
            describer: heap.describer()?,
            nodes: Vec::new(),
            positions: FxHashMap::default(),
            edges: Vec::new(),
            linked: FxHashSet::default(),
        })
    }

    fn add_chain(
        &mut self,
        chain: &[Bound<'py, PyAny>],
        target_is_last: bool,
    ) -> Result<(), CaptureError> {
        let mut holder = None;
        for (n, object) in chain.iter().enumerate() {
            let Some(node) = self.heap.node_of(object) else {
                continue;
            };
            let from_last = chain.len() - 1 - n;
            let position = self.add_node(node, if target_is_last { from_last } else { n });
            if let Some((holder, holder_position)) = holder.replace((node, position))
                && self.linked.insert((holder_position, position))
            {
                let label = preferred_label(self.heap, &self.describer, holder, node)?;
                self.edges.push(DrawingEdge {
                    holder: holder_position,
                    held: position,
                    label: label.map_or_else(
                        || NO_REFERENCE.into(),
                        |label| one_line(&label.to_string()).into_owned(),
                    ),
                    on_chain: true,
                });
            }
        }
        Ok(())
    }

    /// The position of a node that a chain passes at `depth`, drawn once however many do.
    fn add_node(&mut self, node: NodeIndex, depth: usize) -> usize {
        let position = if let Some(&position) = self.positions.get(&node) {
            position
        } else {
            let drawn = DrawnNode {
                node,
                depth,
                hidden_count: 0,
            };
            self.nodes.push(DrawingNode::new(self.heap, drawn));
            self.positions.insert(node, self.nodes.len() - 1);
            self.nodes.len() - 1
        };
        let drawn = &mut self.nodes[position];
        drawn.on_chain = true;
        drawn.depth = drawn.depth.min(depth);
        drawn.is_target |= depth == 0;
        drawn.discount(HELD_BY_CHAIN_LISTS);
        position
    }

    fn finish(self) -> Drawing {
        Drawing {
            max_depth: self.nodes.iter().map(|node| node.depth).max().unwrap_or(0),
            nodes: self.nodes,
            edges: self.edges,
            direction: Direction::Referrers,
        }
    }
}
