//! Why objects are alive, in words.

use std::fmt::Write;

use super::TO_STRING;
use super::compiled_holders::compiled_holders_words;
use super::number::grouped;
use super::style::{Paint, Style};
use super::uncollectable::uncollectable_words;
use crate::analysis::{
    Explanation, Holders, RootChain, Standing, Step, Tally, Verdict, Why, path_start,
};
use crate::graph::{NodeIndex, RootKind};
use crate::render::one_line;
use crate::render::words::{headline, node_words, root_words};
use crate::snapshot::HeapSnapshot;

/// Steps alike in a row from which on they are counted and not written.
const LONGEST_RUN: usize = 10;
/// Columns that the words for an object have before what is known of it.
const WIDEST_OBJECT: usize = 44;

/// Every explanation, then what is not explained.
pub fn why_text(snapshot: &HeapSnapshot, why: &Why, style: Style) -> String {
    let mut text = String::new();
    for (number, explanation) in why.explanations.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        text += &explanation_text(snapshot, explanation, style);
    }
    let rest = [
        (why.more, "held in another way", "held in other ways"),
        (
            why.behind_others,
            "held only by others of them",
            "held only by others of them",
        ),
        (
            why.garbage,
            "garbage: nothing alive leads to it",
            "garbage: nothing alive leads to them",
        ),
    ];
    for (count, one, many) in rest {
        if count > 0 {
            let words = if count == 1 { one } else { many };
            let gap = if text.is_empty() || text.ends_with("\n\n") {
                ""
            } else {
                "\n"
            };
            writeln!(text, "{gap}{} {words}", grouped(count as u64)).expect(TO_STRING);
        }
    }
    text + &uncollectable_text(snapshot, why) + &unseen_text(snapshot, why) + &left_out_text(why)
}

/// What cycles keep that the collector cannot free.
fn uncollectable_text(snapshot: &HeapSnapshot, why: &Why) -> String {
    let mut text = String::new();
    for held in &why.uncollectable {
        let [what, reason] = uncollectable_words(snapshot, &held.group);
        writeln!(
            text,
            "{} {what}\n  {reason}",
            grouped(held.nodes.len() as u64)
        )
        .expect(TO_STRING);
    }
    text
}

/// What the asker holds besides: it explains nothing.
fn left_out_text(why: &Why) -> String {
    let mut text = String::new();
    let asked: usize = why.explanations.iter().map(|one| one.alike).sum();
    for left_out in &why.left_out {
        let count = match left_out.count {
            count if count == 1 && asked > 1 => ", which holds one of them".into(),
            count if count > 1 => format!(", which holds {} of them", grouped(count as u64)),
            _ => String::new(),
        };
        writeln!(text, "and {}{count}", one_line(&left_out.words)).expect(TO_STRING);
    }
    text
}

/// What the snapshot could not see, if something is held from outside: that may be what holds it.
fn unseen_text(snapshot: &HeapSnapshot, why: &Why) -> String {
    let mut text = String::new();
    let is_outside = |explanation: &Explanation| explanation.chain.root.kind == RootKind::External;
    if why.explanations.iter().any(is_outside) {
        for (number, unseen) in snapshot.metadata().unseen.iter().enumerate() {
            let gap = if number == 0 { "\n" } else { "" };
            writeln!(text, "{gap}not seen: {}", one_line(unseen)).expect(TO_STRING);
        }
    }
    text
}

fn explanation_text(snapshot: &HeapSnapshot, explanation: &Explanation, style: Style) -> String {
    let Explanation {
        target,
        alike,
        chain,
        steps,
        fingerprint,
        ..
    } = explanation;
    let strong = |text: &str| style.paint(Paint::Strong, one_line(text));
    let like = match alike {
        1 => String::new(),
        alike => format!("1 of {} like it, ", grouped(*alike as u64)),
    };
    let mut text = format!(
        "{}\n{like}fingerprint {fingerprint}\n\n{}\n\n",
        strong(&headline(snapshot, *target)),
        strong(&spelled_path(snapshot, chain, steps)),
    );
    text += &trace(snapshot, explanation, style);
    text.push('\n');
    text += &holders_text(snapshot, explanation);
    for line in (explanation.outside.iter())
        .flat_map(|held| compiled_holders_words(snapshot, held, false, false))
    {
        writeln!(text, "{line}").expect(TO_STRING);
    }
    text
}

