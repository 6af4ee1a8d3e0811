//! The live heap into a snapshot: the graph, and everything that must be read while the objects
//! are alive.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Instant, SystemTime};

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PySlice, PyString};
use rustc_hash::{FxHashMap, FxHashSet};

use super::describe::spell_atom;
use super::error::CaptureError;
use super::ffi::{self, CollectorPause, Object};
use super::held::HeldObjects;
use super::introspection::{Introspection, text};
use super::known_types::Known;
use super::memory::Need;
use super::modules::compiled_function;
use super::names::object_name;
use super::namespaces::namespaces;
use super::roots::Roots;
use super::walk::{Sizes, capture};
use super::{Describer, Searches, lent_object, live_object};
use crate::graph::{HeapGraph, HeapType, NodeFlags, NodeIndex, NodeSet, Root, RootKind, TypeIndex};
use crate::process::{TooLittleMemory, ensure};
use crate::snapshot::{
    BYTES_USED, BYTES_WITH_TEXT, DEAD_REFERENCE, HeapSnapshot, Metadata, NodeTexts, SnapshotParts,
    WEAK_REFERENT, without_keys,
};

/// What a snapshot is to have besides the graph.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent choices of the caller"
)]
pub(crate) struct SnapshotOptions {
    /// True if garbage was collected before.
    pub(crate) collected: bool,
    /// Names of all references.
    pub(crate) names: bool,
    /// What strings, bytes and numbers say.
    pub(crate) values: bool,
    /// Of names that are keys of dicts also those that may be data, and not only their types.
    pub(crate) keys: bool,
    /// Go on although memory may not be enough.
    pub(crate) force: bool,
    /// The address of an object, and how many references to it are there only to ask.
    pub(crate) held_by_caller: (u64, u32),
}

/// Longest value recorded, in characters.
const LONGEST_VALUE: usize = 100;
/// What a weak reference takes while the names of all are made: 16 bytes in their list, 40 in the table
/// of counts while that grows, and 24 for what becomes a name, with its text.
const BYTES_A_WEAK_REFERENCE: u64 = 140;
/// What a root takes in a list that grows, with its text.
const BYTES_A_ROOT: u64 = 140;

/// A snapshot whose objects are alive: nothing has run since the capture, or all of them are held.
///
/// Whoever has it lets no code of the program run, and keeps the interpreter, as long as it needs
/// the objects.
pub(crate) struct LiveSnapshot<'py> {
    pub(crate) snapshot: HeapSnapshot,
    pub(crate) objects: LiveObjects<'py>,
}

/// The objects of a snapshot, while it is known that they are alive.
pub(crate) struct LiveObjects<'py> {
    py: Python<'py>,
    /// All of them, if code of the program may have run; else none.
    held: HeldObjects<'py>,
    _pause: CollectorPause,
}

impl<'py> LiveObjects<'py> {
    /// A counted reference to the object of a node of `graph`, the graph of the snapshot.
    pub(crate) fn object(&self, graph: &HeapGraph, node: NodeIndex) -> Bound<'py, PyAny> {
        live_object(self.py, graph, node)
    }

    /// Lets go of what is held.
    ///
    /// # Errors
    ///
    /// What a handler of a signal raises that came meanwhile.
    pub(crate) fn let_go(self) -> PyResult<()> {
        self.held.let_go(self.py)
    }
}

/// Captures the live heap with its names and roots.
///
/// O(objects + references); names take about as long as the graph itself.
///
/// # Errors
///
/// As for [`capture`], and what a handler of a signal raises. If it is forced, memory that is short is an
/// error only where it is refused.
pub(crate) fn take_snapshot(
    py: Python<'_>,
    options: SnapshotOptions,
) -> Result<HeapSnapshot, CaptureError> {
    let taken = take_live_snapshot(py, options)?;
    taken.objects.let_go()?;
    Ok(taken.snapshot)
}

