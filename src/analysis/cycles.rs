//! Cycles of references: which there are, what keeps them, and a way round each.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::components::CyclicComponents;
use super::fate::{Fate, Fates};
use super::histogram::{Histogram, Tally, TypeOrder, TypeTally};
use super::shortest_cycle::{Cycle, CycleSearch};
use super::type_pattern::TypePattern;
use super::uncollectable::unseen_cycle;
use crate::graph::{HeapGraph, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Components of the same fate and of objects of the same types, whose functions and classes have
/// the same names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CycleGroup {
    /// What becomes of them.
    pub fate: Fate,
    /// Number of components.
    pub component_count: usize,
    /// The objects of all of them.
    pub tally: Tally,
    /// The same objects by type, most bytes first.
    pub types: Histogram,
    /// The objects of the smallest component, in capture order.
    pub example: Vec<NodeIndex>,
    /// A shortest cycle in that component; of what is uncollectable one that the collector does not see
    /// as a whole.
    pub cycle: Cycle,
}

/// The cycles of a heap that hold together because modules and classes do: every function refers to
/// the names of its module, and these to the functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StandingCycles {
    /// Number of components.
    pub component_count: usize,
    /// Their objects.
    pub tally: Tally,
    /// The modules among them.
    pub module_count: usize,
    /// The classes among them.
    pub class_count: usize,
}

/// The cycles of a heap, as strongly connected components.
///
/// In what is garbage every reference counts. In what is alive references to modules, to their
/// names and to classes do not: these stay, whatever refers to them, and through them nearly
/// everything leads to everything. What hangs together by them only is told as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycles {
    /// Components that are alike, taken together: garbage first, then what is held from outside,
    /// then what is alive; in each, those with instances of classes, then those with most bytes.
    pub groups: Vec<CycleGroup>,
    /// What hangs together by modules and classes.
    pub standing: StandingCycles,
}

impl Cycles {
    /// Finds all cycles. O(nodes + edges), and the search for a shortest cycle in one component of
    /// each group; about 30 bytes for each node meanwhile.
    pub fn find(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let fates = Fates::new(snapshot);
        let stays = |node| is_module_or_class(graph, node);
        let follows = |_, held| fates.is_garbage(held) || !stays(held);
        let standing = CyclicComponents::find(graph, |_, held| !fates.is_garbage(held));
        Self {
            groups: groups(
                snapshot,
                &fates,
                &CyclicComponents::find(graph, follows),
                follows,
            ),
            standing: StandingCycles::of(graph, &standing),
        }
    }

    /// Leaves only the components in which there is an object of such a type. Those that hang
    /// together by modules and classes stay as they are.
    pub fn keep(&mut self, pattern: &TypePattern) {
        let is_meant = |row: &TypeTally| pattern.matches(&row.type_name);
        (self.groups).retain(|group| group.types.types.iter().any(is_meant));
    }

    /// The objects of all groups by type, by name.
    pub fn histogram(&self) -> Histogram {
        merged(self.groups.iter().map(|group| &group.types))
    }

    /// Number of components, and their objects.
    pub fn total(&self) -> (usize, Tally) {
        let mut total = (0, Tally::default());
        for group in &self.groups {
            total.0 += group.component_count;
            total.1.add(group.tally);
        }
        total
    }
}

impl StandingCycles {
    fn of(graph: &HeapGraph, components: &CyclicComponents) -> Self {
        let mut standing = Self::default();
        let is_module = |node| graph.flags(node).contains(NodeFlags::MODULE);
        let is_class = |node| graph.flags(node).contains(NodeFlags::TYPE);
        let stays = |&node: &NodeIndex| is_module_or_class(graph, node);
        for members in components
            .iter()
            .filter(|members| members.iter().any(stays))
        {
            standing.component_count += 1;
            for &node in members {
                standing.tally.add(tally(graph, node));
                standing.module_count += usize::from(is_module(node));
                standing.class_count += usize::from(is_class(node));
            }
        }
        standing
    }
}

/// Takes those components together that are alike; `follows` is what they were found with.
pub(super) fn groups(
    snapshot: &HeapSnapshot,
    fates: &Fates,
    components: &CyclicComponents,
    follows: impl Fn(NodeIndex, NodeIndex) -> bool,
) -> Vec<CycleGroup> {
    let type_names = TypeNames::new(snapshot.graph());
    let mut search = CycleSearch::new(snapshot, follows);
    let unseen = |alike: &Alike<'_>| match alike.fate {
        Fate::Uncollectable => unseen_cycle(snapshot, alike.smallest()),
        _ => None,
    };
    let group = |alike: Alike| {
        let types = alike.histogram(&type_names);
        CycleGroup {
            fate: alike.fate,
            component_count: alike.components.len(),
            tally: types.total(),
            types,
            cycle: unseen(&alike).unwrap_or_else(|| search.shortest(alike.smallest())),
            example: alike.smallest().to_vec(),
        }
    };
    let found = found_alike(snapshot, fates, components, &type_names);
    let mut groups: Vec<CycleGroup> = found.into_iter().map(group).collect();
    // Of equal ones the first captured comes first.
    groups.sort_by_cached_key(|group| place(snapshot.graph(), group));
    groups
}

