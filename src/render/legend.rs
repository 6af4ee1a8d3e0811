//! The key under a drawing: what its colours and borders mean.

use graphviz_rust::dot_structures::Id;

use super::{
    look::{Look, QUIET_INK, samples},
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
    let style = if look.style.contains("rounded") {
        " style=\"rounded\""
    } else {
        ""
    };
    // Only whole points are allowed here.
    let border = look.border_width.split('.').next().unwrap_or_default();
    let swatch = format!(
        "<td border=\"{}\" color=\"{}\" bgcolor=\"{}\"{style} width=\"14\" height=\"9\" fixedsize=\"true\"></td>",
        border, look.border, look.fill,
    );
    format!(
        "{swatch}<td align=\"left\"><font point-size=\"9\" color=\"{QUIET_INK}\">{meaning}  </font></td>"
    )
}
