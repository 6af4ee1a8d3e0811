//! What the interpreter itself holds. It lists little of that, so most is told by what it looks
//! like, under the condition that something holds it that is not in the graph.

mod rules;

use std::cmp::Reverse;
use std::ffi::{CStr, CString};

use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyTuple, PyType};
use rustc_hash::{FxHashMap, FxHashSet};

use super::at_exit;
use super::ffi::{self, Object};
use super::introspection::{Introspection, text};
use super::known_types::Known;
use super::lent_object;
use super::modules::{compiled_function, value_in_module};
use super::names::object_name;
use super::walk::WalkedHeap;
use crate::graph::{HeapGraph, HeapType, NodeFlags, NodeIndex};
use rules::{Count, RULES};

/// The highest number of a signal that a handler is looked for.
const LAST_SIGNAL: i32 = 64;

/// Modules of classes that compiled code keeps for good: the interpreter's own, then this package
/// and what it is written with.
const KEPT_CLASSES: [&str; 7] = [
    "ast",
    "_ast",
    "typing",
    "_typing",
    "heapgraph",
    "heapgraph._core",
    "pyo3_runtime",
];

/// Types whose instances the interpreter makes when it starts and keeps to the end: immortal only
/// from 3.12 on.
const SINGLETONS: [Known; 4] = [
    Known::NoneType,
    Known::Bool,
    Known::Ellipsis,
    Known::NotImplemented,
];

/// What is looked for among the instances of a type.
struct KnownOfType {
    is_singleton: bool,
    /// The module that keeps its classes, and some of their instances.
    kept_by: Option<String>,
    /// The numbers of the rules about them.
    rules: Vec<usize>,
}

/// What one rule has recognised, with the names that it gives.
type Recognised = Vec<(NodeIndex, String)>;

/// Those of what a rule has recognised that the interpreter has: what compiled code has lost may look like
/// them.
fn genuine(graph: &HeapGraph, count: Count, mut candidates: Recognised) -> Recognised {
    // Those that hold most, in the order of the walk.
    candidates.sort_by_key(|&(node, _)| Reverse(graph.referents(node).len()));
    let mut names = FxHashSet::default();
    match count {
        Count::One => candidates.truncate(1),
        Count::OneOfAName => candidates.retain(|(_, name)| names.insert(name.clone())),
        Count::AtMost(most) => candidates.truncate(most),
        Count::Any => {}
    }
    candidates
}

/// Tells what the interpreter holds.
pub(super) struct InterpreterState<'a, 'py> {
    types: &'a Introspection<'py>,
    graph: &'a HeapGraph,
    running_code: Vec<NodeIndex>,
}

impl<'a, 'py> InterpreterState<'a, 'py> {
    /// Everything that is found, with what it is called. O(nodes).
    ///
    /// No Python code may have run since the capture, and none runs here.
    pub(super) fn find(
        types: &'a Introspection<'py>,
        heap: &'a WalkedHeap<'py>,
    ) -> FxHashMap<NodeIndex, String> {
        let graph = &heap.graph;
        let held_by_frames = (heap.running.iter()).flat_map(|frame| graph.referents(frame.node));
        let is_code = |node: &NodeIndex| {
            ffi::object_at(graph.address(*node))
                .is_some_and(|object| types.is_exactly(object, Known::Code))
        };
        let state = Self {
            types,
            graph,
            running_code: held_by_frames.copied().filter(is_code).collect(),
        };
        let mut found = FxHashMap::default();
        for (object, name) in state.registered() {
            if let Some(node) = graph.node_at(Object::from_bound(&object).address()) {
                found.entry(node).or_insert(name);
            }
        }
        let known: Vec<KnownOfType> = (graph.types().iter())
            .map(|(_, ty)| state.known_of_type(ty))
            .collect();
        let mut recognised: Vec<Recognised> = RULES.iter().map(|_| Vec::new()).collect();
        for node in graph.nodes() {
            match state.name_if_held(node, &known[graph.type_index(node).index()]) {
                Some((name, None)) => {
                    found.entry(node).or_insert(name);
                }
                Some((name, Some(rule))) => recognised[rule].push((node, name)),
                None => {}
            }
        }
        for (rule, candidates) in RULES.iter().zip(recognised) {
            for (node, name) in genuine(graph, rule.count, candidates) {
                found.entry(node).or_insert(name);
            }
        }
        found
    }

    /// What is looked for among the instances of a type.
    fn known_of_type(&self, ty: &HeapType) -> KnownOfType {
        let class = ty
            .node
            .and_then(|node| ffi::object_at(self.graph.address(node)));
        let known = class.and_then(|class| {
            let shown = self.types.known(class);
            shown.or_else(|| self.types.not_shown(class))
        });
        KnownOfType {
            is_singleton: known.is_some_and(|known| SINGLETONS.contains(&known)),
            kept_by: ty.node.and_then(|class| self.compiled_with(class)),
            rules: (0..RULES.len())
                .filter(|&rule| Some(RULES[rule].of) == known)
                .collect(),
        }
    }

