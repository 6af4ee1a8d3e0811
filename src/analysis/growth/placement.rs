//! Every object of a snapshot on its path of names, and what is counted there.

use super::name_path::{ANY_ELEMENT, NamePaths, PathIndex};
use crate::analysis::{PreferredPaths, Tally};
use crate::graph::{
    EdgeName, EdgeNames, HeapType, NodeFlags, NodeIndex, Root, RootKind, TextIndex,
};
use crate::snapshot::{DEAD_REFERENCE, HeapSnapshot};

/// What is counted of the objects on one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Number of objects; dicts of attributes and parts of compiled objects belong to the object.
    pub objects: u64,
    /// References they hold: the elements of containers, the attributes of instances. Weak
    /// references are none while they live, nor is the value under a key that is one.
    pub entries: u64,
    /// Values under keys that are weak references to something that lives.
    pub weakly_keyed: u64,
    /// Sum of the shallow sizes.
    pub bytes: u64,
    /// References to them that the graph cannot explain.
    pub unexplained: u64,
}

impl Measure {
    fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.entries += other.entries;
        self.weakly_keyed += other.weakly_keyed;
        // Sizes come from a file.
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.unexplained += other.unexplained;
    }
}

/// The path of every object that is alive.
#[derive(Debug)]
pub struct Placement {
    places: Vec<Place>,
    /// What is counted on each path, in the order of the paths.
    pub measures: Vec<Measure>,
}

/// Where an object is: on a path, as one of its objects or inside of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Unknown,
    At(PathIndex),
    /// The dict of an object's attributes.
    Namespace(PathIndex),
    /// Another part of an object that has no name.
    Inside(PathIndex),
}

impl Placement {
    /// Places the objects of a snapshot; new paths are added to `paths`.
    ///
    /// One walk of [`PreferredPaths`] and O(nodes + edges) after it; 8 bytes a node, and for each
    /// path of any snapshot 32.
    pub fn new(snapshot: &HeapSnapshot, names: &EdgeNames, paths: &mut NamePaths) -> Self {
        let chains = PreferredPaths::new(snapshot, |_| false);
        let mut placing = Placing::new(snapshot, names, paths);
        let mut behind = Vec::new();
        for node in snapshot.graph().nodes() {
            let mut first = node;
            while placing.places[first.index()] == Place::Unknown {
                match chains.reference(first) {
                    Some(reference) => {
                        behind.push((first, reference));
                        first = snapshot.graph().holder_at(reference);
                    }
                    None if chains.is_met(first) => {
                        placing.places[first.index()] = placing.start(first);
                    }
                    // Garbage.
                    None => break,
                }
            }
            while let Some((held, reference)) = behind.pop() {
                let holder = snapshot.graph().holder_at(reference);
                placing.places[held.index()] = placing.next(holder, reference, held);
            }
        }
        placing.measured()
    }

    /// The objects on `path`, or inside of one, in the order of capture. O(nodes).
    pub fn objects_at(&self, path: PathIndex) -> Vec<NodeIndex> {
        let places = self.places.iter().enumerate();
        let here = places.filter(|&(_, &place)| place.path() == Some(path));
        here.map(|(position, _)| NodeIndex::new(position)).collect()
    }

    /// The objects that nothing alive leads to. O(nodes).
    pub fn unplaced(&self, snapshot: &HeapSnapshot) -> Tally {
        let mut unplaced = Tally::default();
        for node in snapshot.graph().nodes() {
            if self.places[node.index()] == Place::Unknown {
                unplaced.add(Tally {
                    count: 1,
                    bytes: snapshot.graph().shallow_size(node),
                });
            }
        }
        unplaced
    }

    /// The path of an object, unless nothing alive leads to it.
    pub fn path_of(&self, node: NodeIndex) -> Option<PathIndex> {
        self.places[node.index()].path()
    }

    /// True if and only if `node` counts as an object of its path.
    pub fn is_object(&self, node: NodeIndex) -> bool {
        matches!(self.places[node.index()], Place::At(_))
    }
}

impl Place {
    fn path(self) -> Option<PathIndex> {
        match self {
            Self::Unknown => None,
            Self::At(path) | Self::Namespace(path) | Self::Inside(path) => Some(path),
        }
    }
}

struct Placing<'a> {
    snapshot: &'a HeapSnapshot,
    names: &'a EdgeNames,
    paths: &'a mut NamePaths,
    /// The name of each type in the texts of the paths.
    type_names: Vec<TextIndex>,
    /// The text of each edge name, once it was needed.
    steps: [Vec<Option<TextIndex>>; 4],
    element: TextIndex,
    key: TextIndex,
    is_reference: Vec<bool>,
    is_lru_cache: Vec<bool>,
    is_container: Vec<bool>,
    /// What compiled containers keep their elements in, however much of it.
    is_backing: Vec<bool>,
    places: Vec<Place>,
}

