//! Shortest reference chains from one object to the nearest that answers a question.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use crate::graph::{EdgeLabel, HeapGraph, NodeIndex, NodeSet};

/// Which way a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From holder to held: what an object refers to.
    Referents,
    /// From held to holder: what refers to an object.
    Referrers,
}

impl Direction {
    /// The neighbours of `node` this way, in capture order, without references that explain
    /// nothing: those of an instance to its type, and those of a dict to string keys.
    pub fn neighbours(self, graph: &HeapGraph, node: NodeIndex) -> Vec<NodeIndex> {
        match self {
            Self::Referents => {
                let referents = graph.referents(node).iter().enumerate();
                let is_telling = |&(position, &held): &(usize, &NodeIndex)| {
                    !graph.is_string_key(node, position) && !graph.is_only_instance_of(node, held)
                };
                referents
                    .filter(is_telling)
                    .map(|(_, &held)| held)
                    .collect()
            }
            Self::Referrers => {
                let referrers = graph.referrers(node).iter().copied();
                let is_telling = |&holder: &NodeIndex| {
                    !graph.is_only_string_key(holder, node)
                        && !graph.is_only_instance_of(holder, node)
                };
                referrers.filter(is_telling).collect()
            }
        }
    }
}

/// References, by holder and held, that a search is not to follow.
pub type HiddenReferences = FxHashSet<(NodeIndex, NodeIndex)>;

/// How many equally good chains are followed side by side.
const MOST_TIED: usize = 256;

/// Objects from holder to held: each refers to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceChain {
    /// The nodes, at least one.
    pub nodes: Vec<NodeIndex>,
}

/// A breadth-first search from one object, kept so that the best of several equally short chains
/// can be chosen afterwards.
///
/// The order in which nodes are met is the capture order, level by level. O(nodes + edges) time
/// within the depth; 4 bytes for each node of the graph, and 4 for each node met.
#[derive(Debug)]
pub struct ChainSearch<'g> {
    graph: &'g HeapGraph,
    direction: Direction,
    hidden: HiddenReferences,
    /// Nodes in the order in which they were met, the start first.
    met: Vec<NodeIndex>,
    /// One more than the number of references that each node is away from the start; 0 if it was
    /// not met.
    levels: Vec<u32>,
}

impl<'g> ChainSearch<'g> {
    /// Meets every node at most `max_depth` references away from `start`, except `ignored` ones;
    /// `start` is always met.
    pub fn new(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
    ) -> Self {
        Self::until(graph, start, direction, max_depth, ignored, |_| false)
    }

