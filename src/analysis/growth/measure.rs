//! What is counted of the objects on a path.

use super::placement::Place;
use super::placing::{LRU_CACHE, NAMESPACE};
use crate::graph::{
    EdgeName, EdgeNames, HeapType, NodeFlags, NodeIndex, NodeSet, RootKind, TextIndex,
};
use crate::snapshot::{DEAD_REFERENCE, HeapSnapshot};

/// What is counted of the objects on one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Measure {
    /// Number of objects; dicts of attributes and parts of compiled objects belong to the object.
    pub objects: u64,
    /// References they hold: the elements of containers, the attributes of instances. Living weak
    /// references say no more than how many objects live, and values under keys that are such: of them
    /// only those to one object are counted, to which there are most, but for the first.
    pub entries: u64,
    /// Values under keys that are weak references to something that lives.
    pub weakly_keyed: u64,
    /// Sum of the sizes, with what these do not count.
    pub bytes: u64,
    /// How many of the bytes say nothing of growth: room that is kept for what is not there yet, and
    /// dicts of attributes and frames of what is suspended, which are there since somebody, perhaps a
    /// snapshot, has asked for names.
    pub idle_bytes: u64,
    /// References to them that the graph cannot explain.
    pub unexplained: u64,
}

impl Measure {
    pub(super) fn add(&mut self, other: Self) {
        self.objects += other.objects;
        self.entries += other.entries;
        self.weakly_keyed += other.weakly_keyed;
        // Sizes come from a file.
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.idle_bytes = self.idle_bytes.saturating_add(other.idle_bytes);
        self.unexplained += other.unexplained;
    }
}

/// Counts one object after the other.
pub(super) struct Counting<'s> {
    snapshot: &'s HeapSnapshot,
    names: &'s EdgeNames,
    /// The texts of [`NAMESPACE`] and [`CLASS`] among those of the names: both belong to the object.
    own: [Option<TextIndex>; 2],
    is_reference: Vec<bool>,
    holds_no_elements: Vec<bool>,
    is_frame: Vec<bool>,
    is_of_local: Vec<bool>,
    /// Parts of compiled containers, which are no elements.
    is_backing: &'s [bool],
    /// The weak references to something that is there.
    live_references: NodeSet,
}

/// What is suspended holds its variables, however many of them are bound.
const SUSPENDED: [&str; 3] = [
    "builtins.async_generator",
    "builtins.coroutine",
    "builtins.generator",
];
const CLASS: &str = "__class__";
const FRAME: &str = "builtins.frame";
/// What a thread has of a `threading.local` of the program, and loses when that goes.
const LOCAL_DUMMY: &str = "_thread._localdummy";

impl<'s> Counting<'s> {
    pub(super) fn new(
        snapshot: &'s HeapSnapshot,
        names: &'s EdgeNames,
        is_backing: &'s [bool],
    ) -> Self {
        let graph = snapshot.graph();
        let types = graph.types();
        let is_reference = types.which(HeapType::is_weak_reference);
        let mut live_references = NodeSet::new(graph);
        for node in graph.nodes() {
            if is_reference[graph.type_index(node).index()]
                && snapshot.node_names().get(node) != Some(DEAD_REFERENCE)
            {
                live_references.insert(node);
            }
        }
        let without_elements = LRU_CACHE.iter().chain(&SUSPENDED);
        Self {
            snapshot,
            names,
            own: [NAMESPACE, CLASS].map(|name| names.texts().find(name)),
            is_reference,
            holds_no_elements: types
                .which(|ty| without_elements.clone().any(|name| ty.is_genuine(name))),
            is_of_local: types.which(|ty| ty.is_genuine(LOCAL_DUMMY)),
            is_frame: types.which(|ty| ty.is_genuine(FRAME)),
            is_backing,
            live_references,
        }
    }

    /// What is counted of `node`, which is at `place`, on a path to objects of a type called
    /// `type_name`.
    pub(super) fn measure(&self, node: NodeIndex, place: Place, type_name: &str) -> Measure {
        let bytes = self.snapshot.whole_size(node);
        if !matches!(place, Place::At(_)) && self.is_of_suspended(node, type_name) {
            return Measure {
                bytes,
                idle_bytes: bytes,
                ..Measure::default()
            };
        }
        let is_namespace = matches!(place, Place::Namespace(_));
        // What a container holds is counted, and not its attributes.
        let is_of_container =
            is_namespace && (LRU_CACHE.contains(&type_name) || self.is_of_dict(node));
        let (entries, weakly_keyed, weakly_held) = if is_of_container {
            (0, 0, 0)
        } else {
            self.entries(node, is_namespace)
        };
        Measure {
            objects: matches!(place, Place::At(_)).into(),
            entries,
            weakly_keyed,
            bytes,
            // The room for weak references goes with what keeps their objects.
            idle_bytes: if is_namespace || weakly_held > entries {
                bytes
            } else {
                bytes - self.snapshot.used_size(node)
            },
            unexplained: self.unexplained(node),
        }
    }

