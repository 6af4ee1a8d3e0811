//! References that the graph cannot explain, and what has more of them than before.
//!
//! An object is freed when its reference count is 0. Where the count is higher than the references
//! found, something holds the object that is not in the graph; or compiled code has forgotten to
//! give a reference back, and nothing holds it any more.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::TypePattern;
use super::histogram::is_of_this_package;
use crate::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet, RootKind};
use crate::snapshot::HeapSnapshot;

/// A count that has risen by fewer says nothing: so many references are on the stacks of running
/// functions, or in what compiled code keeps for itself.
const LEAST_RISE: u64 = 10;

/// Numbers and texts are held by compiled code and shared by classes in places that no walk sees,
/// a few more with each module that is loaded.
const ATOMS: [&str; 3] = ["builtins.str", "builtins.bytes", "builtins.int"];

/// What the references lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldAs {
    /// To the instances of a class.
    Instances,
    /// To a class as an object. Its instances hold it, so this may be instances that are not in
    /// the graph.
    Class,
}

impl HeldAs {
    /// In one word, as JSON has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Instances => "instances",
            Self::Class => "class",
        }
    }
}

/// The references to some objects that the graph cannot explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnexplainedTally {
    /// Full name of the class.
    pub type_name: String,
    /// What of it is referred to.
    pub held: HeldAs,
    /// How many objects there are to which such references lead.
    pub objects: u64,
    /// How many references there are to them all.
    pub references: u64,
}

/// All references of a heap that the graph cannot explain.
///
/// Left out are immortal and statically allocated objects, whose counts say nothing, what the
/// interpreter itself holds, and what belongs to heapgraph. Of another root with a name one
/// reference is explained by that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unexplained {
    /// By class, most references first, then by name.
    pub tallies: Vec<UnexplainedTally>,
    /// Number of modules.
    modules: u64,
}

/// References that have come to lead to some objects although no more of them are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceLeak {
    /// Full name of the class.
    pub type_name: String,
    /// What of it is referred to.
    pub held: HeldAs,
    /// How many more references there are that the graph cannot explain.
    pub rise: u64,
    /// How many more objects have any.
    pub more_objects: u64,
    /// How many more modules there are than before: they may hold the objects.
    pub loaded_modules: u64,
}

impl ReferenceLeak {
    /// True if only references are lost, and no memory: they are to a few objects that stay anyway, as
    /// dtypes do. Of the references to a class nobody knows, as its instances may not be seen.
    pub fn is_without_memory(&self) -> bool {
        self.held == HeldAs::Instances && self.more_objects * LEAST_RISE < self.rise
    }
}

impl Unexplained {
    /// Counts the references. O(nodes + edges).
    pub fn new(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let tallies = by_class(snapshot).into_iter();
        let mut tallies: Vec<UnexplainedTally> = tallies
            .map(
                |((type_name, held), (objects, references))| UnexplainedTally {
                    type_name,
                    held,
                    objects,
                    references,
                },
            )
            .collect();
        tallies.retain(|row| row.objects > 0 && !is_of_this_package(&row.type_name));
        tallies.sort_by(|a, b| {
            let key = |row: &UnexplainedTally| (Reverse(row.references), row.held);
            (key(a), &a.type_name).cmp(&(key(b), &b.type_name))
        });
        let is_module = |&node: &NodeIndex| graph.flags(node).contains(NodeFlags::PROPER_MODULE);
        Self {
            tallies,
            modules: graph.nodes().filter(is_module).count() as u64,
        }
    }

    /// Leaves only the classes that `pattern` matches.
    pub fn keep(&mut self, pattern: &TypePattern) {
        self.tallies.retain(|row| pattern.matches(&row.type_name));
    }