    /// As [`new`](Self::new), but meets the elements of a set, which have no order, by `rank`.
    pub fn new_by(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Self {
        let hidden = HiddenReferences::default();
        Self::search(
            graph,
            start,
            direction,
            max_depth,
            ignored,
            hidden,
            |_| false,
            rank,
        )
    }

    /// As [`new`](Self::new), but stops at the end of the level on which `is_match` is first true.
    pub fn until(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
        is_match: impl FnMut(NodeIndex) -> bool,
    ) -> Self {
        let hidden = HiddenReferences::default();
        Self::until_without(
            graph, start, direction, max_depth, ignored, hidden, is_match,
        )
    }

    /// As [`until`](Self::until), but follows none of the `hidden` references.
    pub fn until_without(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
        hidden: HiddenReferences,
        is_match: impl FnMut(NodeIndex) -> bool,
    ) -> Self {
        Self::search(
            graph,
            start,
            direction,
            max_depth,
            ignored,
            hidden,
            is_match,
            |_| 0,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "all that its callers leave out")]
    fn search(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
        hidden: HiddenReferences,
        mut is_match: impl FnMut(NodeIndex) -> bool,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Self {
        let mut search = Self {
            graph,
            direction,
            hidden,
            met: vec![start],
            levels: vec![0; graph.node_count()],
        };
        search.levels[start.index()] = 1;
        let mut level_start = 0;
        for level in 1_u32.. {
            let nodes = level_start..search.met.len();
            let is_found = search.met[nodes.clone()].iter().any(|&node| is_match(node));
            if nodes.is_empty() || is_found || level as usize > max_depth {
                break;
            }
            level_start = nodes.end;
            for position in nodes {
                let node = search.met[position];
                let mut neighbours = direction.neighbours(graph, node);
                if direction == Direction::Referents && is_unordered(graph, node) {
                    neighbours.sort_by_cached_key(|&element| rank(element));
                }
                for next in neighbours {
                    if search.levels[next.index()] == 0
                        && !ignored.contains(next)
                        && !search.is_hidden(node, next)
                    {
                        search.levels[next.index()] = level + 1;
                        search.met.push(next);
                    }
                }
            }
        }
        search
    }

    /// True if and only if the step from `node` to `next` is not to be taken.
    fn is_hidden(&self, node: NodeIndex, next: NodeIndex) -> bool {
        let reference = match self.direction {
            Direction::Referents => (node, next),
            Direction::Referrers => (next, node),
        };
        !self.hidden.is_empty() && self.hidden.contains(&reference)
    }

    /// All nodes met, nearest first, each once.
    pub fn met(&self) -> &[NodeIndex] {
        &self.met
    }

    /// How many references `node` is away from the start, if it was met.
    pub fn distance(&self, node: NodeIndex) -> Option<usize> {
        (self.levels[node.index()] as usize).checked_sub(1)
    }

    /// Of the nodes on the last level that `rank` gives a rank, the one with the least; of
    /// several, the first in capture order.
    pub fn best_match<R: Ord>(&self, rank: impl Fn(NodeIndex) -> Option<R>) -> Option<NodeIndex> {
        let last_level = self.levels[self.met.last()?.index()];
        let nodes = self
            .met
            .iter()
            .rev()
            .take_while(|node| self.levels[node.index()] == last_level);
        nodes
            .filter_map(|&node| Some((rank(node)?, node)))
            .min()
            .map(|(_, node)| node)
    }

    /// A shortest chain between the start and `end`, a node that was met, from holder to held.
    ///
    /// Of several, the one whose references come first by label, then by the type of the next
    /// object, seen from `end`. `labels` gives the labels of what a node refers to at some positions
    /// among its [`HeapGraph::referents`]; it is only asked where there is a choice.
    ///
    /// # Errors
    ///
    /// Whatever `labels` raises.
    ///
    /// # Panics
    ///
    /// If `end` was not met.
    pub fn chain_to<E>(
        &self,
        end: NodeIndex,
        labels: impl FnMut(NodeIndex, &[usize]) -> Result<Vec<EdgeLabel>, E>,
    ) -> Result<ReferenceChain, E> {
        self.chain_to_by(end, labels, |_| 0)
    }

    /// As [`chain_to`](Self::chain_to); where labels and types are the same, the least `rank` is
    /// chosen.
    ///
    /// # Errors
    ///
    /// Whatever `labels` raises.
    ///
    /// # Panics
    ///
    /// If `end` was not met.
    pub fn chain_to_by<E>(
        &self,
        end: NodeIndex,
        mut labels: impl FnMut(NodeIndex, &[usize]) -> Result<Vec<EdgeLabel>, E>,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Result<ReferenceChain, E> {
        assert_ne!(self.levels[end.index()], 0, "a chain to a node never met");
        // Every node taken, with the position of the one before it. Those that are equally good so
        // far go on together, as what decides between them may come later.
        let mut taken: Vec<(NodeIndex, usize)> = vec![(end, 0)];
        let mut tied = 0..1;
        for level in (1..self.levels[end.index()]).rev() {
            let mut best = self.best_steps(&taken[tied.clone()], tied.start, level, &mut labels)?;
            if best.len() > 1 {
                best.sort_by_cached_key(|&(node, _)| rank(node));
                let least = rank(best[0].0);
                best.retain(|&(node, _)| rank(node) == least);
            }
            tied = taken.len()..taken.len() + best.len();
            taken.extend(best);
        }
        let mut nodes = Vec::new();
        let mut position = tied.start;
        for _ in 0..self.levels[end.index()] {
            let (node, before) = taken[position];
            nodes.push(node);
            position = before;
        }
        if self.direction == Direction::Referrers {
            nodes.reverse();
        }
        Ok(ReferenceChain { nodes })
    }

    /// The best neighbours, on `level`, of nodes that are equally good so far; each with the
    /// position of the node it comes from, the first of which is `first`.
    fn best_steps<E>(
        &self,
        tied: &[(NodeIndex, usize)],
        first: usize,
        level: u32,
        labels: &mut impl FnMut(NodeIndex, &[usize]) -> Result<Vec<EdgeLabel>, E>,
    ) -> Result<Vec<(NodeIndex, usize)>, E> {
        let mut best_key: Option<(EdgeLabel, String)> = None;
        let mut best = Vec::new();
        for (position, &(node, _)) in (first..).zip(tied) {
            let candidates = self.candidates(node, level);
            if let ([only], [_]) = (&candidates[..], tied) {
                return Ok(vec![(*only, position)]);
            }
            for (label, candidate) in self.labelled(node, &candidates, labels)? {
                let key = (
                    label,
                    self.graph.type_of(candidate).full_name().into_owned(),
                );
                let order = best_key
                    .as_ref()
                    .map_or(Ordering::Less, |best| key.cmp(best));
                if order == Ordering::Less {
                    best.clear();
                    best_key = Some(key);
                }
                if order != Ordering::Greater && best.len() < MOST_TIED {
                    best.push((candidate, position));
                }
            }
        }
        assert!(
            !best.is_empty(),
            "a node that was met has a neighbour nearer by"
        );
        Ok(best)
    }

    /// The neighbours of `node` one step nearer to the start, on `level`.
    fn candidates(&self, node: NodeIndex, level: u32) -> Vec<NodeIndex> {
        let back = match self.direction {
            Direction::Referents => Direction::Referrers,
            Direction::Referrers => Direction::Referents,
        };
        let mut candidates = back.neighbours(self.graph, node);
        candidates.retain(|&candidate| {
            self.levels[candidate.index()] == level && !self.is_hidden(candidate, node)
        });
        candidates.dedup();
        candidates
    }

    /// The candidates with the label of the reference between them and `node`.
    fn labelled<E>(
        &self,
        node: NodeIndex,
        candidates: &[NodeIndex],
        labels: &mut impl FnMut(NodeIndex, &[usize]) -> Result<Vec<EdgeLabel>, E>,
    ) -> Result<Vec<(EdgeLabel, NodeIndex)>, E> {
        let mut labelled = Vec::new();
        if self.direction == Direction::Referrers {
            let wanted: rustc_hash::FxHashSet<_> = candidates.iter().copied().collect();
            let positions = self.positions(node, |held| wanted.contains(&held));
            let referents = self.graph.referents(node);
            let held = positions.iter().map(|&position| referents[position]);
            labelled.extend(labels(node, &positions)?.into_iter().zip(held));
        } else {
            for &holder in candidates {
                let positions = self.positions(holder, |held| held == node);
                let first = labels(holder, &positions)?.into_iter().min();
                labelled.extend(first.map(|label| (label, holder)));
            }
        }
        Ok(labelled)
    }

    /// Where among the referents of `holder` those are that are looked for.
    fn positions(&self, holder: NodeIndex, is_it: impl Fn(NodeIndex) -> bool) -> Vec<usize> {
        let referents = self.graph.referents(holder).iter().enumerate();
        let found = referents.filter(|&(_, &held)| is_it(held));
        found.map(|(position, _)| position).collect()
    }
}

/// True if and only if the references of `node` are in the order of hashes.
pub(super) fn is_unordered(graph: &HeapGraph, node: NodeIndex) -> bool {
    let ty = graph.type_of(node);
    !ty.is_heap_type && matches!(ty.name.as_str(), "set" | "frozenset")
}
