//! The key under a drawing: what its colours and borders mean.

use graphviz_rust::dot_structures::Id;

use super::{
    look::{Look, PAPER, QUIET_INK, samples},
    view::View,
};

/// Entries side by side before the key starts another row, so that it does not widen a narrow
/// drawing.
const ENTRIES_PER_ROW: usize = 4;

/// The key as a label of the whole graph, with an entry for each look that occurs in `view`;
/// nothing if no look needs explaining.
pub(super) fn legend(view: &View) -> Option<Id> {
    let samples = samples(view);
    if samples.is_empty() {
        return None;
    }
    let rows: Vec<String> = samples.chunks(ENTRIES_PER_ROW).map(row).collect();
    let rows = rows.concat();
    Some(Id::Html(format!(
        "<<table border=\"0\" cellborder=\"0\" cellspacing=\"3\" cellpadding=\"1\">{rows}</table>>"
    )))
}

fn row(entries: &[(Look, &str)]) -> String {
    let cells: Vec<String> = entries
        .iter()
        .map(|(look, meaning)| cell(look, meaning))
        .collect();
    format!("<tr>{}</tr>", cells.concat())
}

fn cell(look: &Look, meaning: &str) -> String {
    format!(
        "<td align=\"left\">{}</td><td align=\"left\">\
         <font point-size=\"9\" color=\"{QUIET_INK}\">{meaning}  </font></td>",
        swatch(look)
    )
}

/// A small box with the fill and the border of `look`.
fn swatch(look: &Look) -> String {
    if look.is_double {
        let inner = filled_box(look, &look.fill, "width=\"10\" height=\"6\"", "");
        filled_box(
            look,
            PAPER,
            "width=\"16\" height=\"12\" cellpadding=\"2\"",
            &inner,
        )
    } else {
        filled_box(look, &look.fill, "width=\"16\" height=\"12\"", "")
    }
}

fn filled_box(look: &Look, fill: &str, size: &str, inside: &str) -> String {
    let style = if look.style.contains("rounded") {
        " style=\"rounded\""
    } else {
        ""
    };
    // Only whole points are allowed here.
    let width = look.border_width.split('.').next().unwrap_or_default();
    format!(
        "<table border=\"{width}\" color=\"{}\" bgcolor=\"{fill}\"{style} cellborder=\"0\" \
         cellspacing=\"0\" fixedsize=\"true\" {size}><tr><td>{inside}</td></tr></table>",
        look.border
    )
}