/// A line for every object and two for every reference: its name, and a wavy line if it may be the
/// cause.
fn trace(snapshot: &HeapSnapshot, explanation: &Explanation, style: Style) -> String {
    let Explanation {
        steps,
        verdicts,
        suspects,
        ..
    } = explanation;
    let nodes = explanation.nodes();
    let objects: Vec<String> = (nodes.iter().enumerate())
        .map(|(number, &node)| match number {
            0 => root_words(snapshot, node),
            _ => node_words(snapshot, node),
        })
        .map(|words| one_line(&words).into_owned())
        .collect();
    let width = objects.iter().map(|object| object.chars().count()).max();
    let width = width.unwrap_or(0).min(WIDEST_OBJECT);
    let faint = |text: &str| style.paint(Paint::Faint, text);
    let mut text = String::new();
    let runs = runs(snapshot, &nodes, steps);
    for (number, object) in objects.iter().enumerate() {
        if let Some(run) = runs.iter().find(|run| run.contains(&number)) {
            if *run.start() == number {
                let count = grouped(run.clone().count() as u64);
                writeln!(text, "{}", faint(&format!("│    … {count} more of these")))
                    .expect(TO_STRING);
            }
            continue;
        }
        if let Some(before) = number.checked_sub(1) {
            let name = one_line(&steps[before].text);
            text += &reference_lines(&name, suspects.contains(&before), style);
        }
        let branch = match number {
            0 if objects.len() == 1 => "─→ ",
            0 => "┬─ ",
            _ if number + 1 == objects.len() => "╰→ ",
            _ => "├─ ",
        };
        let known = known_words(&verdicts[number], explanation.retained[number]);
        let line = format!("{object:width$}  {}", faint(&one_line(&known)));
        writeln!(text, "{}{}", faint(branch), line.trim_end()).expect(TO_STRING);
        for failure in &verdicts[number].failures {
            let margin = if branch == "╰→ " { "   " } else { "│  " };
            let failure = style.paint(Paint::More, format!("! {}", one_line(failure)));
            writeln!(text, "{}{failure}", faint(margin)).expect(TO_STRING);
        }
    }
    text
}

/// The name of a reference, with a wavy line below if it may be the cause.
fn reference_lines(name: &str, is_suspect: bool, style: Style) -> String {
    let line = style.paint(Paint::Faint, "│    ");
    let mut text = format!("{line}{}\n", style.paint(Paint::Strong, name));
    if is_suspect {
        let wave = "~".repeat(name.chars().count());
        writeln!(text, "{line}{}", style.paint(Paint::More, wave)).expect(TO_STRING);
    }
    text
}

/// What is known of an object of a chain.
fn known_words(verdict: &Verdict, retained: Tally) -> String {
    let reasons = verdict.reasons.join("; ");
    let conflicts = verdict.conflicts.join("; ");
    let (known, opposite) = match verdict.standing {
        Standing::Alive => (reasons, "it should be gone"),
        Standing::Gone => (format!("should be gone: {reasons}"), "it should not"),
        Standing::Unknown => (String::new(), ""),
    };
    let conflict = match &*conflicts {
        "" => String::new(),
        conflicts => format!(", although {opposite}: {conflicts}"),
    };
    match verdict.standing {
        Standing::Alive => known + &conflict,
        Standing::Gone => format!("{known}{conflict}; retains {}", freed_words(retained)),
        Standing::Unknown => format!("retains {}", freed_words(retained)),
    }
}

/// The objects, by their numbers, that are not written: those in the middle of many in a row of one
/// type that are reached by steps alike.
fn runs(
    snapshot: &HeapSnapshot,
    nodes: &[NodeIndex],
    steps: &[Step],
) -> Vec<std::ops::RangeInclusive<usize>> {
    let graph = snapshot.graph();
    let is_like_before = |number: usize| {
        let ty = |number: usize| graph.type_index(nodes[number]);
        number >= 2
            && steps[number - 1].generic == steps[number - 2].generic
            && ty(number) == ty(number - 1)
    };
    let mut runs = Vec::new();
    let mut number = 1;
    while number < nodes.len() {
        let start = number;
        while number + 1 < nodes.len() && is_like_before(number + 1) {
            number += 1;
        }
        // The first and the last of them are written.
        if number - start >= LONGEST_RUN {
            runs.push(start + 1..=number - 1);
        }
        number += 1;
    }
    runs
}

