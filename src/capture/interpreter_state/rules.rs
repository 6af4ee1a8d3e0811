//! What objects that only the interpreter holds look like.

use std::ffi::CStr;

use super::super::ffi;
use super::super::introspection::text;
use super::super::known_types::Known;
use super::super::modules::value_in_module;
use super::{InterpreterState, are_all};
use crate::graph::{NodeFlags, NodeIndex};

/// Functions of the standard library that are registered with `os.register_at_fork`, with their modules:
/// what stands in a list with one of them is too.
const CALLED_AT_FORK: [(&CStr, &CStr); 7] = [
    (c"logging", c"_acquireLock"),
    (c"logging", c"_releaseLock"),
    (c"logging", c"_prepareFork"),
    (c"logging", c"_afterFork"),
    (c"logging", c"_after_at_fork_child_reinit_locks"),
    (c"threading", c"_after_fork"),
    (c"random", c"seed"),
];

/// Before a fork, and after it in the parent and in the child.
const LISTS_AT_FORK: usize = 3;
/// The empty one and those of one byte.
const SHARED_BYTES: usize = 257;

/// What the parser of the interpreter keeps in a list while what it has parsed runs.
const PARSED: [Known; 8] = [
    Known::Str,
    Known::Bytes,
    Known::Int,
    Known::Float,
    Known::Complex,
    Known::Bool,
    Known::NoneType,
    Known::Ellipsis,
];

/// How many objects an interpreter has that a rule is about. What only looks like them is not held by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// One: that which holds most.
    One,
    /// One of each name that the rule gives: that which holds most.
    OneOfAName,
    /// So many at the most.
    AtMost(usize),
    /// As many as there are threads, modules or classes: the type or the contents leave no doubt.
    Any,
}

/// How something that the interpreter holds is recognised.
pub(super) struct Rule {
    /// The type of what it is about.
    pub(super) of: Known,
    /// How many such objects an interpreter has.
    pub(super) count: Count,
    /// What an object of the type is called, if the rule is about it.
    pub(super) name: fn(&InterpreterState<'_, '_>, NodeIndex) -> Option<String>,
}

/// Objects of these types are looked at only if nothing in the graph refers to them.
pub(super) static RULES: [Rule; 19] = [
    Rule {
        of: Known::List,
        count: Count::One,
        name: |state, node| {
            let items = state.graph.referents(node).iter().copied();
            let types: Option<Vec<Known>> = items.map(|item| state.known(item)).collect();
            let types = types?;
            let is_it = types.contains(&Known::Str)
                && types.contains(&Known::Bytes)
                && types.iter().all(|ty| PARSED.contains(ty));
            is_it.then(|| "source of the program that runs".into())
        },
    },
    Rule {
        of: Known::Bytes,
        count: Count::AtMost(SHARED_BYTES),
        name: |state, node| {
            let bytes = ffi::object_at(state.graph.address(node));
            let is_shared = bytes.is_some_and(|bytes| ffi::item_count(bytes) <= 1);
            is_shared.then(|| "shared bytes".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::Any,
        name: |state, node| state.table_of_subclasses(node),
    },
    Rule {
        of: Known::Dict,
        count: Count::Any,
        name: |state, node| {
            let key = |key: &str| key.starts_with("thread.local.");
            let is_it = state.strings(node).any(|(name, _)| key(&name));
            is_it.then(|| "thread-local storage".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::One,
        name: |state, node| {
            let (_, value) = state.strings(node).find(|(key, _)| key == "strict")?;
            let strict = value_in_module(state.types.py, c"codecs", c"strict_errors")?;
            let is_it = strict.address() == state.graph.address(value);
            is_it.then(|| "error handlers of codecs".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::One,
        name: |state, node| {
            let values = state.entries(node).map(|[_, value]| value);
            let is_it = are_all(values, |value| state.is_exactly(value, Known::CodecInfo));
            is_it.then(|| "codecs that were looked up".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::One,
        name: |state, node| {
            let is_it = are_all(state.entries(node), |[key, value]| key == value);
            is_it.then(|| "interned strings".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::OneOfAName,
        name: |state, node| {
            let (_, name) = state.strings(node).find(|(key, _)| key == "__name__")?;
            let name = text(&state.object(name))?;
            let mut names = state.strings(node).map(|(key, _)| key);
            let is_it = names.any(|key| key == "__doc__");
            is_it.then(|| format!("namespace that module {name} had when it was loaded"))
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::One,
        name: |state, node| {
            let is_it = are_all(state.entries(node), |[key, value]| {
                let is_class = state.graph.flags(value).contains(NodeFlags::TYPE);
                is_class && state.is_exactly(key, Known::Int)
            });
            is_it.then(|| "exceptions by error number".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::One,
        name: |state, node| {
            let mut keys = state.strings(node).map(|(key, _)| key);
            let is_it = keys.any(|key| key == "cached_datetime_module");
            is_it.then(|| "what compiled modules keep in the interpreter".into())
        },
    },
    Rule {
        of: Known::Dict,
        count: Count::Any,
        name: |state, node| {
            let keys: Vec<String> = state.strings(node).map(|(key, _)| key).collect();
            let is_special = |key: &String| key.starts_with("__") && key.ends_with("__");
            let is_it = are_all(&keys, is_special) && keys.iter().any(|key| key == "__doc__");
            is_it.then(|| "type namespace of a type that has no instances".into())
        },
    },
    Rule {
        of: Known::List,
        count: Count::One,
        name: |state, node| {
            let is_module = |node| state.graph.flags(node).contains(NodeFlags::MODULE);
            let items = state.graph.referents(node).iter().copied();
            let modules = items.filter(|&item| !state.is_exactly(item, Known::NoneType));
            (are_all(modules, is_module)).then(|| "compiled modules by number".into())
        },
    },
    Rule {
        of: Known::List,
        count: Count::One,
        name: |state, node| {
            (state.has_function(node, &[(c"encodings", c"search_function")]))
                .then(|| "search functions of codecs".into())
        },
    },
    Rule {
        of: Known::List,
        count: Count::AtMost(LISTS_AT_FORK),
        name: |state, node| {
            (state.has_function(node, &CALLED_AT_FORK))
                .then(|| "functions called at a fork (os.register_at_fork)".into())
        },
    },
    Rule {
        of: Known::Function,
        count: Count::Any,
        name: |state, node| {
            let mut held = state.graph.referents(node).iter();
            let is_running = held.any(|held| state.running_code.contains(held));
            is_running.then(|| {
                let name = state.name(node).unwrap_or_default();
                format!("running function {name}")
            })
        },
    },
    Rule {
        of: Known::WeakReference,
        count: Count::Any,
        name: |state, node| {
            let lock = state.referent_of_weak(node)??;
            let is_lock = state.types.is_exactly(lock, Known::Lock);
            is_lock.then(|| "lock of a thread".into())
        },
    },
    Rule {
        of: Known::LocalDummy,
        count: Count::Any,
        name: |_, _| Some("thread-local storage".into()),
    },
    Rule {
        of: Known::ModuleDefinition,
        count: Count::Any,
        name: |_, _| Some("definition of a compiled module".into()),
    },
    Rule {
        of: Known::MissingToken,
        count: Count::One,
        name: |_, _| Some("mark of context variables".into()),
    },
];
