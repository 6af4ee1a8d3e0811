//! Why objects of a snapshot are alive.

use std::sync::Arc;

use indexmap::IndexMap;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::HeapSnapshot;
use super::analysed_heap::AnalysedHeap;
use super::answers::{RootChain, as_dict, preformatted};
use super::arguments::{Limit, type_pattern};
use super::compiled_holders::CompiledHolders;
use super::held_by_cycle::HeldByCycle;
use super::node::Node;
use super::progress::Progress;
use crate::analysis::{self, Explanation as Explained, Finding};
use crate::capture::{self, Introspection, LiveSnapshot, SnapshotOptions};
use crate::graph::NodeIndex;
use crate::python::asker::Asker;
use crate::python::file_path::FilePath;
use crate::python::picture::Picture;
use crate::render::json::WhyJson;
use crate::render::text::{Style, why_text};
use crate::render::{self, one_line};

/// Names suggested where a name matches nothing.
const SUGGESTED: usize = 3;

/// Why some objects are alive: explanations, those that are true of most objects first. Its `str`
/// is a text that can be read line by line (docs/why.md does).
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Why {
    snapshot: Arc<AnalysedHeap>,
    answer: Arc<analysis::Why>,
}

/// Why one object, and all that are held like it, is alive.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Explanation {
    snapshot: Arc<AnalysedHeap>,
    answer: Arc<analysis::Why>,
    number: usize,
}

/// Explains why objects of the live heap are alive; see `heapgraph.why`.
///
/// `collected` says whether garbage was collected before. The caller has `held_by_caller` references
/// to an object that `target` is the address of, which are not counted. `inspect` is called with each
/// object of the chains and gives what is known of it: pairs of `alive`, `gone` or `failed` and the
/// reason. What the `asker` holds in order to ask explains nothing that something else holds too.
#[pyfunction]
pub(in crate::python) fn explain(
    py: Python<'_>,
    target: &Bound<'_, PyAny>,
    limit: Limit,
    collected: bool,
    held_by_caller: u32,
    inspect: Option<&Bound<'_, PyAny>>,
    asker: &Asker,
) -> PyResult<Why> {
    let address = match held_by_caller {
        0 => 0,
        _ => target.extract()?,
    };
    let options = SnapshotOptions {
        collected,
        names: true,
        values: false,
        keys: true,
        force: false,
        held_by_caller: (address, held_by_caller),
    };
    let types = Introspection::new(py)?;
    let progress = Progress::start("taking a snapshot");
    let LiveSnapshot {
        mut snapshot,
        objects,
    } = capture::take_live_snapshot(py, options)?;
    drop(progress);
    let asked_about = match type_pattern(target) {
        Ok(pattern) => pattern.find(snapshot.graph()),
        Err(_) => (target.extract().ok())
            .and_then(|address| snapshot.graph().node_at(address))
            .into_iter()
            .collect(),
    };
    let hands = asker.0.let_go(&mut snapshot, &asked_about)?;
    let snapshot = HeapSnapshot::of_this_process(Arc::new(AnalysedHeap::new(snapshot)));
    let targets = snapshot.targets(target)?;
    // The interpreter is kept, so that the objects of the chains are still there.
    let mut why = snapshot.inner.explain(&targets, limit.0)?;
    let graph = snapshot.inner.graph();
    let of_chains: IndexMap<NodeIndex, Bound<'_, PyAny>> = (why.explanations.iter())
        .flat_map(Explained::nodes)
        .map(|node| (node, objects.object(graph, node)))
        .collect();
    objects.let_go()?;
    let mut findings = FxHashMap::default();
    for (node, object) in of_chains {
        findings.insert(node, inspected(&types, &object, inspect)?);
    }
    for explanation in &mut why.explanations {
        explanation.add_findings(|node| findings[&node].clone());
    }
    why.leave_out(hands);
    Ok(Why::new(&snapshot.inner, why))
}

