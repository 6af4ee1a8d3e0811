//! A view as the source text of a Graphviz drawing.

use std::collections::HashSet;

use graphviz_rust::dot_structures::{
    Attribute, Edge, EdgeTy, Graph, GraphAttributes, Id, Node, NodeId, Stmt, Vertex,
};
use graphviz_rust::printer::{DotPrinter, PrinterContext};
use petgraph::graph::NodeIndex;

use super::{
    escape::{quoted, quoted_record, quoted_tooltip},
    label::{edge_label, node_label, plain_node_label, tooltip},
    legend::legend,
    look::{CHAIN, CHAIN_INK, FONT, INK, LINE, Look, PAPER, QUIET_INK, QUIET_LINE, look},
    view::{View, ViewEdge, ViewNode, ViewNodeKind},
};

/// The most nodes at one depth that still fit side by side on a page.
const WIDEST_ROW: usize = 7;

/// Writes `view` in the DOT language.
///
/// Nodes are named after their place in the drawing order, never after an address: the same view
/// gives the same bytes. Whatever the texts of the view are, the result is valid DOT, and they
/// are drawn as given, except that control characters are shown as Python would escape them and
/// that long lines are wrapped and shortened; a node's `tooltip` has the full text. A node's
/// `extra_attributes` replace ours of the same name.
pub fn to_dot(view: &View) -> String {
    let names = node_names(view);
    let mut statements = defaults(view);
    for index in view.graph.node_indices() {
        statements.push(node_statement(view, index, &names));
    }
    for index in view.graph.edge_indices() {
        let Some((holder, held)) = view.graph.edge_endpoints(index) else {
            continue;
        };
        let ends = EdgeTy::Pair(vertex(&names, holder), vertex(&names, held));
        let is_more = [holder, held].iter().any(|&end| is_more(&view.graph[end]));
        let edge = &view.graph[index];
        let attributes = edge_attributes(edge, is_more, view.is_rest_faint);
        statements.push(Stmt::Edge(Edge {
            ty: ends,
            attributes,
        }));
    }
    let graph = Graph::DiGraph {
        id: Id::Plain("heapgraph".to_owned()),
        strict: false,
        stmts: statements,
    };
    let mut source = graph.print(PrinterContext::default().with_semi());
    source.push('\n');
    source
}

/// `o0`, `o1`, ... in drawing order; `more_o0` for a node that stands for neighbours of `o0`.
fn node_names(view: &View) -> Vec<String> {
    let mut taken = HashSet::new();
    view.graph
        .node_indices()
        .map(|index| {
            let own_name = format!("o{}", index.index());
            if !is_more(&view.graph[index]) {
                return own_name;
            }
            let neighbour = view
                .graph
                .neighbors_undirected(index)
                .find(|&other| other != index);
            let name = neighbour.map_or_else(
                || format!("more_at_{own_name}"),
                |object| format!("more_o{}", object.index()),
            );
            // An object can have referrers left out as well as referents.
            if taken.insert(name.clone()) {
                name
            } else {
                format!("{name}_at_{own_name}")
            }
        })
        .collect()
}

fn is_more(node: &ViewNode) -> bool {
    matches!(node.kind, ViewNodeKind::More(_))
}

fn vertex(names: &[String], index: NodeIndex) -> Vertex {
    Vertex::N(node_id(names, index))
}

fn node_id(names: &[String], index: NodeIndex) -> NodeId {
    NodeId(Id::Plain(names[index.index()].clone()), None)
}

/// What holds for the whole drawing: direction, spacing, fonts and the key.
fn defaults(view: &View) -> Vec<Stmt> {
    let (direction, node_distance) = direction(view);
    let mut graph = attributes(&[
        ("rankdir", direction),
        ("bgcolor", PAPER),
        ("pad", "0.2"),
        ("nodesep", node_distance),
        ("ranksep", "0.4"),
        ("fontname", FONT),
        ("fontsize", "9"),
    ]);
    if let Some(legend) = legend(view) {
        graph.extend(attributes(&[("labelloc", "b"), ("labeljust", "l")]));
        graph.push(Attribute(plain("label"), legend));
    }
    let mut node = attributes(&[
        ("fontname", FONT),
        ("fontsize", "11"),
        ("margin", "0.12,0.06"),
        ("height", "0.3"),
    ]);
    node.extend(look_attributes(&Look::default()));
    let edge = attributes(&[
        ("fontname", FONT),
        ("fontsize", "10"),
        ("fontcolor", INK),
        ("color", LINE),
        ("arrowsize", "0.7"),
    ]);
    [
        GraphAttributes::Graph(graph),
        GraphAttributes::Node(node),
        GraphAttributes::Edge(edge),
    ]
    .map(Stmt::GAttribute)
    .into()
}

