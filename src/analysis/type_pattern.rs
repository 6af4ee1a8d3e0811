//! Which types are meant by a name.

use std::fmt;

use super::wildcard::matches_whole;
use crate::graph::{HeapGraph, NodeIndex};

/// A type's name as a user writes it: `Session`, `app.Session`, or with wildcards `app.*`.
///
/// `*` stands for any characters, `?` for one. A pattern matches a type if it matches its full
/// name or its name without the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePattern {
    pattern: String,
}

impl TypePattern {
    /// A pattern, as it is written.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
        }
    }

    /// The pattern as it is written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// True if and only if the pattern matches a type of that full name. Its name without the module
    /// is what follows the last dot.
    pub fn matches(&self, full_name: &str) -> bool {
        let name = full_name.rsplit('.').next().unwrap_or(full_name);
        matches_whole(&self.pattern, full_name) || matches_whole(&self.pattern, name)
    }

    /// All objects of the types that match, in capture order. O(nodes).
    pub fn find(&self, graph: &HeapGraph) -> Vec<NodeIndex> {
        let types = graph.types().iter();
        let is_match: Vec<bool> = types.map(|(_, ty)| self.matches(&ty.full_name())).collect();
        let nodes = graph.nodes();
        nodes
            .filter(|&node| is_match[graph.type_index(node).index()])
            .collect()
    }

    /// The full names of types of which there are objects and that the pattern may have been
    /// meant to match: at most `limit`, the closest first.
    pub fn close_names(&self, graph: &HeapGraph, limit: usize) -> Vec<String> {
        let mut is_used = vec![false; graph.types().len()];
        for node in graph.nodes() {
            is_used[graph.type_index(node).index()] = true;
        }
        let wanted = self.pattern.to_lowercase();
        let mut close: Vec<(usize, String)> = graph
            .types()
            .iter()
            .filter(|(index, _)| is_used[index.index()])
            .filter_map(|(_, ty)| {
                let full_name = ty.full_name().into_owned();
                let distances = [&full_name, &ty.name].map(|name| distance_within(&wanted, name));
                let distance = distances.into_iter().flatten().min()?;
                Some((distance, full_name))
            })
            .collect();
        close.sort_unstable();
        close.dedup();
        close.truncate(limit);
        close.into_iter().map(|(_, name)| name).collect()
    }
}

impl From<String> for TypePattern {
    fn from(pattern: String) -> Self {
        Self::new(pattern)
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pattern)
    }
}

/// At most `count` of `nodes`, spread evenly over them; of one, the one in the middle.
///
/// The first object of a type is often a template, the last one still in use: neither says why
/// the others are alive.
pub fn samples(nodes: &[NodeIndex], count: usize) -> Vec<NodeIndex> {
    let count = count.min(nodes.len());
    (0..count)
        .map(|n| nodes[(2 * n + 1) * nodes.len() / (2 * count)])
        .collect()
}

/// How far `name` is from `wanted`, which is in small letters; `None` if it is too far to be meant.
/// A name that contains the other is as near as a typing error in one character.
fn distance_within(wanted: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if wanted.chars().count() >= 3 && name.contains(wanted) {
        return Some(usize::from(name != wanted));
    }
    let distance = edit_distance(wanted, &name);
    (distance <= wanted.chars().count().div_ceil(3).min(3)).then_some(distance)
}

/// Insertions, deletions and replacements of characters between two words.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &b) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
