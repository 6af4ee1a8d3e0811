//! The texts of a drawing: labels short enough to read, tooltips with everything.

use graphviz_rust::dot_structures::Id;

use super::{
    escape::{html, quoted},
    look::{FINALIZER, PAPER},
    one_line::visible,
    view::{ViewEdge, ViewNode, ViewNodeKind},
    wrap::{Room, wrap},
};

const TYPE_NAME: Room = Room {
    columns: 36,
    rows: 2,
};
const DETAIL: Room = Room {
    columns: 42,
    rows: 3,
};
/// More rows than any label needs; what a caller's own text has beyond them is in the tooltip.
const MOST_ROWS: usize = 12;
const EDGE: Room = Room {
    columns: 28,
    rows: 2,
};
const MOST_EDGE_ROWS: usize = 4;

/// The label of a node: the type name in bold, the other lines below it, and a badge if the type
/// defines `__del__`.
pub(super) fn node_label(node: &ViewNode) -> Id {
    let rows = rows(node);
    let written: Vec<String> = rows
        .iter()
        .map(|row| match row {
            Row::TypeName(text) => format!("<b>{}</b>", html(text)),
            Row::Detail(text) => html(text),
        })
        .collect();
    let text = written.join("<br/>");
    match (node.has_finalizer, rows.is_empty()) {
        (false, true) => quoted(""),
        (false, false) => Id::Html(format!("<{text}>")),
        (true, _) => Id::Html(with_badge(&text)),
    }
}

/// The same texts as in [`node_label`] without markup, for shapes that take none.
pub(super) fn plain_node_label(node: &ViewNode) -> String {
    let mut rows: Vec<String> = rows(node)
        .into_iter()
        .map(|row| match row {
            Row::TypeName(text) | Row::Detail(text) => text,
        })
        .collect();
    if node.has_finalizer {
        rows.push("__del__".to_owned());
    }
    rows.join("\n")
}

/// All that a node's label says, not shortened.
pub(super) fn tooltip(node: &ViewNode) -> String {
    node.lines.join("\n")
}

/// The label of an edge, with room on both sides so that the line does not touch it.
pub(super) fn edge_label(edge: &ViewEdge) -> Id {
    let label = visible(&edge.label);
    let rows = label
        .split('\n')
        .flat_map(|line| wrap(line, EDGE))
        .take(MOST_EDGE_ROWS);
    if edge.on_chain {
        let rows: Vec<String> = rows
            .map(|row| format!("  <b>{}</b>  ", html(&row)))
            .collect();
        return Id::Html(format!("<{}>", rows.join("<br/>")));
    }
    let rows: Vec<String> = rows.map(|row| format!("  {row}  ")).collect();
    quoted(&rows.join("\n"))
}

enum Row {
    TypeName(String),
    Detail(String),
}

fn rows(node: &ViewNode) -> Vec<Row> {
    let has_type_name = !matches!(node.kind, ViewNodeKind::More(_));
    let mut rows = Vec::new();
    for (position, line) in node.lines.iter().enumerate() {
        let (room, row): (Room, fn(String) -> Row) = if position == 0 && has_type_name {
            (TYPE_NAME, Row::TypeName)
        } else {
            (DETAIL, Row::Detail)
        };
        let line = visible(line);
        rows.extend(line.split('\n').flat_map(|part| wrap(part, room)).map(row));
    }
    if rows.len() > MOST_ROWS {
        rows.truncate(MOST_ROWS - 1);
        rows.push(Row::Detail("…".to_owned()));
    }
    rows
}

/// `text` with a small filled box below it that says `__del__`.
fn with_badge(text: &str) -> String {
    const TABLE: &str = "table border=\"0\" cellspacing=\"0\" cellpadding=\"0\"";
    const SIZE: &str = "fixedsize=\"true\" width=\"42\" height=\"14\"";
    let badge = format!(
        "<{TABLE} cellborder=\"1\" {SIZE}>\
         <tr><td {SIZE} style=\"rounded\" color=\"{PAPER}\" bgcolor=\"{FINALIZER}\">\
         <font point-size=\"8\" color=\"{PAPER}\"><b>__del__</b></font></td></tr></table>"
    );
    format!(
        "<<{TABLE} cellborder=\"0\"><tr><td>{text}</td></tr><tr><td height=\"2\"></td></tr>\
         <tr><td>{badge}</td></tr></table>>"
    )
}
