//! What grows while a scenario runs again and again.

mod limits;
mod process_memory;
mod report;
mod watched_path;

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

pub(super) use process_memory::{allocated_blocks, allocated_bytes, give_back_free_memory};
pub(super) use report::{GrowingPath, GrowthReport};

use super::file_path::FilePath;
use super::snapshot::{AnalysedHeap, HeapSnapshot};
use crate::analysis::{
    self, Effort, Growth, LRU_CACHE, Memory, PathIndex, Placement, Rising, Tally, TypePattern,
    Watched, ensure_memory, is_settled, rises_slowly,
};
use crate::capture::{
    self, Introspection, LiveObjects, LiveSnapshot, Need, Sizes, SnapshotOptions, capture,
};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex};
use crate::snapshot;
use limits::{Candidate, named_limits};
use process_memory::{AllocatorOfProgram, is_traced};
use watched_path::WatchedPath;

/// Containers of one path that are watched; of more the sum is taken from snapshots.
const MOST_CONTAINERS: usize = 64;
/// Paths that are watched.
const MOST_PATHS: usize = 200;

/// Several moments of this program, or of one that saved its heap, as what is counted on each path of
/// names.
#[pyclass(module = "heapgraph._core")]
#[derive(Default)]
pub(super) struct GrowthHistory {
    history: analysis::GrowthHistory,
    watched: Watched,
    last: Option<(Arc<AnalysedHeap>, Arc<Placement>)>,
    containers: Vec<WatchedPath>,
    counted: Option<HeapGraph>,
    allocator: AllocatorOfProgram,
    ignored: Vec<TypePattern>,
}

/// The files of `paths`, of which each folder stands for the snapshots in it in the order of capture.
#[pyfunction]
pub(super) fn snapshot_series(py: Python<'_>, paths: Vec<FilePath>) -> PyResult<Vec<PathBuf>> {
    let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.0).collect();
    Ok(py.detach(|| snapshot::series(&paths))?)
}

#[pymethods]
impl GrowthHistory {
    /// No moment yet. Paths that match one of `ignored` may grow.
    #[new]
    fn new(ignored: Vec<String>) -> Self {
        Self {
            ignored: ignored.into_iter().map(TypePattern::new).collect(),
            ..Self::default()
        }
    }

