//! What the kinds and marks of a node look like. Each is told by shape, border or weight as well
//! as by colour, so that a grey print and a colour-blind reader lose nothing.

use super::view::{View, ViewNode, ViewNodeKind};

pub(super) const FONT: &str = "Helvetica";
pub(super) const INK: &str = "#1f2933";
pub(super) const QUIET_INK: &str = "#5b6875";
pub(super) const LINE: &str = "#66788a";
pub(super) const QUIET_LINE: &str = "#8c99a6";
pub(super) const CHAIN: &str = "#c2410c";
pub(super) const CHAIN_INK: &str = "#a8370a";
pub(super) const FINALIZER: &str = "#9b1c1c";
pub(super) const PAPER: &str = "#ffffff";

const TARGET: &str = "#1f3a5f";
const HIGHLIGHT: (&str, &str) = ("#bfe3ff", "#0b69a3");
const NEAREST: [u8; 3] = [0xff, 0xff, 0xff];
const FARTHEST: [u8; 3] = [0xbd, 0xc9, 0xd6];

/// How one node is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Look {
    pub(super) shape: &'static str,
    pub(super) style: &'static str,
    pub(super) fill: String,
    pub(super) border: &'static str,
    pub(super) border_width: &'static str,
    /// A second border line around the first.
    pub(super) is_double: bool,
    pub(super) ink: &'static str,
}

impl Default for Look {
    /// The look of most nodes: an ordinary object, unshaded.
    fn default() -> Self {
        Self {
            shape: "box",
            style: "filled",
            fill: PAPER.to_owned(),
            border: LINE,
            border_width: "1",
            is_double: false,
            ink: INK,
        }
    }
}

impl Look {
    /// The same shape without colours, with a thin border.
    pub(super) fn faint(self) -> Self {
        Self {
            fill: PAPER.to_owned(),
            border: QUIET_LINE,
            border_width: "1",
            ink: QUIET_INK,
            ..self
        }
    }
}

/// The look of `node`: first what it is, then its marks, the strongest last.
pub(super) fn look(node: &ViewNode, max_depth: usize) -> Look {
    let mut look = look_of_kind(node.kind, &shade(node.depth, max_depth));
    if matches!(node.kind, ViewNodeKind::More(_)) {
        return look;
    }
    if node.is_highlighted {
        (look.fill, look.border) = (HIGHLIGHT.0.to_owned(), HIGHLIGHT.1);
        look.is_double = true;
    }
    if node.is_target {
        TARGET.clone_into(&mut look.fill);
        look.ink = PAPER;
    }
    if node.on_chain {
        (look.border, look.border_width) = (CHAIN, "3");
    }
    look
}

fn look_of_kind(kind: ViewNodeKind, shade: &str) -> Look {
    let object = Look {
        fill: shade.to_owned(),
        ..Look::default()
    };
    let tinted = |shape, style, fill: &str, border| Look {
        shape,
        style,
        fill: fill.to_owned(),
        border,
        border_width: "1.5",
        ..object.clone()
    };
    match kind {
        ViewNodeKind::Object => object,
        ViewNodeKind::Module => tinted("box", "filled,rounded", "#d3eedd", "#2f7d57"),
        ViewNodeKind::Frame => tinted("note", "filled", "#fdf0cd", "#a16207"),
        ViewNodeKind::Type => tinted("component", "filled", "#e6e0f5", "#6b46c1"),
        ViewNodeKind::More(_) => Look {
            style: "filled,rounded,dashed",
            fill: PAPER.to_owned(),
            border: QUIET_LINE,
            ink: QUIET_INK,
            ..object
        },
    }
}

/// The fill of an ordinary object: the farther from the objects asked for, the darker.
pub(super) fn shade(depth: usize, max_depth: usize) -> String {
    let scale = max_depth.max(1);
    let depth = depth.min(scale);
    let mix = |near: u8, far: u8| {
        let (near, far) = (usize::from(near), usize::from(far));
        near - (near - far) * depth / scale
    };
    let [red, green, blue] = std::array::from_fn(|i| mix(NEAREST[i], FARTHEST[i]));
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A sample of each look that occurs in `view`, with what it means, for the legend.
pub(super) fn samples(view: &View) -> Vec<(Look, &'static str)> {
    let nodes = || view.graph.node_weights();
    let object = Look::default();
    let mut samples = Vec::new();
    if nodes().any(|node| node.is_target) {
        let fill = TARGET.to_owned();
        samples.push((
            Look {
                fill,
                ink: PAPER,
                border: TARGET,
                ..object.clone()
            },
            "asked for",
        ));
    }
    if nodes().any(|node| node.on_chain) {
        let chain = Look {
            border: CHAIN,
            border_width: "3",
            ..object.clone()
        };
        samples.push((chain, "reference chain"));
    }
    if nodes().any(|node| node.is_highlighted) {
        let (fill, border) = (HIGHLIGHT.0.to_owned(), HIGHLIGHT.1);
        let highlighted = Look {
            fill,
            border,
            is_double: true,
            ..object.clone()
        };
        samples.push((highlighted, "highlighted"));
    }
    if nodes().any(|node| view.is_faint(node)) {
        samples.push((object.clone().faint(), "on the way to another holder"));
    }
    let kinds = [
        (ViewNodeKind::Module, "module"),
        (ViewNodeKind::Frame, "frame"),
        (ViewNodeKind::Type, "class"),
    ];
    for (kind, meaning) in kinds {
        let is_sample = |node: &ViewNode| {
            let is_marked = node.is_target || node.is_highlighted || view.is_faint(node);
            node.kind == kind && !is_marked
        };
        if nodes().any(is_sample) {
            samples.push((look_of_kind(kind, PAPER), meaning));
        }
    }
    let deepest = nodes()
        .filter(|node| is_shaded(node) && !view.is_faint(node))
        .map(|node| node.depth)
        .max();
    if let Some(depth) = deepest.filter(|&depth| depth > 1) {
        let fill = shade(depth, view.max_depth);
        samples.push((Look { fill, ..object }, "darker: farther away"));
    }
    samples
}

fn is_shaded(node: &ViewNode) -> bool {
    node.kind == ViewNodeKind::Object && !node.is_target && !node.is_highlighted
}