/// As [`take_snapshot`], with the objects.
pub(crate) fn take_live_snapshot(
    py: Python<'_>,
    options: SnapshotOptions,
) -> Result<LiveSnapshot<'_>, CaptureError> {
    let (started, captured_at) = (Instant::now(), SystemTime::now());
    ffi::begin_anew();
    let pause = CollectorPause::new(py);
    let types = Introspection::new(py)?;
    let mut metadata = process_metadata(py);
    let need = match options {
        SnapshotOptions { force: true, .. } => Need::Unchecked,
        SnapshotOptions { names, .. } => Need::Snapshot { names },
    };
    let mut heap = capture(&types, &[], Sizes::Measured, need)?;
    let (address, held_by_caller) = options.held_by_caller;
    heap.graph.discount_references(address, held_by_caller);
    let graph = &heap.graph;
    let mut held = std::mem::take(&mut heap.held);
    if held.is_empty() && ffi::is_audited(py) {
        // Reading an attribute may run a hook, and so anything.
        held.extend(graph.nodes().map(|node| live_object(py, graph, node)))?;
    }
    let roots = Roots::find(&types, &heap)?;
    let named_roots = roots.all();
    let node_names = node_names(&types, graph, &heap.used)?;
    let values = if options.values {
        values(&types, graph)
    } else {
        NodeTexts::default()
    };
    values.check()?;
    let edge_names = options
        .names
        .then(|| Describer::new(&types, &heap, Searches::Quick).name_all())
        .transpose()?;
    let edge_names = match edge_names {
        Some(names) if !options.keys => {
            let namespaces = namespaces(&types, &heap);
            Some(without_keys(&names, &heap.graph, &namespaces)?)
        }
        names => names,
    };
    let mut unseen = unseen(py, graph, heap.listed_count);
    unseen.append(&mut types.layout.unseen());
    unseen.extend(heap.frames.unseen());
    unseen.append(&mut heap.complaints);
    let roots = with_external(graph, named_roots)?;
    metadata.first_captured_at = Some(first_captured_at(captured_at));
    metadata.captured_at = captured_at;
    metadata.collected = options.collected;
    metadata.has_keys = options.keys;
    metadata.capture_time = started.elapsed();
    metadata.unseen = unseen;
    metadata.opaque_types = opaque_names(&types, &heap.graph, &heap.opaque_types);
    let snapshot = HeapSnapshot::new(SnapshotParts {
        graph: heap.graph,
        edge_names,
        node_names,
        values,
        roots,
        metadata,
    });
    Ok(LiveSnapshot {
        snapshot,
        objects: LiveObjects {
            py,
            held,
            _pause: pause,
        },
    })
}

/// The full names of `opaque` types, but for those of the known types that the heap has too: what is said
/// of a name is said of all types of that name.
fn opaque_names(types: &Introspection<'_>, graph: &HeapGraph, opaque: &[TypeIndex]) -> Vec<String> {
    let is_shown =
        |index, ty: &HeapType| !opaque.contains(&index) && types.known_in(graph, ty).is_some();
    let shown: FxHashSet<Cow<'_, str>> = (graph.types().iter())
        .filter(|&(index, ty)| is_shown(index, ty))
        .map(|(_, ty)| ty.full_name())
        .collect();
    let names = opaque.iter().map(|&ty| graph.types()[ty].full_name());
    let names: BTreeSet<Cow<'_, str>> = names.filter(|name| !shown.contains(name)).collect();
    names.into_iter().map(Cow::into_owned).collect()
}

