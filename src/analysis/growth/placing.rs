//! Where an object is, by where that is which holds it.

use super::name_path::{ANY_ELEMENT, CLOSURE, KEY, NamePaths, PathIndex};
use super::placement::Place;
use crate::analysis::owned::{class_named, is_derived};
use crate::analysis::{Excuse, ExcuseKind, UncollectableCycles, excuses};
use crate::graph::{
    CACHE, EdgeName, EdgeNames, FINALIZER, HeapType, NodeFlags, NodeIndex, NodeSet, Root, RootKind,
    TextIndex,
};
use crate::snapshot::HeapSnapshot;

/// Attributes that are no step of their own.
pub(super) const NAMESPACE: &str = "__dict__";
/// Nor the frame of what is suspended, which is an object in 3.10.
const PARTS: [&str; 4] = ["__closure__", "gi_frame", "cr_frame", "ag_frame"];
const CELL_CONTENTS: &str = "cell_contents";
const DATA: &str = "data";
/// The keys by which a `threading.local` finds the attributes of a thread: up to 3.12, and from 3.13
/// on.
const OF_A_THREAD: [&str; 2] = ["<ReferenceType>", "<_localdummy>"];
/// The dict behind a `mappingproxy`.
const MAPPING: &str = "mapping";
/// Containers of the library that are written in Python around one of the interpreter.
const WRAPPERS: [&str; 6] = [
    "_weakrefset.WeakSet",
    "weakref.WeakKeyDictionary",
    "weakref.WeakValueDictionary",
    "collections.UserDict",
    "collections.UserList",
    "collections.UserString",
];
const CONTAINERS: [&str; 5] = [
    "builtins.dict",
    "builtins.frozendict",
    "builtins.list",
    "builtins.set",
    "builtins.tuple",
];
/// How the key of a context variable is spelled, up to its name.
const CONTEXT_VARIABLE: &str = "<ContextVar '";
/// An `lru_cache` holds the same results in a dict, which counts, and in the order of their use.
pub const LRU_CACHE: [&str; 2] = ["functools._lru_cache_wrapper", "functools._lru_list_elem"];

/// How the text of a name is spelled as a step; the same text may be spelled in several ways.
#[derive(Debug, Clone, Copy)]
enum Spelling {
    Attribute,
    /// The key of a dict of attributes.
    Key,
    Closure,
    Local,
    ContextVariable,
    /// The key of a finalizer, which says what all that are alike do.
    Finalizer,
}

const SPELLINGS: usize = 6;

impl Spelling {
    fn step(self, text: &str) -> String {
        match self {
            Self::Attribute => format!(".{text}"),
            Self::Key => match text.strip_prefix('\'') {
                Some(name) => format!(".{}", name.trim_end_matches('\'')),
                None => ANY_ELEMENT.into(),
            },
            Self::Finalizer => format!("[{text}]"),
            Self::Closure => format!("{CLOSURE}{text}>"),
            Self::Local => format!("<local {text}>"),
            Self::ContextVariable => {
                let name = text.trim_start_matches(CONTEXT_VARIABLE);
                format!("[{}]", name.trim_end_matches("'>"))
            }
        }
    }
}

/// Places objects, each after that which holds it.
pub(super) struct Placing<'a> {
    snapshot: &'a HeapSnapshot,
    names: &'a EdgeNames,
    paths: &'a mut NamePaths,
    /// The name of each type in the texts of the paths.
    type_names: Vec<TextIndex>,
    /// For each spelling the step of each text, once it was needed.
    steps: [Vec<Option<TextIndex>>; SPELLINGS],
    element: TextIndex,
    key: TextIndex,
    /// The result of a cached call.
    cached: TextIndex,
    is_container: Vec<bool>,
    /// For each type the rules about attributes of its instances.
    rules: Vec<Vec<&'static Excuse>>,
    /// What compiled containers keep their elements in, however much of it.
    is_backing: &'a [bool],
    /// For each object.
    pub(super) places: Vec<Place>,
}

impl<'a> Placing<'a> {
    pub(super) fn new(
        snapshot: &'a HeapSnapshot,
        names: &'a EdgeNames,
        paths: &'a mut NamePaths,
        is_backing: &'a [bool],
    ) -> Self {
        let graph = snapshot.graph();
        let types = graph.types();
        let is_container = |ty: &HeapType| CONTAINERS.iter().any(|name| ty.is_called(name));
        Self {
            type_names: (types.iter())
                .map(|(_, ty)| paths.text(&ty.full_name()))
                .collect(),
            steps: std::array::from_fn(|_| vec![None; names.texts().len()]),
            element: paths.text(ANY_ELEMENT),
            key: paths.text(KEY),
            cached: paths.text(&format!(".{CACHE}{ANY_ELEMENT}")),
            rules: rules(snapshot),
            is_container: types.which(|ty| !ty.is_heap_type && is_container(ty)),
            is_backing,
            places: vec![Place::Unknown; graph.node_count()],
            snapshot,
            names,
            paths,
        }
    }

