//! Which object keeps which others alive: the dominator tree, and what each object retains.

mod immediate;
mod search;

use super::{Tally, anchors};
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;
use immediate::Dominated;

/// The position of the virtual root, which holds every anchor of the heap.
const ROOT: u32 = 0;
/// The position of an object that no anchor leads to. The virtual root is no object.
const OUTSIDE: u32 = ROOT;

/// What every chain of references to an object passes through last before the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dominator {
    /// No single object: the object is alive by itself, or chains lead to it that share nothing.
    Root,
    /// This object. The one that it dominates goes when it goes.
    Node(NodeIndex),
}

/// The dominator tree of all that is alive, below a virtual root that holds every
/// [anchor](anchors), with what each object retains.
///
/// Counts every reference of the graph, whatever its name. 24 bytes for each node of the graph.
#[derive(Debug)]
pub struct DominatorTree {
    /// Where each node of the graph is in the tree.
    positions: Vec<u32>,
    /// The tree in preorder: each object is followed by what it retains. The first is the virtual
    /// root, whose node means nothing.
    nodes: Vec<NodeIndex>,
    /// Where the immediate dominator of each object is.
    dominators: Vec<u32>,
    /// The objects that each retains, itself included.
    counts: Vec<u32>,
    /// The bytes that each retains, its own included.
    sizes: Vec<u64>,
}

impl DominatorTree {
    /// The tree of a snapshot.
    ///
    /// O(nodes + edges log nodes) time at worst, and nearly linear. Needs up to 40 bytes for each
    /// node while it works, and never recurses.
    pub fn new(snapshot: &HeapSnapshot) -> Self {
        let graph = snapshot.graph();
        let dominated = Dominated::new(graph, &anchors(snapshot));
        let mut tree = Self::in_preorder(dominated);
        for position in (1..tree.nodes.len()).rev() {
            // What it dominates has been added already. Sizes come from a file.
            let own = graph.shallow_size(tree.nodes[position]);
            let size = tree.sizes[position].saturating_add(own);
            tree.sizes[position] = size;
            let dominator = tree.dominators[position] as usize;
            tree.sizes[dominator] = tree.sizes[dominator].saturating_add(size);
        }
        tree
    }

    /// Puts what a search has numbered into the order of the tree; sizes are still missing.
    fn in_preorder(dominated: Dominated) -> Self {
        let Dominated {
            mut numbers,
            order,
            dominators,
        } = dominated;
        let len = order.len();
        let mut counts = vec![1_u32; len];
        for number in (1..len).rev() {
            counts[dominators[number] as usize] += counts[number];
        }
        // For each object where the next that it dominates goes, and in the end what comes after
        // all that it retains.
        let mut ends = vec![1_u32; len];
        for number in 1..len {
            let end = &mut ends[dominators[number] as usize];
            let position = *end;
            *end += counts[number];
            ends[number] = position + 1;
        }
        let position = |number: usize| ends[number] - counts[number];
        let mut tree = Self {
            positions: Vec::new(),
            nodes: vec![NodeIndex::default(); len],
            dominators: vec![ROOT; len],
            counts: vec![counts[0]; len],
            sizes: Vec::new(),
        };
        for number in 1..len {
            let node = order[number];
            numbers[node.index()] = position(number);
            let place = position(number) as usize;
            tree.nodes[place] = node;
            tree.dominators[place] = position(dominators[number] as usize);
            tree.counts[place] = counts[number];
        }
        drop((order, dominators, counts, ends));
        tree.positions = numbers;
        tree.sizes = vec![0; len];
        tree
    }

    /// The immediate dominator of `node`; `None` if no anchor leads to it.
    pub fn immediate_dominator(&self, node: NodeIndex) -> Option<Dominator> {
        Some(self.dominator_of(self.position(node)?))
    }

    /// The dominators of `node`, the immediate one first; none if no anchor leads to it.
    pub fn dominators(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> + use<'_> {
        let mut next = self.immediate_dominator(node);
        std::iter::from_fn(move || match next? {
            Dominator::Root => None,
            Dominator::Node(dominator) => {
                next = self.immediate_dominator(dominator);
                Some(dominator)
            }
        })
    }

    /// True if and only if every chain from an anchor to `node` passes through `dominator`; an
    /// object dominates itself. False if no anchor leads to one of the two. O(1).
    pub fn dominates(&self, dominator: NodeIndex, node: NodeIndex) -> bool {
        let positions = self.position(dominator).zip(self.position(node));
        positions.is_some_and(|(dominator, node)| {
            (dominator..dominator + self.counts[dominator] as usize).contains(&node)
        })
    }

    /// What would go if `node` went, itself included; `None` if no anchor leads to it. O(1).
    pub fn retained(&self, node: NodeIndex) -> Option<Tally> {
        let position = self.position(node)?;
        Some(Tally {
            count: self.counts[position].into(),
            bytes: self.sizes[position],
        })
    }

    /// The objects that would go if `node` went, itself first, each before what it dominates;
    /// none if no anchor leads to it. O(1).
    pub fn retained_set(&self, node: NodeIndex) -> &[NodeIndex] {
        let Some(position) = self.position(node) else {
            return &[];
        };
        &self.nodes[position..position + self.counts[position] as usize]
    }

    /// All that is alive.
    pub fn total(&self) -> Tally {
        Tally {
            count: u64::from(self.counts[0]) - 1,
            bytes: self.sizes[0],
        }
    }

    /// All that is alive, each object before what it dominates.
    pub fn nodes(&self) -> &[NodeIndex] {
        &self.nodes[1..]
    }

    /// The objects whose immediate dominator is this. What they retain is all that the dominator
    /// retains but itself, each object once.
    pub fn dominated_by(&self, dominator: Dominator) -> impl Iterator<Item = NodeIndex> + use<'_> {
        let position = match dominator {
            Dominator::Root => Some(0),
            Dominator::Node(node) => self.position(node),
        };
        let inside = position.map(|first| first + 1..first + self.counts[first] as usize);
        let mut inside = inside.unwrap_or_default();
        std::iter::from_fn(move || {
            let position = inside.next()?;
            inside.start = position + self.counts[position] as usize;
            Some(self.nodes[position])
        })
    }

    fn position(&self, node: NodeIndex) -> Option<usize> {
        let position = self.positions[node.index()];
        (position != OUTSIDE).then_some(position as usize)
    }

    fn dominator_of(&self, position: usize) -> Dominator {
        match self.dominators[position] {
            ROOT => Dominator::Root,
            dominator => Dominator::Node(self.nodes[dominator as usize]),
        }
    }
}