    /// True if anything in this program may have grown since this was asked last, and the first time.
    /// A walk without names, O(objects + references); keeps the graph until it is asked again.
    fn has_grown(&mut self, py: Python<'_>) -> PyResult<bool> {
        let heap = capture(&Introspection::new(py)?, &[], Sizes::Measured, Need::Answer)?;
        let mut graph = heap.graph;
        for (buffer, unused) in heap.unused {
            graph.discount_bytes(buffer, unused);
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
    /// of its memory.
    fn take(
        &mut self,
        py: Python<'_>,
        iteration: u64,
        blocks: u64,
        resident: u64,
        garbage: u64,
        watch: bool,
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
        let LiveSnapshot { snapshot, objects } = capture::take_live_snapshot(py, options)?;
        ensure_memory(snapshot.graph(), Effort::Dominate)?;
        let placement = self
            .history
            .add(&snapshot, iteration, memory)
            .ok_or_else(|| PyRuntimeError::new_err("a snapshot with names has none"))?;
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
        self.rising(count).len() + self.wavering(count).len()
    }

    /// True if something has risen at each of the moments so far, and all of it may.
    fn only_ignored_rises(&self) -> bool {
        !self.history.rising(usize::MAX).is_empty() && self.rising_count() == 0
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

    /// True if the memory of the process is no more than at an earlier snapshot.
    fn memory_settled(&self) -> bool {
        self.history.memory_settled()
    }

    /// True if so many more blocks, and bytes that are resident and that the C allocator has given out,
    /// are worth a closer look after some iterations.
    #[staticmethod]
    fn is_more_memory(iterations: u32, blocks: i64, resident: i64, given_out: i64) -> bool {
        analysis::is_more_memory(iterations, blocks, resident, given_out)
    }

    /// True if no path that rises and can not be looked at has risen at the last snapshot.
    fn unwatched_settled(&self) -> bool {
        self.unwatched().into_iter().all(|rising| {
            let series = self.history.series(rising);
            (series.split_last()).is_some_and(|(last, before)| before.iter().any(|one| one >= last))
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
        self.watched.limits.insert(path, (limit, source));
        Ok(())
    }

    /// How much the containers of each watched path hold, in the order of `watched_objects`.
    fn amounts(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        self.containers
            .iter()
            .map(|watched| watched.amount(py))
            .collect()
    }

    /// Looks at how much the watched containers hold; true if none of them has held more for long, or
    /// will hold more than a limit that it keeps to.
    fn look(&mut self, py: Python<'_>, iteration: u64) -> PyResult<bool> {
        let mut settled = true;
        for watched in &mut self.containers {
            let amount = watched.amount(py)?;
            watched.looks.push((iteration, amount));
            let start = watched.looks[0].0;
            let is_limited = watched.limit.is_some_and(|limit| amount <= limit);
            settled &= is_limited || is_settled(&watched.looks, start);
        }
        Ok(settled)
    }

    /// True if a container that is looked at still rises, but so slowly that the clock may be the cause.
    fn rises_slowly(&self) -> bool {
        let mut watched = self.containers.iter();
        watched.any(|watched| rises_slowly(&watched.looks))
    }

    /// Notes what one collection has freed.
    fn set_garbage(&mut self, objects: u64, size: u64) {
        self.watched.garbage = Some(Tally {
            count: objects,
            bytes: size,
        });
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
    fn report(&self, py: Python<'_>) -> PyResult<GrowthReport> {
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

impl GrowthHistory {
    /// Holds the containers of what rises, to look at them.
    fn hold(
        &mut self,
        py: Python<'_>,
        snapshot: &snapshot::HeapSnapshot,
        placement: &Placement,
        objects: &LiveObjects<'_>,
        first: usize,
        iteration: u64,
    ) {
        let graph = snapshot.graph();
        let mut rising = self.rising(first);
        rising.extend(self.wavering(first));
        rising.retain(|rising| rising.growth == Growth::Elements);
        let mut candidates = Vec::new();
        for &rising in rising.iter().take(MOST_PATHS) {
            let is_looked_at = |node: &NodeIndex| {
                // What a module or a cache holds is in a dict, which is at the same path.
                let ty = graph.type_of(*node).full_name();
                !graph.flags(*node).contains(NodeFlags::MODULE) && !LRU_CACHE.contains(&&*ty)
            };
            let mut containers = placement.objects_at(rising.path);
            containers.retain(is_looked_at);
            if containers.len() > MOST_CONTAINERS {
                continue;
            }
            let owners = (containers.iter())
                .flat_map(|&node| graph.referrers(node).iter().take(MOST_CONTAINERS));
            candidates.push(Candidate {
                rising,
                series: self.history.series(rising),
                owners: owners.take(MOST_CONTAINERS).copied().collect(),
                containers,
            });
        }
        for (path, limit, source) in named_limits(snapshot, objects, &candidates) {
            self.watched.limits.insert(path, (limit, source));
        }
        let candidates = candidates.iter();
        self.containers.extend(
            candidates.filter_map(|one| WatchedPath::new(py, one, graph, objects, iteration)),
        );
    }

    /// What has risen at the first `count` moments, without that which may: what is ignored is not
    /// worth a look, and keeps nobody waiting.
    fn rising(&self, count: usize) -> Vec<Rising> {
        let mut rising = self.history.rising(count);
        let mut ignored = self.history.topmost(&rising);
        ignored.retain(|rising| self.is_ignored(rising.path));
        rising.retain(|rising| {
            let mut above = self.history.paths().ancestors(rising.path);
            !above.any(|path| ignored.iter().any(|ignored| ignored.path == path))
        });
        rising
    }

    fn wavering(&self, count: usize) -> Vec<Rising> {
        let mut wavering = self.history.wavering(count);
        wavering.retain(|rising| !self.is_ignored(rising.path));
        wavering
    }

    fn is_ignored(&self, path: PathIndex) -> bool {
        let spelled = self.history.paths().spelled(path);
        self.ignored.iter().any(|pattern| pattern.matches(&spelled))
    }

    /// What rises and can not be looked at.
    fn unwatched(&self) -> Vec<Rising> {
        let mut unwatched = self.rising(self.watched.moments_before);
        unwatched.retain(|rising| {
            let mut watched = self.containers.iter();
            watched.all(|watched| watched.path != rising.path)
        });
        unwatched
    }

    /// Lets go of what was watched, and keeps what was seen.
    fn let_go(&mut self) {
        for watched in self.containers.drain(..) {
            let looks = self.watched.looks.entry(watched.path).or_default();
            looks.extend(watched.looks);
        }
    }

    fn watched_path(&mut self, number: usize) -> PyResult<&mut WatchedPath> {
        let mut watched = self.containers.iter_mut();
        watched
            .find(|watched| watched.path.index() == number)
            .ok_or_else(|| PyValueError::new_err(format!("path {number} is not watched")))
    }
}