    /// What `node` is called, if the interpreter holds it, or looks as if it did; then with the number of
    /// the rule.
    fn name_if_held(
        &self,
        node: NodeIndex,
        known: &KnownOfType,
    ) -> Option<(String, Option<usize>)> {
        let is_class = self.graph.flags(node).contains(NodeFlags::TYPE);
        if is_class && self.is_static_type(node) {
            return Some((format!("type namespace of {}", self.name(node)?), None));
        }
        if self.graph.unexplained_count(node) == 0 {
            return None;
        }
        if known.is_singleton || self.is_empty_tuple(node) {
            return Some(("never freed".into(), None));
        }
        let module = if is_class {
            self.compiled_with(node)
        } else {
            known.kept_by.clone()
        };
        if let Some(module) = module {
            return Some((format!("compiled part of module {module}"), None));
        }
        if !self.graph.referrers(node).is_empty() {
            return None;
        }
        let mut rules = known.rules.iter();
        rules.find_map(|&rule| Some(((RULES[rule].name)(self, node)?, Some(rule))))
    }

    /// What compiled functions of the standard library tell.
    fn registered(&self) -> Vec<(Bound<'py, PyAny>, String)> {
        let py = self.types.py;
        let ask =
            |module: &CStr, function: &CStr| compiled_function(py, module, function)?.call0().ok();
        let mut registered = Vec::new();
        registered.extend(ask(c"sys", c"gettrace").map(|hook| (hook, "trace function".into())));
        registered.extend(ask(c"sys", c"getprofile").map(|hook| (hook, "profile function".into())));
        if let Some(hooks) = ask(c"sys", c"get_asyncgen_hooks")
            && let Ok(hooks) = hooks.cast_into::<PyTuple>()
        {
            let name = || "hook of asynchronous generators".into();
            registered.extend(hooks.iter().map(|hook| (hook, name())));
        }
        if let Some(get) = compiled_function(py, c"_signal", c"getsignal") {
            for signal in 1..=LAST_SIGNAL {
                if let Ok(handler) = get.call1((signal,)) {
                    registered.push((handler, format!("handler of signal {signal}")));
                }
            }
        }
        registered.retain(|(object, _)| !object.is_none() && !object.is_instance_of::<PyInt>());
        registered
    }

    /// Static types are never freed, nor is what they hold: it is in no list.
    fn is_static_type(&self, class: NodeIndex) -> bool {
        ffi::object_at(self.graph.address(class))
            .is_some_and(|class| !class.type_flags().is_heap_type())
    }

    /// `()` is a singleton, and immortal only from 3.12 on.
    fn is_empty_tuple(&self, node: NodeIndex) -> bool {
        self.graph.referents(node).is_empty() && self.is_exactly(node, Known::Tuple)
    }

    fn is_exactly(&self, node: NodeIndex, known: Known) -> bool {
        self.known(node) == Some(known)
    }

    /// Which of the known types an object is of.
    fn known(&self, node: NodeIndex) -> Option<Known> {
        let object = ffi::object_at(self.graph.address(node))?;
        self.types.known(object.type_object())
    }

    /// The module of a class that compiled code keeps for good, and with it some of its instances:
    /// those of `ast` that stand for operators.
    fn compiled_with(&self, class: NodeIndex) -> Option<String> {
        let class = ffi::object_at(self.graph.address(class))?;
        let module = self.types.type_module(&class.lent(self.types.py))?;
        let is_kept = KEPT_CLASSES.contains(&module.as_str()) && self.is_class_of(class, &module);
        is_kept.then_some(module)
    }

    /// True if and only if a class is what its module has under its name, or belongs to this package,
    /// which does not show all of its own.
    fn is_class_of(&self, class: Object, module: &str) -> bool {
        let py = self.types.py;
        let ty = class.lent(py);
        let name = CString::new(self.types.type_name(&ty)).unwrap_or_default();
        let is_shown = |module: &str| {
            let module = CString::new(module).unwrap_or_default();
            value_in_module(py, &module, &name) == Some(class)
        };
        is_shown(module)
            || match module {
                "ast" => is_shown("_ast") || self.is_syntax_tree(&ty),
                "typing" => self.types.is_type_of_interpreter(class),
                "pyo3_runtime" => ty.is(py.get_type::<PanicException>()),
                _ => at_exit::is_own_class(&ty),
            }
    }

