//! Names of references without what dicts have as keys.

use rustc_hash::FxHashMap;

use crate::graph::{EdgeLabel, EdgeNames, HeapGraph, NodeIndex, NodeSet};
use crate::process::TooLittleMemory;

/// The dicts whose keys are names that somebody has written into a program.
#[derive(Debug)]
pub struct Namespaces {
    /// Of modules, classes and instances.
    pub of_attributes: NodeSet,
    /// `sys.modules`, if that is in the graph.
    pub of_modules: Option<NodeIndex>,
}

/// What stands for a key whose object is not there.
const UNKNOWN_KEY: &str = "<key>";

/// The same names with nothing that may be data: of a key of a dict only its type, as in `[<str>]`.
///
/// Kept are the keys of namespaces and the names of attributes, as far as they could be written behind a
/// dot, the names of modules, and keys that are spelled by what they are and not by what they say, such as
/// classes. No other text of `names` is in the result. O(references).
///
/// # Errors
///
/// If there is no memory for them.
///
/// # Panics
///
/// If the names are not those of the references of `graph`.
pub fn without_keys(
    names: &EdgeNames,
    graph: &HeapGraph,
    namespaces: &Namespaces,
) -> Result<EdgeNames, TooLittleMemory> {
    let mut kept = EdgeNames::default();
    kept.reserve(names.len())?;
    let mut types_of_keys = FxHashMap::default();
    for node in graph.nodes() {
        let is_kept = |key: &str| {
            key.starts_with('<')
                || namespaces.of_modules == Some(node)
                || namespaces.of_attributes.contains(node) && is_name(unquoted(key))
        };
        types_of_keys.clear();
        let positions = graph.edge_positions(node);
        for (position, &held) in positions.clone().zip(graph.referents(node)) {
            if let EdgeLabel::KeyObject(key) = names.label(position)
                && !is_kept(&key)
            {
                types_of_keys.insert(key, format!("<{}>", graph.type_of(held).name));
            }
        }
        let shown = |key: String| match types_of_keys.get(&key) {
            Some(ty) => ty.clone(),
            None if is_kept(&key) => key,
            None => UNKNOWN_KEY.into(),
        };
        for position in positions {
            kept.push_label(&match names.label(position) {
                EdgeLabel::Key(key) => EdgeLabel::Key(shown(key)),
                EdgeLabel::KeyObject(key) => EdgeLabel::KeyObject(shown(key)),
                // The namespace of an instance can have any text as a key, which then is an attribute.
                EdgeLabel::Attribute(name) if !is_name(&name) => EdgeLabel::attribute("<str>"),
                label => label,
            });
        }
    }
    kept.check()?;
    Ok(kept)
}

/// The text of a spelled string without its quotes, if it has no escapes.
fn unquoted(key: &str) -> &str {
    let text = key
        .strip_prefix('\'')
        .and_then(|key| key.strip_suffix('\''));
    text.unwrap_or("")
}

fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    let is_start = |first: char| first.is_alphabetic() || first == '_';
    characters.next().is_some_and(is_start) && characters.all(|c| c.is_alphanumeric() || c == '_')
}
