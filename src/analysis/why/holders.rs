//! Every reference that would have to be cut for an object to go.

use std::cell::OnceCell;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::{Cost, PreferredPaths};
use crate::analysis::{
    Dominator, DominatorTree, RootChain, Tally, anchors, is_anchor, retained_together,
};
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// The fewest references that, cut together, let an object go.
#[derive(Debug)]
pub struct Holders {
    /// Independent of each other: for each there is a chain to the object that has none of the
    /// others. The one on the best chain first.
    pub holders: Vec<Holder>,
    /// True if there are more than were looked for: then those found do not let the object go.
    pub has_more: bool,
    /// What cutting all of them frees; nothing if there are more.
    pub freed: Tally,
}

/// One of several references that have to be cut.
#[derive(Debug)]
pub struct Holder {
    /// The chain as far as the object behind the reference, which is the last of the chain.
    pub chain: RootChain,
    /// What cutting this one alone frees.
    pub freed: Tally,
}

type Reference = (NodeIndex, NodeIndex);

/// So many references of an object are looked through each time.
const FEW_REFERENCES: usize = 16;

impl Holders {
    /// Finds at most `most` holders of `target`; `None` if it is alive by itself, or garbage.
    ///
    /// A smallest cut: of several the one nearest to the object, so that little else goes with it.
    /// Several references of one object to another count as one; the namespace between an object and
    /// its attributes can not be cut off. A single one is found from the dominators, several as a maximal flow of
    /// references, one augmenting walk for each (Ford and Fulkerson, 1956), backward from the object:
    /// O(`most` × (nodes + edges)) at most, and as a rule a small part of that; then a walk over the
    /// heap if there are several.
    pub fn find(
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        target: NodeIndex,
        most: usize,
    ) -> Option<Self> {
        if let Some((holder, held)) = only_reference(paths, tree, target) {
            let (_, chain) = paths.chain_through(holder, held)?;
            let freed = tree.retained(held)?;
            return Some(Self {
                holders: vec![Holder { chain, freed }],
                has_more: false,
                freed,
            });
        }
        let anchors = anchors(paths.snapshot());
        Self::below(paths, tree, &anchors, &[target], most)
    }

    /// Finds what would have to be cut for all of `targets` to go, which are held like `example`, one of
    /// them: at most `most` references, and fewer than there are objects. `None` if that is not
    /// enough, or there is only one object.
    pub fn find_common(
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        example: NodeIndex,
        targets: &[NodeIndex],
        most: usize,
    ) -> Option<Self> {
        if targets.len() == 1 {
            return None;
        }
        let anchors = anchors(paths.snapshot());
        let most = most.min(targets.len() - 1);
        let others = targets.iter().filter(|&&target| target != example);
        let targets: Vec<NodeIndex> = [example].into_iter().chain(others.copied()).collect();
        let found = Self::below(paths, tree, &anchors, &targets, most)?;
        (!found.has_more).then_some(found)
    }

    /// The holders of `target` among what is below the one object that all chains to it pass: none
    /// if nothing is between the two.
    pub fn find_below(
        &self,
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        target: NodeIndex,
        most: usize,
    ) -> Option<Self> {
        let [only] = &self.holders[..] else {
            return None;
        };
        let last = *only.chain.chain.nodes.last()?;
        Self::below(paths, tree, &[last], &[target], most)
    }

    /// The holders of all of `targets` below `starts`; the first stands for them.
    fn below(
        paths: &PreferredPaths<'_>,
        tree: &DominatorTree,
        starts: &[NodeIndex],
        targets: &[NodeIndex],
        most: usize,
    ) -> Option<Self> {
        let snapshot = paths.snapshot();
        let graph = snapshot.graph();
        let mut is_start = NodeSet::new(graph);
        for &start in starts {
            is_start.insert(start);
        }
        let mut flow = Flow::new(paths, targets);
        let bound = flow.bound_to_targets();
        if starts.iter().any(|&start| bound.contains(start)) {
            return None;
        }
        while flow.count <= most && flow.augment(&is_start) {}
        let has_more = flow.count > most;
        // Where there are too many, what is found are those nearest to the object.
        let behind = if has_more { bound } else { flow.met.clone() };
        let cut = flow.references_into(&behind);
        if cut.is_empty() {
            return None;
        }
        let heads: Vec<NodeIndex> = cut.iter().map(|&(_, held)| held).collect();
        let freed_by_all = match heads[..] {
            _ if has_more => Tally::default(),
            [only] => tree.retained(only).unwrap_or_default(),
            _ => retained_together(snapshot, tree, &heads),
        };
        let mut chains = chains_through(paths, &cut, &behind, targets[0])?;
        chains.truncate(most);
        let holders = chains.into_iter().map(|(chain, reference)| Holder {
            chain,
            freed: freed_alone(graph, tree, reference),
        });
        Some(Self {
            holders: holders.collect(),
            has_more,
            freed: freed_by_all,
        })
    }
}

