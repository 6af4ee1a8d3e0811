//! Where chains of references start: what is alive without having to be referred to.

use std::cell::OnceCell;

use pyo3::prelude::*;
use pyo3::types::PyList;
use rustc_hash::{FxHashMap, FxHashSet};

use super::at_exit;
use super::ffi::{self, Object};
use super::interpreter_state::InterpreterState;
use super::introspection::Introspection;
use super::known_types::Known;
use super::names::{object_name, suspended_code};
use super::threads::{ThreadId, ThreadNames};
use super::walk::WalkedHeap;
use crate::graph::{HeapType, NodeFlags, NodeIndex, Root, RootKind};

/// The named roots of a captured heap while its objects are alive: all but
/// [`RootKind::External`].
pub(crate) struct Roots<'a, 'py> {
    types: &'a Introspection<'py>,
    heap: &'a WalkedHeap<'py>,
    kinds: FxHashMap<NodeIndex, RootKind>,
    /// What the interpreter holds, in words.
    interpreter: FxHashMap<NodeIndex, String>,
    /// The suspended greenlets among them, with the frame that each began with.
    greenlets: FxHashMap<NodeIndex, Object>,
    /// The threads of the frames that are executed.
    threads: FxHashMap<NodeIndex, ThreadId>,
    thread_names: OnceCell<ThreadNames>,
}

impl<'a, 'py> Roots<'a, 'py> {
    /// Finds the roots. O(nodes).
    ///
    /// No Python code may have run since the capture, and none runs here.
    ///
    /// # Errors
    ///
    /// If the interpreter refuses what is asked of it (out of memory).
    pub(crate) fn find(types: &'a Introspection<'py>, heap: &'a WalkedHeap<'py>) -> PyResult<Self> {
        let graph = &heap.graph;
        let by_type: Vec<Option<RootKind>> = (graph.types().iter())
            .map(|(_, ty)| kind_of_instances(types.known_in(graph, ty)?))
            .collect();
        let mut kinds = FxHashMap::default();
        for node in graph.nodes() {
            if graph.flags(node).contains(NodeFlags::PROPER_MODULE) {
                kinds.insert(node, RootKind::Module);
            } else if let Some(kind) = by_type[graph.type_index(node).index()]
                && graph.unexplained_count(node) > 0
            {
                kinds.insert(node, kind);
            }
        }
        let mut greenlets = FxHashMap::default();
        for suspended in heap.frames.suspended_greenlets() {
            if let Some(node) = graph.node_at(suspended.greenlet.address())
                && graph.unexplained_count(node) > 0
            {
                kinds.insert(node, RootKind::Suspended);
                greenlets.insert(node, suspended.outermost);
            }
        }
        for frame in &heap.running {
            kinds.insert(frame.node, RootKind::Frame);
        }
        let mut roots = Self {
            types,
            heap,
            kinds,
            interpreter: InterpreterState::find(types, heap),
            greenlets,
            threads: (heap.running.iter())
                .map(|frame| (frame.node, frame.thread))
                .collect(),
            thread_names: OnceCell::new(),
        };
        roots.add_callbacks()?;
        let held = roots.interpreter.keys();
        let held = held.map(|&node| (node, RootKind::Interpreter));
        let others: Vec<_> = held
            .filter(|(node, _)| !roots.kinds.contains_key(node))
            .collect();
        roots.kinds.extend(others);
        Ok(roots)
    }

    /// The kind of root that a node is.
    pub(crate) fn kind(&self, node: NodeIndex) -> Option<RootKind> {
        self.kinds.get(&node).copied()
    }

    /// All of them, in the order of the nodes.
    pub(super) fn all(&self) -> Vec<Root> {
        let mut nodes: Vec<NodeIndex> = self.kinds.keys().copied().collect();
        nodes.sort_unstable();
        nodes.into_iter().map(|node| self.describe(node)).collect()
    }

    /// The root that a node is, in words; an external one if it is none of those found.
    ///
    /// May run audit hooks: callers hold every object of the heap.
    pub(crate) fn describe(&self, node: NodeIndex) -> Root {
        let kind = self.kind(node).unwrap_or(RootKind::External);
        let name = self.words(node, kind);
        Root { node, kind, name }
    }

    /// The frame from which the capture was asked for.
    pub(crate) fn asking_frame(&self) -> Option<NodeIndex> {
        let mut running = self.heap.running.iter();
        running
            .find(|frame| frame.is_asking)
            .map(|frame| frame.node)
    }

    fn words(&self, node: NodeIndex, kind: RootKind) -> String {
        let Some(object) = ffi::object_at(self.heap.graph.address(node)) else {
            return String::new();
        };
        let object = object.lent(self.types.py);
        let name = object_name(self.types, &object);
        let name_or_type = || {
            name.clone()
                .unwrap_or_else(|| self.types.type_name(&object.get_type()))
        };
        match kind {
            RootKind::Module => name.unwrap_or_default(),
            RootKind::Frame => {
                format!("{}, thread {}", name_or_type(), self.thread(node))
            }
            RootKind::Suspended if let Some(function) = self.greenlet_function(node) => {
                format!("suspended greenlet {function}")
            }
            RootKind::Suspended => {
                let what = suspended_code(self.types, &object).map_or("", |(kind, _)| kind);
                format!("suspended {what} {}", name_or_type())
            }
            RootKind::Context => "context variables of a thread".into(),
            RootKind::AtExit if object.is_exact_instance_of::<PyList>() => {
                "functions called at exit".into()
            }
            RootKind::AtExit => format!("{}, called at exit", name_or_type()),
            RootKind::Interpreter => {
                (self.interpreter.get(&node).cloned()).unwrap_or_else(name_or_type)
            }
            RootKind::External => held_from_outside(self.heap.graph.unexplained_count(node)),
        }
    }

