//! From live objects to a picture, in two steps: [`Drawing`] is what will be drawn, with the
//! objects held, so that the caller can put each into words; [`Picture`] is the finished view,
//! which holds no object.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::chain::preferred_label;
use super::fingerprint::Fingerprints;
use super::live::LiveHeap;
use super::picture::Picture;
use crate::analysis::{Direction, DrawnNode, Limits, Neighbourhood};
use crate::capture::{Describer, has_finalizer};
use crate::graph::{NodeFlags, NodeIndex};
use crate::render::{View, ViewEdge, ViewNode, ViewNodeKind};

/// What stands at a reference of a chain that has gone since the chain was found.
const NO_REFERENCE: &str = "no reference any more";

/// References to each object of a chain to draw: from the caller's list and from the user's.
const HELD_BY_CHAIN_LISTS: usize = 2;

/// Objects to draw and the references between them.
#[pyclass(frozen, module = "heapgraph._core")]
pub(super) struct Drawing {
    nodes: Vec<DrawingNode>,
    edges: Vec<DrawingEdge>,
    max_depth: usize,
    direction: Direction,
}

struct DrawingNode {
    object: Py<PyAny>,
    kind: ViewNodeKind,
    short_type: String,
    full_type: String,
    /// `None` if the object is immortal.
    reference_count: Option<u32>,
    depth: usize,
    hidden_count: usize,
    is_target: bool,
    on_chain: bool,
    has_finalizer: bool,
}

struct DrawingEdge {
    holder: usize,
    held: usize,
    label: String,
    on_chain: bool,
}

/// How the caller wants one node to look: lines of text, whether it is highlighted, and further
/// attributes in Graphviz's language.
#[derive(FromPyObject)]
struct NodeText(Vec<String>, bool, Vec<(String, String)>);

/// The objects within `max_depth` references of `targets`.
///
/// `forward` searches what they refer to, otherwise what refers to them; then modules that
/// `sys.modules` holds are drawn but not expanded. `keep` is called on every neighbour, unless
/// `None`. `held_by_caller` is the number of references that the caller itself has to each of
/// `targets`: they are not counted.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "the parameters of objgraph.show_refs"
)]
pub(super) fn draw_neighbourhood<'py>(
    py: Python<'py>,
    targets: Vec<Bound<'py, PyAny>>,
    forward: bool,
    max_depth: usize,
    too_many: usize,
    ignored: Vec<u64>,
    keep: Option<&Bound<'py, PyAny>>,
    held_by_caller: usize,
) -> PyResult<Drawing> {
    let heap = LiveHeap::capture(py, &targets)?;
    let graph = heap.graph();
    let target_nodes: Vec<NodeIndex> = targets.iter().filter_map(|t| heap.node_of(t)).collect();
    let direction = if forward {
        Direction::Referents
    } else {
        Direction::Referrers
    };
    let is_module = |node| graph.flags(node).contains(NodeFlags::PROPER_MODULE);
    if keep.is_some() {
        heap.hold_all();
    }
    let fingerprints = Fingerprints::new(&heap, py)?;
    let found = Neighbourhood::search_by(
        graph,
        &target_nodes,
        direction,
        Limits {
            max_depth,
            too_many,
        },
        &heap.nodes_at(&ignored),
        |node| {
            keep.map_or(Ok(true), |keep| {
                keep.call1((heap.object(node),))?.is_truthy()
            })
        },
        |node| !forward && is_module(node),
        |node| fingerprints.of(node),
    )?;
    let mut drawing = Drawing {
        nodes: Vec::new(),
        edges: label_edges(&heap.describer()?, &found),
        max_depth,
        direction,
    };
    let mut times_asked: FxHashMap<NodeIndex, usize> = FxHashMap::default();
    for &target in &target_nodes {
        *times_asked.entry(target).or_default() += 1;
    }
    for &drawn in &found.nodes {
        let mut node = DrawingNode::new(&heap, drawn)?;
        if let Some(times) = times_asked.get(&drawn.node) {
            node.is_target = true;
            node.discount(times * held_by_caller);
        }
        drawing.nodes.push(node);
    }
    Ok(drawing)
}

