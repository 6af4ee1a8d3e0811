//! A cycle of references in one line.

use super::one_line;
use super::words::path_start;
use crate::analysis::{Cycle, is_passage, spelled_steps};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// References spelled of a longer cycle.
const MOST_SPELLED: usize = 24;

/// A cycle in Python's spelling: `Node.children[0] -> Node.parent` says that a `Node` refers through
/// the list `children` to another, and that one as `parent` back to the first. Containers and cells
/// are passed through; of a very long cycle the beginning is spelled.
pub fn cycle_text(snapshot: &HeapSnapshot, cycle: &Cycle) -> String {
    let graph = snapshot.graph();
    let mut parts = Vec::new();
    let mut part_start = 0;
    let spelled = cycle.nodes.len().min(MOST_SPELLED);
    for position in 1..=spelled {
        if position == spelled || !is_passage(graph, cycle.nodes[position]) {
            let labels = &cycle.labels[part_start..position];
            parts.push(start(snapshot, cycle.nodes[part_start]) + &references(labels));
            part_start = position;
        }
    }
    let left_out = cycle.nodes.len() - spelled;
    if left_out > 0 {
        let count = super::text::grouped(left_out as u64);
        parts.push(format!("({count} more references)"));
    }
    one_line(&parts.join(" -> ")).into_owned()
}

/// What a part of the cycle begins with: the name of a class or function, otherwise as a chain does.
fn start(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let ty = snapshot.graph().type_of(node);
    let is_class = snapshot.graph().flags(node).contains(NodeFlags::TYPE);
    match snapshot.node_names().get(node) {
        Some(name) if is_class => format!("class {name}"),
        Some(name) if ty.name == "function" => name.to_owned(),
        Some(_) => path_start(snapshot, node),
        None => ty.name.clone(),
    }
}

fn references(labels: &[EdgeLabel]) -> String {
    let labels: Vec<Option<EdgeLabel>> = labels.iter().cloned().map(Some).collect();
    let steps = spelled_steps(&labels).into_iter();
    steps.map(|step| step.text).collect()
}
