//! The words for one object of a snapshot, and for a root.

use crate::graph::{EdgeLabel, NodeFlags, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// What an object is, in a few words: its type without the module, and what it is called, what it
/// says if values were recorded, or how many items it has.
pub fn node_words(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let type_name = &snapshot.graph().type_of(node).name;
    if is_module(snapshot, node) {
        let name = snapshot.node_names().get(node).unwrap_or("(unnamed)");
        return format!("module {name}");
    }
    match node_detail(snapshot, node) {
        Some(detail) if detail.contains(type_name.as_str()) => detail,
        Some(detail) => format!("{type_name} {detail}"),
        None => type_name.clone(),
    }
}

/// What is known of an object besides its type.
pub fn node_detail(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<String> {
    let text = snapshot.node_names().get(node);
    let text = text.or_else(|| snapshot.values().get(node));
    text.map(str::to_owned).or_else(|| {
        let count = item_count(snapshot, node)?;
        let items = if count == 1 { "item" } else { "items" };
        Some(format!("{} {items}", super::text::grouped(count as u64)))
    })
}

/// The number of items of a built-in container.
fn item_count(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<usize> {
    let ty = snapshot.graph().type_of(node);
    if ty.is_heap_type || ty.module.as_deref() != Some("builtins") {
        return None;
    }
    let reference_count = snapshot.graph().referents(node).len();
    match ty.name.as_str() {
        "dict" | "frozendict" => Some(reference_count / 2),
        "list" | "tuple" | "set" | "frozenset" => Some(reference_count),
        _ => None,
    }
}

/// What an object is, with why it is alive if it is a root.
pub fn root_words(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let words = || node_words(snapshot, node);
    match snapshot.root(node) {
        None => words(),
        Some(root) => match root.kind {
            RootKind::Module => words(),
            RootKind::Frame => format!("frame {}", root.name),
            RootKind::Suspended | RootKind::Context | RootKind::AtExit | RootKind::Interpreter => {
                root.name.clone()
            }
            RootKind::External => format!("{}, {}", words(), root.name),
        },
    }
}

fn is_module(snapshot: &HeapSnapshot, node: NodeIndex) -> bool {
    snapshot.graph().flags(node).contains(NodeFlags::MODULE)
}

/// An object as a headline: full type, address, size, reference count.
pub(super) fn headline(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let graph = snapshot.graph();
    let references = match reference_count(snapshot, node) {
        None => "immortal".into(),
        Some(count) => format!("reference count {count}"),
    };
    format!(
        "{} at {:#x}, {} bytes, {references}",
        graph.type_of(node).full_name(),
        graph.address(node),
        super::text::grouped(graph.shallow_size(node)),
    )
}

/// The reference count, where it has a meaning.
pub(super) fn reference_count(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<u32> {
    let graph = snapshot.graph();
    let is_immortal = graph.flags(node).contains(NodeFlags::IMMORTAL);
    (!is_immortal).then(|| graph.reference_count(node))
}

/// The names of several references between the same two objects.
pub(super) fn joined_labels(labels: &[EdgeLabel]) -> String {
    let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
    labels.join(", ")
}
