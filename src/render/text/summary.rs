//! What is in a snapshot.

use std::fmt::Write;

use super::number::{grouped, utc};
use super::style::{Paint, Style};
use super::types::types_text;
use crate::analysis::{Histogram, TypeOrder};
use crate::graph::RootKind;
use crate::render::escape::one_line;
use crate::snapshot::HeapSnapshot;

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
    text.push('\n');
    text.push_str(&types_text(&histogram, TOP_TYPES, style));
    text
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
