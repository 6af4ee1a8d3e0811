//! Memory that saving takes.

use std::ops::Range;

use super::super::HeapSnapshot;
use super::names::MOST_TEXTS;
use crate::graph::NodeIndex;

/// Whatever is saved: pages at work, the compressor's tables.
const BYTES: usize = 24 << 20;
/// For each row of the largest row group.
const BYTES_A_ROW: usize = 160;
/// For each reference of the row group with the most.
const BYTES_A_REFERENCE: usize = 5;
/// For each text that a row group numbers.
const BYTES_A_NUMBERED_TEXT: usize = 60;
/// For each text of a column that has one in a row.
const BYTES_A_TEXT: usize = 90;

/// Bytes that it takes to save a snapshot in row groups of these rows: at most about what
/// `benches/memory.py` measures, and a fifth more.
pub(super) fn needed(snapshot: &HeapSnapshot, groups: &[Range<usize>]) -> u64 {
    let graph = snapshot.graph();
    let reference_count = |rows: &Range<usize>| match (rows.start, rows.end.checked_sub(1)) {
        (first, Some(last)) if first <= last => {
            let [first, last] = [first, last].map(|row| graph.edge_positions(NodeIndex::new(row)));
            last.end - first.start
        }
        _ => 0,
    };
    let rows = groups.iter().map(Range::len).max().unwrap_or_default();
    let references = groups.iter().map(reference_count).max().unwrap_or_default();
    let numbered = match snapshot.edge_names() {
        None => 0,
        // A text may be a key, the name of one and that of an attribute; a position is one in a list.
        Some(names) => {
            let widest = graph.nodes().map(|node| graph.referents(node).len()).max();
            (3 * names.texts().len() + widest.unwrap_or_default()).min(references)
        }
    };
    let texts = snapshot.node_names().texts().len() + snapshot.values().texts().len();
    let bytes = BYTES
        + BYTES_A_ROW * rows
        + BYTES_A_REFERENCE * references
        + BYTES_A_NUMBERED_TEXT * numbered.min(MOST_TEXTS)
        + BYTES_A_TEXT * texts;
    bytes as u64
}
