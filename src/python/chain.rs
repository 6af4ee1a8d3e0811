//! Reference chains between live objects.

use indexmap::IndexSet;
use pyo3::prelude::*;

use super::asker::Asker;
use super::fingerprint::Fingerprints;
use super::live::LiveHeap;
use crate::analysis::{
    self, ChainSearch, CompiledHolders, Direction, HiddenReferences, ReferenceChain,
    RootPreference, best_root,
};
use crate::capture::{
    self, CaptureError, Describer, LiveSnapshot, SnapshotOptions, module_name, text,
};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex, NodeSet, RootKind};
use crate::render::{self, text::compiled_holders_words};

/// True if and only if `obj` is a module that `sys.modules` holds under its own name.
#[pyfunction]
pub(super) fn is_proper_module(obj: &Bound<'_, PyAny>) -> bool {
    capture::is_proper_module(obj)
}

/// True if and only if `obj` is where chains of references start: a module that `sys.modules`
/// holds under its own name, the frame of a running function, a generator or coroutine that is
/// suspended and held by what waits for it, the context variables of a thread, or a function that
/// is called at exit. Walks the heap, unless `obj` is a module.
#[pyfunction]
pub(super) fn is_root(obj: &Bound<'_, PyAny>) -> PyResult<bool> {
    if capture::is_proper_module(obj) {
        return Ok(true);
    }
    let heap = LiveHeap::capture(obj.py(), std::slice::from_ref(obj))?;
    let Some(node) = heap.node_of(obj) else {
        return Ok(false);
    };
    Ok(heap.roots()?.kind(node).is_some())
}

/// A shortest chain of references, from holder to held, between the one object in the list `target`
/// and the nearest that is looked for; `None` if there is none within `max_depth` references.
///
/// Searches what it refers to if `forward`, else what refers to it. `goal` is a function that is
/// true for what is looked for; or `"module"`, a module that `sys.modules` holds under its own name;
/// or `"root"`, see [`Query::to_root`]. These two are found in one pass over one capture. Objects at
/// the addresses in `ignored` are never entered. The caller itself has `held_by_caller` references
/// to it besides that of the list, which are not counted. What the `asker` holds in order to ask is
/// passed over where there is another way to a module or root; a function knows nothing of it.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of objgraph.find_backref_chain, and who asks"
)]
pub(super) fn find_chain<'py>(
    py: Python<'py>,
    target: [Bound<'py, PyAny>; 1],
    goal: &Bound<'py, PyAny>,
    forward: bool,
    max_depth: usize,
    ignored: Vec<u64>,
    held_by_caller: u32,
    asker: &Asker,
) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
    let heap = LiveHeap::capture(py, &target)?;
    let Some(start) = heap.node_of(&target[0]) else {
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
    let own = || (asker.0.references(heap.graph(), &[start])).map_err(CaptureError::from);
    let chain = match text(goal).as_deref() {
        Some("module") => query.to_module(&heap, own()?)?,
        Some("root") => query.to_root(&heap, held_by_caller, own()?)?,
        _ => {
            heap.hold_all()?;
            query.to_match(&heap, goal)?
        }
    };
    let chain = chain.map(|chain| heap.objects(&chain.nodes));
    heap.let_go()?;
    Ok(chain)
}

struct Query {
    start: NodeIndex,
    direction: Direction,
    max_depth: usize,
    ignored: NodeSet,
}

impl Query {
    /// The chain to the nearest proper module; of several, to the one whose name comes first. One
    /// with the asker's `own` references only if there is no other.
    fn to_module(
        &self,
        heap: &LiveHeap<'_>,
        own: HiddenReferences,
    ) -> PyResult<Option<ReferenceChain>> {
        let is_module = |node| is_module(heap, node);
        let has_own = !own.is_empty();
        let search = self.until(heap, own, is_module);
        let name = |node| is_module(node).then(|| module_name(&heap.object(node)));
        match search.best_match(name) {
            Some(end) => chain_to(heap, &search, end).map(Some),
            None if has_own => self.to_module(heap, HiddenReferences::default()),
            None => Ok(None),
        }
    }

