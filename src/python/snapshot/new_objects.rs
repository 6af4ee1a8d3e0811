//! What holds the objects that are new in this process.

use std::sync::Arc;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::analysed_heap::AnalysedHeap;
use super::answers::{RootChain, as_dict, by_name, preformatted};
use super::arguments::Limit;
use super::node::Node;
use super::progress::Progress;
use super::why::Why;
use crate::analysis::{self, Histogram};
use crate::capture::{self, Introspection, LiveSnapshot, SnapshotOptions};
use crate::graph::NodeSet;
use crate::python::seen_objects::SeenObjects;
use crate::render::json::NewObjectsJson;
use crate::render::one_line;
use crate::render::text::{Style, example_spelled, new_objects_text};

/// The objects that are new since a look, by what holds them; see `heapgraph.why_new`. Its `str` is a
/// text, its `places` are the data.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct NewObjects {
    snapshot: Arc<AnalysedHeap>,
    found: Arc<analysis::NewObjects>,
    limit: usize,
}

/// A place that holds new objects.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct NewPlace {
    snapshot: Arc<AnalysedHeap>,
    found: Arc<analysis::NewObjects>,
    number: usize,
}

/// Finds out what holds the objects that `seen` knows to be new, and those that have come since; the text
/// has `limit` places. `collected` says whether garbage was collected before.
#[pyfunction]
pub(in crate::python) fn why_new(
    py: Python<'_>,
    seen: &Bound<'_, SeenObjects>,
    limit: Limit,
    collected: bool,
) -> PyResult<NewObjects> {
    let options = SnapshotOptions {
        collected,
        names: true,
        values: false,
        keys: true,
        force: false,
        held_by_caller: (0, 0),
    };
    let progress = Progress::start("taking a snapshot");
    let types = Introspection::new(py)?;
    let LiveSnapshot { snapshot, objects } = capture::take_live_snapshot(py, options)?;
    let addresses = seen
        .try_borrow()?
        .new_since(capture::list_captured(&types, snapshot.graph())?);
    objects.let_go()?;
    drop(progress);
    let addresses = addresses.ok_or_else(|| {
        PyValueError::new_err(
            "nothing was looked at yet, or there was too little memory to: call growth or show_growth, \
             let the program work, and ask again",
        )
    })?;
    let heap = Arc::new(AnalysedHeap::new(snapshot));
    let found = heap.ask(py, |snapshot| {
        let graph = snapshot.graph();
        let mut is_new = NodeSet::new(graph);
        for node in addresses.iter().filter_map(|&at| graph.node_at(at)) {
            is_new.insert(node);
        }
        analysis::NewObjects::find(snapshot, &is_new)
    })?;
    let found = found.ok_or_else(|| PyRuntimeError::new_err("a snapshot with names has none"))?;
    Ok(NewObjects {
        snapshot: heap,
        found: Arc::new(found),
        limit: limit.0,
    })
}

#[pymethods]
impl NewObjects {
    /// The places that hold them, that with most bytes first: a list of `NewPlace`.
    #[getter]
    fn places(&self) -> Vec<NewPlace> {
        let place = |number| NewPlace {
            snapshot: Arc::clone(&self.snapshot),
            found: Arc::clone(&self.found),
            number,
        };
        (0..self.found.places.len()).map(place).collect()
    }

    /// How many new objects are alive.
    #[getter]
    fn count(&self) -> u64 {
        self.found.total.count
    }

    /// Bytes of these themselves.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.found.total.bytes
    }

    /// How many new objects nothing alive leads to: they wait for the collector.
    #[getter]
    fn garbage_count(&self) -> u64 {
        self.found.garbage.count
    }

    /// Everything that the text says, as dicts, lists, strings and numbers; docs/cli.md has the
    /// fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        as_dict(py, &NewObjectsJson::new(&self.snapshot, &self.found))
    }

    fn __len__(&self) -> usize {
        self.found.places.len()
    }

    fn __str__(&self) -> String {
        new_objects_text(&self.snapshot, &self.found, self.limit, Style::Plain)
    }

    fn __repr__(&self) -> String {
        let (count, places) = (self.found.total.count, self.found.places.len());
        format!("<heapgraph.NewObjects, {count} in {places} places>")
    }

    fn _repr_html_(&self) -> String {
        preformatted(&self.__str__())
    }
}

impl NewPlace {
    fn place(&self) -> &analysis::NewPlace {
        &self.found.places[self.number]
    }
}

#[pymethods]
impl NewPlace {
    /// The path of names to the container or the attribute that holds them; positions and keys are
    /// `[x]`.
    #[getter]
    fn path(&self) -> String {
        one_line(&self.place().path).into_owned()
    }

    /// How many new objects are held there, with those that they hold.
    #[getter]
    fn count(&self) -> u64 {
        self.place().tally.count
    }

    /// Bytes of these themselves.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.place().tally.bytes
    }

    /// A dict of type names to `TypeTotal`, most bytes first.
    #[getter]
    fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let types = self.place().types.clone();
        by_name(py, Histogram { types })
    }

    /// The new objects that are held there by what is not new: a list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        let view = |&node| Node::new(Arc::clone(&self.snapshot), node);
        self.place().entries.iter().map(view).collect()
    }

    /// The chain to that of these which has most of it: a `RootChain`; `None` where only a cycle holds it
    /// that the collector cannot free.
    #[getter]
    fn chain(&self) -> Option<RootChain> {
        let chain = self.place().chain.clone()?;
        Some(RootChain::new(&self.snapshot, chain))
    }

    /// The same in one line, with positions and keys.
    #[getter]
    fn example(&self) -> String {
        example_spelled(&self.snapshot, self.place())
    }

    /// Explain why these objects are alive, and what holds them besides.
    fn why(&self, py: Python<'_>) -> PyResult<Why> {
        Why::of_nodes(py, &self.snapshot, &self.place().entries, 1)
    }

    fn __repr__(&self) -> String {
        let count = self.place().tally.count;
        format!("<heapgraph.NewPlace {}, {count} objects>", self.path())
    }
}
