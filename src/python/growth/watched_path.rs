//! A path whose containers are looked at while a scenario runs on.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet};

use super::limits::Candidate;
use crate::analysis::{PathIndex, Point};
use crate::capture::{self, LiveObjects};
use crate::graph::{HeapGraph, NodeIndex};

/// The containers on one path, held while they are looked at.
pub(super) struct WatchedPath {
    pub(super) path: PathIndex,
    pub(super) containers: Vec<Py<PyAny>>,
    pub(super) owners: Vec<Py<PyAny>>,
    /// By how much the snapshot counts more than a look.
    pub(super) shift: i64,
    pub(super) looks: Vec<Point>,
    /// More than so much they will never hold.
    pub(super) limit: Option<u64>,
}

impl WatchedPath {
    /// Holds the containers of `candidate`, which had `objects` after an iteration; `None` if they can
    /// not be looked at.
    pub(super) fn new(
        py: Python<'_>,
        candidate: &Candidate,
        graph: &HeapGraph,
        objects: &LiveObjects<'_>,
        iteration: u64,
    ) -> Option<Self> {
        let object = |&node: &NodeIndex| objects.object(graph, node).unbind();
        let mut watched = Self {
            path: candidate.rising.path,
            containers: candidate.containers.iter().map(object).collect(),
            owners: candidate.owners.iter().map(object).collect(),
            shift: 0,
            looks: Vec::new(),
            limit: None,
        };
        let counted = candidate.series.last().copied().unwrap_or(0);
        let seen = watched.amount(py).ok()?;
        watched.shift = counted.cast_signed() - seen.cast_signed();
        watched.looks.push((iteration, counted));
        Some(watched)
    }

    /// How much the containers hold, as a snapshot counts it.
    pub(super) fn amount(&self, py: Python<'_>) -> PyResult<u64> {
        let mut amount = 0;
        for container in &self.containers {
            amount += entries(container.bind(py))?;
        }
        Ok(amount.saturating_add_signed(self.shift))
    }
}

/// How much a container holds. Runs no code of the program.
fn entries(container: &Bound<'_, PyAny>) -> PyResult<u64> {
    // The length of a dict, whatever a subclass says of it.
    if let Ok(dict) = container.cast::<PyDict>() {
        return Ok(dict.len() as u64);
    }
    let is_plain = container.is_exact_instance_of::<PyList>()
        || container.is_exact_instance_of::<PySet>()
        || container.is_exact_instance_of::<PyFrozenSet>();
    let length = if is_plain {
        container.len()?
    } else {
        capture::referent_count(container)
    };
    Ok(length as u64)
}