    /// The chain to the root that explains best, by [`RootPreference`]. One with the asker's `own`
    /// references only if all others are held from outside.
    fn to_root(
        &self,
        heap: &LiveHeap<'_>,
        held_by_caller: u32,
        own: HiddenReferences,
    ) -> PyResult<Option<ReferenceChain>> {
        let roots = heap.roots()?;
        if roots.kind(self.start).is_some() {
            let nodes = vec![self.start];
            return Ok(Some(ReferenceChain { nodes }));
        }
        let rank = |node| {
            if let Some(kind) = roots.kind(node) {
                let is_asking = roots.asking_frame() == Some(node);
                let asking = is_asking.then_some(RootPreference::Asking);
                return Some((asking.unwrap_or(RootPreference::of(kind)), kind));
            }
            let held = if node == self.start {
                held_by_caller
            } else {
                0
            };
            let is_external = heap.graph().unexplained_count(node) > held;
            is_external.then_some((RootPreference::External, RootKind::External))
        };
        let name = |node| roots.describe(node).name;
        let has_own = !own.is_empty();
        let search = self.until(heap, own, |node| is_module(heap, node));
        match best_root(&search, rank, name) {
            Some(end) if !has_own || roots.kind(end).is_some() => {
                chain_to(heap, &search, end).map(Some)
            }
            _ if has_own => self.to_root(heap, held_by_caller, HiddenReferences::default()),
            _ => Ok(None),
        }
    }

    /// Meets everything up to the level of the nearest goal.
    fn until<'g>(
        &self,
        heap: &'g LiveHeap<'_>,
        hidden: HiddenReferences,
        is_goal: impl FnMut(NodeIndex) -> bool,
    ) -> ChainSearch<'g> {
        ChainSearch::until_without(
            heap.graph(),
            self.start,
            self.direction,
            self.max_depth,
            &self.ignored,
            hidden,
            is_goal,
        )
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
            let answer = capture::call(predicate, (heap.object(node),))?;
            if capture::is_truthy(&answer)? {
                return chain_to(heap, &search, node).map(Some);
            }
        }
        Ok(None)
    }
}

fn is_module(heap: &LiveHeap<'_>, node: NodeIndex) -> bool {
    heap.graph().flags(node).contains(NodeFlags::PROPER_MODULE)
}

/// The best of the shortest chains to `end`. Names are only read if there is a choice.
fn chain_to(
    heap: &LiveHeap<'_>,
    search: &ChainSearch<'_>,
    end: NodeIndex,
) -> PyResult<ReferenceChain> {
    let fingerprints = Fingerprints::new(heap);
    let mut describer = None;
    let labels = |node, positions: &[usize]| -> PyResult<Vec<EdgeLabel>> {
        let describer = match &describer {
            Some(describer) => describer,
            None => describer.insert(heap.describer()?),
        };
        let labels = describer.labels(node).map_err(CaptureError::from)?;
        Ok(positions
            .iter()
            .map(|&position| labels.at(position))
            .collect())
    };
    search.chain_to_by(end, labels, |node| fingerprints.of(node))
}

