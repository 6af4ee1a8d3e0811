//! What holds much of a snapshot.

use std::sync::Arc;

use pyo3::prelude::*;

use super::analysed_heap::AnalysedHeap;
use super::answers::{RootChain, as_dict, preformatted};
use super::node::Node;
use crate::analysis::{self, Holding};
use crate::render::json::SuspectsJson;
use crate::render::text::{Style, chain_spelled, hint_sentences, sentences, suspects_text};

/// What holds much of a snapshot: `snapshot.suspects()`.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Suspects {
    snapshot: Arc<AnalysedHeap>,
    found: Arc<analysis::Suspects>,
}

/// One object, or all objects of one type, that holds much of a snapshot.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Suspect {
    snapshot: Arc<AnalysedHeap>,
    found: Arc<analysis::Suspects>,
    number: usize,
}

/// What looks like a mistake that is made often, and may be none.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Hint {
    snapshot: Arc<AnalysedHeap>,
    found: Arc<analysis::Suspects>,
    number: usize,
}

impl Suspects {
    pub(super) fn find(py: Python<'_>, snapshot: &Arc<AnalysedHeap>, least: u64) -> PyResult<Self> {
        let found = snapshot.ask_dominators(py, |snapshot, tree| {
            analysis::Suspects::find(snapshot, tree, least)
        })?;
        Ok(Self {
            snapshot: Arc::clone(snapshot),
            found: Arc::new(found),
        })
    }
}

#[pymethods]
impl Suspects {
    /// The suspects, what holds most first: a list of `Suspect`.
    #[getter]
    fn suspects(&self) -> Vec<Suspect> {
        let suspect = |number| Suspect {
            snapshot: Arc::clone(&self.snapshot),
            found: Arc::clone(&self.found),
            number,
        };
        (0..self.found.suspects.len()).map(suspect).collect()
    }

    /// What looks like a mistake that is made often, what keeps most first: a list of `Hint`. They
    /// explain, whether what keeps so much is a suspect or not.
    #[getter]
    fn hints(&self) -> Vec<Hint> {
        let hint = |number| Hint {
            snapshot: Arc::clone(&self.snapshot),
            found: Arc::clone(&self.found),
            number,
        };
        (0..self.found.hints.len()).map(hint).collect()
    }

    /// Bytes of all that is alive.
    #[getter]
    fn heap_size(&self) -> u64 {
        self.found.heap.bytes
    }

    /// Bytes of what is left of it without modules, classes, functions and code.
    #[getter]
    fn data_size(&self) -> u64 {
        self.found.data.bytes
    }

    /// Bytes that a suspect holds at least.
    #[getter]
    fn threshold(&self) -> u64 {
        self.found.threshold
    }

    /// Everything that the text says, as dicts, lists, strings and numbers; docs/cli.md has the
    /// fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let answer = SuspectsJson::new(&self.snapshot, &self.found, usize::MAX);
        as_dict(py, &answer)
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| suspects_text(&self.snapshot, &self.found, usize::MAX, Style::Plain))
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.Suspects, {} found>", self.found.suspects.len())
    }

    fn __len__(&self) -> usize {
        self.found.suspects.len()
    }

    fn _repr_html_(&self, py: Python<'_>) -> String {
        preformatted(&self.__str__(py))
    }
}

impl Suspect {
    fn found(&self) -> &analysis::Suspect {
        &self.found.suspects[self.number]
    }
}

#[pymethods]
impl Suspect {
    /// `object`, or `type` for all objects of one type together.
    #[getter]
    fn kind(&self) -> &'static str {
        match self.found().holding {
            Holding::One(_) => "object",
            Holding::Many(_) => "type",
        }
    }

    /// The chain that names it, in Python's spelling; of a type as far as most of its objects have
    /// it in common, `None` if they have none.
    #[getter]
    fn path(&self) -> Option<String> {
        let chain = self.found().holding.chain()?;
        Some(chain_spelled(&self.snapshot, chain))
    }

    /// The same chain with all its objects.
    #[getter]
    fn chain(&self) -> Option<RootChain> {
        let chain = self.found().holding.chain()?;
        Some(RootChain::new(&self.snapshot, chain.clone()))
    }

    /// The object in which it accumulates, or all objects of the type: a list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        let nodes = match &self.found().holding {
            Holding::One(accumulation) => std::slice::from_ref(&accumulation.node),
            Holding::Many(crowd) => &crowd.nodes,
        };
        let view = |&node| Node::new(Arc::clone(&self.snapshot), node);
        nodes.iter().map(view).collect()
    }

    /// Bytes that it retains; of a type the sum of what each object retains.
    #[getter]
    fn retained_size(&self) -> u64 {
        self.tally().bytes
    }

    /// Number of objects that it retains.
    #[getter]
    fn retained_count(&self) -> u64 {
        self.tally().count
    }

    fn __str__(&self) -> String {
        sentences(&self.snapshot, &self.found, self.found()).join(" ")
    }

    fn __repr__(&self) -> String {
        let first = sentences(&self.snapshot, &self.found, self.found()).swap_remove(0);
        format!("<heapgraph.Suspect {}>", first.trim_end_matches('.'))
    }
}

impl Suspect {
    fn tally(&self) -> analysis::Tally {
        let found = self.found();
        match &found.holding {
            Holding::One(accumulation) => accumulation.retained,
            Holding::Many(_) => found.retained,
        }
    }
}

impl Hint {
    fn found(&self) -> &analysis::Hint {
        &self.found.hints[self.number]
    }
}

#[pymethods]
impl Hint {
    /// What it looks like: `cached_method`, `traceback`, `callbacks`, `weak_keys`, `output_history`,
    /// `log_records` or `repeated_handlers`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.found().kind.word()
    }

    /// The chain that names what keeps others, in Python's spelling; of several that are held alike
    /// the first.
    #[getter]
    fn path(&self) -> String {
        chain_spelled(&self.snapshot, &self.found().chain)
    }

    /// The same chain with all its objects.
    #[getter]
    fn chain(&self) -> RootChain {
        RootChain::new(&self.snapshot, self.found().chain.clone())
    }

    /// What keeps others: a `Node`.
    #[getter]
    fn node(&self) -> Node {
        Node::new(Arc::clone(&self.snapshot), self.found().holder)
    }

    /// How many are held alike, `node` included.
    #[getter]
    fn alike(&self) -> u64 {
        self.found().alike
    }

    /// Number of objects that they keep: frames, if it is a traceback.
    #[getter]
    fn kept_count(&self) -> u64 {
        self.found().kept.count
    }

    /// Full name of the type of most of these.
    #[getter]
    fn kept_type(&self) -> &str {
        &self.found().kept.type_name
    }

    /// Bytes that these retain.
    #[getter]
    fn retained_size(&self) -> u64 {
        self.found().kept.retained.bytes
    }

    /// Number of objects that these retain, themselves included.
    #[getter]
    fn retained_count(&self) -> u64 {
        self.found().kept.retained.count
    }

    fn __str__(&self) -> String {
        hint_sentences(&self.snapshot, self.found()).join(" ")
    }

    fn __repr__(&self) -> String {
        let [what, _] = hint_sentences(&self.snapshot, self.found());
        format!("<heapgraph.Hint {}>", what.trim_end_matches('.'))
    }
}
