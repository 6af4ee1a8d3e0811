//! What may hold an object from outside the heap: which extension modules come into question, and why.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::shortest_cycle::is_passage;
use super::unexplained::{class_name, class_names};
use crate::graph::{EdgeName, HeapGraph, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Objects on the way to one that hides what it holds, containers not counted: further away, it says
/// nothing.
const FARTHEST: usize = 3;
/// Objects looked at on the way.
const MOST_MET: usize = 10_000;
/// What is referred to by more leads to everything.
const MOST_REFERRERS: usize = 100;
/// Reasons that are told.
const MOST_TOLD: usize = 3;

/// What compiled code may hold an object whose references are not all found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledHolders {
    /// The object.
    pub node: NodeIndex,
    /// How many references to it were not found.
    pub references: u32,
    /// What speaks for which module; that which says most first.
    pub candidates: Vec<Candidate>,
    /// How many extension modules are loaded.
    pub loaded_modules: usize,
}

/// A module that may hold an object, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub module: String,
    /// What speaks for it.
    pub reason: Reason,
}

/// What speaks for a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The object is a class of it, which instances hold that no walk reaches.
    ItsClass,
    /// The type of the object is of it.
    ItsType,
    /// So is one that it is derived from, with this full name.
    ItsBase(String),
    /// It is of the same package as the type of the object.
    ItsPackage,
    /// Something near the object is of a type that shows no references.
    Hides {
        /// Full name of that type.
        type_name: String,
        /// Full name of the type of what holds such an object; `None` if that is the object asked about.
        holder: Option<String>,
    },
}