    /// True of the classes of syntax trees, which the interpreter has without their module: their base
    /// is compiled, with a method of its own, which no `class` statement makes.
    fn is_syntax_tree(&self, class: &Bound<'py, PyAny>) -> bool {
        let is_base = |class: &Borrowed<'py, 'py, PyAny>| {
            let Some(namespace) = self.types.type_namespace(class) else {
                return false;
            };
            let class = Object::from_bound(class);
            let reduce = ffi::value_under(&namespace, c"__reduce__");
            let is_own = reduce.is_some_and(|method| {
                // A descriptor visits the class that it was made for.
                self.types.is_exactly(method, Known::MethodDescriptor)
                    && method.visited().contains(&class)
            });
            is_own && ffi::value_under(&namespace, c"_attributes").is_some()
        };
        self.types.type_mro(class).iter().any(is_base)
    }

    /// A class keeps weak references to its subclasses in a dict, by their addresses. From 3.12 on
    /// those of the interpreter's own static types are not where the walk finds the others.
    fn table_of_subclasses(&self, node: NodeIndex) -> Option<String> {
        let mut bases: Option<Vec<Borrowed<'py, 'py, PyAny>>> = None;
        for [key, value] in self.entries(node) {
            let class = self.referent_of_weak(value)?;
            let key = self.object(key);
            // Of any other type the number may come from an `__index__` of the program.
            if !key.is_exact_instance_of::<PyInt>() {
                return None;
            }
            let Some(class) = class.map(|class| class.lent(self.types.py)) else {
                continue;
            };
            let address: Option<usize> = key.extract().ok();
            if !class.is_instance_of::<PyType>() || address != Some(class.as_ptr().addr()) {
                return None;
            }
            let others = self.types.type_bases(&class);
            match &mut bases {
                Some(bases) => bases.retain(|base| others.iter().any(|other| other.is(base))),
                None => bases = Some(others),
            }
        }
        let bases = bases?;
        let names = bases.iter().map(|base| self.types.class_name(base));
        Some(format!(
            "subclasses of {}",
            names.collect::<Vec<_>>().join(" or ")
        ))
    }

    /// What a plain weak reference refers to, if it is one; nothing if that is gone.
    #[expect(
        clippy::option_option,
        reason = "no weak reference, a dead one and a living one are three answers"
    )]
    fn referent_of_weak(&self, node: NodeIndex) -> Option<Option<Object>> {
        let reference = Object::from_bound(&self.object(node));
        let is_plain = self.types.is_exactly(reference, Known::WeakReference);
        is_plain.then(|| ffi::weak_referent(reference, self.types.py, self.types.layout))
    }

    /// True if a list has nothing but functions, and one of these, each by the name of its module and
    /// its own.
    fn has_function(&self, list: NodeIndex, functions: &[(&CStr, &CStr)]) -> bool {
        let items = self.graph.referents(list).iter().copied();
        let is_function = |item| {
            let function = self.known(item);
            matches!(
                function,
                Some(Known::Function | Known::Builtin | Known::Method)
            )
        };
        if !are_all(items.clone(), is_function) {
            return false;
        }
        let expected: Vec<Object> = (functions.iter())
            .filter_map(|(module, name)| value_in_module(self.types.py, module, name))
            .map(|function| self.function_of(function))
            .collect();
        let objects = items.filter_map(|item| ffi::object_at(self.graph.address(item)));
        let mut functions = objects.map(|item| self.function_of(item));
        functions.any(|function| expected.contains(&function))
    }

    /// The function of a method; of anything else that itself.
    fn function_of(&self, object: Object) -> Object {
        if !self.types.is_exactly(object, Known::Method) {
            return object;
        }
        // A method visits its function, then what that is bound to.
        object.visited().first().copied().unwrap_or(object)
    }

    /// Keys and values of a dict.
    fn entries(&self, dict: NodeIndex) -> impl Iterator<Item = [NodeIndex; 2]> {
        let (entries, _) = self.graph.referents(dict).as_chunks();
        entries.iter().copied()
    }

    /// The entries of a dict whose keys are strings.
    fn strings(&self, dict: NodeIndex) -> impl Iterator<Item = (String, NodeIndex)> {
        let entries = self.entries(dict);
        entries.filter_map(|[key, value]| Some((text(&self.object(key))?, value)))
    }

    fn name(&self, node: NodeIndex) -> Option<String> {
        object_name(self.types, &self.object(node))
    }

    fn object(&self, node: NodeIndex) -> Borrowed<'py, 'py, PyAny> {
        lent_object(self.types.py, self.graph, node)
    }
}

fn are_all<T>(items: impl IntoIterator<Item = T>, is_it: impl Fn(T) -> bool) -> bool {
    let mut items = items.into_iter().peekable();
    items.peek().is_some() && items.all(is_it)
}
