//! A snapshot with what was found out about it, for all that ask later.

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{process, thread};

use pyo3::prelude::*;

use super::progress::Progress;
use crate::analysis::{DominatorTree, Effort, Why, ensure_memory};
use crate::capture::GiveBack;
use crate::graph::NodeIndex;
use crate::process::TooLittleMemory;
use crate::snapshot::HeapSnapshot;

/// A snapshot that remembers its dominator tree, as every node of it may be asked what it retains.
pub(in crate::python) struct AnalysedHeap {
    snapshot: HeapSnapshot,
    dominators: OnceLock<DominatorTree>,
    /// The number of the process in which a thread finds the tree; 0 if none does.
    finder: AtomicU32,
    _give_back: GiveBack,
}

impl AnalysedHeap {
    pub(in crate::python) fn new(snapshot: HeapSnapshot) -> Self {
        Self {
            _give_back: GiveBack::after(snapshot.graph()),
            snapshot,
            dominators: OnceLock::new(),
            finder: AtomicU32::new(0),
        }
    }

    /// Answers a question that looks at all objects, with the interpreter released.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(in crate::python) fn ask<A: Send>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(&HeapSnapshot) -> A + Send,
    ) -> Result<A, TooLittleMemory> {
        ensure_memory(self.snapshot.graph(), Effort::Search)?;
        Ok(py.detach(|| question(&self.snapshot)))
    }

    /// As [`ask`](Self::ask), of the dominator tree too.
    pub(in crate::python) fn ask_dominators<A: Send>(
        &self,
        py: Python<'_>,
        question: impl FnOnce(&HeapSnapshot, &DominatorTree) -> A + Send,
    ) -> Result<A, TooLittleMemory> {
        let tree = self.dominators(py)?;
        ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
        Ok(py.detach(|| question(&self.snapshot, tree)))
    }

    /// The dominator tree, found with the interpreter released.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(super) fn dominators(&self, py: Python<'_>) -> Result<&DominatorTree, TooLittleMemory> {
        match self.dominators.get() {
            Some(tree) => Ok(tree),
            None => py.detach(|| self.find_dominators()),
        }
    }

    /// Explains why some objects are alive. Needs no interpreter.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub(super) fn explain(
        &self,
        targets: &[NodeIndex],
        limit: usize,
    ) -> Result<Why, TooLittleMemory> {
        let tree = self.find_dominators()?;
        ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
        Ok(Why::explain(&self.snapshot, tree, targets, limit))
    }

    /// Of threads that ask at once one makes the tree. The others wait for it, but not for one of the process
    /// that this was forked from: it is not there.
    fn find_dominators(&self) -> Result<&DominatorTree, TooLittleMemory> {
        const WAIT: Duration = Duration::from_millis(1);
        let _finding = loop {
            if let Some(tree) = self.dominators.get() {
                return Ok(tree);
            }
            match Finding::begin(&self.finder) {
                Some(finding) => break finding,
                None => thread::sleep(WAIT),
            }
        };
        ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
        let tree = {
            let _progress = Progress::start("finding dominators");
            DominatorTree::new(&self.snapshot)
        };
        Ok(self.dominators.get_or_init(|| tree))
    }
}

/// A thread of this process finds the tree, until this is dropped.
struct Finding<'a>(&'a AtomicU32);

impl<'a> Finding<'a> {
    /// `None` if another thread of this process does.
    fn begin(finder: &'a AtomicU32) -> Option<Self> {
        let own = process::id();
        let other = finder.load(Ordering::Acquire);
        let is_free = other != own;
        let taken = || finder.compare_exchange(other, own, Ordering::AcqRel, Ordering::Acquire);
        (is_free && taken().is_ok()).then_some(Self(finder))
    }
}

impl Drop for Finding<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Deref for AnalysedHeap {
    type Target = HeapSnapshot;

    fn deref(&self) -> &HeapSnapshot {
        &self.snapshot
    }
}
