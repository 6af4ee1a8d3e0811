//! A snapshot with what was found out about it, for all that ask later.

use std::ops::Deref;
use std::sync::OnceLock;

use pyo3::prelude::*;

use super::progress::Progress;
use crate::analysis::DominatorTree;
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

    /// The dominator tree. Whoever asks first makes it, with the interpreter released; other threads
    /// that ask meanwhile wait for it.
    pub(super) fn dominators(&self, py: Python<'_>) -> &DominatorTree {
        if let Some(tree) = self.dominators.get() {
            return tree;
        }
        let _progress = Progress::start("finding dominators");
        py.detach(|| {
            let tree = || DominatorTree::new(&self.snapshot);
            self.dominators.get_or_init(tree)
        })
    }
}

impl Deref for AnalysedHeap {
    type Target = HeapSnapshot;

    fn deref(&self) -> &HeapSnapshot {
        &self.snapshot
    }
}