/// What is known of a live object.
fn inspected(
    types: &Introspection<'_>,
    object: &Bound<'_, PyAny>,
    inspect: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<Finding>> {
    let over = capture::use_is_over(types, object);
    let mut findings: Vec<Finding> = (over.into_iter())
        .map(|reason| Finding::Gone(reason.into()))
        .collect();
    if let Some(inspect) = inspect {
        let said: Vec<(String, Bound<'_, PyAny>)> = capture::call(inspect, (object,))?.extract()?;
        findings.extend(said.into_iter().map(|(kind, reason)| {
            let reason = capture::text(&reason).unwrap_or_default();
            match &*kind {
                "alive" => Finding::Alive(reason),
                "gone" => Finding::Gone(reason),
                _ => Finding::Failed(reason),
            }
        }));
    }
    Ok(findings)
}

impl HeapSnapshot {
    /// The objects that a type name, a class, a `Node`, an address or an object means.
    fn targets(&self, target: &Bound<'_, PyAny>) -> PyResult<Vec<NodeIndex>> {
        let Ok(pattern) = type_pattern(target) else {
            return Ok(vec![self.target(target)?]);
        };
        let nodes = pattern.find(self.inner.graph());
        if nodes.is_empty() {
            let close = pattern.close_names(self.inner.graph(), SUGGESTED);
            let hint = if close.is_empty() {
                String::new()
            } else {
                format!(": did you mean {}?", close.join(", "))
            };
            let message = format!("no object of type {pattern} in the snapshot{hint}");
            return Err(PyKeyError::new_err(one_line(&message).into_owned()));
        }
        Ok(nodes)
    }

    /// Explains why `target` is alive.
    pub(super) fn explain(
        &self,
        py: Python<'_>,
        target: &Bound<'_, PyAny>,
        limit: usize,
    ) -> PyResult<Why> {
        let targets = self.targets(target)?;
        Why::of_nodes(py, &self.inner, &targets, limit)
    }
}

impl Why {
    /// Explains why some objects are alive.
    pub(in crate::python) fn of_nodes(
        py: Python<'_>,
        snapshot: &Arc<AnalysedHeap>,
        targets: &[NodeIndex],
        limit: usize,
    ) -> PyResult<Self> {
        let answer = py.detach(|| snapshot.explain(targets, limit))?;
        Ok(Self::new(snapshot, answer))
    }

    fn new(snapshot: &Arc<AnalysedHeap>, answer: analysis::Why) -> Self {
        Self {
            snapshot: Arc::clone(snapshot),
            answer: Arc::new(answer),
        }
    }
}

#[pymethods]
impl Why {
    /// The explanations: a list of `Explanation`.
    #[getter]
    fn chains(&self) -> Vec<Explanation> {
        let explanation = |number| Explanation {
            snapshot: Arc::clone(&self.snapshot),
            answer: Arc::clone(&self.answer),
            number,
        };
        (0..self.answer.explanations.len())
            .map(explanation)
            .collect()
    }

    /// What cycles keep that the collector cannot free, most objects first: a list of `HeldByCycle`.
    #[getter]
    fn uncollectable(&self) -> Vec<HeldByCycle> {
        HeldByCycle::all(&self.snapshot, &self.answer.uncollectable)
    }

    /// How many of the objects nothing alive leads to: they wait for the collector.
    #[getter]
    fn garbage_count(&self) -> usize {
        self.answer.garbage
    }

    /// What the asker holds of the objects in order to ask, and which no explanation counts: pairs of what
    /// it is in words, such as ``your variable `session` ``, and the number of objects.
    #[getter]
    fn left_out(&self) -> Vec<(String, usize)> {
        let left_out = self.answer.left_out.iter();
        left_out.map(|one| (one.words.clone(), one.count)).collect()
    }

    /// Everything that the text says, as dicts, lists, strings and numbers; docs/cli.md has the
    /// fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        as_dict(py, &WhyJson::new(&self.snapshot, &self.answer))
    }

    /// Draw the chains, marked, with what each object retains, and the other holders beside them,
    /// faint.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    fn draw(&self, py: Python<'_>) -> PyResult<Picture> {
        let tree = self.snapshot.dominators(py)?;
        let view = render::why_view(&self.snapshot, tree, &self.answer);
        Ok(Picture {
            node_count: view.graph.node_count(),
            view,
        })
    }

    /// Draw the chains as SVG.
    ///
    /// Args:
    ///     path: A file to write; without it the text of the picture is returned.
    #[pyo3(signature = (path=None))]
    fn to_svg(&self, py: Python<'_>, path: Option<FilePath>) -> PyResult<Option<String>> {
        let picture = self.draw(py)?;
        match path {
            None => Ok(Some(picture.to_svg(py)?)),
            Some(path) => {
                py.detach(|| render::save(&picture.view, &path.0))?;
                Ok(None)
            }
        }
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| why_text(&self.snapshot, &self.answer, Style::Plain))
    }

    fn __repr__(&self) -> String {
        let count = self.answer.explanations.len() + self.answer.more;
        let explanations = if count == 1 {
            "explanation"
        } else {
            "explanations"
        };
        format!("<heapgraph.Why, {count} {explanations}>")
    }

    fn __len__(&self) -> usize {
        self.answer.explanations.len()
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        let text = preformatted(&self.__str__(py));
        let picture = if self.answer.explanations.is_empty() {
            String::new()
        } else {
            self.draw(py)?.to_svg(py)?
        };
        Ok(text + &picture)
    }
}

