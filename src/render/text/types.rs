//! Types of a heap and what became of them, as tables.

use super::number::{grouped, signed};
use super::style::{Paint, Style};
use super::table::{Align, Cell, Table};
use crate::analysis::{ChangeKind, HeapDiff, Histogram, Tally, TypeChange, TypeTally};

/// The first `limit` types of a histogram, the others in one line, and the total.
pub fn types_text(histogram: &Histogram, limit: usize, style: Style) -> String {
    let mut table = Table::new([
        ("count", Align::Right),
        ("bytes", Align::Right),
        ("type", Align::Left),
    ]);
    let mut row = |tally: Tally, paint, name: &str| {
        let [count, bytes] = [tally.count, tally.bytes].map(grouped);
        table.push([count.as_str(), &bytes, name].map(|text| Cell::painted(paint, text)));
    };
    let (shown, rest) = histogram.types.split_at(limit.min(histogram.types.len()));
    for TypeTally { type_name, tally } in shown {
        row(*tally, Paint::Plain, type_name);
    }
    if !rest.is_empty() {
        let rest = Histogram {
            types: rest.to_vec(),
        };
        row(rest.total(), Paint::Faint, &more_types(rest.types.len()));
    }
    row(histogram.total(), Paint::Strong, "total");
    table.text(style)
}

/// The first `limit` changes of a diff, the others in one line, and the total of both heaps.
pub fn diff_text(diff: &HeapDiff, limit: usize, style: Style) -> String {
    let mut table = Table::new([
        ("count", Align::Right),
        ("change", Align::Right),
        ("bytes", Align::Right),
        ("change", Align::Right),
        ("", Align::Left),
        ("type", Align::Left),
    ]);
    let (shown, rest) = diff.changes.split_at(limit.min(diff.changes.len()));
    for change in shown {
        let kind = change.kind().map_or("", ChangeKind::word);
        table.push(change_row(change, Paint::Plain, kind));
    }
    if !rest.is_empty() {
        let rest = TypeChange::of_all(rest, more_types(rest.len()));
        table.push(change_row(&rest, Paint::Faint, ""));
    }
    table.push(change_row(&diff.total, Paint::Strong, ""));
    table.text(style)
}

fn change_row(change: &TypeChange, paint: Paint, kind: &str) -> [Cell; 6] {
    let changed = |by: i128| {
        let direction = match by {
            1.. => Paint::More,
            0 => paint,
            ..0 => Paint::Less,
        };
        Cell::painted(direction, signed(by))
    };
    let cell = |text: &str| Cell::painted(paint, text);
    [
        cell(&grouped(change.current.count)),
        changed(change.count_change()),
        cell(&grouped(change.current.bytes)),
        changed(change.bytes_change()),
        cell(kind),
        cell(&change.type_name),
    ]
}

pub(super) fn more_types(count: usize) -> String {
    let types = if count == 1 { "type" } else { "types" };
    format!("({} more {types})", grouped(count as u64))
}
