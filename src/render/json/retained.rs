//! What objects retain, and who owns the heap, as JSON.

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use crate::analysis::{
    Dominator, DominatorTree, Owner, RetainedByType, RootChain, Tally, TypeRetained, largest_first,
    preferred_label,
};
use crate::graph::NodeIndex;
use crate::render::text::chain_path;
use crate::snapshot::HeapSnapshot;

/// Dominators, and dominated objects, that are listed for one object.
const LISTED: usize = 20;

#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct TallyJson {
    count: u64,
    bytes: u64,
}

impl From<Tally> for TallyJson {
    fn from(Tally { count, bytes }: Tally) -> Self {
        Self { count, bytes }
    }
}

/// What some objects retain.
#[derive(Debug, Serialize)]
pub struct RetainedJson<'s> {
    schema: &'static str,
    /// All that is alive.
    heap: TallyJson,
    /// How many objects were asked about.
    candidates: usize,
    /// What all of them retain together.
    together: TallyJson,
    objects: Vec<RetainingJson<'s>>,
}

/// One object, and its place in the dominator tree.
#[derive(Debug, Serialize)]
struct RetainingJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    /// `null` if no root leads to the object.
    retained: Option<TallyJson>,
    /// The immediate one first; `null` if no root leads to the object.
    dominators: Option<Vec<PartJson<'s>>>,
    /// Whether there are others further up.
    more_dominators: bool,
    /// The largest of those that the object dominates immediately.
    dominated: Vec<PartJson<'s>>,
    /// How many it dominates immediately.
    dominated_count: usize,
}

/// One object, and what it retains.
#[derive(Debug, Serialize)]
struct PartJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    /// How the immediate dominator refers to the object; `null` if it is no object, or does not.
    reference: Option<String>,
    retained: TallyJson,
}

impl<'s> PartJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, tree: &DominatorTree, node: NodeIndex) -> Self {
        let label = match tree.immediate_dominator(node) {
            Some(Dominator::Node(dominator)) => preferred_label(snapshot, dominator, node),
            _ => None,
        };
        Self {
            object: ObjectJson::new(snapshot, node),
            reference: label.map(|label| label.to_string()),
            retained: tree.retained(node).unwrap_or_default().into(),
        }
    }
}

impl<'s> RetainingJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, tree: &DominatorTree, node: NodeIndex) -> Self {
        let part = |node| PartJson::new(snapshot, tree, node);
        let retained = tree.retained(node);
        let mut dominators = tree.dominators(node);
        let listed: Vec<_> = dominators.by_ref().take(LISTED).map(part).collect();
        let dominated = largest_first(tree, tree.dominated_by(Dominator::Node(node)));
        Self {
            object: ObjectJson::new(snapshot, node),
            retained: retained.map(TallyJson::from),
            dominators: retained.map(|_| listed),
            more_dominators: dominators.next().is_some(),
            dominated: dominated
                .iter()
                .take(LISTED)
                .map(|&node| part(node))
                .collect(),
            dominated_count: dominated.len(),
        }
    }
}

impl<'s> RetainedJson<'s> {
    /// The first `limit` of some objects, and what all of them retain `together`.
    pub fn new(
        snapshot: &'s HeapSnapshot,
        tree: &DominatorTree,
        nodes: &[NodeIndex],
        together: Tally,
        limit: usize,
    ) -> Self {
        let objects = nodes.iter().take(limit);
        Self {
            schema: "heapgraph/retained@1",
            heap: tree.total().into(),
            candidates: nodes.len(),
            together: together.into(),
            objects: objects
                .map(|&node| RetainingJson::new(snapshot, tree, node))
                .collect(),
        }
    }
}

/// The owners of a heap.
#[derive(Debug, Serialize)]
pub struct OwnersJson<'s> {
    schema: &'static str,
    /// All that is alive.
    heap: TallyJson,
    /// How many owners there are.
    candidates: usize,
    owners: Vec<OwnerJson<'s>>,
}

#[derive(Debug, Serialize)]
struct OwnerJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    retained: TallyJson,
    /// Where the chain to the owner starts; `null`, as is the path, if there is no such chain.
    root: Option<RootJson>,
    path: Option<String>,
    descent: Vec<PartJson<'s>>,
}

impl<'s> OwnersJson<'s> {
    /// The largest owners of a heap.
    pub fn new(snapshot: &'s HeapSnapshot, tree: &DominatorTree, owners: &[Owner]) -> Self {
        let owner = |owner: &Owner| {
            let chain = RootChain::find(snapshot, owner.node);
            let descent = owner.descent.iter();
            OwnerJson {
                object: ObjectJson::new(snapshot, owner.node),
                retained: owner.retained.into(),
                root: chain.as_ref().map(|chain| RootJson::new(&chain.root)),
                path: chain.map(|chain| chain_path(snapshot, &chain)),
                descent: descent
                    .map(|&node| PartJson::new(snapshot, tree, node))
                    .collect(),
            }
        };
        Self {
            schema: "heapgraph/owners@1",
            heap: tree.total().into(),
            candidates: tree.dominated_by(Dominator::Root).count(),
            owners: owners.iter().map(owner).collect(),
        }
    }
}

/// What the objects of each type retain.
#[derive(Debug, Serialize)]
pub struct RetainedByTypeJson<'a> {
    schema: &'static str,
    /// All that is alive.
    heap: TallyJson,
    types: Vec<TypeRetainedJson<'a>>,
}

#[derive(Debug, Serialize)]
struct TypeRetainedJson<'a> {
    r#type: &'a str,
    count: u64,
    bytes: u64,
    retained: TallyJson,
}

impl<'a> RetainedByTypeJson<'a> {
    /// The first `limit` types.
    pub fn new(types: &'a RetainedByType, tree: &DominatorTree, limit: usize) -> Self {
        let row = |row: &'a TypeRetained| TypeRetainedJson {
            r#type: &row.type_name,
            count: row.objects.count,
            bytes: row.objects.bytes,
            retained: row.retained.into(),
        };
        Self {
            schema: "heapgraph/retained_by_type@1",
            heap: tree.total().into(),
            types: types.types.iter().take(limit).map(row).collect(),
        }
    }
}