/// A chain through each reference of `cut`, before which nothing is `behind` the cut; the reference on
/// the best chain to `target` first, then by what the chains cost.
fn chains_through(
    paths: &PreferredPaths<'_>,
    cut: &[Reference],
    behind: &NodeSet,
    target: NodeIndex,
) -> Option<Vec<(RootChain, Reference)>> {
    let around = OnceCell::new();
    let chain_through = |holder, held| {
        let chain = paths.chain_through(holder, held);
        if let Some((_, chain)) = &chain
            && let Some((_, before)) = chain.chain.nodes.split_last()
            && before.iter().any(|&node| behind.contains(node))
        {
            // Another chain to the same holder has none of the other references.
            let ends_at = |node| behind.contains(node);
            let own = paths.weights().own();
            let around =
                around.get_or_init(|| PreferredPaths::passing(paths.snapshot(), own, ends_at));
            return around.chain_through(holder, held);
        }
        chain
    };
    let mut chains: Vec<(Cost, RootChain, Reference)> = (cut.iter())
        .filter_map(|&(holder, held)| {
            let (cost, chain) = chain_through(holder, held)?;
            Some((cost, chain, (holder, held)))
        })
        .collect();
    let best = paths.chain_to(target)?.chain.nodes;
    let is_on_best = |(holder, held)| best.windows(2).any(|pair| *pair == [holder, held]);
    // Of references alike those that come last, as a list is traversed from its end: the order in which
    // objects are captured depends on when the collector ran.
    chains.sort_by_cached_key(|&(cost, _, reference)| {
        let place = Reverse(paths.places(reference.0));
        (!is_on_best(reference), cost, place, reference)
    });
    let chains = chains.into_iter();
    Some(
        chains
            .map(|(_, chain, reference)| (chain, reference))
            .collect(),
    )
}

/// A flow of references to some objects: a set of chains that share no reference that could be cut.
struct Flow<'p, 's> {
    paths: &'p PreferredPaths<'s>,
    targets: &'p [NodeIndex],
    /// Number of chains.
    count: usize,
    /// For each holder what it holds on some chain; several times if on several.
    used: FxHashMap<NodeIndex, Vec<NodeIndex>>,
    /// What the last walk backward has met.
    met: NodeSet,
}

/// How a walk backward came to an object.
#[derive(Clone, Copy)]
enum Way {
    /// The object holds the one before, on no chain.
    Holds,
    /// The one before holds the object on a chain, which then goes another way.
    IsHeld,
}

/// An object on a walk backward, and how many of its ways on have been tried.
struct Visit {
    node: NodeIndex,
    way: Way,
    tried: usize,
}

impl<'p, 's> Flow<'p, 's> {
    fn new(paths: &'p PreferredPaths<'s>, targets: &'p [NodeIndex]) -> Self {
        Self {
            paths,
            targets,
            count: 0,
            used: FxHashMap::default(),
            met: NodeSet::new(paths.snapshot().graph()),
        }
    }

    /// True if no other chain can have the reference.
    fn is_full(&self, (holder, held): Reference) -> bool {
        let used = self.used.get(&holder);
        used.is_some_and(|used| used.contains(&held))
            && !self.paths.weights().is_uncuttable(holder, held)
    }

    /// Adds a chain, which may send others another way; false if there is none.
    fn augment(&mut self, is_start: &NodeSet) -> bool {
        let walk = self.walk(is_start);
        for pair in walk.windows(2) {
            let (before, visit) = (pair[0].node, &pair[1]);
            match visit.way {
                Way::Holds => self.used.entry(visit.node).or_default().push(before),
                Way::IsHeld => {
                    let used = self.used.entry(before).or_default();
                    if let Some(position) = used.iter().position(|&held| held == visit.node) {
                        used.swap_remove(position);
                    }
                }
            }
        }
        self.count += usize::from(!walk.is_empty());
        !walk.is_empty()
    }

