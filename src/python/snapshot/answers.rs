//! What a snapshot answers.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use serde::Serialize;

use super::analysed_heap::AnalysedHeap;
use super::node::Node;
use super::unexplained::ReferenceLeak;
use crate::analysis::{self, ExcuseKind, GivenOrder, Histogram, Tally, Unexplained};
use crate::capture;
use crate::graph::NodeIndex;
use crate::python::picture::Picture;
use crate::render;
use crate::render::one_line;
use crate::render::text::Style;
use crate::snapshot::HeapSnapshot;

/// Rows that a table shows.
pub(super) const ROWS: usize = 20;

/// The objects of one type.
#[pyclass(frozen, eq, get_all, module = "heapgraph")]
#[derive(PartialEq, Eq)]
pub(in crate::python) struct TypeTotal {
    /// Number of objects.
    count: u64,
    /// Bytes of all of them, without what they refer to.
    shallow_size: u64,
}

impl TypeTotal {
    pub(super) fn new(tally: Tally) -> Self {
        Self {
            count: tally.count,
            shallow_size: tally.bytes,
        }
    }
}

#[pymethods]
impl TypeTotal {
    fn __repr__(&self) -> String {
        let Self {
            count,
            shallow_size,
        } = self;
        format!("TypeTotal(count={count}, shallow_size={shallow_size})")
    }
}

/// Types by name, in the order of a histogram.
pub(super) fn by_name(py: Python<'_>, histogram: Histogram) -> PyResult<Bound<'_, PyDict>> {
    let by_name = PyDict::new(py);
    for row in histogram.types {
        by_name.set_item(&row.type_name, TypeTotal::new(row.tally))?;
    }
    Ok(by_name)
}

/// One type in two snapshots.
#[pyclass(frozen, get_all, module = "heapgraph")]
pub(in crate::python) struct TypeChange {
    /// Full name of the type.
    type_name: String,
    /// `added`, `removed`, `grown` or `shrunk`.
    kind: &'static str,
    /// Number of objects in the later snapshot.
    count: u64,
    /// How many more they are than before.
    count_change: i128,
    /// Bytes of all of them in the later snapshot.
    shallow_size: u64,
    /// How many more bytes than before.
    size_change: i128,
}

#[pymethods]
impl TypeChange {
    fn __repr__(&self) -> String {
        format!(
            "<TypeChange {} {}: {:+} objects, {:+} bytes>",
            one_line(&self.type_name),
            self.kind,
            self.count_change,
            self.size_change
        )
    }
}

/// Two snapshots compared, by type.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct HeapDiff {
    diff: analysis::HeapDiff,
}

impl HeapDiff {
    /// What has changed from one snapshot to a later one.
    pub(super) fn between(
        py: Python<'_>,
        before: &AnalysedHeap,
        after: &AnalysedHeap,
    ) -> PyResult<Self> {
        let order = GivenOrder::of(before.metadata(), after.metadata());
        let (before, after) = match order {
            GivenOrder::Reversed => (after, before),
            GivenOrder::Forward | GivenOrder::Doubtful => (before, after),
        };
        let look = |heap: &HeapSnapshot| (Histogram::new(heap.graph()), Unexplained::new(heap));
        let (base, held_before) = before.ask(py, look)?;
        let (current, held_after) = after.ask(py, look)?;
        let diff = analysis::HeapDiff::new(base, current).with_leaks(&held_before, &held_after);
        Ok(Self {
            diff: diff.given(order),
        })
    }
}

#[pymethods]
impl HeapDiff {
    /// The types that are not as they were, what has grown most first: a list of `TypeChange`.
    #[getter]
    fn changes(&self) -> Vec<TypeChange> {
        let changes = self.diff.changes.iter().filter_map(|change| {
            Some(TypeChange {
                type_name: change.type_name.clone(),
                kind: change.kind()?.word(),
                count: change.current.count,
                count_change: change.count_change(),
                shallow_size: change.current.bytes,
                size_change: change.bytes_change(),
            })
        });
        changes.collect()
    }

    /// Classes that more references lead to although no more of them are found, the most first: a
    /// list of `ReferenceLeak`.
    #[getter]
    fn reference_leaks(&self) -> Vec<ReferenceLeak> {
        let leaks = self.diff.leaks.iter().cloned();
        leaks.map(|leak| ReferenceLeak { leak }).collect()
    }