/// Where a group stands among all; see [`Cycles::groups`].
fn place(graph: &HeapGraph, group: &CycleGroup) -> impl Ord + use<> {
    let is_instance = |&node: &NodeIndex| {
        graph.type_of(node).is_heap_type && !graph.flags(node).contains(NodeFlags::TYPE)
    };
    let has_instance = group.example.iter().any(is_instance);
    let size = (Reverse(group.tally.bytes), Reverse(group.tally.count));
    let names = group.types.types.iter().map(|row| row.type_name.clone());
    let names: Vec<String> = names.collect();
    (group.fate, !has_instance, size, names)
}

/// The components that are alike, in the order in which the first of each was found.
pub(super) fn found_alike<'c>(
    snapshot: &HeapSnapshot,
    fates: &Fates,
    components: &'c CyclicComponents,
    type_names: &TypeNames,
) -> Vec<Alike<'c>> {
    let mut positions: FxHashMap<Likeness, usize> = FxHashMap::default();
    let mut found: Vec<Alike> = Vec::new();
    for members in components.iter() {
        let likeness = Likeness::of(snapshot, fates, members, type_names);
        let fate = likeness.fate;
        let position = *positions.entry(likeness).or_insert_with(|| {
            found.push(Alike::new(fate));
            found.len() - 1
        });
        found[position].add(snapshot.graph(), members, type_names);
    }
    found
}

/// What components that are alike have in common.
#[derive(PartialEq, Eq, Hash)]
struct Likeness<'s> {
    fate: Fate,
    types: Vec<usize>,
    names: Vec<&'s str>,
}

impl<'s> Likeness<'s> {
    fn of(
        snapshot: &'s HeapSnapshot,
        fates: &Fates,
        members: &[NodeIndex],
        type_names: &TypeNames,
    ) -> Self {
        let types = (members.iter()).map(|&node| type_names.number(snapshot.graph(), node));
        let names = (members.iter()).filter_map(|&node| own_name(snapshot, node));
        let (mut types, mut names): (Vec<_>, Vec<_>) = (types.collect(), names.collect());
        types.sort_unstable();
        types.dedup();
        names.sort_unstable();
        names.dedup();
        Self {
            fate: fates.of(members[0]),
            types,
            names,
        }
    }
}

/// Components that are alike.
pub(super) struct Alike<'c> {
    fate: Fate,
    /// The members of each.
    pub(super) components: Vec<&'c [NodeIndex]>,
    types: FxHashMap<usize, Tally>,
}

impl<'c> Alike<'c> {
    fn new(fate: Fate) -> Self {
        Self {
            fate,
            components: Vec::new(),
            types: FxHashMap::default(),
        }
    }

    fn add(&mut self, graph: &HeapGraph, members: &'c [NodeIndex], type_names: &TypeNames) {
        self.components.push(members);
        for &node in members {
            let by_type = self.types.entry(type_names.number(graph, node));
            by_type.or_default().add(tally(graph, node));
        }
    }

    /// The members of the first of the smallest.
    pub(super) fn smallest(&self) -> &'c [NodeIndex] {
        let smallest = self.components.iter().min_by_key(|members| members.len());
        smallest.copied().unwrap_or_default()
    }

    /// The objects by type, most bytes first.
    fn histogram(&self, type_names: &TypeNames) -> Histogram {
        let types = self.types.iter().map(|(&number, &tally)| TypeTally {
            type_name: type_names.names[number].clone(),
            tally,
        });
        let mut types = Histogram {
            types: types.collect(),
        };
        types.sort(TypeOrder::Bytes);
        types
    }
}

/// The names of all types, numbered: different types of the same name have the same number.
pub(super) struct TypeNames {
    names: Vec<String>,
    numbers: Vec<usize>,
}

impl TypeNames {
    pub(super) fn new(graph: &HeapGraph) -> Self {
        let (mut names, mut numbers) = (Vec::new(), Vec::new());
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        for (_, ty) in graph.types().iter() {
            let name = ty.full_name().into_owned();
            let number = *known.entry(name.clone()).or_insert_with(|| {
                names.push(name);
                names.len() - 1
            });
            numbers.push(number);
        }
        Self { names, numbers }
    }

    fn number(&self, graph: &HeapGraph, node: NodeIndex) -> usize {
        self.numbers[graph.type_index(node).index()]
    }
}

/// What a function or class is called. What else has a name is told apart by a line number, which
/// says nothing of what it is.
fn own_name(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<&str> {
    let graph = snapshot.graph();
    let is_named = graph.flags(node).contains(NodeFlags::TYPE)
        || graph.type_of(node).is_genuine("builtins.function");
    snapshot.node_names().get(node).filter(|_| is_named)
}

fn is_module_or_class(graph: &HeapGraph, node: NodeIndex) -> bool {
    let flags = graph.flags(node);
    flags.contains(NodeFlags::PROPER_MODULE)
        || flags.contains(NodeFlags::MODULE_NAMESPACE)
        || flags.contains(NodeFlags::TYPE)
}

/// Several histograms as one, by name.
pub(super) fn merged<'h>(histograms: impl Iterator<Item = &'h Histogram>) -> Histogram {
    let mut by_name: FxHashMap<&str, Tally> = FxHashMap::default();
    for row in histograms.flat_map(|histogram| &histogram.types) {
        by_name.entry(&row.type_name).or_default().add(row.tally);
    }
    let types = by_name.into_iter().map(|(name, tally)| TypeTally {
        type_name: name.to_owned(),
        tally,
    });
    let mut merged = Histogram {
        types: types.collect(),
    };
    merged.sort(TypeOrder::Name);
    merged
}

pub(super) fn tally(graph: &HeapGraph, node: NodeIndex) -> Tally {
    Tally {
        count: 1,
        bytes: graph.shallow_size(node),
    }
}
