//! What to do about what keeps something, where the class of the owner says it.

use super::RootChain;
use super::owned::passes_attribute;
use crate::graph::{EdgeLabel, FINALIZER, RootKind};
use crate::snapshot::HeapSnapshot;

/// What an attribute of instances of a class asks for: the class, the attribute, the advice.
const BY_OWNER: [(&str, &str, &str); 2] = [
    (
        "logging.Filterer",
        "filters",
        "Take the filter away again: removeFilter.",
    ),
    (
        "logging.Logger",
        "handlers",
        "Take the handler away again: removeHandler.",
    ),
];

const FINALIZERS: &str = "Register the finalizer on an object that ends, and give its function nothing \
    that leads to that object, as a bound method does; or detach() it.";
const THREADS: &str = "Join the thread, and let its function end.";
/// Names of `threading` as keys of its namespace, up to CPython 3.15.
const REGISTRIES_OF_THREADS: [&str; 4] =
    ["'_active'", "'_limbo'", "'_dangling'", "'_shutdown_locks'"];
/// The references that lead to a global: the namespace of the module, and the name.
const NAMES_OF_A_GLOBAL: usize = 2;
const AT_EXIT: &str = "Take it back with atexit.unregister.";

/// The advice for what a chain leads to; `None` where its owners say nothing.
///
/// It goes by what the owners are, and not by the words of the path.
pub fn advice(snapshot: &HeapSnapshot, chain: &RootChain) -> Option<&'static str> {
    let is_finalizer =
        |label: &EdgeLabel| matches!(label, EdgeLabel::Key(key) if key.starts_with(FINALIZER));
    if chain.labels.iter().any(is_finalizer) || is_registry_of_finalizers(snapshot, chain) {
        return Some(FINALIZERS);
    }
    if chain.root.kind == RootKind::AtExit {
        return Some(AT_EXIT);
    }
    if is_of_running_threads(chain) {
        return Some(THREADS);
    }
    let mut by_owner = BY_OWNER.iter();
    let found = by_owner
        .find(|(class, name, _)| passes_attribute(snapshot, chain, class, |other| other == *name));
    found.map(|(_, _, advice)| *advice)
}

/// True if and only if the chain begins with a registry of threads that have not ended.
fn is_of_running_threads(chain: &RootChain) -> bool {
    let is_registry = |label: &EdgeLabel| matches!(label, EdgeLabel::Key(key) if REGISTRIES_OF_THREADS.contains(&key.as_str()));
    let is_of_module = chain.root.kind == RootKind::Module && chain.root.name == "threading";
    is_of_module && chain.labels.iter().take(NAMES_OF_A_GLOBAL).any(is_registry)
}

/// True if and only if the chain leads to the registry itself, whose keys are finalizers.
fn is_registry_of_finalizers(snapshot: &HeapSnapshot, chain: &RootChain) -> bool {
    let Some(&last) = chain.chain.nodes.last() else {
        return false;
    };
    let mut references = snapshot.graph().edge_positions(last);
    references.next().is_some_and(
        |key| matches!(snapshot.label(key), EdgeLabel::KeyObject(key) if key.starts_with(FINALIZER)),
    )
}