    /// `forward` if the base was captured first, as far as is known. `reversed` if the other was, in
    /// the same process: they are compared the other way round. `doubtful` if the other was by the
    /// clocks of what may be two machines: they are compared as they were given.
    #[getter]
    fn order(&self) -> &'static str {
        self.diff.order.word()
    }

    fn __str__(&self) -> String {
        render::text::diff_text(&self.diff, ROWS, Style::Plain)
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.HeapDiff of {} types>", self.diff.changes.len())
    }

    fn _repr_html_(&self) -> String {
        preformatted(&self.__str__())
    }
}

/// Why an object is alive: a chain of references from a root to it.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct RootChain {
    snapshot: Arc<AnalysedHeap>,
    found: analysis::RootChain,
}

impl RootChain {
    pub(super) fn new(snapshot: &Arc<AnalysedHeap>, found: analysis::RootChain) -> Self {
        Self {
            snapshot: Arc::clone(snapshot),
            found,
        }
    }

    /// The chain that explains best why `target` is alive.
    pub(super) fn find(
        py: Python<'_>,
        snapshot: &Arc<AnalysedHeap>,
        target: NodeIndex,
    ) -> PyResult<Option<Self>> {
        let own = snapshot.asker().references(snapshot.graph(), &[target])?;
        let found = snapshot.ask(py, |snapshot| {
            analysis::RootChain::find_without(snapshot, target, own)
                .or_else(|| analysis::RootChain::find(snapshot, target))
        })?;
        Ok(found.map(|found| Self::new(snapshot, found)))
    }
}

#[pymethods]
impl RootChain {
    /// What the root is: `module`, `frame`, `suspended`, `context`, `atexit`, `interpreter` or
    /// `external`.
    #[getter]
    fn root_kind(&self) -> &'static str {
        self.found.root.kind.word()
    }

    /// The root in words.
    #[getter]
    fn root_name(&self) -> &str {
        &self.found.root.name
    }

    /// The objects from the root to the one asked about: a list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        let view = |&node| Node::new(Arc::clone(&self.snapshot), node);
        self.found.chain.nodes.iter().map(view).collect()
    }

    /// The names of the references from each object to the next.
    #[getter]
    fn references(&self) -> Vec<String> {
        self.found.labels.iter().map(ToString::to_string).collect()
    }

    /// The chain in Python's spelling, in one line.
    #[getter]
    fn path(&self) -> String {
        render::text::chain_path(&self.snapshot, &self.found)
    }

    /// What to do about it, where the class of what holds it says that; else `None`.
    #[getter]
    fn advice(&self) -> Option<&'static str> {
        analysis::advice(&self.snapshot, &self.found)
    }

    /// What the rule is called by which somebody else than the program keeps what the chain leads to: one
    /// of these kinds; `None` if there is none.
    fn excuse(&self, kinds: Vec<String>) -> PyResult<Option<&'static str>> {
        let kinds: Vec<ExcuseKind> = kinds
            .into_iter()
            .map(|kind| serde_json::from_value(kind.into()))
            .collect::<Result<_, _>>()
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let rule = analysis::excuse_of_chain(&self.snapshot, &self.found, &kinds);
        Ok(rule.map(|rule| rule.id.as_str()))
    }

    /// Draw the chain.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    fn draw(&self) -> Picture {
        Picture {
            node_count: self.found.chain.nodes.len(),
            view: render::chains_view(&self.snapshot, std::slice::from_ref(&self.found)),
        }
    }

    fn __str__(&self) -> String {
        render::text::chain_words(&self.snapshot, &self.found)
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.RootChain {}>", self.path())
    }

    fn __len__(&self) -> usize {
        self.found.chain.nodes.len()
    }

    fn _repr_svg_(&self, py: Python<'_>) -> PyResult<String> {
        self.draw().to_svg(py)
    }
}

/// Text as a notebook shows it line by line.
pub(in crate::python) fn preformatted(text: &str) -> String {
    let escaped = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<pre>{escaped}</pre>")
}

/// An answer in JSON as Python has it.
pub(in crate::python) fn as_dict<'py>(
    py: Python<'py>,
    answer: &impl Serialize,
) -> PyResult<Bound<'py, PyAny>> {
    let text =
        serde_json::to_string(answer).map_err(|error| PyValueError::new_err(error.to_string()))?;
    capture::call(&py.import("json")?.getattr("loads")?, (text,))
}