/// A chain in words, its references named from one capture of the heap; `texts` has the words
/// for each object. What the `asker` holds of the last object besides is told last.
#[pyfunction]
pub(super) fn chain_text<'py>(
    py: Python<'py>,
    chain: Vec<Bound<'py, PyAny>>,
    mut texts: Vec<String>,
    asker: &Asker,
) -> PyResult<String> {
    let heap = LiveHeap::capture(py, &chain)?;
    let mut held_from_outside = None;
    if let Some(first) = chain.first()
        && let Some(node) = heap.node_of(first)
        && let Some(text) = texts.first_mut()
        && let Some((kind, words)) = root_words(&heap, node, text)?
    {
        *text = words;
        held_from_outside = (kind == RootKind::External).then_some(first);
    }
    let describer = heap.describer()?;
    let label = |pair: &[Bound<'py, PyAny>]| match (heap.node_of(&pair[0]), heap.node_of(&pair[1]))
    {
        (Some(holder), Some(held)) => preferred_label(&heap, &describer, holder, held),
        _ => Ok(None),
    };
    let labels: Result<Vec<Option<EdgeLabel>>, _> = chain.windows(2).map(label).collect();
    let labels = labels?;
    let start = chain.first().map(|first| heap.spelled(first));
    let mut remarks = own_of_last(&heap, &describer, &chain, &asker.0)?;
    drop(describer);
    heap.let_go()?;
    if let Some(object) = held_from_outside {
        remarks.extend(outside_words(object)?);
    }
    Ok(render::chain_text(
        &start.unwrap_or_default(),
        &texts,
        &labels,
        &remarks,
    ))
}

/// What compiled code may hold an object, a line each; the caller has one reference to it.
fn outside_words(object: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let address = object.as_ptr().addr() as u64;
    let options = SnapshotOptions {
        collected: false,
        names: true,
        values: false,
        keys: false,
        force: false,
        held_by_caller: (address, 1),
    };
    let LiveSnapshot { snapshot, objects } = capture::take_live_snapshot(object.py(), options)?;
    objects.let_go()?;
    let node = snapshot.graph().node_at(address);
    let holders = node.and_then(|node| CompiledHolders::of(&snapshot, node));
    let words = |holders| compiled_holders_words(&snapshot, &holders, false, false);
    Ok(holders.map(words).unwrap_or_default())
}

/// What the asker holds of the last object of a chain, a line each: first what is on the chain itself.
fn own_of_last<'py>(
    heap: &LiveHeap<'py>,
    describer: &Describer<'_, '_>,
    chain: &[Bound<'py, PyAny>],
    asker: &analysis::Asker,
) -> Result<Vec<String>, CaptureError> {
    let mut nodes = chain.iter().rev().map(|object| heap.node_of(object));
    let (Some(Some(target)), before) = (nodes.next(), nodes.next().flatten()) else {
        return Ok(Vec::new());
    };
    let label = |holder, number| Ok::<_, CaptureError>(describer.labels(holder)?.at(number));
    let holders = asker.holders_of(heap.graph(), target, label)?.into_iter();
    let (on_chain, besides): (Vec<_>, Vec<_>) =
        holders.partition(|(holder, _)| Some(*holder) == before);
    let on_chain = on_chain
        .into_iter()
        .map(|(_, words)| format!("that is {words}"));
    let besides = besides.into_iter().map(|(_, words)| format!("and {words}"));
    let lines: IndexSet<String> = on_chain.chain(besides).collect();
    Ok(lines.into_iter().collect())
}

/// What kind of root the first object of a chain is, in words, if it is one other than a module; `text` has
/// the words for it as any object.
fn root_words(
    heap: &LiveHeap<'_>,
    node: NodeIndex,
    text: &str,
) -> PyResult<Option<(RootKind, String)>> {
    let graph = heap.graph();
    let roots = heap.roots()?;
    let root = roots.describe(node);
    let words = match root.kind {
        RootKind::Module => None,
        RootKind::Frame => Some(format!("frame {}", root.name)),
        RootKind::Suspended | RootKind::Context | RootKind::AtExit | RootKind::Interpreter => {
            Some(root.name)
        }
        RootKind::External => {
            let is_class = graph.flags(node).contains(NodeFlags::TYPE);
            let is_held = graph.unexplained_count(node) > 0;
            (is_held && !is_class).then(|| format!("{text}, {}", root.name))
        }
    };
    Ok(words.map(|words| (root.kind, words)))
}

/// The preferred name among the references from `holder` to `held`.
pub(super) fn preferred_label(
    heap: &LiveHeap<'_>,
    describer: &Describer<'_, '_>,
    holder: NodeIndex,
    held: NodeIndex,
) -> Result<Option<EdgeLabel>, CaptureError> {
    let referents = heap.graph().referents(holder);
    if !referents.contains(&held) {
        return Ok(None);
    }
    let labels = describer.labels(holder)?;
    let positions = (0..referents.len()).filter(|&position| referents[position] == held);
    Ok(positions.map(|position| labels.at(position)).min())
}
