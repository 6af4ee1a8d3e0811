//! Whether a chain passes an attribute that a class or a module is known to keep something in.

use crate::analysis::RootChain;
use crate::graph::{EdgeLabel, HeapType, NodeFlags, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// The class that a module has under a name, both in one: `unittest.mock.NonCallableMock`.
///
/// It is told by where it is, and not by what it is called: a class of the program may have any name.
pub(super) fn class_named(snapshot: &HeapSnapshot, full_name: &str) -> Option<NodeIndex> {
    let (module, name) = full_name.rsplit_once('.')?;
    let mut roots = snapshot.roots().iter();
    let root = roots.find(|root| root.kind == RootKind::Module && root.name == module)?;
    let namespace = held(snapshot, root.node, &EdgeLabel::attribute("__dict__"))?;
    let class = held(snapshot, namespace, &EdgeLabel::Key(format!("'{name}'")))?;
    let is_class = snapshot.graph().flags(class).contains(NodeFlags::TYPE);
    is_class.then_some(class)
}

/// True if and only if `ty` is `class` or derived from it.
pub(super) fn is_derived(snapshot: &HeapSnapshot, ty: &HeapType, class: NodeIndex) -> bool {
    let Some(node) = ty.node else {
        return false;
    };
    let mro = || held(snapshot, node, &EdgeLabel::attribute("__mro__"));
    node == class || mro().is_some_and(|mro| snapshot.graph().referents(mro).contains(&class))
}

/// True if and only if an instance of a class, or of one derived from it, holds under one of some names
/// what comes next on the chain. `is_name` is asked about attributes.
pub(super) fn passes_attribute(
    snapshot: &HeapSnapshot,
    chain: &RootChain,
    full_name: &str,
    is_name: impl Fn(&str) -> bool,
) -> bool {
    let mut position = 0;
    let mut owners = Vec::new();
    for step in chain.steps() {
        if step.text.strip_prefix('.').is_some_and(&is_name) {
            owners.push(chain.chain.nodes[position]);
        }
        position += step.length;
    }
    if owners.is_empty() {
        return false;
    }
    let graph = snapshot.graph();
    class_named(snapshot, full_name).is_some_and(|class| {
        let mut owners = owners.into_iter();
        owners.any(|owner| is_derived(snapshot, graph.type_of(owner), class))
    })
}

/// What `holder` refers to under a name.
fn held(snapshot: &HeapSnapshot, holder: NodeIndex, name: &EdgeLabel) -> Option<NodeIndex> {
    let graph = snapshot.graph();
    let mut references = graph.edge_positions(holder).zip(graph.referents(holder));
    let found = references.find(|&(position, _)| snapshot.label(position) == *name);
    found.map(|(_, &held)| held)
}