impl Explanation {
    fn answer(&self) -> &analysis::Explanation {
        &self.answer.explanations[self.number]
    }

    fn chains_of(&self, holders: Option<&analysis::Holders>) -> Vec<RootChain> {
        let holders = holders.into_iter().flat_map(|holders| &holders.holders);
        let chain =
            |holder: &analysis::Holder| RootChain::new(&self.snapshot, holder.chain.clone());
        holders.map(chain).collect()
    }
}

#[pymethods]
impl Explanation {
    /// The object that stands for all that are held like it.
    #[getter]
    fn target(&self) -> Node {
        Node::new(Arc::clone(&self.snapshot), self.answer().target)
    }

    /// How many objects are held like it, itself included.
    #[getter]
    fn alike(&self) -> usize {
        self.answer().alike
    }

    /// What the suspect references have in common in every process, in 16 hexadecimal digits.
    #[getter]
    fn fingerprint(&self) -> String {
        self.answer().fingerprint.to_string()
    }

    /// The chain in Python's spelling, in one line.
    #[getter]
    fn path(&self) -> String {
        let answer = self.answer();
        let path = render::text::spelled_path(&self.snapshot, &answer.chain, &answer.steps);
        one_line(&path).into_owned()
    }

    /// The chain with all its objects.
    #[getter]
    fn chain(&self) -> RootChain {
        RootChain::new(&self.snapshot, self.answer().chain.clone())
    }

    /// What may hold the first object of the chain from outside the heap, or the object itself if it is
    /// held from there too: `CompiledHolders`; else `None`.
    #[getter]
    fn outside(&self) -> Option<CompiledHolders> {
        CompiledHolders::new(&self.snapshot, self.answer().outside.as_ref())
    }

    /// The chains to all that would have to be cut: a list of `RootChain`, each as far as the object
    /// behind its last reference. Empty if the object is alive by itself.
    #[getter]
    fn holders(&self) -> Vec<RootChain> {
        self.chains_of(self.answer().holders.as_ref())
    }

    /// As `holders`, for the object to go and as little else as can be, if one cut nearer to the root
    /// would do; else empty.
    #[getter]
    fn nearest_holders(&self) -> Vec<RootChain> {
        self.chains_of(self.answer().nearest.as_ref())
    }

    /// As `holders`, for all that are held like the object to go; empty if there is only one, or nearly
    /// every one is held by itself.
    #[getter]
    fn common_holders(&self) -> Vec<RootChain> {
        self.chains_of(self.answer().common.as_ref())
    }

    /// What of the asker's alone leads to the object, in words; empty if something else does.
    #[getter]
    fn asker(&self) -> Vec<String> {
        self.answer().asker.clone()
    }

    /// Bytes that cutting all of `holders` frees; `None` if that is not known or not possible.
    #[getter]
    fn freed_size(&self) -> Option<u64> {
        freed_by(self.answer().holders.as_ref())
    }

    /// As `freed_size`, of cutting all of `nearest_holders`.
    #[getter]
    fn nearest_freed_size(&self) -> Option<u64> {
        freed_by(self.answer().nearest.as_ref())
    }

    /// As `freed_size`, of cutting all of `common_holders`.
    #[getter]
    fn common_freed_size(&self) -> Option<u64> {
        freed_by(self.answer().common.as_ref())
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.Explanation {}>", self.path())
    }
}

fn freed_by(holders: Option<&analysis::Holders>) -> Option<u64> {
    let holders = holders?;
    (!holders.has_more).then_some(holders.freed.bytes)
}
