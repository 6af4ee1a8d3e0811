//! What grows while a scenario runs again and again.

mod limits;
mod process_memory;
mod processes;
mod report;
mod watched_path;
mod watching;

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;
use rustc_hash::FxHashSet;

pub(super) use process_memory::{
    allocated_blocks, allocated_bytes, bytes_in_use, give_back_free_memory,
};
pub(super) use processes::{
    ProcessReports, by_process, given_order, left_out, origin_of, process_reports, snapshot_series,
};
pub(super) use report::{GrowingPath, GrowthReport};

use super::asker::Asker;
use super::snapshot::{AnalysedHeap, HeapSnapshot};
use crate::analysis::{
    self, Effort, Limit, Memory, Pace, PathIndex, PathPattern, Placement, Point, Rising, Tally,
    Watched, WithoutLeak, ensure_memory, is_settled, is_straight, thresholds,
};
use crate::capture::{self, Introspection, LiveSnapshot, Need, Sizes, SnapshotOptions, capture};
use crate::graph::HeapGraph;
use process_memory::{AllocatorOfProgram, is_traced};
use watched_path::WatchedPath;
use watching::is_of_memory;

/// Several moments of this program, or of one that saved its heap, as what is counted on each path of
/// names.
#[pyclass(module = "heapgraph._core")]
#[derive(Default)]
pub(super) struct GrowthHistory {
    history: analysis::GrowthHistory,
    watched: Watched,
    last: Option<(Arc<AnalysedHeap>, Arc<Placement>)>,
    containers: Vec<WatchedPath>,
    /// Paths whose containers were replaced by others: they can only be counted in snapshots.
    replaced: FxHashSet<PathIndex>,
    /// True if the last snapshot has added to them.
    was_refuted: bool,
    /// What was no leak when that was asked.
    without_leak: WithoutLeak,
    counted: Option<HeapGraph>,
    allocator: AllocatorOfProgram,
    ignored: Vec<PathPattern>,
}

/// The numbers that decide a verdict, by name.
#[pyfunction]
pub(super) fn growth_thresholds() -> HashMap<&'static str, f64> {
    thresholds::ALL.iter().copied().collect()
}

#[pymethods]
impl GrowthHistory {
    /// No moment yet. Paths that match one of `ignored` may grow.
    #[new]
    fn new(ignored: Vec<String>) -> Self {
        Self {
            ignored: ignored.into_iter().map(PathPattern::new).collect(),
            ..Self::default()
        }
    }

    /// Lets grow what tools of tests keep.
    fn excuse_tools(&mut self) {
        self.history.excuse_tools();
    }

    /// True if anything in this program may have grown since this was asked last, and the first time.
    /// A walk without names, O(objects + references); keeps the graph until it is asked again.
    fn has_grown(&mut self, py: Python<'_>) -> PyResult<bool> {
        let heap = capture(&Introspection::new(py)?, &[], Sizes::Measured, Need::Answer)?;
        let mut graph = heap.graph;
        for (buffer, used) in heap.used {
            graph.count_bytes(buffer, used);
        }
        let has_grown = py.detach(|| {
            let before = self.counted.as_ref();
            before.is_none_or(|before| analysis::has_grown(before, &graph))
        });
        self.counted = Some(graph);
        Ok(has_grown)
    }

