//! What is in a snapshot.

use std::fmt::Write;

use super::number::{grouped, utc};
use super::style::{Paint, Style};
use super::types::types_text;
use crate::analysis::{Histogram, TypeOrder, TypeTally};
use crate::graph::RootKind;
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// Types without a traverse that a summary names.
const NAMED_OPAQUE: usize = 3;
/// Fewer objects of such a type are not worth a word.
const MANY_OPAQUE: u64 = 100;
/// Types listed in a summary.
pub const TOP_TYPES: usize = 10;

/// Where a snapshot comes from, how much there is in it, and the types with the most bytes.
pub fn summary_text(snapshot: &HeapSnapshot, style: Style) -> String {
    let mut histogram = Histogram::new(snapshot.graph());
    histogram.sort(TypeOrder::Bytes);
    let mut text = String::new();
    for (name, value) in facts(snapshot, &histogram) {
        let name = style.paint(Paint::Strong, format!("{name:<10}"));
        writeln!(text, "{name}  {}", one_line(&value)).expect(super::TO_STRING);
    }
    for unseen in &snapshot.metadata().unseen {
        let name = style.paint(Paint::Strong, "not seen  ");
        writeln!(text, "{name}  {}", one_line(unseen)).expect(super::TO_STRING);
    }
    if let Some(opaque) = opaque_words(snapshot) {
        let name = style.paint(Paint::Strong, "not seen  ");
        writeln!(text, "{name}  {}", one_line(&opaque)).expect(super::TO_STRING);
    }
    text.push('\n');
    text.push_str(&types_text(&histogram, TOP_TYPES, style));
    text
}

/// The types that do not show what their objects hold, if there are many of these.
fn opaque_words(snapshot: &HeapSnapshot) -> Option<String> {
    let mut opaque = Histogram::opaque(snapshot);
    opaque.types.retain(|row| row.tally.count >= MANY_OPAQUE);
    let (named, others) = opaque.types.split_at(opaque.types.len().min(NAMED_OPAQUE));
    let row = |row: &TypeTally| {
        let (count, bytes) = (grouped(row.tally.count), grouped(row.tally.bytes));
        format!("{} ({count} objects, {bytes} bytes)", row.type_name)
    };
    let mut words: Vec<String> = named.iter().map(row).collect();
    match others.len() {
        0 => {}
        1 => words.push("1 other type".into()),
        count => words.push(format!("{} other types", grouped(count as u64))),
    }
    let what = "what objects without a traverse hold";
    let how = "heapgraph.register_referents makes it visible";
    (!words.is_empty()).then(|| format!("{what}: {}; {how}", words.join(", ")))
}

fn facts(snapshot: &HeapSnapshot, histogram: &Histogram) -> Vec<(&'static str, String)> {
    let (graph, metadata) = (snapshot.graph(), snapshot.metadata());
    let captured = format!(
        "{} in {:.2} s{}",
        utc(metadata.captured_at),
        metadata.capture_time.as_secs_f64(),
        if metadata.collected {
            ", after a collection"
        } else {
            ""
        }
    );
    let objects = format!(
        "{} of {} types, {} references",
        grouped(graph.node_count() as u64),
        grouped(histogram.types.len() as u64),
        grouped(graph.edge_count() as u64),
    );
    let recorded = match (snapshot.edge_names(), snapshot.values().is_empty()) {
        (Some(_), _) if !metadata.has_keys => "names, without the keys of dicts",
        (Some(_), true) => "names",
        (Some(_), false) => "names and values",
        (None, true) => "neither names nor values",
        (None, false) => "values",
    };
    vec![
        ("program", metadata.program.clone()),
        ("process", metadata.pid.to_string()),
        ("captured", captured),
        ("Python", metadata.python_version.clone()),
        ("platform", metadata.platform.clone()),
        ("heapgraph", metadata.tool_version.clone()),
        ("recorded", recorded.into()),
        ("objects", objects),
        ("bytes", grouped(histogram.total().bytes)),
        ("roots", root_counts(snapshot)),
    ]
}

fn root_counts(snapshot: &HeapSnapshot) -> String {
    let counts = RootKind::ALL.map(|kind| {
        let of_kind = snapshot.roots().iter().filter(|root| root.kind == kind);
        (kind, of_kind.count() as u64)
    });
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(kind, count)| format!("{} {kind}", grouped(*count)))
        .collect();
    if counts.is_empty() {
        "none".into()
    } else {
        counts.join(", ")
    }
}
