//! Views to draw, small and large.

use heapgraph::render::{View, ViewEdge, ViewNode, ViewNodeKind};
use petgraph::graph::{DiGraph, NodeIndex};

/// An object of the given label lines at the given depth, with no marks.
pub(crate) fn object(lines: &[&str], depth: usize) -> ViewNode {
    ViewNode {
        kind: ViewNodeKind::Object,
        lines: lines.iter().map(|&line| line.to_owned()).collect(),
        depth,
        is_target: false,
        on_chain: false,
        is_highlighted: false,
        has_finalizer: false,
        extra_attributes: Vec::new(),
    }
}

pub(crate) fn of_kind(kind: ViewNodeKind, lines: &[&str], depth: usize) -> ViewNode {
    ViewNode {
        kind,
        ..object(lines, depth)
    }
}

/// The object asked about.
pub(crate) fn target(lines: &[&str]) -> ViewNode {
    ViewNode {
        is_target: true,
        ..object(lines, 0)
    }
}

/// The same node, on the reference chain.
pub(crate) fn chained(node: ViewNode) -> ViewNode {
    ViewNode {
        on_chain: true,
        ..node
    }
}

/// The node with one extra attribute.
pub(crate) fn with_extra(node: ViewNode, name: &str, value: &str) -> ViewNode {
    let mut node = node;
    node.extra_attributes
        .push((name.to_owned(), value.to_owned()));
    node
}

/// A view built node by node.
pub(crate) struct ViewBuilder {
    graph: DiGraph<ViewNode, ViewEdge>,
}

impl ViewBuilder {
    pub(crate) fn new() -> Self {
        Self {
            graph: DiGraph::new(),
        }
    }

    pub(crate) fn node(&mut self, node: ViewNode) -> NodeIndex {
        self.graph.add_node(node)
    }

    pub(crate) fn edge(&mut self, holder: NodeIndex, held: NodeIndex, label: &str) {
        self.graph.add_edge(
            holder,
            held,
            ViewEdge {
                label: label.to_owned(),
                on_chain: false,
            },
        );
    }

    pub(crate) fn chain_edge(&mut self, holder: NodeIndex, held: NodeIndex, label: &str) {
        self.graph.add_edge(
            holder,
            held,
            ViewEdge {
                label: label.to_owned(),
                on_chain: true,
            },
        );
    }

    pub(crate) fn build(self) -> View {
        let max_depth = self
            .graph
            .node_weights()
            .map(|node| node.depth)
            .max()
            .unwrap_or(0);
        View {
            graph: self.graph,
            max_depth,
            is_rest_faint: false,
        }
    }
}

/// One node with the given label lines.
pub(crate) fn single(node: ViewNode) -> View {
    let mut view = ViewBuilder::new();
    view.node(node);
    view.build()
}

/// A chain from a module to a session that also others hold: every kind and mark once.
pub(crate) fn leak() -> View {
    let mut view = ViewBuilder::new();
    let session = view.node(ViewNode {
        has_finalizer: true,
        ..chained(target(&["Session", "<Session user=17>"]))
    });
    let entries = view.node(chained(object(&["list", "3 items"], 1)));
    let frame = view.node(of_kind(
        ViewNodeKind::Frame,
        &["frame", "app/views.py:112"],
        1,
    ));
    let handler = view.node(ViewNode {
        is_highlighted: true,
        ..object(&["Handler", "<Handler for /login>"], 1)
    });
    let closing = view.node(ViewNode {
        has_finalizer: true,
        ..object(&["Connection", "<Connection closed=False>"], 1)
    });
    let more = view.node(of_kind(ViewNodeKind::More(12), &["12 more referrers"], 1));
    let cache = view.node(chained(object(&["dict", "12 items"], 2)));
    let class = view.node(of_kind(
        ViewNodeKind::Type,
        &["type", "app.views.Handler"],
        2,
    ));
    let pool = view.node(object(&["deque", "deque([<Connection closed=False>])"], 2));
    let module = view.node(chained(of_kind(
        ViewNodeKind::Module,
        &["module", "app.cache"],
        3,
    )));
    let views = view.node(of_kind(ViewNodeKind::Module, &["module", "app.views"], 3));
    view.chain_edge(entries, session, "[0]");
    view.edge(frame, session, "session");
    view.edge(handler, session, ".session");
    view.edge(closing, session, ".owner");
    view.edge(more, session, "");
    view.chain_edge(cache, entries, "['sessions']");
    view.edge(class, handler, ".instances");
    view.edge(pool, closing, "[0]");
    view.chain_edge(module, cache, ".__dict__");
    view.edge(views, class, ".Handler");
    view.build()
}

/// A long plain chain.
#[cfg(feature = "svg")]
pub(crate) fn chain(length: usize) -> View {
    let mut view = ViewBuilder::new();
    let mut held = view.node(chained(target(&["Session", "<Session user=17>"])));
    for depth in 1..length {
        let holder = if depth + 1 == length {
            of_kind(ViewNodeKind::Module, &["module", "app"], depth)
        } else {
            object(&["dict", "3 items"], depth)
        };
        let holder = view.node(chained(holder));
        view.chain_edge(
            holder,
            held,
            if depth % 2 == 0 {
                ".__dict__"
            } else {
                "['entry']"
            },
        );
        held = holder;
    }
    view.build()
}

/// A tree of referrers of some size, with a few cross edges, as a search with a high `too_many`
/// gives it.
pub(crate) fn tree(size: usize, fan_out: usize) -> View {
    let mut view = ViewBuilder::new();
    let mut nodes = vec![(view.node(target(&["Session", "<Session user=17>"])), 0)];
    for position in 1..size {
        let (held, depth) = nodes[(position - 1) / fan_out];
        let number = position.to_string();
        let node = match position % 17 {
            3 => of_kind(ViewNodeKind::Module, &["module", "app.cache"], depth + 1),
            7 => of_kind(
                ViewNodeKind::Frame,
                &["frame", "app/views.py:112"],
                depth + 1,
            ),
            11 => of_kind(
                ViewNodeKind::Type,
                &["type", "app.views.Handler"],
                depth + 1,
            ),
            13 => of_kind(ViewNodeKind::More(12), &["12 more referrers"], depth + 1),
            5 => object(
                &["Handler", &format!("<Handler for /login/{number}>")],
                depth + 1,
            ),
            _ => object(&["dict", &format!("{number} items")], depth + 1),
        };
        let is_more = matches!(node.kind, ViewNodeKind::More(_));
        let holder = view.node(node);
        let label = if is_more {
            ""
        } else {
            ["['entries']", ".__dict__", "[17]"][position % 3]
        };
        view.edge(holder, held, label);
        if position % 23 == 0 && !is_more {
            view.edge(holder, nodes[position / 2].0, ".peer");
        }
        nodes.push((holder, depth + 1));
    }
    view.build()
}
