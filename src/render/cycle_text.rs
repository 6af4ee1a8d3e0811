//! A cycle of references in one line.

use super::one_line;
use crate::analysis::Cycle;
use crate::snapshot::HeapSnapshot;

/// A cycle in Python's spelling, as [`Cycle::spelled`] has it; of a very long one the beginning.
pub fn cycle_text(snapshot: &HeapSnapshot, cycle: &Cycle) -> String {
    let (text, left_out) = cycle.spelled(snapshot);
    let more = match left_out {
        0 => String::new(),
        count => format!(
            " -> ({} more references)",
            super::text::grouped(count as u64)
        ),
    };
    one_line(&(text + &more)).into_owned()
}
