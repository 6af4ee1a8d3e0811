//! What holds new objects, in words.

use std::fmt::Write;

use super::TO_STRING;
use super::number::grouped;
use super::style::{Paint, Style};
use super::why::chain_spelled;
use crate::analysis::{NewObjects, NewPlace, Tally, TypeTally};
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// Types that are named at a place.
const MOST_TYPES: usize = 4;

/// How many are new and what holds most of them, then the first `limit` places.
pub fn new_objects_text(
    snapshot: &HeapSnapshot,
    new: &NewObjects,
    limit: usize,
    style: Style,
) -> String {
    let strong = |text: &str| style.paint(Paint::Strong, one_line(text));
    let mut text = strong(&headline(new)) + "\n";
    let (shown, rest) = new.places.split_at(limit.min(new.places.len()));
    for place in shown {
        let NewPlace {
            path, tally, types, ..
        } = place;
        let (path, words) = (strong(path), amount(*tally));
        let example = example_spelled(snapshot, place);
        writeln!(text, "\n{path}\n    {words}: {}", type_words(types)).expect(TO_STRING);
        if example != place.path {
            writeln!(text, "    such as {example}").expect(TO_STRING);
        }
    }
    if !rest.is_empty() {
        let tally = Tally {
            count: rest.iter().map(|place| place.tally.count).sum(),
            bytes: (rest.iter()).fold(0, |sum, place| sum.saturating_add(place.tally.bytes)),
        };
        let count = grouped(rest.len() as u64);
        writeln!(text, "\n… {count} more places: {}", amount(tally)).expect(TO_STRING);
    }
    if new.garbage.count > 0 {
        let words = amount(new.garbage);
        writeln!(text, "\n{words} new and garbage: nothing alive leads there").expect(TO_STRING);
    }
    text
}

fn headline(new: &NewObjects) -> String {
    let Some(first) = new.places.first() else {
        return "No object is alive that is known to be new".into();
    };
    let share = match new.places.len() {
        1 => "held by",
        _ => "most bytes held by",
    };
    format!("{} new, {share} {}", amount(new.total), first.path)
}

fn amount(tally: Tally) -> String {
    let objects = if tally.count == 1 {
        "object"
    } else {
        "objects"
    };
    let (count, bytes) = (grouped(tally.count), grouped(tally.bytes));
    format!("{count} {objects} of {bytes} bytes")
}

fn type_words(types: &[TypeTally]) -> String {
    let words = types.iter().take(MOST_TYPES).map(|row| {
        let count = grouped(row.tally.count);
        format!("{} {count}", one_line(&row.type_name))
    });
    let more = types.len().saturating_sub(MOST_TYPES);
    let more = (more > 0).then(|| format!("{more} more types"));
    words.chain(more).collect::<Vec<_>>().join(", ")
}

/// The path to the example of a place, with positions and keys.
pub fn example_spelled(snapshot: &HeapSnapshot, place: &NewPlace) -> String {
    match &place.chain {
        Some(chain) => chain_spelled(snapshot, chain),
        None => place.path.clone(),
    }
}