    /// Walks backward from the objects to one of the starts, depth first; empty if there is no way.
    fn walk(&mut self, is_start: &NodeSet) -> Vec<Visit> {
        self.met.clear();
        for &target in self.targets {
            self.met.insert(target);
        }
        let walks = self.targets.iter();
        let mut walks = walks.map(|&target| self.walk_from(target, is_start));
        walks.find(|walk| !walk.is_empty()).unwrap_or_default()
    }

    /// As [`walk`](Self::walk), from one object, past all that was met.
    fn walk_from(&mut self, target: NodeIndex, is_start: &NodeSet) -> Vec<Visit> {
        let graph = self.paths.snapshot().graph();
        let visit = |node, way| Visit {
            node,
            way,
            tried: 0,
        };
        let mut walk = vec![visit(target, Way::Holds)];
        while let Some(last) = walk.last_mut() {
            let (node, tried) = (last.node, last.tried);
            last.tried += 1;
            let holders = graph.referrers(node);
            if let Some(&holder) = holders.get(tried) {
                if self.is_full((holder, node)) || !self.met.insert(holder) {
                    continue;
                }
                walk.push(visit(holder, Way::Holds));
                if is_start.contains(holder) {
                    return walk;
                }
                continue;
            }
            let used = self.used.get(&node);
            match used.and_then(|used| used.get(tried - holders.len())) {
                None => {
                    walk.pop();
                }
                Some(&held) if self.met.insert(held) => walk.push(visit(held, Way::IsHeld)),
                Some(_) => {}
            }
        }
        walk
    }

    /// The objects, and what they can not be cut off from.
    fn bound_to_targets(&self) -> NodeSet {
        let graph = self.paths.snapshot().graph();
        let mut bound = NodeSet::new(graph);
        let mut next = self.targets.to_vec();
        next.retain(|&target| bound.insert(target));
        // A list may hold all of the objects, and is not read through for each.
        let mut of_holders: FxHashMap<NodeIndex, Vec<NodeIndex>> = FxHashMap::default();
        let weights = self.paths.weights();
        while let Some(node) = next.pop() {
            let mut is_bound = |holder: NodeIndex| {
                if graph.referents(holder).len() <= FEW_REFERENCES {
                    return weights.is_uncuttable(holder, node);
                }
                let uncuttable = of_holders.entry(holder);
                uncuttable
                    .or_insert_with(|| weights.uncuttable(holder).collect())
                    .contains(&node)
            };
            let holders = graph.referrers(node).iter().copied();
            next.extend(holders.filter(|&holder| is_bound(holder) && bound.insert(holder)));
        }
        bound
    }

    /// The references on chains that lead into `nodes`.
    fn references_into(&self, nodes: &NodeSet) -> Vec<Reference> {
        let used = self.used.iter();
        let mut references: Vec<Reference> = used
            .flat_map(|(&holder, held)| held.iter().map(move |&held| (holder, held)))
            .filter(|&(holder, held)| !nodes.contains(holder) && nodes.contains(held))
            .collect();
        references.sort_unstable();
        references.dedup();
        references
    }
}

/// The one reference that all chains to `target` pass and that could be cut, if there is one: the
/// nearest to it. O(references to its dominators).
fn only_reference(
    paths: &PreferredPaths<'_>,
    tree: &DominatorTree,
    target: NodeIndex,
) -> Option<Reference> {
    let snapshot = paths.snapshot();
    let mut held = target;
    while !is_anchor(snapshot, held) {
        let dominator = tree.immediate_dominator(held)?;
        let is_outside = |&holder: &NodeIndex| {
            tree.immediate_dominator(holder).is_some() && !tree.dominates(held, holder)
        };
        let referrers = snapshot.graph().referrers(held).iter().copied();
        let mut outside = referrers.filter(is_outside);
        let holder = outside.next()?;
        let is_only = outside.all(|other| other == holder);
        if is_only && !paths.weights().is_uncuttable(holder, held) {
            return Some((holder, held));
        }
        let Dominator::Node(next) = dominator else {
            return None;
        };
        held = next;
    }
    None
}

/// What cutting one reference frees: what the object behind it retains, if all that refers to it
/// besides is retained by it.
fn freed_alone(graph: &HeapGraph, tree: &DominatorTree, (holder, held): Reference) -> Tally {
    let mut others = graph.referrers(held).iter();
    let is_only_way = others.all(|&other| {
        let is_alive = tree.immediate_dominator(other).is_some();
        other == holder || !is_alive || tree.dominates(held, other)
    });
    let retained = tree.retained(held).filter(|_| is_only_way);
    retained.unwrap_or_default()
}
