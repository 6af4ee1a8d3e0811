//! Cycles and garbage, in words and tables.

use std::fmt::Write;

use super::number::grouped;
use super::style::{Paint, Style};
use super::table::{Align, Cell, Table};
use super::types::types_text;
use super::uncollectable::{CYCLE, unseen_words};
use crate::analysis::{
    CycleGroup, Cycles, Fate, Garbage, Histogram, StandingCycles, Tally, TypeOrder,
};
use crate::render::cycle_text;
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// Types named of the objects of a cycle.
const TYPES_NAMED: usize = 3;

/// The first `limit` groups of cycles, the others in one line, and what hangs together by modules
/// and classes.
pub fn cycles_text(snapshot: &HeapSnapshot, cycles: &Cycles, limit: usize, style: Style) -> String {
    let mut text = if cycles.groups.is_empty() {
        "no cycles, other than through modules and classes\n".to_owned()
    } else {
        groups_text(snapshot, &cycles.groups, limit, style)
    };
    if cycles.standing.component_count > 0 {
        writeln!(text, "\n{}", standing(&cycles.standing)).expect(super::TO_STRING);
    }
    text
}

/// How much garbage there is and what becomes of it; then the first `limit` groups of cycles, and
/// the `limit` types with most bytes.
pub fn garbage_text(
    snapshot: &HeapSnapshot,
    garbage: &Garbage,
    limit: usize,
    style: Style,
) -> String {
    let mut text = String::new();
    for (name, value) in facts(snapshot, garbage) {
        let name = style.paint(Paint::Strong, format!("{name:<14}"));
        writeln!(text, "{name}  {}", one_line(&value)).expect(super::TO_STRING);
    }
    if !garbage.groups.is_empty() {
        text.push('\n');
        text += &groups_text(snapshot, &garbage.groups, limit, style);
    }
    if !garbage.nodes.is_empty() {
        text.push('\n');
        text += &types_text(&garbage.types, limit, style);
    }
    text
}

fn facts(snapshot: &HeapSnapshot, garbage: &Garbage) -> Vec<(&'static str, String)> {
    let metadata = snapshot.metadata();
    if garbage.nodes.is_empty() && garbage.listed.iter().flatten().next().is_none() {
        let hint = if metadata.collected {
            "; it was collected before the snapshot was taken (collect=False leaves it)"
        } else {
            ""
        };
        let mut facts = vec![("garbage", format!("none{hint}"))];
        facts.extend(unseen(&metadata.unseen));
        return facts;
    }
    let components: usize = garbage
        .groups
        .iter()
        .map(|group| group.component_count)
        .sum();
    let cycles = if components == 1 {
        "component"
    } else {
        "components"
    };
    let mut facts = vec![
        ("garbage", amount(garbage.total())),
        (
            "in cycles",
            format!(
                "{}, in {} {cycles}",
                amount(garbage.in_cycles),
                grouped(components as u64)
            ),
        ),
        ("held by cycles", amount(garbage.held_by_cycles)),
    ];
    if garbage.uncollectable.count > 0 {
        let why = "cycles that the collector cannot free keep them until the process ends";
        let uncollectable = format!("{}; {why}", amount(garbage.uncollectable));
        facts.push(("uncollectable", uncollectable));
    }
    if let Some(listed) = garbage.listed.as_ref().filter(|listed| !listed.is_empty()) {
        let objects = count_of(listed.len() as u64);
        let listed = format!("{objects} that the collector has put there, and that it keeps alive");
        facts.push(("gc.garbage", listed));
    }
    facts.extend(unseen(&metadata.unseen));
    facts
}

fn unseen(unseen: &[String]) -> impl Iterator<Item = (&'static str, String)> {
    unseen.iter().map(|what| ("not seen", what.clone()))
}

fn groups_text(
    snapshot: &HeapSnapshot,
    groups: &[CycleGroup],
    limit: usize,
    style: Style,
) -> String {
    let mut table = Table::new([
        ("", Align::Left),
        ("cycles", Align::Right),
        ("objects", Align::Right),
        ("bytes", Align::Right),
        ("shortest cycle", Align::Left),
        ("objects by type", Align::Left),
    ]);
    let (shown, rest) = groups.split_at(limit.min(groups.len()));
    for group in shown {
        table.push([
            Cell::new(group.fate.word()),
            Cell::new(grouped(group.component_count as u64)),
            Cell::new(grouped(group.tally.count)),
            Cell::new(grouped(group.tally.bytes)),
            Cell::new(cycle_text(snapshot, &group.cycle)),
            Cell::painted(Paint::Faint, types_of(&group.types)),
        ]);
    }
    if !rest.is_empty() {
        let sum = |number: fn(&CycleGroup) -> u64| {
            let numbers = rest.iter().map(number);
            Cell::painted(Paint::Faint, grouped(numbers.fold(0, u64::saturating_add)))
        };
        let kinds = if rest.len() == 1 { "kind" } else { "kinds" };
        table.push([
            Cell::new(""),
            sum(|group| group.component_count as u64),
            sum(|group| group.tally.count),
            sum(|group| group.tally.bytes),
            Cell::painted(Paint::Faint, format!("({} more {kinds})", rest.len())),
            Cell::new(""),
        ]);
    }
    let uncollectable = shown
        .iter()
        .filter(|group| group.fate == Fate::Uncollectable);
    let mut text = table.text(style);
    for (number, group) in uncollectable.enumerate() {
        let gap = if number == 0 { "\n" } else { "" };
        let cycle = cycle_text(snapshot, &group.cycle);
        let unseen = unseen_words(snapshot, &group.cycle);
        writeln!(text, "{gap}{CYCLE}: {cycle}; it does not see {unseen}").expect(super::TO_STRING);
    }
    text
}

/// The types with most objects, those of the interpreter after others: `2 app.Node, 7 list`.
fn types_of(types: &Histogram) -> String {
    let mut types = types.clone();
    types.sort(TypeOrder::Count);
    (types.types).sort_by_key(|row| row.type_name.starts_with("builtins."));
    let (shown, rest) = types.types.split_at(TYPES_NAMED.min(types.types.len()));
    let mut texts: Vec<String> = shown
        .iter()
        .map(|row| {
            let name = row.type_name.strip_prefix("builtins.");
            let name = name.unwrap_or(&row.type_name);
            format!("{} {name}", grouped(row.tally.count))
        })
        .collect();
    match rest.len() {
        0 => {}
        1 => texts.push("1 more type".into()),
        count => texts.push(format!("{} more types", grouped(count as u64))),
    }
    texts.join(", ")
}

fn standing(standing: &StandingCycles) -> String {
    let number = |count: usize, one: &str, many: &str| {
        let word = if count == 1 { one } else { many };
        format!("{} {word}", grouped(count as u64))
    };
    format!(
        "through modules and classes, as in every program: {} with {}, {} and {} among them",
        number(standing.component_count, "component", "components"),
        amount(standing.tally),
        number(standing.module_count, "module", "modules"),
        number(standing.class_count, "class", "classes"),
    )
}

fn amount(tally: Tally) -> String {
    format!("{}, {} bytes", count_of(tally.count), grouped(tally.bytes))
}

fn count_of(count: u64) -> String {
    let objects = if count == 1 { "object" } else { "objects" };
    format!("{} {objects}", grouped(count))
}