    /// Takes a snapshot of this program. What rises in all of them, and can be looked at, is watched
    /// from now on if that is asked for.
    /// `blocks` given out, `resident` bytes and the `garbage` just collected are what the process says
    /// of its memory. What the `asker` holds names no path.
    #[expect(clippy::too_many_arguments, reason = "what the process says")]
    fn take(
        &mut self,
        py: Python<'_>,
        iteration: u64,
        blocks: u64,
        resident: u64,
        garbage: u64,
        watch: bool,
        asker: &Asker,
    ) -> PyResult<()> {
        self.allocator.stop();
        // What is held here is not to be found in the snapshot.
        self.let_go();
        self.last = None;
        self.counted = None;
        let options = SnapshotOptions {
            collected: true,
            names: true,
            values: false,
            keys: true,
            force: false,
            held_by_caller: (0, 0),
        };
        let memory = Memory {
            blocks: Some(blocks),
            resident: Some(resident),
            allocator: self.allocator.sum(),
            is_traced: is_traced(py)?,
            garbage,
        };
        let mut taken = capture::take_live_snapshot(py, options)?;
        asker.0.let_go(&mut taken.snapshot, &[])?;
        let LiveSnapshot { snapshot, objects } = taken;
        ensure_memory(snapshot.graph(), Effort::Dominate)?;
        let placement = self
            .history
            .add(&snapshot, iteration, memory)
            .ok_or_else(|| PyRuntimeError::new_err("a snapshot with names has none"))?;
        self.drop_refuted();
        if watch {
            let first = match self.watched.moments_before {
                0 => self.history.moments().len(),
                count => count,
            };
            self.watched.moments_before = first;
            self.hold(py, &snapshot, &placement, &objects, first, iteration);
        }
        objects.let_go()?;
        self.last = Some((Arc::new(AnalysedHeap::new(snapshot)), Arc::new(placement)));
        self.allocator.start();
        Ok(())
    }

    /// Adds a snapshot that was taken or loaded before.
    fn add(&mut self, snapshot: &HeapSnapshot, iteration: u64) -> PyResult<()> {
        let heap = snapshot.analysed();
        ensure_memory(heap.graph(), Effort::Dominate)?;
        let placement = self.history.add(&heap, iteration, Memory::default());
        let placement = placement.ok_or_else(|| {
            PyValueError::new_err(
                "the snapshot was taken without names: take it with names=True to compare paths",
            )
        })?;
        self.last = Some((heap, Arc::new(placement)));
        Ok(())
    }

    /// How many paths have risen at each of the moments so far, or at all but one of many.
    fn rising_count(&self) -> usize {
        let count = match self.watched.moments_before {
            0 => usize::MAX,
            count => count,
        };
        let rising = self
            .rising(count)
            .into_iter()
            .filter(|&rising| is_of_memory(rising));
        rising.count() + self.wavering(count).len()
    }

    /// True if something has risen from the last moment but one to the last; then the others are forgotten.
    fn begin_anew_if_rising(&mut self) -> bool {
        let mut latest = self.history.rising_lately();
        latest.retain(|rising| {
            let mut above = self.history.paths().ancestors(rising.path);
            let is_known = above.any(|path| self.without_leak.paths.contains(&path));
            let is_more = self.history.is_more_than_noise(*rising);
            !is_known && is_more && is_of_memory(*rising) && !self.is_ignored(rising.path)
        });
        let is_rising = !latest.is_empty();
        if is_rising {
            self.history.forget_earlier();
            // The moments that it counts are forgotten.
            self.forget_watch();
        }
        is_rising
    }

    /// True if what has risen at first goes on under another name; then all moments but the last two are
    /// forgotten.
    fn begin_anew_if_moved(&mut self) -> bool {
        let found = self.watched.moments_before;
        let rising = self.rising(found);
        let has_ended = |rising: &&Rising| {
            let series = self.history.series(**rising);
            let (last, before) = (series.last(), series.get(..series.len() - 1));
            before.is_some_and(|before| before.iter().max() >= last)
        };
        let mut ended = rising.iter().filter(has_ended);
        let has_moved = ended.any(|&ended| {
            let holder = self.history.taken_over_by(ended, &rising, found);
            holder.is_some()
        });
        if has_moved {
            self.history.forget_earlier();
            self.forget_watch();
        }
        has_moved
    }

    /// True if something has risen at each of the moments so far, and all of it may.
    fn only_ignored_rises(&self) -> bool {
        let is_rising = !self.history.rising(usize::MAX).is_empty();
        is_rising && self.rising(usize::MAX).is_empty() && self.wavering(usize::MAX).is_empty()
    }

