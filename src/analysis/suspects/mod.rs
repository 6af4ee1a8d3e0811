//! What holds too much of one heap, by itself or together with its like.

mod common_way;
mod contents;
mod program;

use std::cmp::Reverse;

use indexmap::IndexMap;

use super::hints::{Hint, findings, hints};
use super::owners::{LONGEST_DESCENT, descent};
use super::{Dominator, DominatorTree, PreferredPaths, RootChain, Tally, preferred_label};
use crate::graph::{EdgeLabel, NodeIndex};
use crate::snapshot::HeapSnapshot;
pub use common_way::CommonWay;
use common_way::common_way;
pub use contents::Contents;
use program::Program;

/// The part of all data that a suspect holds at least, in tenths.
const SHARE: u128 = 1;

/// Types of which a program has many objects that tell nothing of who made them.
const COMMON: [&str; 6] = [
    "builtins.bytes",
    "builtins.float",
    "builtins.int",
    "builtins.str",
    "builtins.tuple",
    "weakref.ReferenceType",
];

/// What holds much of a heap.
#[derive(Debug)]
pub struct Suspects {
    /// All that is alive.
    pub heap: Tally,
    /// What is left of it without modules, classes, functions and code.
    pub data: Tally,
    /// What a suspect holds at least, in bytes.
    pub threshold: u64,
    /// What holds most first. Whether it is a leak, only the author of the program knows.
    pub suspects: Vec<Suspect>,
    /// What looks like a mistake that is made often, whether it is a suspect or not.
    pub hints: Vec<Hint>,
}

/// One suspect.
#[derive(Debug)]
pub struct Suspect {
    /// What would go if it went; of several objects the sum of what each retains.
    pub retained: Tally,
    /// What it is.
    pub holding: Holding,
    /// The suspect before this one whose chain begins as that of this one, and the last object that
    /// both chains share, with the chain to it.
    pub related: Option<(usize, RootChain)>,
}

/// What a suspect is.
#[derive(Debug)]
pub enum Holding {
    /// One object holds much.
    One(Accumulation),
    /// The objects of one type hold much together, each for itself little.
    Many(Crowd),
}

/// The object in which what a suspect holds comes together.
#[derive(Debug)]
pub struct Accumulation {
    /// The object that is dominated by the program only.
    pub owner: NodeIndex,
    /// The chain to the owner.
    pub owner_chain: RootChain,
    /// Where the descent from the owner ends: what it holds is spread over many.
    pub node: NodeIndex,
    /// The chain to that.
    pub chain: RootChain,
    /// What it would take with it.
    pub retained: Tally,
    /// The objects of one type that are most of that; `None` if it holds no other.
    pub contents: Option<Contents>,
}

/// The objects of one type that are dominated by the program only.
#[derive(Debug)]
pub struct Crowd {
    /// Full name of the type.
    pub type_name: String,
    /// The objects, in capture order.
    pub nodes: Vec<NodeIndex>,
    /// How most of them are reached, if by one way.
    pub way: Option<CommonWay>,
}

impl Suspects {
    /// The suspects of a heap: what is not the program itself and holds at least a tenth of what is
    /// not, and `least` bytes. Objects of one built-in type are one only if most of them are reached
    /// in one way. A hint is about what holds `least` bytes.
    ///
    /// Each object that is alive is counted for one suspect at most. One walk over the heap for all
    /// chains and, for each suspect of many objects, O(nodes); 8 bytes a node meanwhile, 12 more for
    /// such a suspect.
    pub fn find(snapshot: &HeapSnapshot, tree: &DominatorTree, least: u64) -> Self {
        let program = Program::new(snapshot);
        let candidates = candidates(&program, tree);
        let data = sum(tree, &candidates);
        let tenth = (u128::from(data.bytes) * SHARE).div_ceil(10);
        let threshold = u64::try_from(tenth).unwrap_or(u64::MAX).max(least).max(1);
        let is_large = |node: &NodeIndex| bytes(tree, *node) >= threshold;
        let (single, rest): (Vec<_>, Vec<_>) = candidates.into_iter().partition(is_large);
        let crowds = crowds(snapshot, rest);
        let crowds = crowds.into_iter().filter_map(|(type_name, nodes)| {
            let retained = sum(tree, &nodes);
            (retained.bytes >= threshold).then_some((type_name, nodes, retained))
        });
        let crowds: Vec<_> = crowds.collect();
        let mut found = Self {
            heap: tree.total(),
            data,
            threshold,
            suspects: Vec::new(),
            hints: Vec::new(),
        };
        let findings = findings(snapshot, tree, least);
        if single.is_empty() && crowds.is_empty() && findings.is_empty() {
            return found;
        }
        let paths = PreferredPaths::new(snapshot, |_| false);
        found.hints = hints(findings, &paths, least);
        let single = single.into_iter().filter_map(|owner| {
            let accumulation = Accumulation::new(snapshot, tree, &paths, owner)?;
            Some((tree.retained(owner)?, Holding::One(accumulation)))
        });
        let crowds = (crowds.into_iter()).filter_map(|(type_name, nodes, retained)| {
            let crowd = Crowd::new(snapshot, &paths, type_name, nodes)?;
            Some((retained, Holding::Many(crowd)))
        });
        let mut all: Vec<_> = single.chain(crowds).collect();
        all.sort_by_key(|(retained, holding)| (Reverse(retained.bytes), holding.first()));
        for (retained, holding) in all {
            let related = related(&paths, &found.suspects, &holding);
            found.suspects.push(Suspect {
                retained,
                holding,
                related,
            });
        }
        found
    }
}