/// Attributes that are no step of their own.
const NAMESPACE: &str = "__dict__";
/// Nor the frame of what is suspended, which is an object in 3.10.
const PARTS: [&str; 4] = ["__closure__", "gi_frame", "cr_frame", "ag_frame"];
const CELL_CONTENTS: &str = "cell_contents";
const DATA: &str = "data";
/// The keys by which a `threading.local` finds the attributes in a thread, up to 3.12 and later.
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
const CONTAINERS: [&str; 4] = [
    "builtins.dict",
    "builtins.list",
    "builtins.set",
    "builtins.tuple",
];
/// The nodes of the tree that a `Context` keeps its variables in, whose depth depends on hashes, and
/// the links of what `itertools.tee` has not given out yet.
const BACKING: [&str; 2] = ["builtins.hamt", "itertools._tee_dataobject"];
/// How the key of a context variable is spelled, up to its name.
const CONTEXT_VARIABLE: &str = "<ContextVar '";
/// An `lru_cache` holds the same objects in a dict, which counts, and in the order of their use.
pub const LRU_CACHE: [&str; 2] = ["functools._lru_cache_wrapper", "functools._lru_list_elem"];

impl<'a> Placing<'a> {
    fn new(snapshot: &'a HeapSnapshot, names: &'a EdgeNames, paths: &'a mut NamePaths) -> Self {
        let graph = snapshot.graph();
        let types = graph.types().iter();
        let steps = || vec![None; names.texts().len()];
        Self {
            type_names: types.map(|(_, ty)| paths.text(&ty.full_name())).collect(),
            steps: std::array::from_fn(|_| steps()),
            element: paths.text(ANY_ELEMENT),
            key: paths.text("<key>"),
            is_reference: graph.types().which(HeapType::is_weak_reference),
            is_lru_cache: (graph.types()).which(|ty| LRU_CACHE.contains(&ty.full_name().as_ref())),
            is_container: (graph.types())
                .which(|ty| !ty.is_heap_type && CONTAINERS.contains(&ty.full_name().as_ref())),
            is_backing: (graph.types())
                .which(|ty| BACKING.iter().any(|name| ty.full_name().starts_with(name))),
            places: vec![Place::Unknown; graph.node_count()],
            snapshot,
            names,
            paths,
        }
    }

    /// The place of an object that is alive by itself.
    fn start(&mut self, node: NodeIndex) -> Place {
        let graph = self.snapshot.graph();
        let step = match self.snapshot.root(node) {
            Some(root) => start_step(self.snapshot, root),
            None => "<held from outside>".into(),
        };
        let type_name = self.type_names[graph.type_index(node).index()];
        let step = self.paths.text(&step);
        Place::At(self.paths.start(step, type_name))
    }

    /// The place of `held`, to which the reference of `holder` leads.
    fn next(&mut self, holder: NodeIndex, reference: usize, held: NodeIndex) -> Place {
        let place = self.places[holder.index()];
        let path = place
            .path()
            .expect("a holder is placed before what it holds");
        let held_type = self.snapshot.graph().type_index(held);
        let type_name = self.type_names[held_type.index()];
        let texts = self.names.texts();
        let step = match self.names.name(reference) {
            EdgeName::Attribute(text) if texts.text(text) == NAMESPACE => {
                // Of two dicts one is the cache.
                let is_cache = LRU_CACHE.contains(&self.paths.type_name(path));
                return if is_cache {
                    Place::Inside(path)
                } else {
                    Place::Namespace(path)
                };
            }
            EdgeName::Attribute(text) if PARTS.contains(&texts.text(text)) => {
                return Place::Inside(path);
            }
            EdgeName::Attribute(text) | EdgeName::Key(text)
                if !matches!(place, Place::Inside(_))
                    && texts.text(text).trim_matches('\'') == DATA
                    && WRAPPERS.contains(&self.paths.type_name(path)) =>
            {
                return Place::Inside(path);
            }
            EdgeName::Internal(_) if self.is_backing[held_type.index()] => {
                return Place::Inside(path);
            }
            EdgeName::Internal(text) if texts.text(text) == MAPPING => return Place::Inside(path),
            EdgeName::Internal(_)
                if self.is_part(held) && !LRU_CACHE.contains(&self.paths.type_name(path)) =>
            {
                return Place::Inside(path);
            }
            // The attributes of a `threading.local` in one thread.
            EdgeName::Key(text)
                if matches!(place, Place::Inside(_) | Place::Namespace(_))
                    && OF_A_THREAD.contains(&texts.text(text))
                    && self.snapshot.graph().flags(held).contains(NodeFlags::DICT) =>
            {
                return Place::Namespace(path);
            }
            EdgeName::Key(text) if texts.text(text).starts_with(CONTEXT_VARIABLE) => {
                self.step(3, text, |text| {
                    let name = text.trim_start_matches(CONTEXT_VARIABLE);
                    format!("[{}]", name.trim_end_matches("'>"))
                })
            }
            EdgeName::Attribute(text) if texts.text(text) == CELL_CONTENTS => {
                return Place::At(self.paths.retyped(path, type_name));
            }
            EdgeName::Key(text) if matches!(place, Place::Namespace(_)) => {
                self.step(1, text, |text| match text.strip_prefix('\'') {
                    Some(name) => format!(".{}", name.trim_end_matches('\'')),
                    None => ANY_ELEMENT.into(),
                })
            }
            EdgeName::Attribute(text) => self.step(0, text, |text| format!(".{text}")),
            EdgeName::Closure(text) => self.step(2, text, |text| format!("<closure {text}>")),
            EdgeName::Local(text) => self.step(3, text, |text| format!("<local {text}>")),
            EdgeName::Key(_)
            | EdgeName::Index(_)
            | EdgeName::SetElement
            | EdgeName::Internal(_) => self.element,
            EdgeName::KeyObject(_) => self.key,
        };
        let flags = self.snapshot.graph().flags(held);
        let is_name = matches!(
            self.names.name(reference),
            EdgeName::Attribute(_) | EdgeName::Key(_)
        ) && step != self.element;
        if is_name && !flags.contains(NodeFlags::TYPE) && !flags.contains(NodeFlags::MODULE) {
            return Place::At(self.paths.next_link(path, step, type_name));
        }
        Place::At(self.paths.next(path, step, type_name))
    }

