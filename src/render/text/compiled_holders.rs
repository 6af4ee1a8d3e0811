//! What may hold an object from outside the heap, in words.

use super::number::grouped;
use crate::analysis::{Candidate, CompiledHolders, Reason};
use crate::graph::{NodeFlags, NodeIndex};
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// What holds it, which modules come into question and why, and what to do next: a line each. Where it
/// `is_growing`, that is known; of all modules nothing is said where the call `is_named` that takes the
/// references.
pub fn compiled_holders_words(
    snapshot: &HeapSnapshot,
    holders: &CompiledHolders,
    is_growing: bool,
    is_named: bool,
) -> Vec<String> {
    let references = match holders.references {
        1 => "1 reference that was".to_owned(),
        count => format!("{} references that were", grouped(count.into())),
    };
    let mut lines = vec![format!(
        "Compiled code holds the {}, or a call that is under way: {references} taken and not given back, \
         or kept where no traverse shows it.",
        short_name(snapshot, holders.node),
    )];
    for candidate in &holders.candidates {
        lines.push(format!(
            "  {}",
            candidate_words(snapshot, holders, candidate)
        ));
    }
    if holders.candidates.is_empty() && !is_named {
        let modules = match holders.loaded_modules {
            0 => "which extension modules are loaded is not known".to_owned(),
            1 => "the 1 extension module that is loaded may hold it".to_owned(),
            count => format!(
                "any of {} extension modules may hold it",
                grouped(count as u64)
            ),
        };
        lines.push(format!("  nothing near it is compiled: {modules}"));
    }
    lines.extend(next_words(holders, is_growing));
    lines
        .iter()
        .map(|line| one_line(line).into_owned())
        .collect()
}

/// Why one module comes into question.
pub fn candidate_words(
    snapshot: &HeapSnapshot,
    holders: &CompiledHolders,
    candidate: &Candidate,
) -> String {
    let module = &candidate.module;
    let own = short_name(snapshot, holders.node);
    match &candidate.reason {
        Reason::ItsClass => {
            format!(
                "{module}: the class is of this module, and instances that no walk reaches hold it"
            )
        }
        Reason::ItsType => format!("{module}: the type {own} is of this module"),
        Reason::ItsPackage => format!("{module}: it is of the same package as the type {own}"),
        Reason::ItsBase(base) => format!("{module}: {own} is derived from {base}"),
        Reason::Hides { type_name, holder } => {
            let holder = holder.as_deref().map_or(&*own, last_name);
            format!("{module}: {holder} holds a {type_name}, whose type shows no references")
        }
    }
}

/// What to do next.
fn next_words(holders: &CompiledHolders, is_growing: bool) -> Option<String> {
    let shown = holders.hiding_type().map(|name| {
        let short = last_name(name);
        format!("heapgraph.register_referents({name}, ...) shows what a {short} holds")
    });
    let growth = "heapgraph.find_growth of what the program does tells whether more come";
    let growth = (!is_growing).then(|| growth.to_owned());
    let steps: Vec<String> = shown.into_iter().chain(growth).collect();
    (!steps.is_empty()).then(|| format!("Next: {}.", steps.join("; ")))
}

/// The type of an object, or a class itself.
fn short_name(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    let graph = snapshot.graph();
    let name = snapshot.node_names().get(node);
    match name.filter(|_| graph.flags(node).contains(NodeFlags::TYPE)) {
        Some(name) => format!("class {name}"),
        None => graph.type_of(node).name.clone(),
    }
}

fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
