//! Objects as a table.

use super::number::grouped;
use super::style::{Paint, Style};
use super::table::{Align, Cell, Table};
use crate::graph::NodeIndex;
use crate::render::words::{node_detail, reference_count};
use crate::snapshot::HeapSnapshot;

/// The first `limit` of `nodes` with what is known of each, and how many there are in all.
pub fn objects_text(
    snapshot: &HeapSnapshot,
    nodes: &[NodeIndex],
    limit: usize,
    style: Style,
) -> String {
    let graph = snapshot.graph();
    let mut table = Table::new([
        ("address", Align::Left),
        ("bytes", Align::Right),
        ("ref count", Align::Right),
        ("type", Align::Left),
        ("name", Align::Left),
    ]);
    for &node in nodes.iter().take(limit) {
        let references = reference_count(snapshot, node);
        let references = references.map_or("immortal".into(), |count| grouped(count.into()));
        table.push([
            Cell::new(format!("{:#x}", graph.address(node))),
            Cell::new(grouped(graph.shallow_size(node))),
            Cell::new(references),
            Cell::new(graph.type_of(node).full_name()),
            Cell::new(node_detail(snapshot, node).unwrap_or_default()),
        ]);
    }
    let sizes = nodes.iter().map(|&node| graph.shallow_size(node));
    let bytes = sizes.fold(0, u64::saturating_add);
    let total = format!(
        "{} {}, {} bytes{}",
        grouped(nodes.len() as u64),
        if nodes.len() == 1 {
            "object"
        } else {
            "objects"
        },
        grouped(bytes),
        if nodes.len() > limit {
            format!("; {} shown", grouped(limit as u64))
        } else {
            String::new()
        }
    );
    format!(
        "{}{}\n",
        table.text(style),
        style.paint(Paint::Strong, total)
    )
}
