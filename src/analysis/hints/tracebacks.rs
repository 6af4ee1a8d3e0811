//! Exceptions that are kept with their tracebacks.

use rustc_hash::FxHashMap;

use super::heap::Heap;
use super::{Finding, HintKind, Kept};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex};

/// The exceptions whose tracebacks keep frames; what is kept is counted in frames.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Finding> {
    let graph = heap.graph();
    let traceback = EdgeLabel::attribute("__traceback__");
    let exceptions = heap.of_types(heap.derived_from("builtins", "BaseException"));
    let mut exception_of: FxHashMap<NodeIndex, NodeIndex> = FxHashMap::default();
    for exception in exceptions {
        if let Some(traceback) = heap.held(exception, &traceback) {
            exception_of.entry(traceback).or_insert(exception);
        }
    }
    let mut findings = Vec::new();
    let mut last: Option<NodeIndex> = None;
    for traceback in heap.tree.nodes() {
        let is_counted = |last| heap.tree.dominates(last, *traceback);
        let Some(&holder) = exception_of.get(traceback) else {
            continue;
        };
        // What a traceback keeps comes right after it, exceptions in local variables too.
        if last.is_some_and(is_counted) {
            continue;
        }
        last = Some(*traceback);
        let kept = heap.tree.retained_set(*traceback).iter();
        let frames = kept.filter(|&&node| graph.flags(node).contains(NodeFlags::FRAME));
        let count = frames.count() as u64;
        if count > 0 {
            findings.push(Finding {
                kind: HintKind::Traceback,
                holder,
                kept: Kept {
                    type_name: "builtins.frame".into(),
                    count,
                    retained: heap.tree.retained(*traceback).unwrap_or_default(),
                },
            });
        }
    }
    findings.sort_by_key(|finding| finding.holder);
    findings
}
