//! Detached heaps: taken, saved, loaded and asked.

#![expect(
    clippy::doc_markdown,
    reason = "what is public here are the docstrings of Python objects"
)]

mod analysed_heap;
mod answers;
mod arguments;
mod cycles;
mod heap_snapshot;
mod metadata;
mod neighbourhood;
mod node;
mod progress;
mod retained;
mod suspects;
mod unexplained;
mod why;

use std::sync::Arc;

use pyo3::prelude::*;

pub(super) use analysed_heap::AnalysedHeap;
pub(super) use answers::{HeapDiff, RootChain, TypeChange, TypeTotal, as_dict, preformatted};
pub(super) use cycles::{CycleGroup, Cycles, Garbage};
pub(super) use heap_snapshot::HeapSnapshot;
pub(super) use node::{Node, Reference};
pub(super) use retained::{Owner, TypeRetained};
pub(super) use suspects::{Hint, Suspect, Suspects};
pub(super) use unexplained::{ReferenceLeak, UnexplainedReferences, UnexplainedTotal};
pub(super) use why::{Explanation, Why, explain};

use progress::Progress;

use super::file_path::FilePath;
use crate::capture::{self, GiveBack, SnapshotOptions};
use crate::snapshot;

/// Captures the live heap; see `heapgraph.take_snapshot`. `collected` says whether garbage was
/// collected before.
#[pyfunction]
#[expect(
    clippy::fn_params_excessive_bools,
    reason = "independent keywords of one Python function"
)]
pub(super) fn take_snapshot(
    py: Python<'_>,
    collected: bool,
    names: bool,
    values: bool,
    keys: bool,
    force: bool,
) -> PyResult<HeapSnapshot> {
    let options = SnapshotOptions {
        collected,
        names,
        values,
        keys,
        force,
        held_by_caller: (0, 0),
    };
    let _progress = Progress::start("taking a snapshot");
    let taken = capture::take_snapshot(py, options)?;
    Ok(HeapSnapshot::of_this_process(Arc::new(AnalysedHeap::new(
        taken,
    ))))
}

/// Loads a snapshot that was saved.
///
/// Args:
///     path: The file.
///
/// Raises:
///     SnapshotError: If the file can not be read, is damaged, or is no snapshot; it says which.
#[pyfunction]
pub(super) fn load_snapshot(py: Python<'_>, path: FilePath) -> PyResult<HeapSnapshot> {
    let _progress = Progress::start("loading a snapshot");
    let loaded = py.detach(|| snapshot::load(&path.0))?;
    // Of what reading took.
    let _give_back = GiveBack::after(loaded.graph());
    Ok(HeapSnapshot::loaded(Arc::new(AnalysedHeap::new(loaded))))
}
