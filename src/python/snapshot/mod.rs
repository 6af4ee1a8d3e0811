//! Detached heaps: taken, saved, loaded and asked.

#![expect(
    clippy::doc_markdown,
    reason = "what is public here are the docstrings of Python objects"
)]

mod analysed_heap;
mod answers;
mod arguments;
mod compiled_holders;
mod cycles;
mod heap_snapshot;
mod held_by_cycle;
mod metadata;
mod neighbourhood;
mod new_objects;
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
pub(super) use compiled_holders::CompiledHolders;
pub(super) use cycles::{CycleGroup, Cycles, Garbage};
pub(super) use heap_snapshot::HeapSnapshot;
pub(super) use held_by_cycle::HeldByCycle;
pub(super) use new_objects::{NewObjects, NewPlace, why_new};
pub(super) use node::{Node, Reference};
pub(super) use retained::{Owner, TypeRetained};
pub(super) use suspects::{Hint, Suspect, Suspects};
pub(super) use unexplained::{ReferenceLeak, UnexplainedReferences, UnexplainedTotal};
pub(super) use why::{Explanation, Why, explain};

use progress::Progress;

use super::asker::Asker;
use super::file_path::FilePath;
use crate::capture::{self, GiveBack, SnapshotOptions};
use crate::snapshot;

/// Captures the live heap; see `heapgraph.take_snapshot`. `collected` says whether garbage was
/// collected before. What the `asker` holds in order to ask is left out where something else holds it too.
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
    asker: &Asker,
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
    let mut taken = capture::take_snapshot(py, options)?;
    asker.0.let_go(&mut taken, &[])?;
    let heap = AnalysedHeap::asked_by(asker.0.clone(), taken);
    Ok(HeapSnapshot::of_this_process(Arc::new(heap)))
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