    /// True if there are fewer objects at each moment, by one for each iteration at least.
    fn is_draining(&self) -> bool {
        self.history.is_draining()
    }

    /// True if so much garbage was collected that it is worth a closer look.
    fn is_much_garbage(&self) -> bool {
        self.history.is_much_garbage()
    }

    /// How many paths rise that can not be looked at.
    #[getter]
    fn unwatched_count(&self) -> usize {
        self.unwatched().len()
    }

    /// True if a container that was looked at has been replaced by another object.
    #[getter]
    fn has_replaced(&self) -> bool {
        !self.replaced.is_empty()
    }

    /// True if the last snapshot has shown that what was looked at was not what is there.
    #[getter]
    fn was_refuted(&self) -> bool {
        self.was_refuted
    }

    /// True if the memory of the process is no more than at an earlier snapshot.
    fn memory_settled(&self) -> bool {
        let first = self.watched.memory_from.unwrap_or_default();
        self.history.memory_settled(first)
    }

    /// True if so many more blocks, and bytes that are resident and that the C allocator has given out,
    /// are worth a closer look after some iterations.
    #[staticmethod]
    fn is_more_memory(iterations: u32, blocks: i64, resident: i64, given_out: i64) -> bool {
        analysis::is_more_memory(iterations, blocks, resident, given_out)
    }

    /// How many blocks, and how much of so many more bytes, no object explains that has come since the
    /// snapshot before the last one.
    fn beyond_objects(&self, resident: i64, given_out: i64) -> (i64, i64, i64) {
        self.history.beyond_objects(resident, given_out)
    }

    /// True if no path that rises and can not be looked at needs more snapshots: it holds no more for as
    /// long as it took to come there, or rises straight and `is_long`.
    fn unwatched_settled(&self, is_long: bool) -> bool {
        let (moments, start) = (self.history.moments(), self.start());
        self.unwatched().into_iter().all(|rising| {
            let series = self.history.series(rising);
            let points = moments
                .iter()
                .map(|moment| moment.iteration)
                .zip(series.iter().copied());
            let later: Vec<Point> = points
                .skip(self.watched.moments_before.saturating_sub(1))
                .collect();
            is_settled(&later, start) || is_long && later.len() > 2 && is_straight(&later)
        })
    }

