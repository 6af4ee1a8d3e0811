//! The output history of `IPython`.

use indexmap::IndexSet;

use super::heap::Heap;
use super::{Finding, HintKind};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex};

/// The histories that keep results: namespaces that have one dict as both `Out` and `_oh`.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Finding> {
    let graph = heap.graph();
    let is_namespace = |node: &NodeIndex| {
        graph.flags(*node).contains(NodeFlags::MODULE_NAMESPACE)
            && heap.tree.retained(*node).is_some()
    };
    let finding = |namespace| {
        let history = heap.held(namespace, &EdgeLabel::Key("'_oh'".into()))?;
        let is_history = heap.held(namespace, &EdgeLabel::Key("'Out'".into())) == Some(history);
        let results: IndexSet<NodeIndex> = heap
            .entries(history)
            .map(|(_, result)| result)
            .filter(|&result| is_history && is_kept(heap, result, history))
            .collect();
        let results: Vec<NodeIndex> = results.into_iter().collect();
        Some(Finding {
            kind: HintKind::OutputHistory,
            holder: history,
            kept: heap.kept(&results)?,
        })
    };
    graph
        .nodes()
        .filter(is_namespace)
        .filter_map(finding)
        .collect()
}

/// True if and only if nothing else refers to the result than the history, which has it by number,
/// what goes with it, and what calls it `_12` or, as the last ones, `_`.
fn is_kept(heap: &Heap<'_>, result: NodeIndex, history: NodeIndex) -> bool {
    let graph = heap.graph();
    let is_named_by_history = |holder: NodeIndex| {
        let positions = graph.edge_positions(holder);
        let references = positions.zip(graph.referents(holder));
        let mut names = references.filter(|&(_, &held)| held == result);
        names.all(|(position, _)| is_name_of_history(&heap.snapshot.label(position)))
    };
    let mut referrers = graph.referrers(result).iter();
    referrers.all(|&referrer| {
        referrer == history
            || heap.tree.retained(referrer).is_none()
            || heap.tree.dominates(result, referrer)
            || is_named_by_history(referrer)
    })
}

/// `_`, `__`, `___`, `_12`.
fn is_name_of_history(label: &EdgeLabel) -> bool {
    let name = match label {
        EdgeLabel::Key(key) => key.trim_matches('\''),
        EdgeLabel::Attribute(name) => name,
        _ => return false,
    };
    let rest = name.trim_start_matches('_');
    name.starts_with('_') && rest.bytes().all(|byte| byte.is_ascii_digit())
}
