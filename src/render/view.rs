//! The small graph that is drawn. Analysis chooses its nodes, the caller supplies the texts,
//! and every format renders the same [`View`].

use petgraph::graph::{DiGraph, NodeIndex as Position};

use crate::analysis::Direction;
use crate::graph::NodeFlags;

/// What a drawn node stands for; each kind looks different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewNodeKind {
    /// An ordinary object.
    Object,
    /// A module found in `sys.modules`: where a chain of names starts.
    Module,
    /// A running or suspended frame.
    Frame,
    /// A class.
    Type,
    /// Not an object: stands for the given number of neighbours left out by `too_many`.
    More(usize),
}

impl ViewNodeKind {
    /// What an object is drawn as.
    pub fn of(flags: NodeFlags) -> Self {
        if flags.contains(NodeFlags::PROPER_MODULE) {
            Self::Module
        } else if flags.contains(NodeFlags::FRAME) {
            Self::Frame
        } else if flags.contains(NodeFlags::TYPE) {
            Self::Type
        } else {
            Self::Object
        }
    }
}

/// One drawn object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks of one drawn node"
)]
pub struct ViewNode {
    /// What the node stands for.
    pub kind: ViewNodeKind,
    /// The lines of the label, first the type name; never empty for an object.
    pub lines: Vec<String>,
    /// Distance from the nearest object asked for.
    pub depth: usize,
    /// True if the caller asked about this object.
    pub is_target: bool,
    /// True if the node lies on the reference chain being explained.
    pub on_chain: bool,
    /// True if the caller's `highlight` chose it.
    pub is_highlighted: bool,
    /// True if the object's type defines `__del__`.
    pub has_finalizer: bool,
    /// Extra DOT attributes from the caller, in order; they win over our own.
    pub extra_attributes: Vec<(String, String)>,
}

/// One drawn reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewEdge {
    /// How the holder refers to the held object (`.attr`, `['key']`); empty if not an edge
    /// between objects.
    pub label: String,
    /// True if the edge lies on the reference chain being explained.
    pub on_chain: bool,
}

/// A graph to draw: edges point from holder to held object.
#[derive(Debug, Clone)]
pub struct View {
    /// Nodes in the order in which they are to be drawn.
    pub graph: DiGraph<ViewNode, ViewEdge>,
    /// The depth at which the search stopped; the scale of the shading.
    pub max_depth: usize,
    /// True if what is not on a chain is drawn faint.
    pub is_rest_faint: bool,
}

impl View {
    /// True if and only if `node` is drawn faint.
    pub(super) fn is_faint(&self, node: &ViewNode) -> bool {
        self.is_rest_faint && !node.on_chain
    }
}

impl View {
    /// Adds a node that stands for `count` neighbours of the one at `position` that are left out.
    pub fn add_hidden(&mut self, position: Position, count: usize, direction: Direction) {
        let rest = self.graph.add_node(ViewNode {
            kind: ViewNodeKind::More(count),
            lines: vec![more(direction, count)],
            depth: self.graph[position].depth + 1,
            is_target: false,
            on_chain: false,
            is_highlighted: false,
            has_finalizer: false,
            extra_attributes: Vec::new(),
        });
        let (holder, held) = match direction {
            Direction::Referents => (position, rest),
            Direction::Referrers => (rest, position),
        };
        let edge = ViewEdge {
            label: String::new(),
            on_chain: false,
        };
        self.graph.add_edge(holder, held, edge);
    }
}

/// How many neighbours were left out, in words.
pub(super) fn more(direction: Direction, count: usize) -> String {
    let what = match (direction, count) {
        (Direction::Referents, 1) => "referent",
        (Direction::Referents, _) => "referents",
        (Direction::Referrers, 1) => "referrer",
        (Direction::Referrers, _) => "referrers",
    };
    format!("{count} more {what}")
}