/// The references to draw, with their names.
fn label_edges(describer: &Describer<'_, '_>, found: &Neighbourhood) -> Vec<DrawingEdge> {
    let mut labels = FxHashMap::default();
    let edges = found.edges.iter().map(|edge| {
        let of_holder = labels
            .entry(edge.holder)
            .or_insert_with(|| describer.labels(found.nodes[edge.holder].node));
        DrawingEdge {
            holder: edge.holder,
            held: edge.held,
            label: of_holder[edge.position].to_string(),
            on_chain: false,
        }
    });
    edges.collect()
}

/// The objects of some chains and the references along them, nothing else. The last object of
/// each chain is the one asked about if `target_is_last`, otherwise the first. The caller holds
/// the objects of each chain twice, in its list and in the one that it was given: these references
/// are not counted.
#[pyfunction]
pub(super) fn draw_chains(
    py: Python<'_>,
    chains: Vec<Vec<Bound<'_, PyAny>>>,
    target_is_last: bool,
) -> PyResult<Drawing> {
    let lengths: Vec<usize> = chains.iter().map(Vec::len).collect();
    let objects: Vec<Bound<'_, PyAny>> = chains.into_iter().flatten().collect();
    let heap = LiveHeap::capture(py, &objects)?;
    let mut drawing = ChainDrawing::new(&heap)?;
    let mut rest = &objects[..];
    for length in lengths {
        let (chain, others) = rest.split_at(length);
        drawing.add_chain(chain, target_is_last)?;
        rest = others;
    }
    Ok(drawing.finish())
}

/// A drawing of chains while it is made.
struct ChainDrawing<'a, 'py> {
    heap: &'a LiveHeap<'py>,
    describer: Describer<'py, 'a>,
    nodes: Vec<DrawingNode>,
    /// Positions in `nodes`.
    positions: FxHashMap<NodeIndex, usize>,
    edges: Vec<DrawingEdge>,
    /// Holders and helds of `edges`.
    linked: FxHashSet<(usize, usize)>,
}

impl<'a, 'py> ChainDrawing<'a, 'py> {
    fn new(heap: &'a LiveHeap<'py>) -> PyResult<Self> {
        Ok(Self {
            heap,
            describer: heap.describer()?,
            nodes: Vec::new(),
            positions: FxHashMap::default(),
            edges: Vec::new(),
            linked: FxHashSet::default(),
        })
    }

    fn add_chain(&mut self, chain: &[Bound<'py, PyAny>], target_is_last: bool) -> PyResult<()> {
        let mut holder = None;
        for (n, object) in chain.iter().enumerate() {
            let Some(node) = self.heap.node_of(object) else {
                continue;
            };
            let from_last = chain.len() - 1 - n;
            let position = self.add_node(node, if target_is_last { from_last } else { n })?;
            if let Some((holder, holder_position)) = holder.replace((node, position))
                && self.linked.insert((holder_position, position))
            {
                let label = preferred_label(self.heap, &self.describer, holder, node);
                self.edges.push(DrawingEdge {
                    holder: holder_position,
                    held: position,
                    label: label.map_or_else(|| NO_REFERENCE.into(), |label| label.to_string()),
                    on_chain: true,
                });
            }
        }
        Ok(())
    }

    /// The position of a node that a chain passes at `depth`, drawn once however many do.
    fn add_node(&mut self, node: NodeIndex, depth: usize) -> PyResult<usize> {
        let position = if let Some(&position) = self.positions.get(&node) {
            position
        } else {
            let drawn = DrawnNode {
                node,
                depth,
                hidden_count: 0,
            };
            self.nodes.push(DrawingNode::new(self.heap, drawn)?);
            self.positions.insert(node, self.nodes.len() - 1);
            self.nodes.len() - 1
        };
        let drawn = &mut self.nodes[position];
        drawn.on_chain = true;
        drawn.depth = drawn.depth.min(depth);
        drawn.is_target |= depth == 0;
        drawn.discount(HELD_BY_CHAIN_LISTS);
        Ok(position)
    }

    fn finish(self) -> Drawing {
        Drawing {
            max_depth: self.nodes.iter().map(|node| node.depth).max().unwrap_or(0),
            nodes: self.nodes,
            edges: self.edges,
            direction: Direction::Referrers,
        }
    }
}

impl DrawingNode {
    fn new(heap: &LiveHeap<'_>, drawn: DrawnNode) -> PyResult<Self> {
        let graph = heap.graph();
        let object = heap.object(drawn.node);
        let ty = graph.type_of(drawn.node);
        let flags = graph.flags(drawn.node);
        let kind = if flags.contains(NodeFlags::PROPER_MODULE) {
            ViewNodeKind::Module
        } else if flags.contains(NodeFlags::FRAME) {
            ViewNodeKind::Frame
        } else if flags.contains(NodeFlags::TYPE) {
            ViewNodeKind::Type
        } else {
            ViewNodeKind::Object
        };
        let is_immortal = flags.contains(NodeFlags::IMMORTAL);
        Ok(Self {
            kind,
            short_type: ty.name.clone(),
            full_type: ty.full_name().into_owned(),
            reference_count: (!is_immortal).then(|| graph.reference_count(drawn.node)),
            depth: drawn.depth,
            hidden_count: drawn.hidden_count,
            is_target: false,
            on_chain: false,
            has_finalizer: has_finalizer(&object)?,
            object: object.unbind(),
        })
    }

