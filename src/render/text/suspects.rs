//! Suspects in sentences.

use std::fmt::Write;

use super::TO_STRING;
use super::compiled_holders::compiled_holders_words;
use super::hints::hint_sentences;
use super::number::{grouped, percent};
use super::style::{Paint, Style};
use super::why::chain_spelled;
use crate::analysis::{
    Accumulation, CompiledHolders, Crowd, Holding, RootChain, Suspect, Suspects, Tally,
};
use crate::graph::{NodeIndex, RootKind};
use crate::render::one_line;
use crate::render::words::node_detail;
use crate::snapshot::HeapSnapshot;

/// What a suspect is measured by, then the first `limit` suspects with their numbers, and the first
/// `limit` hints.
pub fn suspects_text(
    snapshot: &HeapSnapshot,
    suspects: &Suspects,
    limit: usize,
    style: Style,
) -> String {
    let mut text = format!(
        "{} bytes are alive; {} of them are data, and not modules, classes, functions and code.\n\
         A suspect holds at least {} bytes.\n",
        grouped(suspects.heap.bytes),
        grouped(suspects.data.bytes),
        grouped(suspects.threshold)
    );
    if suspects.suspects.is_empty() {
        text += "\nNo object holds as much, nor do all objects of one type together.\n";
    }
    for (number, suspect) in (1..).zip(suspects.suspects.iter().take(limit)) {
        let [first, rest @ ..] = &sentences(snapshot, suspects, suspect)[..] else {
            continue;
        };
        let first = style.paint(Paint::Strong, first);
        write!(text, "\n{number}. {first}\n").expect(TO_STRING);
        for sentence in rest {
            writeln!(text, "   {sentence}").expect(TO_STRING);
        }
    }
    let hidden = suspects.suspects.len().saturating_sub(limit);
    if hidden > 0 {
        let more = style.paint(Paint::Faint, format!("({} more)", grouped(hidden as u64)));
        write!(text, "\n{more}\n").expect(TO_STRING);
    }
    if !suspects.hints.is_empty() {
        text += "\nHints: what is often a mistake, and may be none here.\n";
    }
    for hint in suspects.hints.iter().take(limit) {
        let [what, advice] = hint_sentences(snapshot, hint);
        write!(text, "\n- {what}\n  {advice}\n").expect(TO_STRING);
    }
    text
}

/// What there is to say of one suspect: what holds how much, then what that is, where it is, and
/// which other it has to do with.
pub fn sentences(snapshot: &HeapSnapshot, suspects: &Suspects, suspect: &Suspect) -> Vec<String> {
    let heap = suspects.heap;
    let mut sentences = match &suspect.holding {
        Holding::One(accumulation) => accumulation_sentences(snapshot, accumulation, suspect, heap),
        Holding::Many(crowd) => crowd_sentences(snapshot, crowd, suspect, heap),
    };
    if let Holding::One(accumulation) = &suspect.holding
        && accumulation.owner_chain.root.kind == RootKind::External
    {
        let held = CompiledHolders::of(snapshot, accumulation.owner_chain.root.node);
        let words = held.map(|held| compiled_holders_words(snapshot, &held, false, false));
        let words = words.into_iter().flatten();
        sentences.extend(words.map(|words| words.trim_start().to_owned()));
    }
    if let Some((number, chain)) = &suspect.related {
        let (number, path) = (number + 1, chain_spelled(snapshot, chain));
        sentences.push(format!(
            "Its chain and that of suspect {number} have a common beginning: `{path}`."
        ));
    }
    sentences
}

fn accumulation_sentences(
    snapshot: &HeapSnapshot,
    accumulation: &Accumulation,
    suspect: &Suspect,
    heap: Tally,
) -> Vec<String> {
    let Accumulation {
        owner,
        node,
        retained,
        ..
    } = accumulation;
    let name = named(snapshot, *node, &accumulation.chain);
    let mut sentences = vec![format!("{name} holds {}.", in_words(*retained, heap))];
    if let Some(contents) = &accumulation.contents {
        let step = contents.step.as_ref();
        let step = step.map_or(String::new(), |step| {
            format!(" reached by `{}`", one_line(step))
        });
        sentences.push(format!(
            "{} of it is {} `{}`{step}.",
            percent(contents.retained.bytes, retained.bytes),
            grouped(contents.count),
            short(&contents.type_name),
        ));
    }
    if owner != node {
        sentences.push(format!(
            "It is in {}, which holds {}.",
            named(snapshot, *owner, &accumulation.owner_chain),
            in_words(suspect.retained, heap)
        ));
    }
    sentences
}

fn crowd_sentences(
    snapshot: &HeapSnapshot,
    crowd: &Crowd,
    suspect: &Suspect,
    heap: Tally,
) -> Vec<String> {
    let count = crowd.nodes.len() as u64;
    let held = in_words(suspect.retained, heap);
    let mut sentences = vec![format!(
        "{} `{}` hold together {held}.",
        grouped(count),
        short(&crowd.type_name)
    )];
    sentences.push(match &crowd.way {
        None => "They are reached in different ways.".into(),
        Some(way) => {
            let then = way.then.as_ref();
            let then = then.map_or(String::new(), |then| format!(" by `{}`", one_line(then)));
            format!(
                "{} of them are reached from `{}`{then}.",
                percent(way.count as u64, count),
                chain_spelled(snapshot, &way.chain)
            )
        }
    });
    sentences
}

/// An object by its chain, with what it is.
pub(super) fn named(snapshot: &HeapSnapshot, node: NodeIndex, chain: &RootChain) -> String {
    let path = chain_spelled(snapshot, chain);
    let type_name = &snapshot.graph().type_of(node).name;
    let what = match node_detail(snapshot, node) {
        Some(detail) => format!("{type_name}, {detail}"),
        None => type_name.clone(),
    };
    format!("`{path}` ({})", one_line(&what))
}

fn in_words(retained: Tally, heap: Tally) -> String {
    let share = percent(retained.bytes, heap.bytes);
    format!("{}, {share} of the heap", objects_in_words(retained))
}

pub(super) fn objects_in_words(retained: Tally) -> String {
    let objects = if retained.count == 1 {
        "object"
    } else {
        "objects"
    };
    format!(
        "{} bytes in {} {objects}",
        grouped(retained.bytes),
        grouped(retained.count)
    )
}

pub(super) fn short(type_name: &str) -> String {
    let name = type_name.strip_prefix("builtins.").unwrap_or(type_name);
    one_line(name).into_owned()
}