    /// What has come to have more references than in `base` that nothing explains: the most first.
    ///
    /// Texts, numbers and bytes are not judged, nor rises of fewer than ten references.
    pub fn leaks_since(&self, base: &Self) -> Vec<ReferenceLeak> {
        let key = |row: &UnexplainedTally| (row.type_name.clone(), row.held);
        let before: FxHashMap<_, (u64, u64)> = (base.tallies.iter())
            .map(|row| (key(row), (row.objects, row.references)))
            .collect();
        let loaded_modules = self.modules.saturating_sub(base.modules);
        let leak = |row: &UnexplainedTally| {
            let (objects, references) = before.get(&key(row)).copied().unwrap_or_default();
            let rise = row.references.saturating_sub(references);
            let more_objects = row.objects.saturating_sub(objects);
            let is_judged = row.held == HeldAs::Class || !ATOMS.contains(&row.type_name.as_str());
            (is_judged && rise >= LEAST_RISE).then(|| ReferenceLeak {
                type_name: row.type_name.clone(),
                held: row.held,
                rise,
                more_objects,
                loaded_modules,
            })
        };
        let mut leaks: Vec<ReferenceLeak> = self.tallies.iter().filter_map(leak).collect();
        leaks.sort_by(|a, b| {
            (Reverse(a.rise), a.held, &a.type_name).cmp(&(Reverse(b.rise), b.held, &b.type_name))
        });
        leaks
    }
}

/// By class the objects with unexplained references, and the references: of roots those besides the
/// one that makes them roots.
fn by_class(snapshot: &HeapSnapshot) -> FxHashMap<(String, HeldAs), (u64, u64)> {
    let graph = snapshot.graph();
    let mut has_name = NodeSet::new(graph);
    let mut is_of_interpreter = NodeSet::new(graph);
    for root in snapshot.roots() {
        match root.kind {
            RootKind::External => {}
            RootKind::Interpreter => _ = is_of_interpreter.insert(root.node),
            _ => _ = has_name.insert(root.node),
        }
    }
    let classes = class_names(graph);
    let mut by_name: FxHashMap<(String, HeldAs), (u64, u64)> = FxHashMap::default();
    // Nearly all are instances: their names are looked up once for each type.
    let mut by_type = vec![(0, 0); graph.types().len()];
    for node in graph
        .nodes()
        .filter(|&node| !is_of_interpreter.contains(node))
    {
        let explained = u32::from(has_name.contains(node));
        let count = graph.unexplained_count(node).saturating_sub(explained);
        if count == 0 {
            continue;
        }
        let tally: &mut (u64, u64) = if graph.flags(node).contains(NodeFlags::TYPE) {
            let name = class_name(snapshot, &classes, node);
            by_name.entry((name, HeldAs::Class)).or_default()
        } else {
            &mut by_type[graph.type_index(node).index()]
        };
        tally.0 += 1;
        tally.1 += u64::from(count);
    }
    for (index, ty) in graph.types().iter() {
        let (objects, references) = by_type[index.index()];
        let name = ty.full_name().into_owned();
        let tally = by_name.entry((name, HeldAs::Instances)).or_default();
        tally.0 += objects;
        tally.1 += references;
    }
    by_name
}

/// The modules of the classes that have instances in the graph.
pub(super) fn class_names(graph: &HeapGraph) -> FxHashMap<NodeIndex, &str> {
    let types = graph.types().iter();
    types
        .filter_map(|(_, ty)| Some((ty.node?, ty.module.as_deref()?)))
        .collect()
}

/// The full name of a class: with the module that its instances name, else with that in which it
/// is found, of several the one with the shortest name.
pub(super) fn class_name(
    snapshot: &HeapSnapshot,
    modules: &FxHashMap<NodeIndex, &str>,
    class: NodeIndex,
) -> String {
    let graph = snapshot.graph();
    let name = snapshot.node_names().get(class).unwrap_or("?");
    let in_modules = || {
        let namespaces = graph.referrers(class).iter();
        let namespaces =
            namespaces.filter(|&&node| graph.flags(node).contains(NodeFlags::MODULE_NAMESPACE));
        let holders = namespaces.flat_map(|&namespace| graph.referrers(namespace));
        holders
            .filter(|&&node| graph.flags(node).contains(NodeFlags::PROPER_MODULE))
            .filter_map(|&module| snapshot.node_names().get(module))
            .min_by_key(|module| (module.len(), *module))
    };
    match modules.get(&class).copied().or_else(in_modules) {
        Some(module) => format!("{module}.{name}"),
        None => name.to_owned(),
    }
}