impl Crowd {
    /// `None` for dicts and lists from everywhere: they have nobody in common who made them.
    fn new(
        snapshot: &HeapSnapshot,
        paths: &PreferredPaths<'_>,
        type_name: String,
        nodes: Vec<NodeIndex>,
    ) -> Option<Self> {
        let way = common_way(snapshot, paths, &nodes);
        let is_of_class = snapshot.graph().type_of(nodes[0]).is_heap_type;
        (way.is_some() || is_of_class).then_some(Self {
            type_name,
            nodes,
            way,
        })
    }
}

impl Holding {
    fn first(&self) -> Option<NodeIndex> {
        match self {
            Self::One(accumulation) => Some(accumulation.owner),
            Self::Many(crowd) => crowd.nodes.first().copied(),
        }
    }

    /// The chain that names the suspect.
    pub fn chain(&self) -> Option<&RootChain> {
        match self {
            Self::One(accumulation) => Some(&accumulation.chain),
            Self::Many(crowd) => crowd.way.as_ref().map(|way| &way.chain),
        }
    }
}

impl Accumulation {
    fn new(
        snapshot: &HeapSnapshot,
        tree: &DominatorTree,
        paths: &PreferredPaths<'_>,
        owner: NodeIndex,
    ) -> Option<Self> {
        let last = end_of_descent(snapshot, tree, owner);
        let node = instance_of_namespace(snapshot, tree, last).unwrap_or(last);
        Some(Self {
            owner,
            owner_chain: paths.chain_to(owner)?,
            node,
            chain: paths.chain_to(node)?,
            retained: tree.retained(node)?,
            contents: Contents::of(snapshot, tree, node, last),
        })
    }
}

/// Where a descent from `owner` ends. In what is built of objects of one class that hold each other,
/// as lists and trees are, that is the first of them.
fn end_of_descent(snapshot: &HeapSnapshot, tree: &DominatorTree, owner: NodeIndex) -> NodeIndex {
    let graph = snapshot.graph();
    let descent = descent(tree, owner);
    if descent.len() == LONGEST_DESCENT {
        return owner;
    }
    let mut passed: Vec<NodeIndex> = Vec::new();
    for node in std::iter::once(owner).chain(descent) {
        let ty = graph.type_index(node);
        let of_class = |other: &&NodeIndex| graph.type_index(**other) == ty;
        let like_it = passed.iter().find(of_class);
        if let Some(&first) = like_it.filter(|_| graph.type_of(node).is_heap_type) {
            return first;
        }
        passed.push(node);
    }
    passed.last().copied().unwrap_or(owner)
}

/// The instance whose attributes are in `node`, if it dominates it.
fn instance_of_namespace(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    node: NodeIndex,
) -> Option<NodeIndex> {
    let Some(Dominator::Node(instance)) = tree.immediate_dominator(node) else {
        return None;
    };
    let label = preferred_label(snapshot, instance, node)?;
    (label == EdgeLabel::attribute("__dict__")).then_some(instance)
}

/// What the program dominates and does not consist of, in the order of the tree: nothing of it goes
/// with another.
fn candidates(program: &Program<'_>, tree: &DominatorTree) -> Vec<NodeIndex> {
    let mut candidates = Vec::new();
    let mut parts: Vec<Option<NodeIndex>> = vec![None];
    while let Some(part) = parts.pop() {
        for node in tree.dominated_by(part.map_or(Dominator::Root, Dominator::Node)) {
            if program.is_code(node) {
                continue;
            }
            if program.has(node, part) {
                parts.push(Some(node));
            } else {
                candidates.push(node);
            }
        }
    }
    candidates.sort_unstable();
    candidates
}

/// Objects by the full name of their type.
fn crowds(snapshot: &HeapSnapshot, nodes: Vec<NodeIndex>) -> IndexMap<String, Vec<NodeIndex>> {
    let graph = snapshot.graph();
    let mut crowds: IndexMap<String, Vec<NodeIndex>> = IndexMap::new();
    for node in nodes {
        let type_name = graph.type_of(node).full_name();
        if COMMON.contains(&&*type_name) {
            continue;
        }
        match crowds.get_mut(&*type_name) {
            Some(crowd) => crowd.push(node),
            None => {
                crowds.insert(type_name.into_owned(), vec![node]);
            }
        }
    }
    crowds.retain(|_, nodes| nodes.len() > 1);
    crowds
}

/// The first of some suspects whose chain has more in common with another's than the root.
fn related(
    paths: &PreferredPaths<'_>,
    suspects: &[Suspect],
    holding: &Holding,
) -> Option<(usize, RootChain)> {
    let chain = holding.chain()?;
    suspects.iter().enumerate().find_map(|(number, other)| {
        let other = other.holding.chain()?;
        let pairs = chain.chain.nodes.iter().zip(&other.chain.nodes);
        let mut shared = pairs.take_while(|(one, other)| one == other).count();
        // A namespace is no more than the object whose it is.
        while shared > 1 && chain.labels[shared - 2] == EdgeLabel::attribute("__dict__") {
            shared -= 1;
        }
        let last = (shared > 1).then(|| chain.chain.nodes[shared - 1])?;
        Some((number, paths.chain_to(last)?))
    })
}

fn bytes(tree: &DominatorTree, node: NodeIndex) -> u64 {
    tree.retained(node).map_or(0, |tally| tally.bytes)
}

/// What objects retain that do not dominate each other.
fn sum(tree: &DominatorTree, nodes: &[NodeIndex]) -> Tally {
    let mut sum = Tally::default();
    for &node in nodes {
        sum.add(tree.retained(node).unwrap_or_default());
    }
    sum
}
