//! A heap that can be kept: the graph with its names, its roots and where it comes from.

mod error;
mod key_values;
mod keys;
mod metadata;
mod node_texts;
mod process_id;
mod reader;
mod reference_text;
mod schema;
mod seal;
mod series;
mod writer;

pub use error::{Place, SnapshotError};
pub use keys::{Namespaces, without_keys};
pub use metadata::Metadata;
pub use node_texts::NodeTexts;
pub use process_id::{ByProcess, ProcessId};
pub use reader::load;
pub use series::{SavedHeap, series};
pub use writer::{save, save_in_groups};

use rustc_hash::FxHashSet;

use crate::graph::{EdgeLabel, EdgeNames, HeapGraph, NodeFlags, NodeIndex, Root};

/// The [name](HeapSnapshot::node_names) of a weak reference that leads to nothing any more.
pub const DEAD_REFERENCE: &str = "dead";
/// Before the address, in hexadecimal digits, of what a weak reference refers to: the name that such a
/// reference has where it is a key, or refers to what another one refers to.
pub const WEAK_REFERENT: &str = "to 0x";
/// After the number of bytes that an object uses: the [name](HeapSnapshot::node_names) of what keeps room
/// for more.
pub const BYTES_USED: &str = " bytes used";
/// After the number of bytes that an object takes: the [name](HeapSnapshot::node_names) of what has text that
/// its size does not count.
pub const BYTES_WITH_TEXT: &str = " bytes with its text";

/// A heap at one moment, detached from the program: holds no object and keeps nothing alive.
///
/// What a live heap is asked, a snapshot answers too; one that was saved and loaded answers the
/// same, word for word.
#[derive(Debug)]
pub struct HeapSnapshot {
    graph: HeapGraph,
    edge_names: Option<EdgeNames>,
    node_names: NodeTexts,
    values: NodeTexts,
    roots: Vec<Root>,
    metadata: Metadata,
    aside: FxHashSet<usize>,
}

/// What a [`HeapSnapshot`] is made of.
#[derive(Debug)]
pub struct SnapshotParts {
    /// The objects and references.
    pub graph: HeapGraph,
    /// The names of all references, unless they were not asked for.
    pub edge_names: Option<EdgeNames>,
    /// What objects are called: modules, classes, functions, code and frames.
    pub node_names: NodeTexts,
    /// What strings, bytes and numbers say, shortened; empty unless asked for.
    pub values: NodeTexts,
    /// Where chains start: at most one for a node.
    pub roots: Vec<Root>,
    /// Where the heap comes from.
    pub metadata: Metadata,
}

impl HeapSnapshot {
    /// Puts a snapshot together.
    ///
    /// # Panics
    ///
    /// If there are names, and not as many as references; or if a root or a text belongs to a node
    /// that the graph does not have.
    pub fn new(parts: SnapshotParts) -> Self {
        let SnapshotParts {
            graph,
            edge_names,
            node_names,
            values,
            mut roots,
            metadata,
        } = parts;
        if let Some(names) = &edge_names {
            assert_eq!(
                names.len(),
                graph.edge_count(),
                "a name for every reference"
            );
        }
        roots.sort_by_key(|root| (root.node, root.kind));
        roots.dedup_by_key(|root| root.node);
        let last = [
            roots.last().map(|root| root.node),
            node_names.last_node(),
            values.last_node(),
        ];
        let last = last.into_iter().flatten().map(NodeIndex::index).max();
        assert!(
            last.is_none_or(|last| last < graph.node_count()),
            "a root or a text belongs to a node"
        );
        Self {
            graph,
            edge_names,
            node_names,
            values,
            roots,
            metadata,
            aside: FxHashSet::default(),
        }
    }

    /// The objects and references.
    pub fn graph(&self) -> &HeapGraph {
        &self.graph
    }

    /// Forgets references; see [`HeapGraph::forget_references`].
    pub fn forget_references(&mut self, positions: &[usize]) {
        self.graph.forget_references(positions);
        if let Some(names) = &mut self.edge_names {
            names.remove(positions);
        }
    }

    /// Counts a reference less to the object at `address`, if there is one.
    pub fn discount_reference(&mut self, address: u64) {
        self.graph.discount_references(address, 1);
    }

