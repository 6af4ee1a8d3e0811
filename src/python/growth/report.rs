//! What grows, as Python has it.

use std::collections::HashMap;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::analysis::{self, Source};
use crate::graph::NodeIndex;
use crate::python::snapshot::{
    AnalysedHeap, CompiledHolders, HeapSnapshot, Node, Why, as_dict, preformatted,
};
use crate::render::json::GrowthJson;
use crate::render::one_line;
use crate::render::text::{Style, evidence, growth_text, spelled_path};

/// What grows while a scenario runs again and again; see `heapgraph.find_growth`. True if something
/// leaks; its `str` says what, by which name, and how sure that is.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct GrowthReport {
    heap: Arc<AnalysedHeap>,
    report: Arc<analysis::GrowthReport>,
}

/// A path of names under which something grows.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct GrowingPath {
    heap: Arc<AnalysedHeap>,
    report: Arc<analysis::GrowthReport>,
    list: List,
    number: usize,
}

/// Where a path is defined, grows and is allocated.
type Places = (Option<String>, Vec<String>, Vec<String>);

/// One of the lists of a report.
#[derive(Clone, Copy)]
pub(super) enum List {
    Growing,
    Undecided,
    Bounded,
    Ignored,
    Remarks,
}

impl List {
    fn of(self, report: &analysis::GrowthReport) -> &[analysis::GrowingPath] {
        match self {
            Self::Growing => &report.growing,
            Self::Undecided => &report.undecided,
            Self::Bounded => &report.bounded,
            Self::Ignored => &report.ignored,
            Self::Remarks => &report.remarks,
        }
    }
}

impl GrowthReport {
    pub(super) fn new(heap: Arc<AnalysedHeap>, report: analysis::GrowthReport) -> Self {
        Self {
            heap,
            report: Arc::new(report),
        }
    }

    /// The same report.
    pub(super) fn share(&self) -> Self {
        Self {
            heap: Arc::clone(&self.heap),
            report: Arc::clone(&self.report),
        }
    }

    /// The last heap.
    pub(super) fn heap(&self) -> &AnalysedHeap {
        &self.heap
    }

    pub(super) fn judged(&self) -> &analysis::GrowthReport {
        &self.report
    }

    pub(super) fn rows(&self, list: List) -> Vec<GrowingPath> {
        let row = |number| GrowingPath {
            heap: Arc::clone(&self.heap),
            report: Arc::clone(&self.report),
            list,
            number,
        };
        (0..list.of(&self.report).len()).map(row).collect()
    }
}

#[pymethods]
impl GrowthReport {
    /// What goes on growing: a list of `GrowingPath`, that which keeps most bytes alive first.
    #[getter]
    fn growing(&self) -> Vec<GrowingPath> {
        self.rows(List::Growing)
    }

    /// What rose, where nothing tells whether it has an end: the same.
    #[getter]
    fn undecided(&self) -> Vec<GrowingPath> {
        self.rows(List::Undecided)
    }

    /// References that nothing explains, to objects that stay anyway: no memory is lost.
    #[getter]
    fn remarks(&self) -> Vec<GrowingPath> {
        self.rows(List::Remarks)
    }

    /// What grew and came to an end, or has a limit that it has not reached.
    #[getter]
    fn bounded(&self) -> Vec<GrowingPath> {
        self.rows(List::Bounded)
    }

    /// What goes on growing and may.
    #[getter]
    fn ignored(&self) -> Vec<GrowingPath> {
        self.rows(List::Ignored)
    }

    /// `leaking`, `slowing`, `native`, `bounded`, `garbage`, `draining`, `warm-up`, `undecided` or `nothing`.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.report.verdict.word()
    }

    /// The process of the last snapshot.
    #[getter]
    fn pid(&self) -> u32 {
        self.heap.metadata().pid
    }

    /// The reports by process: of one there is this report only.
    #[getter]
    fn processes(&self) -> Vec<Self> {
        vec![self.share()]
    }

    /// How often the scenario had run at the last snapshot.
    #[getter]
    fn iterations(&self) -> u64 {
        self.report.iterations
    }

    /// What would make the verdict surer: a list of sentences.
    #[getter]
    fn missing(&self) -> Vec<String> {
        self.report.missing.clone()
    }

    /// The last snapshot taken.
    #[getter]
    fn snapshot(&self) -> HeapSnapshot {
        HeapSnapshot::of_this_process(Arc::clone(&self.heap))
    }

    /// The same report with places in the source, by path: `(location, inserted, allocated)`.
    fn with_sources(&self, sources: HashMap<String, Places>) -> Self {
        let mut report = analysis::GrowthReport::clone(&self.report);
        let rows = report.growing.iter_mut().chain(&mut report.undecided);
        for row in rows.chain(&mut report.bounded) {
            if let Some((location, inserted, allocated)) = sources.get(&row.path) {
                row.source = Source {
                    location: location.clone(),
                    inserted: inserted.clone(),
                    allocated: allocated.clone(),
                    calls: Vec::new(),
                };
            }
        }
        Self::new(Arc::clone(&self.heap), report)
    }

    /// The same report with the calls that make each of `growing` grow, in its order, and with more of
    /// what would make it surer.
    fn with_calls(&self, calls: Vec<Vec<String>>, missing: Vec<String>) -> Self {
        let mut report = analysis::GrowthReport::clone(&self.report);
        for (row, calls) in report
            .growing
            .iter_mut()
            .chain(&mut report.remarks)
            .zip(calls)
        {
            row.source.calls = calls;
        }
        report.missing.extend(missing);
        Self::new(Arc::clone(&self.heap), report)
    }

    /// Everything that the text says, as dicts, lists, strings and numbers; docs/cli.md has the
    /// fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        as_dict(py, &GrowthJson::new(&self.heap, &self.report))
    }

    fn __bool__(&self) -> bool {
        self.report.is_leak()
    }

    fn __str__(&self) -> String {
        growth_text(&self.heap, &self.report, Style::Plain)
    }

    fn __repr__(&self) -> String {
        let (verdict, count) = (self.report.verdict.word(), self.report.growing.len());
        format!("<heapgraph.GrowthReport, {verdict}, {count} growing>")
    }

    fn _repr_html_(&self) -> String {
        preformatted(&self.__str__())
    }
}

