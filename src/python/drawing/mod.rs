//! From live objects to a picture, in two steps: [`Drawing`] is what will be drawn, with the
//! objects held, so that the caller can put each into words; [`Picture`] is the finished view,
//! which holds no object.

mod chains;
mod neighbourhood;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

pub(super) use chains::draw_chains;
pub(super) use neighbourhood::draw_neighbourhood;

use super::live::LiveHeap;
use super::picture::Picture;
use crate::analysis::{Direction, DrawnNode};
use crate::graph::NodeFlags;
use crate::render::{View, ViewEdge, ViewNode, ViewNodeKind};

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

impl DrawingNode {
    fn new(heap: &LiveHeap<'_>, drawn: DrawnNode) -> Self {
        let graph = heap.graph();
        let object = heap.object(drawn.node);
        let ty = graph.type_of(drawn.node);
        let flags = graph.flags(drawn.node);
        let is_immortal = flags.contains(NodeFlags::IMMORTAL);
        Self {
            kind: ViewNodeKind::of(flags),
            short_type: ty.name.clone(),
            full_type: ty.full_name().into_owned(),
            reference_count: (!is_immortal).then(|| graph.reference_count(drawn.node)),
            depth: drawn.depth,
            hidden_count: drawn.hidden_count,
            is_target: false,
            on_chain: false,
            has_finalizer: heap.has_finalizer(&object),
            object: object.unbind(),
        }
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
            is_rest_faint: false,
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
            if node.hidden_count > 0 {
                view.add_hidden(position, node.hidden_count, self.direction);
            }
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
}
