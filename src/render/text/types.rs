//! Types of a heap and what became of them, as tables.

use std::fmt::Write;

use super::number::{grouped, signed};
use super::style::{Paint, Style};
use super::table::{Align, Cell, Table};
use crate::analysis::{
    ChangeKind, GivenOrder, HeapDiff, HeldAs, Histogram, ReferenceLeak, Tally, TypeChange,
    TypeTally, Unexplained, UnexplainedTally,
};
use crate::render::one_line;

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
    let mut text = table.text(style);
    if !diff.leaks.is_empty() {
        text.push('\n');
    }
    for leak in diff.leaks.iter().take(limit) {
        text.push_str(&style.paint(Paint::More, leak_words(leak)));
        text.push('\n');
    }
    if let Some(words) = order_words(diff.order) {
        let _ = writeln!(text, "\n{words}");
    }
    text
}

/// What is to be said of the order in which the heaps were given.
fn order_words(order: GivenOrder) -> Option<&'static str> {
    match order {
        GivenOrder::Forward => None,
        GivenOrder::Reversed => Some(
            "The later snapshot was given as the base: the two are compared in the order of their capture.",
        ),
        GivenOrder::Doubtful => Some(
            "The base was captured after the other snapshot, by their clocks: what shrank here may have grown.",
        ),
    }
}

/// A probable leak of references in one line.
pub fn leak_words(leak: &ReferenceLeak) -> String {
    let of_class = match leak.held {
        HeldAs::Instances => "",
        HeldAs::Class => "the class ",
    };
    let (rise, name) = (grouped(leak.rise), one_line(&leak.type_name));
    if leak.is_without_memory() {
        return format!(
            "no memory is lost: +{rise} references that nothing explains to the same {name}"
        );
    }
    let mut words = format!(
        "probable missing decref in compiled code: +{rise} references to {of_class}{name}, held from outside"
    );
    if leak.held == HeldAs::Class {
        words.push_str(": instances of it that cannot be seen, or references alone");
    }
    if leak.loaded_modules > 0 {
        let modules = if leak.loaded_modules == 1 {
            "module"
        } else {
            "modules"
        };
        let count = grouped(leak.loaded_modules);
        let _ = write!(
            words,
            " (or by one of the {count} {modules} loaded meanwhile)"
        );
    }
    words
}

/// What the graph cannot explain: the first `limit` classes, and the others in one line.
pub fn unexplained_text(unexplained: &Unexplained, limit: usize, style: Style) -> String {
    let mut table = Table::new([
        ("references", Align::Right),
        ("objects", Align::Right),
        ("type", Align::Left),
    ]);
    let rows = &unexplained.tallies;
    let (shown, rest) = rows.split_at(limit.min(rows.len()));
    for row in shown {
        let of_class = match row.held {
            HeldAs::Instances => "",
            HeldAs::Class => "class ",
        };
        let name = format!("{of_class}{}", row.type_name);
        table.push([
            Cell::new(grouped(row.references)),
            Cell::new(grouped(row.objects)),
            Cell::new(name),
        ]);
    }
    if !rest.is_empty() {
        let sum = |count: fn(&UnexplainedTally) -> u64| grouped(rest.iter().map(count).sum());
        let texts = [
            sum(|row| row.references),
            sum(|row| row.objects),
            more_types(rest.len()),
        ];
        table.push(texts.map(|text| Cell::painted(Paint::Faint, text)));
    }
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
