//! Reference chains between live objects.

use pyo3::prelude::*;

use super::fingerprint::Fingerprints;
use super::live::LiveHeap;
use crate::analysis::{ChainSearch, Direction, ReferenceChain};
use crate::capture::{self, Describer, module_name};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex, NodeSet};
use crate::render;

/// True if and only if `obj` is a module that `sys.modules` holds under its own name.
#[pyfunction]
pub(super) fn is_proper_module(obj: &Bound<'_, PyAny>) -> bool {
    capture::is_proper_module(obj)
}

/// A shortest chain of references, from holder to held, between `obj` and the nearest object
/// for which `predicate` is true; `None` if there is none within `max_depth` references.
///
/// Searches what `obj` refers to if `forward`, else what refers to it. Without a predicate,
/// modules that `sys.modules` holds under their own names are looked for, in one pass over one
/// capture. Objects at the addresses in `ignored` are never entered.
#[pyfunction]
pub(super) fn find_chain<'py>(
    py: Python<'py>,
    obj: &Bound<'py, PyAny>,
    predicate: Option<&Bound<'py, PyAny>>,
    forward: bool,
    max_depth: usize,
    ignored: Vec<u64>,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let heap = LiveHeap::capture(py, std::slice::from_ref(obj))?;
    let Some(start) = heap.node_of(obj) else {
        return Ok(None);
    };
    let query = Query {
        start,
        direction: if forward {
            Direction::Referents
        } else {
            Direction::Referrers
        },
        max_depth,
        ignored: heap.nodes_at(&ignored),
    };
    let chain = match predicate {
        None => query.to_module(&heap)?,
        Some(predicate) => {
            heap.hold_all();
            query.to_match(&heap, predicate)?
        }
    };
    Ok(chain.map(|chain| heap.objects(&chain.nodes)))
}

struct Query {
    start: NodeIndex,
    direction: Direction,
    max_depth: usize,
    ignored: NodeSet,
}

impl Query {
    /// The chain to the nearest proper module; of several, to the one whose name comes first.
    fn to_module(&self, heap: &LiveHeap<'_>) -> PyResult<Option<ReferenceChain>> {
        let graph = heap.graph();
        let is_module = |node| graph.flags(node).contains(NodeFlags::PROPER_MODULE);
        let search = ChainSearch::until(
            graph,
            self.start,
            self.direction,
            self.max_depth,
            &self.ignored,
            is_module,
        );
        let name = |node| is_module(node).then(|| module_name(&heap.object(node)));
        let Some(end) = search.best_match(name) else {
            return Ok(None);
        };
        chain_to(heap, &search, end).map(Some)
    }

    /// The chain to the first object, nearest first, for which `predicate` is true. All objects
    /// of the heap are held meanwhile.
    fn to_match(
        &self,
        heap: &LiveHeap<'_>,
        predicate: &Bound<'_, PyAny>,
    ) -> PyResult<Option<ReferenceChain>> {
        let graph = heap.graph();
        let fingerprints = Fingerprints::new(heap);
        let search = ChainSearch::new_by(
            graph,
            self.start,
            self.direction,
            self.max_depth,
            &self.ignored,
            |node| fingerprints.of(node),
        );
        for &node in search.met() {
            if predicate.call1((heap.object(node),))?.is_truthy()? {
                return chain_to(heap, &search, node).map(Some);
            }
        }
        Ok(None)
    }
}

/// The best of the shortest chains to `end`. Names are only read if there is a choice.
fn chain_to(
    heap: &LiveHeap<'_>,
    search: &ChainSearch<'_>,
    end: NodeIndex,
) -> PyResult<ReferenceChain> {
    let fingerprints = Fingerprints::new(heap);
    let mut describer = None;
    let labels = |node| -> PyResult<Vec<EdgeLabel>> {
        if describer.is_none() {
            describer = Some(heap.describer());
        }
        Ok(describer
            .as_ref()
            .map_or_else(Vec::new, |describer| describer.labels(node)))
    };
    search.chain_to_by(end, labels, |node| fingerprints.of(node))
}

/// A chain in words, its references named from one capture of the heap; `texts` has the words
/// for each object.
#[pyfunction]
pub(super) fn chain_text<'py>(
    py: Python<'py>,
    chain: Vec<Bound<'py, PyAny>>,
    texts: Vec<String>,
) -> PyResult<String> {
    let heap = LiveHeap::capture(py, &chain)?;
    let describer = heap.describer();
    let label = |pair: &[Bound<'py, PyAny>]| {
        let (holder, held) = (heap.node_of(&pair[0])?, heap.node_of(&pair[1])?);
        preferred_label(&heap, &describer, holder, held)
    };
    let labels: Vec<Option<EdgeLabel>> = chain.windows(2).map(label).collect();
    let start = chain.first().map(|first| match module_name(first) {
        Some(name) => name,
        None => format!(
            "<{}>",
            heap.node_of(first)
                .map_or("", |n| &heap.graph().type_of(n).name)
        ),
    });
    Ok(render::chain_text(
        &start.unwrap_or_default(),
        &texts,
        &labels,
    ))
}

/// The preferred name among the references from `holder` to `held`.
pub(super) fn preferred_label(
    heap: &LiveHeap<'_>,
    describer: &Describer<'_, '_>,
    holder: NodeIndex,
    held: NodeIndex,
) -> Option<EdgeLabel> {
    let referents = heap.graph().referents(holder);
    if !referents.contains(&held) {
        return None;
    }
    let labels = describer.labels(holder).into_iter().zip(referents);
    labels
        .filter(|(_, referent)| **referent == held)
        .map(|(label, _)| label)
        .min()
}