    /// Takes references that are only there for the drawing off the count.
    fn discount(&mut self, references: usize) {
        let references = u32::try_from(references).unwrap_or(u32::MAX);
        self.reference_count = self.reference_count.map(|n| n.saturating_sub(references));
    }
}

#[pymethods]
impl Drawing {
    /// The objects, in the order in which they were found.
    #[getter]
    fn objects(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.nodes
            .iter()
            .map(|node| node.object.clone_ref(py))
            .collect()
    }

    /// The type names of the objects, in the same order.
    fn type_names(&self, short: bool) -> Vec<String> {
        let name = |node: &DrawingNode| {
            if short {
                &node.short_type
            } else {
                &node.full_type
            }
            .clone()
        };
        self.nodes.iter().map(name).collect()
    }

    /// The reference counts of the objects, in the same order; `None` for immortal ones.
    #[getter]
    fn reference_counts(&self) -> Vec<Option<u32>> {
        self.nodes.iter().map(|node| node.reference_count).collect()
    }

    /// The picture, given the text and the marks of each object in the same order.
    fn finish(&self, texts: Vec<NodeText>) -> PyResult<Picture> {
        if texts.len() != self.nodes.len() {
            return Err(PyValueError::new_err(format!(
                "expected {} texts, one for each object, got {}",
                self.nodes.len(),
                texts.len()
            )));
        }
        let mut view = View {
            graph: petgraph::graph::DiGraph::new(),
            max_depth: self.max_depth,
        };
        let mut positions = Vec::new();
        for (node, text) in self.nodes.iter().zip(texts) {
            positions.push(view.graph.add_node(node.view(text)));
        }
        for edge in &self.edges {
            let view_edge = ViewEdge {
                label: edge.label.clone(),
                on_chain: edge.on_chain,
            };
            view.graph
                .add_edge(positions[edge.holder], positions[edge.held], view_edge);
        }
        for (node, &position) in self.nodes.iter().zip(&positions) {
            if node.hidden_count == 0 {
                continue;
            }
            let more = view.graph.add_node(node.more(self.direction));
            let (holder, held) = match self.direction {
                Direction::Referents => (position, more),
                Direction::Referrers => (more, position),
            };
            view.graph.add_edge(
                holder,
                held,
                ViewEdge {
                    label: String::new(),
                    on_chain: false,
                },
            );
        }
        Ok(Picture {
            view,
            node_count: self.nodes.len(),
        })
    }
}

impl DrawingNode {
    fn view(&self, text: NodeText) -> ViewNode {
        ViewNode {
            kind: self.kind,
            lines: text.0,
            depth: self.depth,
            is_target: self.is_target,
            on_chain: self.on_chain,
            is_highlighted: text.1,
            has_finalizer: self.has_finalizer,
            extra_attributes: text.2,
        }
    }

    /// The node that stands for the neighbours that were left out.
    fn more(&self, direction: Direction) -> ViewNode {
        let what = match (direction, self.hidden_count) {
            (Direction::Referents, 1) => "referent",
            (Direction::Referents, _) => "referents",
            (Direction::Referrers, 1) => "referrer",
            (Direction::Referrers, _) => "referrers",
        };
        ViewNode {
            kind: ViewNodeKind::More(self.hidden_count),
            lines: vec![format!("{} more {what}", self.hidden_count)],
            depth: self.depth + 1,
            is_target: false,
            on_chain: false,
            is_highlighted: false,
            has_finalizer: false,
            extra_attributes: Vec::new(),
        }
    }
}
