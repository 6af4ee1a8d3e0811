//! How many objects there are of each type, and how large they are.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::TypePattern;
use crate::graph::{HeapGraph, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Some objects taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Number of objects.
    pub count: u64,
    /// Sum of their shallow sizes.
    pub bytes: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        // Sizes come from a file.
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// The objects of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeTally {
    /// Full name. Different types of the same name are taken together.
    pub type_name: String,
    /// Its objects.
    pub tally: Tally,
}

/// The order of types in an answer. Ties are broken by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeOrder {
    /// Most bytes first.
    Bytes,
    /// Most objects first.
    Count,
    /// By full name.
    Name,
}

/// A heap by type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Histogram {
    /// Every type of which there are objects, once.
    pub types: Vec<TypeTally>,
}

impl Histogram {
    /// Counts the objects of a heap; the types are in the order of their names. O(nodes).
    pub fn new(graph: &HeapGraph) -> Self {
        Self::of(graph, graph.nodes())
    }

    /// Counts some objects of a heap; the types are in the order of their names. O(nodes + types).
    pub fn of(graph: &HeapGraph, nodes: impl IntoIterator<Item = NodeIndex>) -> Self {
        let mut by_type = vec![Tally::default(); graph.types().len()];
        for node in nodes {
            by_type[graph.type_index(node).index()].add(Tally {
                count: 1,
                bytes: graph.shallow_size(node),
            });
        }
        let mut by_name: FxHashMap<String, Tally> = FxHashMap::default();
        for (index, ty) in graph.types().iter() {
            let tally = by_type[index.index()];
            if tally.count > 0 {
                let name = ty.full_name().into_owned();
                by_name.entry(name).or_default().add(tally);
            }
        }
        let types = by_name.into_iter();
        let mut histogram = Self {
            types: types
                .map(|(type_name, tally)| TypeTally { type_name, tally })
                .collect(),
        };
        histogram.sort(TypeOrder::Name);
        histogram
    }

    /// Counts the objects of types that do not show what they hold.
    pub fn opaque(snapshot: &HeapSnapshot) -> Self {
        let names = &snapshot.metadata().opaque_types;
        let mut histogram = Self::new(snapshot.graph());
        histogram.types.retain(|row| names.contains(&row.type_name));
        histogram.sort(TypeOrder::Bytes);
        histogram
    }

    /// Leaves only the types that `pattern` matches.
    pub fn keep(&mut self, pattern: &TypePattern) {
        self.types.retain(|row| pattern.matches(&row.type_name));
    }

    /// Puts the types in another order.
    pub fn sort(&mut self, order: TypeOrder) {
        self.types.sort_by(|a, b| {
            let key = |row: &TypeTally| match order {
                TypeOrder::Bytes => (Reverse(row.tally.bytes), Reverse(row.tally.count)),
                TypeOrder::Count => (Reverse(row.tally.count), Reverse(row.tally.bytes)),
                TypeOrder::Name => (Reverse(0), Reverse(0)),
            };
            (key(a), &a.type_name).cmp(&(key(b), &b.type_name))
        });
    }

    /// All objects of these types.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        for row in &self.types {
            total.add(row.tally);
        }
        total
    }
}

/// True for the full name of a type of this package, whose objects are no answer.
pub(super) fn is_of_this_package(type_name: &str) -> bool {
    type_name.starts_with("heapgraph.")
}