    /// Places an object that is alive by itself.
    pub(super) fn start(&mut self, node: NodeIndex) {
        let step = match self.snapshot.root(node) {
            Some(root) => start_step(self.snapshot, root),
            None => HELD_FROM_OUTSIDE.into(),
        };
        self.start_with(node, &step);
    }

    /// Places an object with which a path starts.
    fn start_with(&mut self, node: NodeIndex, step: &str) {
        let type_index = self.snapshot.graph().type_index(node);
        let type_name = self.type_names[type_index.index()];
        let step = self.paths.text(step);
        let path = self.paths.start(step, type_name);
        self.put(node, Place::At(path));
    }

    /// Places what is not placed yet and is kept by cycles that the collector cannot free: each cycle
    /// is a holder of its own.
    pub(super) fn place_uncollectable(&mut self) {
        let graph = self.snapshot.graph();
        let mut unplaced = NodeSet::new(graph);
        for node in graph.nodes() {
            if self.places[node.index()] == Place::Unknown {
                unplaced.insert(node);
            }
        }
        let cycles = UncollectableCycles::of_garbage(self.snapshot, unplaced);
        let starts = cycles.groups.iter();
        let starts: Vec<String> = starts.map(|group| group.path(self.snapshot)).collect();
        for kept in &cycles.kept {
            match kept.held_by {
                Some((holder, reference)) => self.place(holder, reference, kept.node),
                None => self.start_with(kept.node, &starts[kept.group]),
            }
        }
    }

    /// Places `held`, to which the reference of `holder` leads.
    ///
    /// # Panics
    ///
    /// If `holder` is not placed.
    pub(super) fn place(&mut self, holder: NodeIndex, reference: usize, held: NodeIndex) {
        let place = self.places[holder.index()];
        let path = place
            .path()
            .expect("a holder is placed before what it holds");
        let part = self.part_of(holder, reference, held);
        let place = part.unwrap_or_else(|| Place::At(self.next(place, path, reference, held)));
        self.put(held, place);
    }

    fn put(&mut self, node: NodeIndex, place: Place) {
        self.places[node.index()] = place;
        let ty = self.snapshot.graph().type_index(node);
        let rules = &self.rules[ty.index()];
        if let Place::At(path) = place
            && !rules.is_empty()
        {
            self.paths.add_rules(path, rules);
        }
    }

    /// The place of what is no step of its own, but belongs to its holder.
    fn part_of(&self, holder: NodeIndex, reference: usize, held: NodeIndex) -> Option<Place> {
        let (texts, graph) = (self.names.texts(), self.snapshot.graph());
        let place = self.places[holder.index()];
        let path = place.path()?;
        let type_name = self.paths.type_name(path);
        let is_lru_cache = LRU_CACHE.contains(&type_name);
        let is_wrapper = WRAPPERS.contains(&type_name);
        let is_dict = graph.flags(held).contains(NodeFlags::DICT);
        match self.names.name(reference) {
            EdgeName::Attribute(text) if texts.text(text) == NAMESPACE => {
                Some(Place::Namespace(path))
            }
            EdgeName::Attribute(text)
                if PARTS.contains(&texts.text(text))
                    || is_lru_cache && texts.text(text) == CACHE =>
            {
                Some(Place::Inside(path))
            }
            EdgeName::Attribute(text) | EdgeName::Key(text)
                if is_wrapper
                    && !matches!(place, Place::Inside(_))
                    && texts.text(text).trim_matches('\'') == DATA =>
            {
                Some(Place::Inside(path))
            }
            EdgeName::Internal(text) => {
                let is_backing = |node| self.is_backing[graph.type_index(node).index()];
                let is_part = is_backing(held)
                    || texts.text(text) == MAPPING
                    || self.is_only_here(held) && !is_lru_cache && !is_backing(holder);
                is_part.then_some(Place::Inside(path))
            }
            EdgeName::Key(text)
                if is_dict
                    && !matches!(place, Place::At(_))
                    && OF_A_THREAD.contains(&texts.text(text)) =>
            {
                Some(Place::Namespace(path))
            }
            _ => None,
        }
    }