/// A chain in Python's spelling, in one line; steps alike in a row are counted.
pub fn spelled_path(snapshot: &HeapSnapshot, chain: &RootChain, steps: &[Step]) -> String {
    let mut path = path_start(snapshot, chain.root.node);
    let mut rest = steps;
    while let Some(step) = rest.first() {
        let run = rest
            .iter()
            .take_while(|other| other.text == step.text)
            .count();
        let taken = if run > LONGEST_RUN {
            write!(path, "({})×{}", step.text, grouped(run as u64)).expect(TO_STRING);
            run
        } else {
            path += &step.text;
            1
        };
        rest = &rest[taken..];
    }
    path
}

/// What cutting references frees: of all that are alike, then of the one shown.
fn holders_text(snapshot: &HeapSnapshot, explanation: &Explanation) -> String {
    let mut text = match &explanation.asker[..] {
        [] => String::new(),
        words => format!("Only {} leads to it.\n", one_line(&words.join(" or "))),
    };
    let Some(common) = &explanation.common else {
        return text + &holders_of_one(snapshot, explanation, false);
    };
    let paths = common.holders.iter();
    let paths: Vec<String> = paths
        .map(|holder| chain_spelled(snapshot, &holder.chain))
        .collect();
    let (alike, freed) = (grouped(explanation.alike as u64), freed_words(common.freed));
    let all = if explanation.alike == 2 {
        "both of them".into()
    } else {
        format!("all {alike} of them")
    };
    writeln!(
        text,
        "Cutting {} frees {all}: {freed}.",
        paths.join(" and ")
    )
    .expect(TO_STRING);
    let is_same = explanation.holders.as_ref().is_some_and(|holders| {
        let cuts = |holders: &Holders| -> Vec<Vec<NodeIndex>> {
            let chains = holders.holders.iter();
            chains.map(|one| one.chain.chain.nodes.clone()).collect()
        };
        cuts(holders) == cuts(common)
    });
    text + &holders_of_one(snapshot, explanation, is_same)
}

/// What cutting references frees of the object shown; `is_told` where those that free it free all.
fn holders_of_one(snapshot: &HeapSnapshot, explanation: &Explanation, is_told: bool) -> String {
    let Some(holders) = &explanation.holders else {
        return match &explanation.steps[..] {
            [] => "It needs no other object to stay alive.\n".into(),
            _ => "No reference that could be cut frees it: it is held from outside too.\n".into(),
        };
    };
    if let ([only], false) = (&holders.holders[..], holders.has_more) {
        let path = chain_spelled(snapshot, &only.chain);
        let freed = freed_words(holders.freed);
        let mut text = match explanation.common {
            _ if is_told => String::new(),
            Some(_) => format!("Cutting {path} frees this one: {freed}.\n"),
            None => format!("Cutting {path} frees {freed}.\n"),
        };
        if let Some(nearest) = &explanation.nearest {
            text += "To free this object and not those beside it:\n";
            text += &several_holders(snapshot, nearest);
        }
        return text;
    }
    if is_told {
        return String::new();
    }
    several_holders(snapshot, holders)
}

fn several_holders(snapshot: &HeapSnapshot, holders: &Holders) -> String {
    let count = grouped(holders.holders.len() as u64);
    let mut text = if holders.has_more {
        format!("Held by more than {count} independent references, such as\n")
    } else {
        format!("Held by {count} independent references\n")
    };
    for (number, holder) in holders.holders.iter().enumerate() {
        let alone = match holder.freed.count {
            0 => "nothing".into(),
            _ => freed_words(holder.freed),
        };
        let (number, path) = (number + 1, chain_spelled(snapshot, &holder.chain));
        writeln!(text, "  ({number}) {path}: cutting it alone frees {alone}").expect(TO_STRING);
    }
    if !holders.has_more {
        let freed = freed_words(holders.freed);
        writeln!(text, "Cutting all of them frees {freed}.").expect(TO_STRING);
    }
    text
}

/// A chain in Python's spelling, in one line.
pub fn chain_spelled(snapshot: &HeapSnapshot, chain: &RootChain) -> String {
    one_line(&spelled_path(snapshot, chain, &chain.steps())).into_owned()
}

/// How much is freed.
fn freed_words(freed: Tally) -> String {
    let objects = if freed.count == 1 {
        "object"
    } else {
        "objects"
    };
    format!(
        "{} bytes in {} {objects}",
        grouped(freed.bytes),
        grouped(freed.count)
    )
}
