//! What the objects of each type retain.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::{DominatorTree, Tally, TypePattern};
use crate::graph::{HeapGraph, NodeIndex};

/// The objects of one type, and what they retain together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRetained {
    /// Full name. Different types of the same name are taken together.
    pub type_name: String,
    /// The objects that are alive, with their shallow sizes.
    pub objects: Tally,
    /// What they retain together. One that goes with another of the type is not counted again.
    pub retained: Tally,
}

/// What the objects of each type retain. The sum over all types means nothing, as objects of one
/// type retain objects of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedByType {
    /// Every type of which objects are alive, once: the one that retains most first. Ties are
    /// broken by name.
    pub types: Vec<TypeRetained>,
}

impl RetainedByType {
    /// What the objects of each type of a heap retain. O(nodes).
    pub fn new(graph: &HeapGraph, tree: &DominatorTree) -> Self {
        let mut numbers: FxHashMap<String, usize> = FxHashMap::default();
        let number_of_type: Vec<usize> = graph
            .types()
            .iter()
            .map(|(_, ty)| {
                let next = numbers.len();
                *numbers.entry(ty.full_name().into_owned()).or_insert(next)
            })
            .collect();
        let mut types = vec![Topmost::default(); numbers.len()];
        for (position, &node) in tree.nodes().iter().enumerate() {
            let number = number_of_type[graph.type_index(node).index()];
            types[number].add(graph, tree, position, node);
        }
        let rows = numbers.into_iter().map(|(type_name, number)| TypeRetained {
            type_name,
            objects: types[number].objects,
            retained: types[number].retained,
        });
        let mut rows: Vec<TypeRetained> = rows.filter(|row| row.objects.count > 0).collect();
        rows.sort_unstable_by(|a, b| {
            let key =
                |row: &TypeRetained| (Reverse(row.retained.bytes), Reverse(row.retained.count));
            (key(a), &a.type_name).cmp(&(key(b), &b.type_name))
        });
        Self { types: rows }
    }

    /// Leaves only the types that `pattern` matches.
    pub fn keep(&mut self, pattern: &TypePattern) {
        self.types.retain(|row| pattern.matches(&row.type_name));
    }
}

/// The objects of one type, as they are met in the preorder of the tree.
#[derive(Clone, Default)]
struct Topmost {
    objects: Tally,
    retained: Tally,
    /// Where in the tree that ends which the last topmost object retains.
    end: usize,
}

impl Topmost {
    fn add(&mut self, graph: &HeapGraph, tree: &DominatorTree, position: usize, node: NodeIndex) {
        self.objects.add(Tally {
            count: 1,
            bytes: graph.shallow_size(node),
        });
        if position < self.end {
            return;
        }
        if let Some(retained) = tree.retained(node) {
            self.retained.add(retained);
            self.end = position + tree.retained_set(node).len();
        }
    }
}
