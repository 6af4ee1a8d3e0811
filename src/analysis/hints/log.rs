//! What `logging` keeps.

use indexmap::IndexMap;

use super::heap::Heap;
use super::{Finding, HintKind, MANY};
use crate::analysis::Dominator;
use crate::graph::{NodeFlags, NodeIndex, TypeIndex};

/// The objects that keep log records: buffers of handlers, queues that nobody reads.
pub(super) fn find_records(heap: &Heap<'_>) -> Vec<Finding> {
    let graph = heap.graph();
    let mut by_holder: IndexMap<NodeIndex, Vec<NodeIndex>> = IndexMap::new();
    for record in heap.of_types(heap.derived_from("logging", "LogRecord")) {
        if let Some(Dominator::Node(holder)) = heap.tree.immediate_dominator(record)
            && !graph.flags(holder).contains(NodeFlags::MODULE_NAMESPACE)
        {
            by_holder.entry(holder).or_default().push(record);
        }
    }
    let findings = by_holder.into_iter().filter_map(|(holder, records)| {
        Some(Finding {
            kind: HintKind::LogRecords,
            holder,
            kept: heap.kept(&records)?,
        })
    });
    findings.collect()
}

/// The lists in which loggers have many handlers of one class.
pub(super) fn find_handlers(heap: &Heap<'_>) -> Vec<Finding> {
    let graph = heap.graph();
    let loggers = heap.of_types(heap.derived_from("logging", "Logger"));
    let finding = |logger| {
        let handlers = heap.attribute(logger, "handlers")?;
        let mut by_class: IndexMap<TypeIndex, Vec<NodeIndex>> = IndexMap::new();
        for &handler in graph.referents(handlers) {
            let class = graph.type_index(handler);
            by_class.entry(class).or_default().push(handler);
        }
        let most = by_class.into_values().max_by_key(Vec::len)?;
        Some(Finding {
            kind: HintKind::RepeatedHandlers,
            holder: handlers,
            kept: heap.kept(&most).filter(|_| most.len() >= MANY)?,
        })
    };
    loggers.filter_map(finding).collect()
}