    /// Says of references, by their positions among those of all nodes, that they explain nothing
    /// while there are others. A file does not keep that.
    pub fn set_aside(&mut self, references: FxHashSet<usize>) {
        self.aside = references;
    }

    /// The references that were set aside.
    pub fn aside(&self) -> &FxHashSet<usize> {
        &self.aside
    }

    /// The names of all references, unless they were not recorded.
    pub fn edge_names(&self) -> Option<&EdgeNames> {
        self.edge_names.as_ref()
    }

    /// The names of what `node` refers to, in the order of [`HeapGraph::referents`];
    /// `<unnamed>` where names were not recorded.
    pub fn labels(&self, node: NodeIndex) -> Vec<EdgeLabel> {
        let positions = self.graph.edge_positions(node);
        positions.map(|position| self.label(position)).collect()
    }

    /// The name of one reference, by its position among those of all nodes
    /// ([`HeapGraph::edge_positions`]); `<unnamed>` where names were not recorded.
    ///
    /// # Panics
    ///
    /// If there are not that many references.
    pub fn label(&self, position: usize) -> EdgeLabel {
        match &self.edge_names {
            Some(names) => names.label(position),
            None => EdgeLabel::Internal("unnamed".into()),
        }
    }

    /// What objects are called: the names of modules, the qualified names of classes and
    /// functions, the places of code and frames; [`DEAD_REFERENCE`], or [`WEAK_REFERENT`] and the
    /// address, of weak references (of a living one to a class only where it is a key, or not the only
    /// one); the bytes and [`BYTES_USED`] of buffers that are larger than they have to be;
    /// those with [`BYTES_WITH_TEXT`] of what is larger than it says.
    pub fn node_names(&self) -> &NodeTexts {
        &self.node_names
    }

    /// What a weak reference refers to; `None` of anything else, if that is gone, or if it is a class with no
    /// other and this is no key. It keeps nothing alive, and so it is no reference of the graph.
    pub fn weak_referent(&self, node: NodeIndex) -> Option<NodeIndex> {
        let is_reference = self.graph.type_of(node).is_weak_reference();
        // A function may be called as weak references are.
        let name = self.node_names.get(node).filter(|_| is_reference)?;
        let address = name.strip_prefix(WEAK_REFERENT)?;
        self.graph.node_at(u64::from_str_radix(address, 16).ok()?)
    }

    /// How many bytes `node` uses: fewer than its size where some are for what is not there yet, as of a
    /// `bytearray` that is appended to, and more where that does not count what there is.
    pub fn used_size(&self, node: NodeIndex) -> u64 {
        let size = self.graph.shallow_size(node);
        let name = (self.node_names.get(node)).filter(|_| self.may_be_buffer(node));
        let number = |suffix| name?.strip_suffix(suffix)?.parse::<u64>().ok();
        let whole = number(BYTES_WITH_TEXT).map(|whole| whole.max(size));
        let used = || number(BYTES_USED).map(|used| used.min(size));
        whole.or_else(used).unwrap_or(size)
    }

    /// False for what a program has named: a function may be called as buffers are.
    fn may_be_buffer(&self, node: NodeIndex) -> bool {
        const STATIC_BUFFERS: [&str; 3] = ["builtins.bytearray", "array.array", "_io.StringIO"];
        let (ty, flags) = (self.graph.type_of(node), self.graph.flags(node));
        let is_class_or_module =
            flags.contains(NodeFlags::TYPE) || flags.contains(NodeFlags::MODULE);
        let is_buffer = || STATIC_BUFFERS.iter().any(|name| ty.is_called(name));
        !is_class_or_module && (ty.is_heap_type || is_buffer())
    }

    /// How many bytes `node` takes, with those that its size does not count.
    pub fn whole_size(&self, node: NodeIndex) -> u64 {
        self.graph.shallow_size(node).max(self.used_size(node))
    }

    /// What strings, bytes and numbers say; empty unless recorded.
    pub fn values(&self) -> &NodeTexts {
        &self.values
    }

    /// Where chains start, in the order of the nodes, at most one for each.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The root that `node` is, if it is one.
    pub fn root(&self, node: NodeIndex) -> Option<&Root> {
        let position = self.roots.binary_search_by_key(&node, |root| root.node);
        position.ok().map(|position| &self.roots[position])
    }

    /// Where the heap comes from.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}
