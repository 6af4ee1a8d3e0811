//! What is known to be right, and so where the cause is not.

use std::ops::Range;

use super::super::RootChain;
use super::Step;
use crate::graph::{NodeFlags, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// Whether an object of a chain should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It should, for that reason.
    Alive(&'static str),
    /// Nothing is known.
    Unknown,
    /// It should be gone, for that reason.
    Gone(String),
}

/// The verdict on the first object of a chain and on the one behind each step.
pub(super) fn verdicts(snapshot: &HeapSnapshot, chain: &RootChain, steps: &[Step]) -> Vec<Verdict> {
    let mut verdicts = vec![match chain.root.kind {
        RootKind::Module => Verdict::Alive("a module stays"),
        RootKind::Frame => Verdict::Alive("its function is running"),
        _ => Verdict::Unknown,
    }];
    let mut position = 0;
    for (number, step) in steps.iter().enumerate() {
        position += step.length;
        let (holder, held) = (chain.chain.nodes[position - 1], chain.chain.nodes[position]);
        // The object asked about is not what keeps itself alive.
        let is_last = number + 1 == steps.len();
        let reason = staying(snapshot, holder, held).filter(|_| !is_last);
        verdicts.push(reason.map_or(Verdict::Unknown, Verdict::Alive));
    }
    verdicts
}

/// Why an object that `holder` refers to stays as long as the program, if it does.
pub(super) fn staying(
    snapshot: &HeapSnapshot,
    holder: NodeIndex,
    held: NodeIndex,
) -> Option<&'static str> {
    let graph = snapshot.graph();
    let is_of_module = graph.flags(holder).contains(NodeFlags::MODULE_NAMESPACE);
    if graph.flags(held).contains(NodeFlags::PROPER_MODULE) {
        Some("a module stays")
    } else if !is_of_module {
        None
    } else if graph.flags(held).contains(NodeFlags::TYPE) {
        Some("a class of a module stays")
    } else if graph.type_of(held).full_name() == "builtins.function" {
        Some("a function of a module stays")
    } else {
        None
    }
}

/// The steps among which the cause is: from the last object that should be there to the first that
/// should be gone.
pub(super) fn suspects(verdicts: &[Verdict]) -> Range<usize> {
    let alive = verdicts
        .iter()
        .rposition(|verdict| matches!(verdict, Verdict::Alive(_)));
    let start = alive.unwrap_or(0);
    let gone = verdicts[start..]
        .iter()
        .position(|verdict| matches!(verdict, Verdict::Gone(_)));
    let end = gone.map_or(verdicts.len().saturating_sub(1), |gone| start + gone);
    start..end
}
