//! How well references explain why something is alive.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::{Excuse, ExcuseKind, excuses};
use crate::graph::{
    EdgeLabel, EdgeName, HeapType, NodeFlags, NodeIndex, RootKind, TextIndex, TypeIndex,
};
use crate::snapshot::HeapSnapshot;

/// How badly a reference or a root explains why something is alive; the least explains best. A
/// chain is as bad as the worst of its references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Rank {
    /// It is there until somebody changes it.
    Plain,
    /// A local variable, gone when its function returns.
    Local,
    /// The frames of an exception.
    Traceback,
    /// A cache or a registry of the interpreter or its library, known to be harmless.
    Library,
    /// Held from outside the graph.
    Outside,
    /// Says nothing: from an instance to its class, from a dict to a string that is a key.
    Untelling,
    /// What the asker holds in order to ask.
    Own,
}

/// One reference on a chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight {
    pub(super) rank: Rank,
    /// What it adds to the length of a chain.
    pub(super) length: u32,
}

/// Types whose instances hold local variables.
const LOCAL: [&str; 4] = [
    "builtins.frame",
    "builtins.generator",
    "builtins.coroutine",
    "builtins.async_generator",
];
const TRACEBACK: &str = "builtins.traceback";

/// Steps that do not lengthen a path: they are passed over when it is spelled.
pub(super) const PASSED_OVER: [&str; 3] = ["__dict__", "__closure__", "cell_contents"];

/// How long a reference from the state of a compiled module is: a name in any module says more.
const MODULE_STATE: u32 = 3;

/// What is known of the references of a snapshot, to weigh each quickly.
#[derive(Debug)]
pub(super) struct Weights<'s> {
    snapshot: &'s HeapSnapshot,
    /// For each type the rank of what its instances hold.
    by_type: Vec<Rank>,
    traceback: Option<TypeIndex>,
    library: Vec<NodeIndex>,
    passed_over: [Option<TextIndex>; 3],
    homes: Homes,
    /// References of the asker, by their positions among those of all nodes.
    own: &'s FxHashSet<usize>,
}

impl<'s> Weights<'s> {
    pub(super) fn new(snapshot: &'s HeapSnapshot, own: &'s FxHashSet<usize>) -> Self {
        let types = snapshot.graph().types();
        let is_builtin = |ty: &HeapType, name: &str| !ty.is_heap_type && ty.is_called(name);
        let rank = |ty: &HeapType| {
            if LOCAL.iter().any(|name| is_builtin(ty, name)) {
                Rank::Local
            } else if is_builtin(ty, TRACEBACK) {
                Rank::Traceback
            } else if ty.is_called("functools._lru_cache_wrapper") {
                Rank::Library
            } else {
                Rank::Plain
            }
        };
        let mut types_found = types.iter();
        let traceback = types_found.find(|(_, ty)| is_builtin(ty, TRACEBACK));
        let text = |text| snapshot.edge_names()?.texts().find(text);
        let homes = Homes::new(snapshot);
        Self {
            snapshot,
            by_type: types.iter().map(|(_, ty)| rank(ty)).collect(),
            traceback: traceback.map(|(index, _)| index),
            library: library(snapshot, &homes),
            passed_over: PASSED_OVER.map(text),
            homes,
            own,
        }
    }

    /// The rank that all references of `holder` have at least.
    pub(super) fn of_holder(&self, holder: NodeIndex) -> Rank {
        let graph = self.snapshot.graph();
        if graph.flags(holder).contains(NodeFlags::FRAME) {
            Rank::Local
        } else if self.library.contains(&holder) {
            Rank::Library
        } else {
            self.by_type[graph.type_index(holder).index()]
        }
    }

    /// The reference of `holder` to `held` that is the `number`th of its references.
    pub(super) fn of_reference(&self, holder: NodeIndex, number: usize, held: NodeIndex) -> Weight {
        let graph = self.snapshot.graph();
        let ty = graph.type_of(holder);
        let is_to_class = ty.node == Some(held) && graph.is_only_instance_of(holder, held);
        let position = graph.edge_positions(holder).start + number;
        let rank = if self.is_own(position) {
            Rank::Own
        } else if is_to_class || graph.is_string_key(holder, number) {
            Rank::Untelling
        } else if self.traceback == Some(graph.type_index(held)) {
            Rank::Traceback
        } else {
            Rank::Plain
        };
        let is_namespace = graph.flags(holder).contains(NodeFlags::MODULE_NAMESPACE);
        let length = if self.is_of_module_state(holder, position) {
            MODULE_STATE
        } else if is_namespace && self.homes.is_guest(self.snapshot, holder, held) {
            2
        } else {
            u32::from(!self.is_passed_over(position))
        };
        Weight { rank, length }
    }

    /// True if and only if compiled code of a module holds it without a name.
    fn is_of_module_state(&self, holder: NodeIndex, position: usize) -> bool {
        let is_module = self
            .snapshot
            .graph()
            .flags(holder)
            .contains(NodeFlags::MODULE);
        let names = self.snapshot.edge_names().filter(|_| is_module);
        names.is_some_and(|names| matches!(names.name(position), EdgeName::Internal(_)))
    }