/// The names of everything that has one of its own.
fn node_names(
    types: &Introspection<'_>,
    graph: &HeapGraph,
    used: &[(NodeIndex, u64)],
) -> Result<NodeTexts, TooLittleMemory> {
    const NAMED: [Known; 8] = [
        Known::Function,
        Known::Builtin,
        Known::Method,
        Known::Code,
        Known::Frame,
        Known::Generator,
        Known::Coroutine,
        Known::AsyncGenerator,
    ];
    let is_named = types.which(graph, |known| NAMED.contains(&known));
    let mut references = weak_references(types, graph)?.into_iter().peekable();
    let mut used = used.iter().peekable();
    let mut names = NodeTexts::default();
    for node in graph.nodes() {
        let flags = graph.flags(node);
        if is_named[graph.type_index(node).index()]
            || flags.contains(NodeFlags::TYPE)
            || flags.contains(NodeFlags::MODULE)
        {
            let object = lent_object(types.py, graph, node);
            if let Some(name) = object_name(types, &object) {
                names.push(node, &name);
            }
        } else if let Some((_, name)) = references.next_if(|(reference, _)| *reference == node) {
            names.push(node, &name);
        } else if let Some((_, used)) = used.next_if(|(buffer, _)| *buffer == node) {
            let is_more = *used > graph.shallow_size(node);
            let unit = if is_more { BYTES_WITH_TEXT } else { BYTES_USED };
            names.push(node, &format!("{used}{unit}"));
        }
    }
    names.check()?;
    Ok(names)
}

/// The names of weak references, in the order of the nodes; of those to classes, of which every heap is full,
/// only where they are keys, or not the only ones.
fn weak_references(
    types: &Introspection<'_>,
    graph: &HeapGraph,
) -> Result<Vec<(NodeIndex, String)>, TooLittleMemory> {
    let is_reference = graph.types().which(HeapType::is_weak_reference);
    let nodes = graph.nodes();
    let count = nodes.filter(|&node| is_reference[graph.type_index(node).index()]);
    ensure(BYTES_A_WEAK_REFERENCE * count.count() as u64)?;
    let mut references: Vec<(NodeIndex, Option<u64>)> = Vec::new();
    let mut counts: FxHashMap<u64, u32> = FxHashMap::default();
    let mut are_known: FxHashMap<Object, bool> = FxHashMap::default();
    for node in graph.nodes() {
        if is_reference[graph.type_index(node).index()] {
            let object = Object::from_bound(&lent_object(types.py, graph, node));
            let ty = object.type_object();
            // What only bears the name has something else in that place.
            let is_known = || types.known_base(ty) == Some(Known::WeakReference);
            if !*are_known.entry(ty).or_insert_with(is_known) {
                continue;
            }
            let referent = ffi::weak_referent(object, types.py, types.layout);
            let address = referent.map(Object::address);
            references.push((node, address));
            *counts.entry(address.unwrap_or(0)).or_default() += 1;
        }
    }
    let keys = weak_keys(graph);
    let is_class = |address| {
        let referent = graph.node_at(address);
        referent.is_some_and(|referent| graph.flags(referent).contains(NodeFlags::TYPE))
    };
    let name = |(node, address)| match address {
        None => Some((node, DEAD_REFERENCE.to_owned())),
        Some(address) => (!is_class(address) || keys.contains(node) || counts[&address] > 1)
            .then(|| (node, format!("{WEAK_REFERENT}{address:x}"))),
    };
    Ok(references.into_iter().filter_map(name).collect())
}

/// The plain weak references that are keys of dicts, as in a `WeakKeyDictionary`: where they refer to
/// tells whether the dict keeps its own keys.
fn weak_keys(graph: &HeapGraph) -> NodeSet {
    let is_weak_type = graph.types().which(HeapType::is_plain_weak_reference);
    let mut is_weak = NodeSet::new(graph);
    for node in graph.nodes() {
        if is_weak_type[graph.type_index(node).index()] {
            is_weak.insert(node);
        }
    }
    let mut found = NodeSet::new(graph);
    for dict in graph.nodes() {
        if graph.flags(dict).contains(NodeFlags::DICT) {
            for entry in graph.referents(dict).chunks_exact(2) {
                if is_weak.contains(entry[0]) {
                    found.insert(entry[0]);
                }
            }
        }
    }
    found
}

