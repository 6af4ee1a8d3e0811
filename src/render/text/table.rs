//! Columns of text.

use super::style::{Paint, Style};
use crate::render::one_line;

/// On which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// One text of a table.
pub(super) struct Cell {
    text: String,
    paint: Paint,
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self::painted(Paint::Plain, text)
    }

    pub(super) fn painted(paint: Paint, text: impl AsRef<str>) -> Self {
        Self {
            text: one_line(text.as_ref()).into_owned(),
            paint,
        }
    }
}

/// Rows of texts under headings; the columns are as wide as they need to be.
pub(super) struct Table<const N: usize> {
    aligns: [Align; N],
    rows: Vec<[Cell; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(columns: [(&str, Align); N]) -> Self {
        Self {
            aligns: columns.map(|(_, align)| align),
            rows: vec![columns.map(|(heading, _)| Cell::painted(Paint::Strong, heading))],
        }
    }

    pub(super) fn push(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// The table with a line break after each row and no blanks at the end of any.
    pub(super) fn text(&self, style: Style) -> String {
        let width = |column: usize| {
            let lengths = self.rows.iter().map(|row| row[column].text.chars().count());
            lengths.max().unwrap_or(0)
        };
        let widths: [usize; N] = std::array::from_fn(width);
        let mut text = String::new();
        for row in &self.rows {
            let last = row.iter().rposition(|cell| !cell.text.is_empty());
            for (column, cell) in row.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
                let blanks = " ".repeat(widths[column] - cell.text.chars().count());
                let painted = style.paint(cell.paint, &cell.text);
                if column > 0 {
                    text.push_str("  ");
                }
                match self.aligns[column] {
                    Align::Right => text.extend([blanks, painted]),
                    Align::Left if Some(column) == last => text.push_str(&painted),
                    Align::Left => text.extend([painted, blanks]),
                }
            }
            text.push('\n');
        }
        text
    }
}