    /// True if and only if nobody can cut the reference: a path passes over it.
    pub(super) fn is_uncuttable(&self, holder: NodeIndex, held: NodeIndex) -> bool {
        self.uncuttable(holder).any(|other| other == held)
    }

    /// What an object holds by references that nobody can cut. O(references of the object).
    pub(super) fn uncuttable(&self, holder: NodeIndex) -> impl Iterator<Item = NodeIndex> + '_ {
        let graph = self.snapshot.graph();
        let is_module = graph.flags(holder).contains(NodeFlags::MODULE);
        let is_namespace =
            move |held| is_module && graph.flags(held).contains(NodeFlags::MODULE_NAMESPACE);
        let references = graph.edge_positions(holder).zip(graph.referents(holder));
        references
            .filter(move |&(position, &held)| is_namespace(held) || self.is_passed_over(position))
            .map(|(_, &held)| held)
    }

    fn is_own(&self, position: usize) -> bool {
        [self.own, self.snapshot.aside()]
            .iter()
            .any(|own| !own.is_empty() && own.contains(&position))
    }

    /// The references of the asker.
    pub(super) fn own(&self) -> &'s FxHashSet<usize> {
        self.own
    }

    fn is_passed_over(&self, position: usize) -> bool {
        let Some(names) = self.snapshot.edge_names() else {
            return false;
        };
        matches!(names.name(position), EdgeName::Attribute(text) if self.passed_over.contains(&Some(text)))
    }
}

/// The rank of a chain that starts at a root of this kind.
pub(super) fn of_root(kind: RootKind) -> Rank {
    match kind {
        RootKind::Module => Rank::Plain,
        RootKind::External => Rank::Outside,
        RootKind::Frame
        | RootKind::Suspended
        | RootKind::Context
        | RootKind::AtExit
        | RootKind::Interpreter => Rank::Local,
    }
}

/// The caches and registries of the library that are there, which hold much and are seldom the cause.
fn library(snapshot: &HeapSnapshot, homes: &Homes) -> Vec<NodeIndex> {
    let graph = snapshot.graph();
    let objects = |rule: &'static Excuse| -> Vec<NodeIndex> {
        let module = rule.module.as_ref();
        let Some(&namespace) = module.and_then(|module| homes.by_module.get(module)) else {
            return Vec::new();
        };
        let is_meant = |label: EdgeLabel| {
            let EdgeLabel::Key(key) = label else {
                return false;
            };
            let name = key
                .strip_prefix('\'')
                .and_then(|key| key.strip_suffix('\''));
            name.is_some_and(|name| rule.is_attribute(name))
        };
        let labels = graph.edge_positions(namespace);
        let labels = labels.zip(graph.referents(namespace));
        let meant = labels.filter(|&(position, _)| is_meant(snapshot.label(position)));
        meant.map(|(_, &object)| object).collect()
    };
    let caches = excuses().iter();
    let caches = caches.filter(|rule| rule.kind == ExcuseKind::Cache);
    caches.flat_map(objects).collect()
}

/// Where classes, functions and instances are at home: the namespace of the module that defines
/// them, or their class.
#[derive(Debug)]
struct Homes {
    by_module: FxHashMap<String, NodeIndex>,
    /// For each type the home of its instances.
    of_instances: Vec<Option<NodeIndex>>,
    of_classes: FxHashMap<NodeIndex, NodeIndex>,
}

impl Homes {
    fn new(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let modules = snapshot.roots().iter();
        let modules = modules.filter(|root| root.kind == RootKind::Module);
        let by_module: FxHashMap<String, NodeIndex> = modules
            .filter_map(|root| Some((root.name.clone(), namespace_of(snapshot, root.node)?)))
            .collect();
        let home = |ty: &HeapType| {
            let module = ty.module.as_ref().filter(|_| ty.is_heap_type)?;
            by_module.get(module).copied()
        };
        let types = graph.types().iter();
        let of_classes = types.filter_map(|(_, ty)| Some((ty.node?, home(ty)?)));
        Self {
            of_classes: of_classes.collect(),
            of_instances: graph.types().iter().map(|(_, ty)| home(ty)).collect(),
            by_module,
        }
    }

    /// True if and only if `held`, which a module's namespace holds, is at home in another.
    fn is_guest(&self, snapshot: &HeapSnapshot, namespace: NodeIndex, held: NodeIndex) -> bool {
        let graph = snapshot.graph();
        let flags = graph.flags(held);
        let home = if flags.contains(NodeFlags::MODULE) {
            None
        } else if flags.contains(NodeFlags::TYPE) {
            self.of_classes.get(&held).copied()
        } else if graph.type_of(held).is_genuine("builtins.function") {
            namespace_of(snapshot, held)
        } else {
            self.of_instances[graph.type_index(held).index()]
        };
        home.is_some_and(|home| home != namespace)
    }
}

/// The namespace that a module or a function refers to.
fn namespace_of(snapshot: &HeapSnapshot, node: NodeIndex) -> Option<NodeIndex> {
    let graph = snapshot.graph();
    let is_namespace =
        |node: &&NodeIndex| graph.flags(**node).contains(NodeFlags::MODULE_NAMESPACE);
    graph.referents(node).iter().find(is_namespace).copied()
}