impl CompiledHolders {
    /// What may hold `node`; `None` if all references to it are found. O(nodes), and the neighbours of
    /// `node`.
    pub fn of(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<Self> {
        let references = snapshot.graph().unexplained_count(node);
        if references == 0 {
            return None;
        }
        let extensions = extension_modules(snapshot);
        let mut candidates = Vec::new();
        candidates.extend(own_type(snapshot, node, &extensions));
        if !snapshot.graph().flags(node).contains(NodeFlags::TYPE) {
            candidates.extend(hiding_neighbours(snapshot, node));
            candidates.extend(of_its_package(snapshot, node, &extensions));
        }
        candidates.truncate(MOST_TOLD);
        Some(Self {
            node,
            references,
            candidates,
            loaded_modules: extensions.len(),
        })
    }

    /// The type that shows no references and may be the holder, if there is one.
    pub fn hiding_type(&self) -> Option<&str> {
        self.candidates.iter().find_map(|one| match &one.reason {
            Reason::Hides { type_name, .. } => Some(type_name.as_str()),
            _ => None,
        })
    }
}

/// The names of the modules that are compiled files: the import system has another loader for them.
fn extension_modules(snapshot: &HeapSnapshot) -> FxHashSet<String> {
    const LOADER: &str = "_frozen_importlib_external.ExtensionFileLoader";
    let graph = snapshot.graph();
    let Some(names) = snapshot.edge_names() else {
        return FxHashSet::default();
    };
    let (is_loader, key) = (
        graph.types().which(|ty| ty.is_called(LOADER)),
        names.texts().find("'__loader__'"),
    );
    let is_extension = |module: NodeIndex| {
        let mut namespaces = graph.referents(module).iter();
        let is_namespace =
            |held: &&NodeIndex| graph.flags(**held).contains(NodeFlags::MODULE_NAMESPACE);
        namespaces.find(is_namespace).is_some_and(|&namespace| {
            let mut entries = graph
                .edge_positions(namespace)
                .zip(graph.referents(namespace));
            entries.any(|(position, &held)| {
                is_loader[graph.type_index(held).index()]
                    && matches!(names.name(position), EdgeName::Key(text) if Some(text) == key)
            })
        })
    };
    let modules = graph
        .nodes()
        .filter(|&node| graph.flags(node).contains(NodeFlags::PROPER_MODULE));
    modules
        .filter(|&module| is_extension(module))
        .filter_map(|module| snapshot.node_names().get(module).map(str::to_owned))
        .collect()
}

/// The extension module that the type of an object is of, or a class that it is derived from.
fn own_type(
    snapshot: &HeapSnapshot,
    node: NodeIndex,
    extensions: &FxHashSet<String>,
) -> Option<Candidate> {
    let graph = snapshot.graph();
    let classes = class_names(graph);
    let of_extension = |class: NodeIndex| {
        let name = class_name(snapshot, &classes, class);
        let (module, _) = name.rsplit_once('.')?;
        let is_extension = extensions.contains(module);
        is_extension.then(|| (module.to_owned(), name.clone()))
    };
    if graph.flags(node).contains(NodeFlags::TYPE) {
        let (module, _) = of_extension(node)?;
        let reason = Reason::ItsClass;
        return Some(Candidate { module, reason });
    }
    let ty = graph.type_of(node);
    if let Some(module) = ty.module.as_ref().filter(|&it| extensions.contains(it)) {
        let (module, reason) = (module.clone(), Reason::ItsType);
        return Some(Candidate { module, reason });
    }
    // The classes that a class refers to directly, or in the tuple of those it inherits from.
    let class = ty.node?;
    let direct = graph.referents(class).iter();
    let tuples = direct.filter(|&&held| graph.type_of(held).is_genuine("builtins.tuple"));
    let mut bases = tuples.flat_map(|&tuple| graph.referents(tuple)).copied();
    let is_base = |&base: &NodeIndex| base != class && graph.flags(base).contains(NodeFlags::TYPE);
    let (module, name) = bases.by_ref().filter(is_base).find_map(of_extension)?;
    let reason = Reason::ItsBase(name);
    Some(Candidate { module, reason })
}

/// The extension modules of the package that the type of an object is of, by name.
fn of_its_package(
    snapshot: &HeapSnapshot,
    node: NodeIndex,
    extensions: &FxHashSet<String>,
) -> Vec<Candidate> {
    let package = |name: &str| name.split('.').next().map(str::to_owned);
    let ty = snapshot.graph().type_of(node);
    let own = ty.module.as_deref().and_then(package);
    let is_other = |module: &&String| ty.module.as_ref() != Some(module);
    let mut modules: Vec<&String> = extensions.iter().filter(is_other).collect();
    modules.retain(|module| package(module) == own);
    modules.sort_unstable();
    let candidate = |module: &String| Candidate {
        module: module.clone(),
        reason: Reason::ItsPackage,
    };
    modules.into_iter().map(candidate).collect()
}

/// For each type of a heap, by its index, whether it shows no references.
pub(super) fn hiding_types(snapshot: &HeapSnapshot) -> Vec<bool> {
    let opaque = &snapshot.metadata().opaque_types;
    let types = snapshot.graph().types();
    types.which(|ty| opaque.iter().any(|name| ty.is_called(name)))
}

/// What is near an object, in both directions, and is of a type that shows no references; one for each
/// type, the nearest first.
fn hiding_neighbours(snapshot: &HeapSnapshot, start: NodeIndex) -> Vec<Candidate> {
    let graph = snapshot.graph();
    let opaque = &snapshot.metadata().opaque_types;
    let hides = hiding_types(snapshot);
    let mut told: FxHashSet<&str> = FxHashSet::default();
    let mut found = Vec::new();
    // What led to each, whether that holds it, and how far it is.
    let mut met_from = FxHashMap::from_iter([(start, (start, false, 0))]);
    let mut next = VecDeque::from([start]);
    while let Some(node) = next.pop_front() {
        let (from, is_held, distance) = met_from[&node];
        let ty = graph.type_of(node);
        if node != start && hides[graph.type_index(node).index()] {
            if is_held
                && let Some(module) = &ty.module
                && let Some(type_name) = opaque.iter().find(|name| ty.is_called(name))
                && told.insert(type_name)
            {
                let holder = if from == start {
                    start
                } else {
                    owner(graph, from)
                };
                found.push(Candidate {
                    module: module.clone(),
                    reason: Reason::Hides {
                        type_name: type_name.clone(),
                        holder: (holder != start)
                            .then(|| graph.type_of(holder).full_name().into_owned()),
                    },
                });
            }
            continue;
        }
        if distance == FARTHEST || found.len() == MOST_TOLD {
            continue;
        }
        let referrers = graph.referrers(node);
        let referrers = if referrers.len() > MOST_REFERRERS {
            &[]
        } else {
            referrers
        };
        let held = graph.referents(node).iter().map(|&other| (other, true));
        let holders = referrers.iter().map(|&other| (other, false));
        for (other, is_held) in held.chain(holders) {
            if met_from.len() > MOST_MET {
                break;
            }
            if !met_from.contains_key(&other) && !leads_everywhere(graph, other) {
                // A container is a part of what it belongs to.
                let step = usize::from(!is_passage(graph, other));
                met_from.insert(other, (node, is_held, distance + step));
                if step == 0 {
                    next.push_front(other);
                } else {
                    next.push_back(other);
                }
            }
        }
    }
    found
}

/// What a container belongs to: what holds it, or what that belongs to; an object itself.
fn owner(graph: &HeapGraph, node: NodeIndex) -> NodeIndex {
    const MOST: usize = 4;
    let holder = |&node: &NodeIndex| {
        let is_part = is_passage(graph, node);
        graph.referrers(node).first().copied().filter(|_| is_part)
    };
    let owners = std::iter::successors(Some(node), holder);
    owners.take(MOST).last().unwrap_or(node)
}

/// True for what leads to most of the heap, or is shared by what has nothing to do with each other:
/// modules, classes, functions, frames, and objects of the interpreter that hold no others.
fn leads_everywhere(graph: &HeapGraph, node: NodeIndex) -> bool {
    let flags = graph.flags(node);
    let others = [
        NodeFlags::MODULE,
        NodeFlags::MODULE_NAMESPACE,
        NodeFlags::TYPE,
        NodeFlags::FRAME,
        NodeFlags::IMMORTAL,
    ];
    let ty = graph.type_of(node);
    let is_of_interpreter = !ty.is_heap_type && ty.module.as_deref() == Some("builtins");
    others.into_iter().any(|other| flags.contains(other))
        || (is_of_interpreter && !is_passage(graph, node))
}
