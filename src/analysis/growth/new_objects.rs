//! What holds the objects that are new in a heap.

use std::cmp::Reverse;

use indexmap::IndexMap;

use super::name_path::{NamePaths, PathIndex};
use super::placement::Placement;
use crate::analysis::{Histogram, PreferredPaths, RootChain, Tally, TypeOrder, TypeTally};
use crate::graph::{HeapGraph, NodeIndex, NodeSet};
use crate::snapshot::HeapSnapshot;

/// The objects of a heap that are new, by what holds them.
#[derive(Debug)]
pub struct NewObjects {
    /// All of them that are alive.
    pub total: Tally,
    /// The places, that with most bytes first.
    pub places: Vec<NewPlace>,
    /// New objects to which nothing alive leads.
    pub garbage: Tally,
}

/// A place that holds new objects.
#[derive(Debug)]
pub struct NewPlace {
    /// The path of names to what holds them, a container or an attribute; positions and keys are `[x]`.
    pub path: String,
    /// What is new there, with all that is new and held by it; bytes are those of the objects themselves.
    pub tally: Tally,
    /// The same by type, most bytes first.
    pub types: Vec<TypeTally>,
    /// The new objects that are held there by what is not new.
    pub entries: Vec<NodeIndex>,
    /// That of them which has most of it: an example.
    pub example: NodeIndex,
    /// Why that is alive; `None` where only a cycle holds it that the collector cannot free.
    pub chain: Option<RootChain>,
}

/// What is at one place, while it is put together.
#[derive(Default)]
struct Gathered {
    nodes: Vec<NodeIndex>,
    /// What is held there by what is not new, each with the bytes that it brings.
    entries: IndexMap<NodeIndex, u64>,
}

impl NewObjects {
    /// Finds out what holds the objects of `is_new`.
    ///
    /// An object belongs to the place at which the chain that explains best why it is alive comes from
    /// what was there before to what is new. `None` if the references have no names.
    ///
    /// Two walks over the heap, O(nodes + edges) and O(length of the chain) for each place; 30 bytes a
    /// node meanwhile.
    pub fn find(snapshot: &HeapSnapshot, is_new: &NodeSet) -> Option<Self> {
        let mut names = NamePaths::default();
        let placement = Placement::new(snapshot, snapshot.edge_names()?, &mut names);
        let graph = snapshot.graph();
        let chains = PreferredPaths::new(snapshot, |_| false);
        let mut entries: Vec<Option<NodeIndex>> = vec![None; graph.node_count()];
        let mut by_path: IndexMap<PathIndex, Gathered> = IndexMap::new();
        let (mut total, mut garbage) = (Tally::default(), Tally::default());
        for node in graph.nodes().filter(|&node| is_new.contains(node)) {
            let tally = Tally {
                count: 1,
                bytes: graph.shallow_size(node),
            };
            let entry = entry_of(&chains, is_new, &mut entries, node);
            let Some(path) = placement.path_of(entry) else {
                garbage.add(tally);
                continue;
            };
            total.add(tally);
            let gathered = by_path.entry(names.container(path)).or_default();
            gathered.nodes.push(node);
            let bytes = gathered.entries.entry(entry).or_default();
            *bytes = bytes.saturating_add(tally.bytes);
        }
        let place = |(path, gathered)| NewPlace::new(graph, &chains, names.spelled(path), gathered);
        let mut places: Vec<NewPlace> = by_path.into_iter().filter_map(place).collect();
        places.sort_by(|one, other| {
            let key = |place: &NewPlace| Reverse((place.tally.bytes, place.tally.count));
            (key(one), &one.path).cmp(&(key(other), &other.path))
        });
        Some(Self {
            total,
            places,
            garbage,
        })
    }
}

impl NewPlace {
    fn new(
        graph: &HeapGraph,
        chains: &PreferredPaths<'_>,
        path: String,
        gathered: Gathered,
    ) -> Option<Self> {
        let entries = gathered.entries.iter();
        let largest = entries.max_by_key(|&(&entry, &bytes)| (bytes, Reverse(entry)));
        let (&example, _) = largest?;
        let mut types = Histogram::of(graph, gathered.nodes.iter().copied());
        types.sort(TypeOrder::Bytes);
        Some(Self {
            path,
            tally: types.total(),
            types: types.types,
            entries: gathered.entries.into_keys().collect(),
            example,
            chain: chains.chain_to(example),
        })
    }
}

/// The first new object on the chain to `node` behind which all are new. O(1) for most: what was found
/// for those on the way is taken down in `entries`.
fn entry_of(
    chains: &PreferredPaths<'_>,
    is_new: &NodeSet,
    entries: &mut [Option<NodeIndex>],
    node: NodeIndex,
) -> NodeIndex {
    let mut passed = Vec::new();
    let mut at = node;
    let entry = loop {
        if let Some(known) = entries[at.index()] {
            break known;
        }
        passed.push(at);
        match chains.step_to(at) {
            Some((holder, _)) if is_new.contains(holder) => at = holder,
            _ => break at,
        }
    };
    for node in passed {
        entries[node.index()] = Some(entry);
    }
    entry
}
