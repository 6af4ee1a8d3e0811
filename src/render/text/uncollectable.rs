//! Cycles that the collector cannot free, in words.

use super::number::grouped;
use crate::analysis::{Cycle, Tally, UncollectableGroup};
use crate::render::{cycle_text, one_line};
use crate::snapshot::HeapSnapshot;

/// What such a cycle is called, before the way round it.
pub(super) const CYCLE: &str = "a cycle that the collector cannot free";

/// What holds something, and why that stays: two lines.
pub fn uncollectable_words(snapshot: &HeapSnapshot, group: &UncollectableGroup) -> [String; 2] {
    let cycle = cycle_text(snapshot, &group.cycle);
    let cycles = match group.count {
        1 => "it keeps".to_owned(),
        count => format!("{} such cycles keep", grouped(count as u64)),
    };
    [
        format!("held by {CYCLE}: {cycle}"),
        format!(
            "the collector does not see {}; {cycles} {}",
            unseen_words(snapshot, &group.cycle),
            tally_words(group.kept)
        ),
    ]
}

/// The references of a cycle that the collector does not see.
pub(super) fn unseen_words(snapshot: &HeapSnapshot, cycle: &Cycle) -> String {
    let unseen = cycle.unseen_references(snapshot);
    one_line(&unseen.join(", ")).into_owned()
}

fn tally_words(tally: Tally) -> String {
    let objects = if tally.count == 1 {
        "object"
    } else {
        "objects"
    };
    let (count, bytes) = (grouped(tally.count), grouped(tally.bytes));
    format!("{count} {objects}, {bytes} bytes")
}