    /// How much `node` holds, how much instead under weak keys, and how many weak references to something that
    /// lives.
    fn entries(&self, node: NodeIndex, is_namespace: bool) -> (u64, u64, u64) {
        let graph = self.snapshot.graph();
        // What a weak reference holds is what it calls.
        let ty = graph.type_index(node).index();
        if self.holds_no_elements[ty] || self.is_reference[ty] {
            return (0, 0, 0);
        }
        let referents = graph.referents(node);
        let instance = if is_namespace {
            self.instance_of(node)
        } else {
            None
        };
        let is_dict = graph.flags(node).contains(NodeFlags::DICT);
        let (mut entries, mut weakly_keyed, mut weakly_held) = (0, 0, Vec::new());
        for (number, reference) in graph.edge_positions(node).enumerate() {
            let held = referents[number];
            let held_type = graph.type_index(held).index();
            let is_counted = match self.names.name(reference) {
                EdgeName::KeyObject(_) => false,
                EdgeName::Key(key) => {
                    !instance.is_some_and(|instance| self.is_shown_by(instance, key, held))
                }
                EdgeName::Attribute(text) => !is_dict && !self.own.contains(&Some(text)),
                // The keys once more, in the order of an `OrderedDict`.
                EdgeName::Internal(_) => !is_dict && !self.is_backing[held_type],
                _ => true,
            };
            if !is_counted || self.is_of_local[held_type] {
                continue;
            }
            let is_weakly_keyed =
                is_dict && number % 2 == 1 && self.live_references.contains(referents[number - 1]);
            match (is_weakly_keyed, self.live_references.contains(held)) {
                (false, false) => entries += 1,
                (true, false) => weakly_keyed += 1,
                (false, true) => {
                    // What several refer to is their name; one without a name is the only one.
                    weakly_held.push(self.snapshot.node_names().get(held).ok_or(held));
                }
                (true, true) => {}
            }
        }
        let weak = weakly_held.len() as u64;
        (entries + most_repetitions(weakly_held), weakly_keyed, weak)
    }

    /// True if and only if a dict has the attributes of an instance that is a dict itself.
    fn is_of_dict(&self, namespace: NodeIndex) -> bool {
        let instance = self.instance_of(namespace);
        instance.is_some_and(|one| self.snapshot.graph().flags(one).contains(NodeFlags::DICT))
    }

    /// The instance whose attributes a dict has.
    fn instance_of(&self, namespace: NodeIndex) -> Option<NodeIndex> {
        let graph = self.snapshot.graph();
        let [instance] = *graph.referrers(namespace) else {
            return None;
        };
        let flags = graph.flags(instance);
        let is_other = flags.contains(NodeFlags::TYPE) || flags.contains(NodeFlags::MODULE);
        (graph.type_of(instance).is_heap_type && !is_other).then_some(instance)
    }

    /// True if and only if an instance shows an attribute itself that its dict has under `key`, as it
    /// does from 3.13 on where somebody has asked for the dict since: it counts once.
    fn is_shown_by(&self, instance: NodeIndex, key: TextIndex, held: NodeIndex) -> bool {
        let graph = self.snapshot.graph();
        let texts = self.names.texts();
        let name = texts.text(key).trim_matches('\'');
        let mut references = graph
            .edge_positions(instance)
            .zip(graph.referents(instance));
        references.any(|(position, &other)| {
            other == held
                && matches!(self.names.name(position), EdgeName::Attribute(text) if texts.text(text) == name)
        })
    }

    /// True if and only if a part of an object of a type called `whole` is the frame of what is
    /// suspended or, up to 3.12, the empty dict that names of its variables leave behind.
    fn is_of_suspended(&self, part: NodeIndex, whole: &str) -> bool {
        let graph = self.snapshot.graph();
        SUSPENDED.contains(&whole)
            && (self.is_frame[graph.type_index(part).index()] || graph.referents(part).is_empty())
    }

    fn unexplained(&self, node: NodeIndex) -> u64 {
        let count = self.snapshot.graph().unexplained_count(node);
        let root = || self.snapshot.root(node);
        if count == 0 || root().is_some_and(|root| root.kind == RootKind::Interpreter) {
            return 0;
        }
        count.into()
    }
}

/// How often what stands there most often does so once more.
fn most_repetitions<T: Ord>(mut all: Vec<T>) -> u64 {
    all.sort_unstable();
    let runs = all.chunk_by(|one, next| one == next);
    runs.map(|run| run.len() as u64 - 1).max().unwrap_or(0)
}