    /// The name of the function that a suspended greenlet began with.
    fn greenlet_function(&self, node: NodeIndex) -> Option<String> {
        let outermost = self.greenlets.get(&node)?;
        object_name(self.types, &outermost.bound(self.types.py))
    }

    /// The name of the thread that is in a frame.
    fn thread(&self, node: NodeIndex) -> &str {
        let names = (self.thread_names).get_or_init(|| ThreadNames::read(self.types));
        self.threads
            .get(&node)
            .map_or("", |&thread| names.of(thread))
    }

    /// Adds what `atexit` will call, where asking for it runs no code of the program.
    fn add_callbacks(&mut self) -> PyResult<()> {
        if self.has_comparing_callback() {
            return Ok(());
        }
        let graph = &self.heap.graph;
        let callbacks: FxHashSet<NodeIndex> = at_exit::callbacks(self.types.py)?
            .iter()
            .filter_map(|callback| graph.node_at(Object::from_bound(callback).address()))
            .collect();
        if !callbacks.is_empty() {
            let list = graph
                .nodes()
                .find(|&node| self.is_callback_list(node, &callbacks));
            for node in callbacks.into_iter().chain(list) {
                self.kinds.entry(node).or_insert(RootKind::AtExit);
            }
        }
        Ok(())
    }

    /// True if and only if `node` is the list in which the interpreter keeps the callbacks with their
    /// arguments, from 3.14 on: tuples of a callback and what it is called with, held by nobody else.
    fn is_callback_list(&self, node: NodeIndex, callbacks: &FxHashSet<NodeIndex>) -> bool {
        let graph = &self.heap.graph;
        let is_exactly = |node, known| {
            let object = ffi::object_at(graph.address(node));
            object.is_some_and(|object| self.types.is_exactly(object, known))
        };
        let is_call = |&entry: &NodeIndex| {
            let function = graph
                .referents(entry)
                .iter()
                .find(|held| callbacks.contains(held));
            is_exactly(entry, Known::Tuple) && function.is_some()
        };
        graph.unexplained_count(node) > 0
            && is_exactly(node, Known::List)
            && !graph.referents(node).is_empty()
            && graph.referents(node).iter().all(is_call)
    }

    /// True if some object could be a callback, being held from outside, and comparing it may run
    /// code of the program: its class defines `__call__` and an `__eq__` that is not the interpreter's
    /// own, or it is a proxy, which compares what it stands for.
    fn has_comparing_callback(&self) -> bool {
        let graph = &self.heap.graph;
        let is_comparing = graph.types().which(|ty| {
            let known = self.types.known_in(graph, ty);
            known == Some(Known::CallableProxy) || self.compares_and_calls(ty)
        });
        is_comparing.contains(&true)
            && graph.nodes().any(|node| {
                is_comparing[graph.type_index(node).index()] && graph.unexplained_count(node) > 0
            })
    }

    fn compares_and_calls(&self, ty: &HeapType) -> bool {
        let class = ty
            .node
            .and_then(|node| ffi::object_at(self.heap.graph.address(node)));
        let Some(class) = class else {
            return false;
        };
        let object = self.types.py.get_type::<PyAny>();
        // With what is of another type, those of the interpreter compare by identity.
        let compares_plainly = |class: &Borrowed<'_, '_, PyAny>| {
            class.is(&object) || self.types.is_type_of_interpreter(Object::from_bound(class))
        };
        let classes = self.types.type_mro(&class.lent(self.types.py));
        let defines = |class: &Borrowed<'_, '_, PyAny>, name| {
            let namespace = self.types.type_namespace(class);
            namespace.is_some_and(|names| ffi::value_under(&names, name).is_some())
        };
        // A metaclass may put `object` anywhere.
        let mut calling = classes.iter().filter(|class| !class.is(&object));
        let mut comparing = classes.iter().filter(|class| !compares_plainly(class));
        calling.any(|class| defines(class, c"__call__"))
            && comparing.any(|class| defines(class, c"__eq__"))
    }
}

/// What an external root is, in words.
pub(super) fn held_from_outside(count: u32) -> String {
    let references = if count == 1 {
        "reference"
    } else {
        "references"
    };
    format!("held from outside, {count} {references}")
}

/// What an instance is a root as, if it is held from outside the graph.
fn kind_of_instances(known: Known) -> Option<RootKind> {
    match known {
        Known::Generator | Known::Coroutine | Known::AsyncGenerator => Some(RootKind::Suspended),
        Known::Context => Some(RootKind::Context),
        _ => None,
    }
}
