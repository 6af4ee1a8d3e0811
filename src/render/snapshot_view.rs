//! Parts of a snapshot as a view to draw.

use indexmap::IndexMap;
use petgraph::graph::{DiGraph, NodeIndex as Position};

use super::one_line;
use super::text::grouped;
use super::words::node_detail;
use super::{View, ViewEdge, ViewNode, ViewNodeKind};
use crate::analysis::{Direction, DominatorTree, Neighbourhood, RootChain, Standing, Why};
use crate::graph::{NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// The neighbourhood of some objects; those at depth 0 are the ones asked for.
pub fn neighbourhood_view(
    snapshot: &HeapSnapshot,
    found: &Neighbourhood,
    direction: Direction,
    max_depth: usize,
) -> View {
    let mut view = View {
        graph: DiGraph::new(),
        max_depth,
        is_rest_faint: false,
    };
    let graph = &mut view.graph;
    let nodes = found.nodes.iter();
    let positions: Vec<Position> = nodes
        .map(|drawn| graph.add_node(view_node(snapshot, drawn.node, drawn.depth)))
        .collect();
    for edge in &found.edges {
        let holder = found.nodes[edge.holder].node;
        let position = snapshot.graph().edge_positions(holder).start + edge.position;
        let label = one_line(&snapshot.label(position).to_string()).into_owned();
        let on_chain = false;
        let (holder, held) = (positions[edge.holder], positions[edge.held]);
        graph.add_edge(holder, held, ViewEdge { label, on_chain });
    }
    for (drawn, &position) in found.nodes.iter().zip(&positions) {
        if drawn.hidden_count > 0 {
            view.add_hidden(position, drawn.hidden_count, direction);
        }
    }
    view
}

/// Chains from roots, and nothing else; the last object of each is the one asked for. An object
/// on several chains is drawn once.
pub fn chains_view(snapshot: &HeapSnapshot, chains: &[RootChain]) -> View {
    let mut drawing = ChainDrawing::default();
    for chain in chains {
        drawing.add(snapshot, chain, true);
    }
    drawing.view()
}

/// The chains of some explanations, marked, with what each object retains, and the chains of the
/// other holders beside them, faint.
pub fn why_view(snapshot: &HeapSnapshot, tree: &DominatorTree, why: &Why) -> View {
    let mut drawing = ChainDrawing::default();
    for explanation in &why.explanations {
        drawing.add(snapshot, &explanation.chain, true);
    }
    for explanation in &why.explanations {
        let holders = [&explanation.holders, &explanation.nearest];
        for holder in holders
            .into_iter()
            .flatten()
            .flat_map(|holders| &holders.holders)
        {
            drawing.add(snapshot, &holder.chain, false);
        }
    }
    for (&node, &position) in &drawing.positions {
        if let Some(retained) = tree.retained(node) {
            let words = format!("retains {} bytes", grouped(retained.bytes));
            drawing.graph[position].lines.push(words);
        }
    }
    for explanation in &why.explanations {
        for (node, verdict) in explanation.nodes().iter().zip(&explanation.verdicts) {
            let lines = &mut drawing.graph[drawing.positions[node]].lines;
            let words = format!("should be gone: {}", verdict.reasons.join("; "));
            let words = one_line(&words).into_owned();
            if verdict.standing == Standing::Gone && !lines.contains(&words) {
                lines.push(words);
            }
        }
    }
    View {
        is_rest_faint: true,
        ..drawing.view()
    }
}

/// Chains as they are put together into a view.
#[derive(Default)]
struct ChainDrawing {
    graph: DiGraph<ViewNode, ViewEdge>,
    positions: IndexMap<NodeIndex, Position>,
}

impl ChainDrawing {
    /// Adds what is not there yet. Of a marked chain the last object is the one asked for.
    fn add(&mut self, snapshot: &HeapSnapshot, chain: &RootChain, is_marked: bool) {
        let length = chain.chain.nodes.len();
        let mut holder = None;
        for (n, &node) in chain.chain.nodes.iter().enumerate() {
            let depth = length - 1 - n;
            let graph = &mut self.graph;
            let position = *self
                .positions
                .entry(node)
                .or_insert_with(|| graph.add_node(view_node(snapshot, node, depth + 1)));
            if is_marked {
                let drawn = &mut graph[position];
                drawn.on_chain = true;
                drawn.depth = drawn.depth.min(depth);
                drawn.is_target |= depth == 0;
            }
            if let Some(holder) = holder.replace(position)
                && graph.find_edge(holder, position).is_none()
            {
                let label = one_line(&chain.labels[n - 1].to_string()).into_owned();
                let on_chain = is_marked;
                graph.add_edge(holder, position, ViewEdge { label, on_chain });
            }
        }
    }

    fn view(self) -> View {
        let max_depth = self.graph.node_weights().map(|node| node.depth).max();
        View {
            max_depth: max_depth.unwrap_or(0),
            graph: self.graph,
            is_rest_faint: false,
        }
    }
}

fn view_node(snapshot: &HeapSnapshot, node: NodeIndex, depth: usize) -> ViewNode {
    let mut lines = vec![snapshot.graph().type_of(node).name.clone()];
    lines.extend(node_detail(snapshot, node));
    let root = snapshot.root(node);
    let root = root.filter(|root| !matches!(root.kind, RootKind::Module | RootKind::Frame));
    lines.extend(root.map(|root| root.name.clone()));
    let lines = lines.iter().map(|line| one_line(line).into_owned());
    ViewNode {
        kind: ViewNodeKind::of(snapshot.graph().flags(node)),
        lines: lines.collect(),
        depth,
        is_target: depth == 0,
        on_chain: false,
        is_highlighted: false,
        has_finalizer: false,
        extra_attributes: Vec::new(),
    }
}