/// What the strings, bytes and numbers of the heap say, shortened.
fn values(types: &Introspection<'_>, graph: &HeapGraph) -> NodeTexts {
    const VALUES: [Known; 4] = [Known::Str, Known::Bytes, Known::Int, Known::Float];
    let is_value = types.which(graph, |known| VALUES.contains(&known));
    let mut values = NodeTexts::default();
    for node in graph.nodes() {
        if is_value[graph.type_index(node).index()]
            && let Some(value) = short_value(&lent_object(types.py, graph, node))
        {
            values.push(node, &value);
        }
    }
    values
}

/// A value as `repr` spells it, or its beginning.
fn short_value(object: &Bound<'_, PyAny>) -> Option<String> {
    if !object.is_exact_instance_of::<PyString>() && !object.is_exact_instance_of::<PyBytes>() {
        return spell_atom(object);
    }
    let length = object.len().ok()?;
    if length <= LONGEST_VALUE {
        return spell_atom(object);
    }
    let slice = PySlice::new(object.py(), 0, LONGEST_VALUE.cast_signed(), 1);
    let start = object.get_item(slice).ok()?;
    Some(format!("{}… ({length} in all)", spell_atom(&start)?))
}

/// The roots, and what is never freed or held from outside among the objects that none of them
/// leads to.
fn with_external(graph: &HeapGraph, mut roots: Vec<Root>) -> Result<Vec<Root>, TooLittleMemory> {
    let reached = graph.reachable_from(roots.iter().map(|root| root.node));
    let is_root = |&node: &NodeIndex| !reached.contains(node) && graph.is_alive_by_itself(node);
    let count = graph.nodes().filter(is_root).count();
    ensure(BYTES_A_ROOT * count as u64)?;
    for node in graph.nodes().filter(is_root) {
        if graph.flags(node).contains(NodeFlags::IMMORTAL) {
            roots.push(Root {
                node,
                kind: RootKind::Interpreter,
                name: "never freed".into(),
            });
        } else {
            roots.push(Root {
                node,
                kind: RootKind::External,
                name: super::roots::held_from_outside(graph.unexplained_count(node)),
            });
        }
    }
    Ok(roots)
}

/// What this capture could not see and another might.
fn unseen(py: Python<'_>, graph: &HeapGraph, listed_count: usize) -> Vec<String> {
    let frozen = compiled_function(py, c"gc", c"get_freeze_count");
    let frozen = frozen.and_then(|count| count.call0().ok()?.extract().ok());
    // From 3.12 the collector itself puts immortal objects there.
    let frozen: usize = frozen.unwrap_or(0);
    let others = graph.nodes().skip(listed_count);
    let found = others
        .filter(|&node| graph.flags(node).contains(NodeFlags::TRACKED))
        .count();
    let missing = frozen.saturating_sub(found);
    (missing > 0)
        .then(|| {
            format!(
                "{missing} of {frozen} objects that gc.freeze() put aside: no module and no frame leads to them"
            )
        })
        .into_iter()
        .collect()
}

/// When the first heap of this process was captured; a forked process begins anew.
fn first_captured_at(now: SystemTime) -> SystemTime {
    static FIRST: Mutex<Option<(u32, SystemTime)>> = Mutex::new(None);
    let pid = std::process::id();
    // Whoever has the lock has the interpreter: no fork comes between.
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = first.filter(|&(of_process, _)| of_process == pid);
    let (_, time) = *first.insert(known.unwrap_or((pid, now)));
    time
}

/// What is known of the process.
fn process_metadata(py: Python<'_>) -> Metadata {
    let version = ffi::system_object(py, c"version").and_then(|version| text(&version));
    let version = version.unwrap_or_default();
    Metadata {
        python_version: version.split_whitespace().collect::<Vec<_>>().join(" "),
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        pid: std::process::id(),
        program: program(py).unwrap_or_default(),
        ..Metadata::default()
    }
}

/// The command line as far as it names the program: the script, or the module after `-m`.
fn program(py: Python<'_>) -> Option<String> {
    // A list of the program's own class may have a `__getitem__`.
    let argv = ffi::system_object(py, c"argv")?;
    let first = ffi::list_item(&argv, 0)?;
    text(&first.lent(py))
}
