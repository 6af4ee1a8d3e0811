//! Edges in compressed sparse row form: all targets in one array, grouped by source.

use std::ops::Range;

use super::index::{NodeIndex, narrow, widen};
use crate::process::{TooLittleMemory, filled, reserve};

/// The edges of a graph in one direction: 4 bytes an edge and 4 bytes a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csr {
    /// `offsets[n]..offsets[n + 1]` are the edges of node `n`; one longer than there are nodes.
    offsets: Vec<u32>,
    targets: Vec<NodeIndex>,
}

impl Csr {
    /// Edges given node by node: `offsets[n]` is where those of node `n` start.
    ///
    /// # Errors
    ///
    /// If there is no memory for one offset more.
    pub(super) fn new(
        mut offsets: Vec<u32>,
        targets: Vec<NodeIndex>,
    ) -> Result<Self, TooLittleMemory> {
        reserve(&mut offsets, 1)?;
        offsets.push(narrow(targets.len()));
        Ok(Self { offsets, targets })
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.targets.len()
    }

    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Where the edges of `node` lead, in the order in which they were added.
    pub fn targets(&self, node: NodeIndex) -> &[NodeIndex] {
        &self.targets[self.positions(node)]
    }

    /// Where the edges of `node` stand among those of all nodes.
    pub fn positions(&self, node: NodeIndex) -> Range<usize> {
        let start = widen(self.offsets[node.index()]);
        let end = widen(self.offsets[node.index() + 1]);
        start..end
    }

    /// Where the edge at `position` among those of all nodes leads.
    pub(super) fn target(&self, position: usize) -> NodeIndex {
        self.targets[position]
    }

    /// Takes out the edges at some positions among those of all nodes, in ascending order.
    /// O(nodes + edges).
    pub(super) fn remove(&mut self, positions: &[usize]) {
        let mut offsets = self.offsets.iter_mut().peekable();
        for (removed, end) in positions.iter().copied().chain([usize::MAX]).enumerate() {
            while let Some(offset) = offsets.next_if(|offset| widen(**offset) <= end) {
                *offset -= narrow(removed);
            }
        }
        remove_at(&mut self.targets, positions);
    }

    /// The node whose edge stands at `position` among those of all nodes. O(log nodes).
    pub(super) fn source(&self, position: usize) -> NodeIndex {
        let after = self
            .offsets
            .partition_point(|&start| widen(start) <= position);
        NodeIndex::new(after - 1)
    }

    /// The same edges turned round, those of each node ordered by the other end.
    ///
    /// A counting sort: O(nodes + edges) time, no memory beyond the result.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub fn reversed(&self) -> Result<Self, TooLittleMemory> {
        // Shifted by two, so that filling slot `n + 1` leaves it where the edges of `n` end.
        let mut offsets = filled(0_u32, self.node_count() + 2)?;
        for target in &self.targets {
            offsets[target.index() + 2] += 1;
        }
        for n in 2..offsets.len() {
            offsets[n] += offsets[n - 1];
        }
        let mut sources = filled(NodeIndex::default(), self.targets.len())?;
        for n in (0..self.node_count()).map(NodeIndex::new) {
            for target in self.targets(n) {
                let slot = &mut offsets[target.index() + 1];
                sources[widen(*slot)] = n;
                *slot += 1;
            }
        }
        offsets.pop();
        Ok(Self {
            offsets,
            targets: sources,
        })
    }
}

/// Takes out what stands at some positions, in ascending order.
pub(super) fn remove_at<T>(items: &mut Vec<T>, positions: &[usize]) {
    let mut next = positions.iter().copied().peekable();
    let mut position = 0;
    items.retain(|_| {
        let is_removed = next.next_if_eq(&position).is_some();
        position += 1;
        !is_removed
    });
}