    /// True if and only if what compiled code holds in a place without a name is a part of it: a plain
    /// container that nothing else holds.
    fn is_only_here(&self, held: NodeIndex) -> bool {
        let graph = self.snapshot.graph();
        self.is_container[graph.type_index(held).index()] && graph.referrers(held).len() == 1
    }

    /// The path that goes on from `path` with a reference.
    fn next(
        &mut self,
        place: Place,
        path: PathIndex,
        reference: usize,
        held: NodeIndex,
    ) -> PathIndex {
        let graph = self.snapshot.graph();
        let type_name = self.type_names[graph.type_index(held).index()];
        let texts = self.names.texts();
        let spelling = match self.names.name(reference) {
            EdgeName::Attribute(text) if texts.text(text) == CELL_CONTENTS => {
                return self.paths.in_cell(path, type_name);
            }
            EdgeName::Attribute(text) => Some((Spelling::Attribute, text)),
            EdgeName::Closure(text) => Some((Spelling::Closure, text)),
            EdgeName::Local(text) => Some((Spelling::Local, text)),
            EdgeName::Key(text) if texts.text(text).starts_with(CONTEXT_VARIABLE) => {
                Some((Spelling::ContextVariable, text))
            }
            EdgeName::Key(text) if texts.text(text).starts_with(FINALIZER) => {
                Some((Spelling::Finalizer, text))
            }
            EdgeName::Key(text) if matches!(place, Place::Namespace(_)) => {
                Some((Spelling::Key, text))
            }
            EdgeName::KeyObject(_) => return self.paths.next(path, self.key, type_name),
            EdgeName::Key(_)
                if matches!(place, Place::Inside(_))
                    && LRU_CACHE.contains(&self.paths.type_name(path)) =>
            {
                return self.paths.next(path, self.cached, type_name);
            }
            EdgeName::Key(_)
            | EdgeName::Index(_)
            | EdgeName::SetElement
            | EdgeName::Internal(_) => None,
        };
        let step = match spelling {
            Some((spelling, text)) => self.step(spelling, text),
            None => self.element,
        };
        let flags = graph.flags(held);
        let is_name = matches!(spelling, Some((Spelling::Attribute | Spelling::Key, _)));
        let is_link = is_name
            && step != self.element
            && !flags.contains(NodeFlags::TYPE)
            && !flags.contains(NodeFlags::MODULE);
        if is_link {
            self.paths.next_link(path, step, type_name)
        } else {
            self.paths.next(path, step, type_name)
        }
    }

    /// The step of a text, each spelled once.
    fn step(&mut self, spelling: Spelling, text: TextIndex) -> TextIndex {
        if let Some(step) = self.steps[spelling as usize][text.index()] {
            return step;
        }
        let step = self
            .paths
            .text(&spelling.step(self.names.texts().text(text)));
        self.steps[spelling as usize][text.index()] = Some(step);
        step
    }
}

/// For each type the rules about what registries and tools of tests keep in attributes of its instances.
fn rules(snapshot: &HeapSnapshot) -> Vec<Vec<&'static Excuse>> {
    let kinds = [ExcuseKind::Registry, ExcuseKind::TestTool];
    let meant = excuses().iter().filter(|rule| kinds.contains(&rule.kind));
    let classes: Vec<(&Excuse, NodeIndex)> = meant
        .filter_map(|rule| Some((rule, class_named(snapshot, rule.class.as_ref()?)?)))
        .collect();
    let of_type = |ty: &HeapType| {
        let about = classes.iter();
        let about = about.filter(|&&(_, class)| is_derived(snapshot, ty, class));
        about.map(|&(rule, _)| rule).collect()
    };
    let types = snapshot.graph().types().iter();
    types.map(|(_, ty)| of_type(ty)).collect()
}

/// How a path begins that nothing in the heap holds.
pub(super) const HELD_FROM_OUTSIDE: &str = "<held from outside>";

/// How a path begins.
fn start_step(snapshot: &HeapSnapshot, root: &Root) -> String {
    let short = |name: &str| {
        let end = name.find(" in ").or_else(|| name.find(':'));
        name[..end.unwrap_or(name.len())].to_owned()
    };
    let name = snapshot.node_names().get(root.node).map(short);
    let ty = &snapshot.graph().type_of(root.node).name;
    match root.kind {
        RootKind::Module => root.name.clone(),
        RootKind::Frame | RootKind::Suspended => {
            format!("<{ty} {}>", name.unwrap_or_else(|| short(&root.name)))
        }
        RootKind::AtExit => "<functions called at exit (atexit)>".into(),
        RootKind::Context | RootKind::Interpreter => format!("<{}>", root.name),
        RootKind::External => HELD_FROM_OUTSIDE.into(),
    }
}
