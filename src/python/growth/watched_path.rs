//! A path whose containers are looked at while a scenario runs on.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrozenSet, PyList, PySet};

use super::limits::Candidate;
use crate::analysis::{Pace, PathIndex, Point, is_settled, is_straight};
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
    /// What comes while fast and slow iterations take turns.
    pub(super) pace: Option<Pace>,
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
            pace: None,
            limit: None,
        };
        let counted = candidate.series.last().copied().unwrap_or(0);
        let seen = watched.amount(py).ok()?;
        watched.shift = counted.cast_signed() - seen.cast_signed();
        watched.looks.push((iteration, counted));
        Some(watched)
    }

    /// Looks after an iteration; true if no more looks are needed: it keeps to a limit, nothing has come
    /// since as long as it took to come there from iteration `start`, or it rises straight and that has
    /// been seen for long enough, `is_long`.
    pub(super) fn look(
        &mut self,
        py: Python<'_>,
        iteration: u64,
        start: u64,
        is_long: bool,
    ) -> PyResult<bool> {
        let amount = self.amount(py)?;
        self.looks.push((iteration, amount));
        Ok(self.limit.is_some_and(|limit| amount <= limit)
            || is_settled(&self.looks, start)
            || is_long && is_straight(&self.looks))
    }

    /// True if the program has put another object in the place of one of the containers: it is held here
    /// only, and says nothing any more.
    pub(super) fn is_replaced(&self, py: Python<'_>) -> bool {
        let mut containers = self.containers.iter();
        containers.any(|container| capture::is_held_once(container.bind(py)))
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
