//! A snapshot with what was found out about it, for all that ask later.

use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{process, thread};

use pyo3::prelude::*;

use super::progress::Progress;
use crate::analysis::{Asker, DominatorTree, Effort, Why, ensure_memory};
use crate::capture::GiveBack;
use crate::graph::NodeIndex;
use crate::process::TooLittleMemory;
use crate::snapshot::HeapSnapshot;

/// A snapshot that remembers its dominator tree, as every node of it may be asked what it retains.
pub(in crate::python) struct AnalysedHeap {
    snapshot: HeapSnapshot,
    /// What was held to ask when the snapshot was taken.
    asker: Asker,
    dominators: OnceLock<DominatorTree>,
    /// The number of the process in which a thread takes much memory for an answer; 0 if none does.
    taker: AtomicU32,
    _give_back: GiveBack,
}

impl AnalysedHeap {
    /// A snapshot of this process, with what is held here to ask about it.
    pub(in crate::python) fn asked_by(asker: Asker, snapshot: HeapSnapshot) -> Self {
        Self {
            asker,
            ..Self::new(snapshot)
        }
    }

    pub(in crate::python) fn new(snapshot: HeapSnapshot) -> Self {
        Self {
            asker: Asker::default(),
            _give_back: GiveBack::after(snapshot.graph()),
            snapshot,
            dominators: OnceLock::new(),
            taker: AtomicU32::new(0),
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
        py.detach(|| {
            let _turn = self.turn();
            ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
            Ok(question(&self.snapshot, tree))
        })
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
        let _turn = self.turn();
        ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
        let (own, hands) = self.asker.pass_over(&self.snapshot, targets)?;
        let mut why = Why::explain_passing(&self.snapshot, tree, targets, limit, &own);
        why.leave_out(hands);
        Ok(why)
    }

    /// Waits for its turn: threads that ask at once would each find that there is memory for one of them.
    /// Waits for none of the process that this was forked from, which is not there. Not with the interpreter
    /// held.
    fn turn(&self) -> Turn<'_> {
        const WAIT: Duration = Duration::from_millis(1);
        loop {
            match Turn::begin(&self.taker) {
                Some(turn) => return turn,
                None => thread::sleep(WAIT),
            }
        }
    }

    /// What was held to ask when the snapshot was taken.
    pub(super) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Of threads that ask at once one makes the tree, and the others wait for it.
    fn find_dominators(&self) -> Result<&DominatorTree, TooLittleMemory> {
        let _turn = self.turn();
        if let Some(tree) = self.dominators.get() {
            return Ok(tree);
        }
        ensure_memory(self.snapshot.graph(), Effort::Dominate)?;
        let tree = {
            let _progress = Progress::start("finding dominators");
            DominatorTree::new(&self.snapshot)
        };
        Ok(self.dominators.get_or_init(|| tree))
    }
}

/// A thread of this process takes much memory for an answer, until this is dropped.
struct Turn<'a>(&'a AtomicU32);

impl<'a> Turn<'a> {
    /// `None` if another thread of this process does.
    fn begin(taker: &'a AtomicU32) -> Option<Self> {
        let own = process::id();
        let other = taker.load(Ordering::Acquire);
        let is_free = other != own;
        let is_taken = || taker.compare_exchange(other, own, Ordering::AcqRel, Ordering::Acquire);
        // Not `then_some`: a turn that was not taken must not be made, as dropping it ends that of the other.
        (is_free && is_taken().is_ok()).then(|| Self(taker))
    }
}

impl Drop for Turn<'_> {
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