impl GrowingPath {
    fn row(&self) -> &analysis::GrowingPath {
        &self.list.of(&self.report)[self.number]
    }
}

#[pymethods]
impl GrowingPath {
    /// The path in Python's spelling; positions and keys are `[x]`.
    #[getter]
    fn path(&self) -> &str {
        &self.row().path
    }

    /// The path to the object that holds most of it, with positions and keys; `None` if no path leads
    /// there.
    #[getter]
    fn example(&self) -> Option<String> {
        let chain = self.row().chain.as_ref()?;
        let path = spelled_path(&self.heap, chain, &chain.steps());
        Some(one_line(&path).into_owned())
    }

    /// Full name of the type of what grows; of native memory `leak`, `fragmentation` or `mapping`, or
    /// `native` where the C allocator does not tell.
    #[getter]
    fn type_name(&self) -> &str {
        &self.row().type_name
    }

    /// The process in whose last snapshot it is.
    #[getter]
    fn pid(&self) -> u32 {
        self.heap.metadata().pid
    }

    /// What grows: `elements`, `bytes`, `references` (to objects, without a holder), `outside` (objects
    /// held from outside the heap), `cycles` (that the collector cannot free), `blocks` (that no walk sees) or `native` (memory that is not
    /// Python's).
    #[getter]
    fn kind(&self) -> &'static str {
        self.row().kind
    }

    /// How many more elements, references, objects or blocks there are in an iteration; 0 if bytes are
    /// what grows.
    #[getter]
    fn elements_per_iteration(&self) -> f64 {
        self.row().elements_per_iteration()
    }

    /// How many more bytes there are in an iteration, with everything that is held.
    #[getter]
    fn bytes_per_iteration(&self) -> f64 {
        self.row().bytes_per_iteration
    }

    /// What was counted at each snapshot.
    #[getter]
    fn series(&self) -> Vec<u64> {
        self.row().series.clone()
    }

    /// What there is more of in an iteration, by full type name.
    #[getter]
    fn elements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let elements = PyDict::new(py);
        for (name, rate) in &self.row().elements {
            elements.set_item(name, rate)?;
        }
        Ok(elements)
    }

    /// Path and type in 16 hexadecimal digits, which are the same in every process.
    #[getter]
    fn fingerprint(&self) -> String {
        self.row().fingerprint.to_string()
    }

    /// What speaks for the judgement, in a sentence.
    #[getter]
    fn evidence(&self) -> String {
        evidence(&self.report, self.row())
    }

    /// What may hold it from outside the heap: `CompiledHolders`; `None` if it is not held from there.
    #[getter]
    fn outside(&self) -> Option<CompiledHolders> {
        CompiledHolders::new(&self.heap, self.row().outside.as_ref())
    }

    /// Other paths that grow by the same insertion.
    #[getter]
    fn also(&self) -> Vec<String> {
        self.row().also.clone()
    }

    /// A limit that the container or its owner names.
    #[getter]
    fn limit(&self) -> Option<u64> {
        self.row().limit.as_ref().map(|limit| limit.most)
    }

    /// Bytes that it keeps alive; what others keep alive too is shared evenly.
    #[getter]
    fn share_bytes(&self) -> u64 {
        self.row().share.bytes
    }

    /// Bytes that nothing else that grows keeps alive.
    #[getter]
    fn exclusive_bytes(&self) -> u64 {
        self.row().share.exclusive.bytes
    }

    /// What the rule is called by which it may grow; `None` if there is none.
    #[getter]
    fn excuse(&self) -> Option<&str> {
        self.row().excuse.map(|rule| rule.id.as_str())
    }

    /// What to do about it, where the class of what holds it says that; else `None`.
    #[getter]
    fn advice(&self) -> Option<&'static str> {
        analysis::advice(&self.heap, self.row().chain.as_ref()?)
    }

    /// Where what grows is defined, as `file:line`; `None` if that is not known.
    #[getter]
    fn location(&self) -> Option<&str> {
        self.row().source.location.as_deref()
    }

    /// The lines that put something into it; only with `trace=True`.
    #[getter]
    fn inserted(&self) -> Vec<String> {
        self.row().source.inserted.clone()
    }

    /// The lines where what is in it was allocated; only while `tracemalloc` runs.
    #[getter]
    fn allocated(&self) -> Vec<String> {
        self.row().source.allocated.clone()
    }

    /// The calls into compiled code that make it grow, one sentence each: where the call is, what it
    /// takes or leaves, and after how many of how many calls.
    #[getter]
    fn calls(&self) -> Vec<String> {
        self.row().source.calls.clone()
    }

    /// The object that holds most of it.
    #[getter]
    fn holder(&self) -> Option<Node> {
        Some(Node::new(Arc::clone(&self.heap), self.row().holder?))
    }

    /// Explain why that object is alive, and what holds it besides; `None` for what no path leads to.
    fn why(&self, py: Python<'_>) -> PyResult<Option<Why>> {
        let holder: Option<NodeIndex> = self.row().holder;
        holder
            .map(|holder| Why::of_nodes(py, &self.heap, &[holder], 1))
            .transpose()
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.GrowingPath {}>", one_line(self.path()))
    }
}