    /// For each path that is watched its number, its containers and what holds them.
    fn watched_objects<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for watched in &self.containers {
            let objects = |objects: &[Py<PyAny>]| -> Vec<Py<PyAny>> {
                objects.iter().map(|object| object.clone_ref(py)).collect()
            };
            let row = (
                watched.path.index(),
                objects(&watched.containers),
                objects(&watched.owners),
            );
            list.append(row)?;
        }
        Ok(list)
    }

    /// The path of a number, in Python's spelling.
    fn spelled(&mut self, number: usize) -> PyResult<String> {
        let path = self.watched_path(number)?.path;
        Ok(self.history.paths().spelled(path))
    }

    /// Says how many elements the containers of a path keep themselves to, and where that is from.
    fn set_limit(&mut self, number: usize, limit: u64, source: String) -> PyResult<()> {
        let watched = self.watched_path(number)?;
        watched.limit = Some(limit);
        let path = watched.path;
        let limit = Limit {
            most: limit,
            source,
            is_kept: true,
        };
        self.watched.limits.insert(path, limit);
        Ok(())
    }

    /// How much the containers of each watched path hold, in the order of `watched_objects`.
    fn amounts(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        self.containers
            .iter()
            .map(|watched| watched.amount(py))
            .collect()
    }

    /// Looks at how much the watched containers hold; true if none of them needs more looks. Of what rises
    /// straight, `is_long` says whether that was seen for long enough.
    fn look(&mut self, py: Python<'_>, iteration: u64, is_long: bool) -> PyResult<bool> {
        let start = self.start();
        let is_replaced = |watched: &mut WatchedPath| watched.is_replaced(py);
        let replaced = self.containers.extract_if(.., is_replaced);
        (self.replaced).extend(replaced.map(|watched| watched.path));
        let mut needs_no_more = true;
        for watched in &mut self.containers {
            needs_no_more &= watched.look(py, iteration, start, is_long)?;
        }
        Ok(needs_no_more)
    }

    /// True if a container that is looked at still rises, but so slowly that the clock may be the cause.
    fn rises_slowly(&self) -> bool {
        self.containers.iter().any(|watched| self.is_slow(watched))
    }

    /// Fast and slow iterations take turns from now on, the first a fast one.
    fn begin_turns(&mut self, py: Python<'_>) -> PyResult<()> {
        let slow: Vec<bool> = (self.containers.iter())
            .map(|watched| self.is_slow(watched))
            .collect();
        let containers = self.containers.iter_mut().zip(slow);
        for (watched, _) in containers.filter(|(_, is_slow)| *is_slow) {
            watched.pace = Some(Pace::new(watched.amount(py)?));
        }
        Ok(())
    }

    /// Notes what has come in a turn; true if it is known of all that rises slowly what makes it come.
    fn end_turn(&mut self, py: Python<'_>, is_slow: bool) -> PyResult<bool> {
        let mut all_known = true;
        for watched in &mut self.containers {
            let amount = watched.amount(py)?;
            if let Some(pace) = &mut watched.pace {
                pace.end_turn(amount, is_slow);
                all_known &= pace.cause().is_some();
            }
        }
        Ok(all_known)
    }

    /// Notes what one collection has freed.
    fn set_garbage(&mut self, objects: u64, size: u64) {
        self.watched.garbage = Some(Tally {
            count: objects,
            bytes: size,
        });
    }

    /// Memory outside the graph is watched from the next snapshot on.
    fn begin_watch_of_memory(&mut self) {
        self.watched.memory_from = Some(self.history.moments().len());
    }

    /// True if nothing that was watched is a leak, as far as is known: then something else may be, that
    /// comes more rarely or is outside the graph.
    fn is_without_leak(&mut self) -> bool {
        let without = self.last.as_ref().and_then(|(heap, placement)| {
            analysis::without_leak(&self.history, &self.watched, heap, placement)
        });
        self.without_leak = without.unwrap_or_default();
        !self.without_leak.paths.is_empty()
    }

    /// True if, when that was asked for, nothing rose any more.
    #[getter]
    fn had_ended(&self) -> bool {
        self.without_leak.has_ended
    }

    /// Nothing is watched: the watch begins at the next snapshot.
    fn forget_watch(&mut self) {
        self.watched.moments_before = 0;
        self.watched.looks.clear();
        self.watched.paces.clear();
    }

    /// Notes that time has cut the watch short.
    fn cut_short(&mut self) {
        self.watched.is_cut_short = true;
    }

    /// Notes what would make the verdict surer.
    fn add_missing(&mut self, text: String) {
        self.watched.missing.push(text);
    }

    /// Where the bytes of the last snapshot are that were not in the first: owner, bytes, objects.
    fn delta(&self) -> Vec<(String, i128, i128)> {
        let rows = self.history.delta().into_iter();
        rows.map(|row| (row.owner, row.bytes, row.objects))
            .collect()
    }

    /// Judges what was seen.
    fn report(&mut self, py: Python<'_>) -> PyResult<GrowthReport> {
        // Of the program nothing is held by now: a cycle through this the collector could not see.
        self.containers.clear();
        let (heap, placement) = (self.last.as_ref())
            .ok_or_else(|| PyValueError::new_err("there is no snapshot to judge"))?;
        let report = py.detach(|| {
            analysis::GrowthReport::new(
                &self.history,
                &self.watched,
                heap,
                placement,
                &self.ignored,
            )
        });
        Ok(GrowthReport::new(Arc::clone(heap), report))
    }
}