    /// True if and only if what compiled code holds in a place without a name is a part of it: a plain
    /// container that nothing else holds.
    fn is_part(&self, held: NodeIndex) -> bool {
        let graph = self.snapshot.graph();
        self.is_container[graph.type_index(held).index()] && graph.referrers(held).len() == 1
    }

    /// The step of an edge name, each spelled once. `kind` tells names apart that have the same text
    /// and another spelling.
    fn step(
        &mut self,
        kind: usize,
        text: TextIndex,
        spelled: impl FnOnce(&str) -> String,
    ) -> TextIndex {
        if let Some(step) = self.steps[kind][text.index()] {
            return step;
        }
        let step = self.paths.text(&spelled(self.names.texts().text(text)));
        self.steps[kind][text.index()] = Some(step);
        step
    }

    fn measured(self) -> Placement {
        let graph = self.snapshot.graph();
        let mut measures = vec![Measure::default(); self.paths.len()];
        for node in graph.nodes() {
            let (path, objects) = match self.places[node.index()] {
                Place::Unknown => continue,
                Place::At(path) => (path, 1),
                Place::Namespace(path) | Place::Inside(path) => (path, 0),
            };
            let (entries, weakly_keyed) = self.entries(node);
            measures[path.index()].add(Measure {
                objects,
                entries,
                weakly_keyed,
                bytes: graph.shallow_size(node),
                unexplained: self.unexplained(node),
            });
        }
        Placement {
            places: self.places,
            measures,
        }
    }

    /// What a container holds, each pair of key and value once, and apart from that the values whose
    /// keys are weak references.
    fn entries(&self, holder: NodeIndex) -> (u64, u64) {
        let graph = self.snapshot.graph();
        let referents = graph.referents(holder);
        let is_dict = graph.flags(holder).contains(NodeFlags::DICT);
        if self.is_lru_cache[graph.type_index(holder).index()] {
            return (0, 0);
        }
        let (mut entries, mut weakly_keyed) = (0, 0);
        for (number, reference) in graph.edge_positions(holder).enumerate() {
            let is_key = matches!(self.names.name(reference), EdgeName::KeyObject(_));
            // The keys once more, in the order of an `OrderedDict`.
            let is_again = is_dict && matches!(self.names.name(reference), EdgeName::Internal(_));
            if is_key || is_again || self.is_live_reference(referents[number]) {
                continue;
            }
            if is_dict && number % 2 == 1 && self.is_live_reference(referents[number - 1]) {
                weakly_keyed += 1;
            } else {
                entries += 1;
            }
        }
        (entries, weakly_keyed)
    }

    /// True if and only if `node` is a weak reference to something that is there.
    fn is_live_reference(&self, node: NodeIndex) -> bool {
        self.is_reference[self.snapshot.graph().type_index(node).index()]
            && self.snapshot.node_names().get(node) != Some(DEAD_REFERENCE)
    }

    fn unexplained(&self, node: NodeIndex) -> u64 {
        let is_of_interpreter =
            (self.snapshot.root(node)).is_some_and(|root| root.kind == RootKind::Interpreter);
        if is_of_interpreter {
            return 0;
        }
        self.snapshot.graph().unexplained_count(node).into()
    }
}

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
        RootKind::External => "<held from outside>".into(),
    }
}
