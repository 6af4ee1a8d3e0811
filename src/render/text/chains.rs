//! Chains from roots, in words.

use super::compiled_holders::compiled_holders_words;
use super::style::{Paint, Style};
use super::uncollectable::uncollectable_words;
use crate::analysis::{CompiledHolders, HeldByCycle, RootChain, path_start};
use crate::graph::{EdgeLabel, NodeIndex, RootKind};
use crate::render::chain_text;
use crate::render::one_line;
use crate::render::words::{headline, node_words, root_words};
use crate::snapshot::HeapSnapshot;

/// What is said where no root leads to an object.
pub(super) const NO_CHAIN: &str =
    "no root leads to it: it is garbage, or held by what a capture can not see";

/// A chain from a root to `target`, below a line about `target`; each in words.
pub fn root_chain_text(
    snapshot: &HeapSnapshot,
    target: NodeIndex,
    chain: Option<&RootChain>,
    style: Style,
) -> String {
    let headline = headline(snapshot, target);
    let headline = style.paint(Paint::Strong, one_line(&headline));
    let Some(chain) = chain else {
        let held = HeldByCycle::find(snapshot, &[target]);
        let words = held.first().map_or_else(
            || NO_CHAIN.to_owned(),
            |held| uncollectable_words(snapshot, &held.group).join("\n"),
        );
        return format!("{headline}\n\n{words}\n");
    };
    let mut text = format!("{headline}\n\n{}\n", chain_words(snapshot, chain));
    if chain.root.kind == RootKind::External {
        let held = CompiledHolders::of(snapshot, chain.root.node);
        let lines = held.map(|held| compiled_holders_words(snapshot, &held, false, false));
        text.extend(
            lines
                .iter()
                .map(|lines| format!("\n{}\n", lines.join("\n"))),
        );
    }
    text
}

/// A chain as [`chain_text`] writes it: the path, then a line for each object.
pub fn chain_words(snapshot: &HeapSnapshot, chain: &RootChain) -> String {
    let (start, objects, labels) = spelled(snapshot, chain);
    chain_text(&start, &objects, &labels, &[])
}

/// A chain in Python's spelling, in one line.
pub fn chain_path(snapshot: &HeapSnapshot, chain: &RootChain) -> String {
    let mut path = path_start(snapshot, chain.root.node);
    path.extend(chain.steps().into_iter().map(|step| step.text));
    one_line(&path).into_owned()
}

fn spelled(
    snapshot: &HeapSnapshot,
    chain: &RootChain,
) -> (String, Vec<String>, Vec<Option<EdgeLabel>>) {
    let rest = chain.chain.nodes.iter().skip(1);
    let rest = rest.map(|&node| node_words(snapshot, node));
    let first = root_words(snapshot, chain.root.node);
    let objects = std::iter::once(first).chain(rest).collect();
    let labels = chain.labels.iter().cloned().map(Some).collect();
    (path_start(snapshot, chain.root.node), objects, labels)
}
