//! A snapshot with what was found out about it, for all that ask later.

use std::ops::Deref;
use std::sync::OnceLock;

use pyo3::prelude::*;

use super::progress::Progress;
use crate::analysis::{DominatorTree, Why};
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;

/// A snapshot that remembers its dominator tree, as every node of it may be asked what it retains.
pub(in crate::python) struct AnalysedHeap {
    snapshot: HeapSnapshot,
    dominators: OnceLock<DominatorTree>,
}

impl AnalysedHeap {
    pub(in crate::python) fn new(snapshot: HeapSnapshot) -> Self {
        Self {
            snapshot,
            dominators: OnceLock::new(),
        }
    }

    /// The dominator tree, found with the interpreter released.
    pub(super) fn dominators(&self, py: Python<'_>) -> &DominatorTree {
        (self.dominators.get()).unwrap_or_else(|| py.detach(|| self.find_dominators()))
    }

    /// Explains why some objects are alive. Needs no interpreter.
    pub(super) fn explain(&self, targets: &[NodeIndex], limit: usize) -> Why {
        Why::explain(&self.snapshot, self.find_dominators(), targets, limit)
    }

    /// Whoever asks first makes the tree; other threads that ask meanwhile wait for it.
    fn find_dominators(&self) -> &DominatorTree {
        self.dominators.get_or_init(|| {
            let _progress = Progress::start("finding dominators");
            DominatorTree::new(&self.snapshot)
        })
    }
}

impl Deref for AnalysedHeap {
    type Target = HeapSnapshot;

    fn deref(&self) -> &HeapSnapshot {
        &self.snapshot
    }
}
