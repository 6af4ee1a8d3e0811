//! What objects that only the interpreter holds look like.

use super::super::ffi;
use super::super::introspection::text;
use super::super::known_types::Known;
use super::{InterpreterState, are_all};
use crate::graph::{NodeFlags, NodeIndex};

/// Functions of the standard library that are registered with `os.register_at_fork`: what stands
/// in a list with one of them is too.
const CALLED_AT_FORK: [&str; 7] = [
    "_acquireLock",
    "_releaseLock",
    "_prepareFork",
    "_afterFork",
    "_after_fork",
    "_after_at_fork_child_reinit_locks",
    "seed",
];

/// What the parser of the interpreter keeps in a list while what it has parsed runs.
const PARSED: [&str; 8] = [
    "builtins.str",
    "builtins.bytes",
    "builtins.int",
    "builtins.float",
    "builtins.complex",
    "builtins.bool",
    "builtins.NoneType",
    "builtins.ellipsis",
];

/// How something that the interpreter holds is recognised.
pub(super) struct Rule {
    /// Full name of the type of what it is about.
    pub(super) type_name: &'static str,
    /// What an object of the type is called, if the rule is about it.
    pub(super) name: fn(&InterpreterState<'_, '_>, NodeIndex) -> Option<String>,
}

/// Objects of these types are looked at only if nothing in the graph refers to them.
pub(super) static RULES: [Rule; 19] = [
    Rule {
        type_name: "builtins.list",
        name: |state, node| {
            let types = state.graph.referents(node).iter();
            let types: Vec<_> = types
                .map(|&item| state.graph.type_of(item).full_name())
                .collect();
            let has = |name: &str| types.iter().any(|ty| ty == name);
            let is_it = has("builtins.str")
                && has("builtins.bytes")
                && types.iter().all(|ty| PARSED.contains(&ty.as_ref()));
            is_it.then(|| "source of the program that runs".into())
        },
    },
    Rule {
        type_name: "builtins.bytes",
        name: |state, node| {
            let is_shared = ffi::object_at(state.graph.address(node)).is_some_and(|bytes| {
                state.types.is_exactly(bytes, Known::Bytes) && ffi::item_count(bytes) <= 1
            });
            is_shared.then(|| "shared bytes".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| state.table_of_subclasses(node),
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let key = |key: &str| key.starts_with("thread.local.");
            let is_it = state.strings(node).any(|(name, _)| key(&name));
            is_it.then(|| "thread-local storage".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let (_, value) = state.strings(node).find(|(key, _)| key == "strict")?;
            let is_it = state.name(value)? == "strict_errors";
            is_it.then(|| "error handlers of codecs".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let values = state.entries(node).map(|[_, value]| value);
            let is_it = are_all(values, |value| {
                state.graph.type_of(value).full_name() == "codecs.CodecInfo"
            });
            is_it.then(|| "codecs that were looked up".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let is_it = are_all(state.entries(node), |[key, value]| key == value);
            is_it.then(|| "interned strings".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let (_, name) = state.strings(node).find(|(key, _)| key == "__name__")?;
            let name = text(&state.object(name))?;
            let mut names = state.strings(node).map(|(key, _)| key);
            let is_it = names.any(|key| key == "__doc__");
            is_it.then(|| format!("namespace that module {name} had when it was loaded"))
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let is_it = are_all(state.entries(node), |[key, value]| {
                let is_class = state.graph.flags(value).contains(NodeFlags::TYPE);
                let is_number = state.graph.type_of(key).full_name() == "builtins.int";
                is_class && is_number
            });
            is_it.then(|| "exceptions by error number".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let mut keys = state.strings(node).map(|(key, _)| key);
            let is_it = keys.any(|key| key == "cached_datetime_module");
            is_it.then(|| "what compiled modules keep in the interpreter".into())
        },
    },
    Rule {
        type_name: "builtins.dict",
        name: |state, node| {
            let keys: Vec<String> = state.strings(node).map(|(key, _)| key).collect();
            let is_special = |key: &String| key.starts_with("__") && key.ends_with("__");
            let is_it = are_all(&keys, is_special) && keys.iter().any(|key| key == "__doc__");
            is_it.then(|| "type namespace of a type that has no instances".into())
        },
    },
    Rule {
        type_name: "builtins.list",
        name: |state, node| {
            let is_module = |node| state.graph.flags(node).contains(NodeFlags::MODULE);
            let items = state.graph.referents(node).iter().copied();
            let modules =
                items.filter(|&item| state.graph.type_of(item).full_name() != "builtins.NoneType");
            (are_all(modules, is_module)).then(|| "compiled modules by number".into())
        },
    },
    Rule {
        type_name: "builtins.list",
        name: |state, node| {
            (state.has_function(node, &["search_function"]))
                .then(|| "search functions of codecs".into())
        },
    },
    Rule {
        type_name: "builtins.list",
        name: |state, node| {
            (state.has_function(node, &CALLED_AT_FORK))
                .then(|| "functions called at a fork (os.register_at_fork)".into())
        },
    },
    Rule {
        type_name: "builtins.function",
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
        type_name: "weakref.ReferenceType",
        name: |state, node| {
            let lock = state.referent_of_weak(node)??;
            let is_lock = state.types.is_exactly(lock, Known::Lock);
            is_lock.then(|| "lock of a thread".into())
        },
    },
    Rule {
        type_name: "_thread._localdummy",
        name: |_, _| Some("thread-local storage".into()),
    },
    Rule {
        type_name: "builtins.moduledef",
        name: |_, _| Some("definition of a compiled module".into()),
    },
    Rule {
        type_name: "Token.MISSING",
        name: |_, _| Some("mark of context variables".into()),
    },
];