/// The direction of the arrows and the distance of neighbours, in inches.
///
/// Top-down reads best, unless many nodes side by side would make the drawing far wider than
/// high: text boxes stack better than they line up.
fn direction(view: &View) -> (&'static str, &'static str) {
    let mut nodes_at = Vec::new();
    for node in view.graph.node_weights() {
        // A depth beyond the number of nodes can only be a sparse row of its own.
        let depth = node.depth.min(view.graph.node_count());
        if nodes_at.len() <= depth {
            nodes_at.resize(depth + 1, 0_usize);
        }
        nodes_at[depth] += 1;
    }
    if nodes_at.into_iter().max() > Some(WIDEST_ROW) {
        ("LR", "0.12")
    } else {
        ("TB", "0.25")
    }
}

fn node_statement(view: &View, index: NodeIndex, names: &[String]) -> Stmt {
    let node = &view.graph[index];
    let look = look(node, view.max_depth);
    let mut ours = look_attributes(&if view.is_faint(node) {
        look.faint()
    } else {
        look
    });
    let usual = look_attributes(&Look::default());
    ours.retain(|attribute| !usual.contains(attribute));
    if is_more(node) {
        ours.extend(attributes(&[
            ("fontsize", "9"),
            ("margin", "0.07,0.03"),
            ("height", "0.2"),
        ]));
    }
    if node.on_chain {
        ours.extend(attributes(&[("group", "chain")]));
    }
    ours.push(Attribute(plain("label"), label_for_shape(node)));
    ours.push(Attribute(plain("tooltip"), quoted_tooltip(&tooltip(node))));
    Stmt::Node(Node {
        id: node_id(names, index),
        attributes: with_extra(ours, node),
    })
}

/// The node's own label, plain if the caller chose a shape in which markup has another meaning.
fn label_for_shape(node: &ViewNode) -> Id {
    let shape = node
        .extra_attributes
        .iter()
        .rev()
        .find(|(name, _)| name == "shape");
    match shape {
        Some((_, shape)) if shape.ends_with("record") => quoted_record(&plain_node_label(node)),
        _ => node_label(node),
    }
}

fn with_extra(ours: Vec<Attribute>, node: &ViewNode) -> Vec<Attribute> {
    // Graphviz has no attribute without a name.
    let extra = || {
        node.extra_attributes
            .iter()
            .filter(|(name, _)| !name.is_empty())
    };
    let mut all = ours;
    all.retain(|Attribute(ours, _)| !extra().any(|(name, _)| *ours == plain(name)));
    all.extend(extra().map(|(name, value)| {
        let value = if name.ends_with("tooltip") {
            quoted_tooltip(value)
        } else {
            quoted(value)
        };
        Attribute(quoted(name), value)
    }));
    all
}

fn look_attributes(look: &Look) -> Vec<Attribute> {
    attributes(&[
        ("shape", look.shape),
        ("style", look.style),
        ("fillcolor", &look.fill),
        ("color", look.border),
        ("penwidth", look.border_width),
        ("peripheries", if look.is_double { "2" } else { "1" }),
        ("fontcolor", look.ink),
    ])
}

fn edge_attributes(edge: &ViewEdge, is_more: bool, is_rest_faint: bool) -> Vec<Attribute> {
    let mut all = Vec::new();
    if edge.on_chain {
        // Heavy, so that the layout draws the chain straight.
        all.extend(attributes(&[
            ("color", CHAIN),
            ("fontcolor", CHAIN_INK),
            ("penwidth", "2.5"),
            ("weight", "20"),
        ]));
    } else if is_more {
        all.extend(attributes(&[
            ("style", "dashed"),
            ("color", QUIET_LINE),
            ("arrowsize", "0.5"),
        ]));
    } else if is_rest_faint {
        all.extend(attributes(&[
            ("color", QUIET_LINE),
            ("fontcolor", QUIET_INK),
        ]));
    }
    if !edge.label.is_empty() {
        all.push(Attribute(plain("label"), edge_label(edge)));
    }
    all
}

fn attributes(pairs: &[(&str, &str)]) -> Vec<Attribute> {
    pairs
        .iter()
        .map(|&(name, value)| Attribute(plain(name), quoted(value)))
        .collect()
}

fn plain(name: &str) -> Id {
    Id::Plain(name.to_owned())
}
