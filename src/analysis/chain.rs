//! Shortest reference chains from one object to the nearest that answers a question.

use rustc_hash::FxHashMap;

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
/// within the depth, 8 bytes for each node met.
#[derive(Debug)]
pub struct ChainSearch<'g> {
    graph: &'g HeapGraph,
    direction: Direction,
    /// Nodes in the order in which they were met, the start first.
    met: Vec<NodeIndex>,
    /// How many references each is away from the start.
    depths: FxHashMap<NodeIndex, usize>,
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
        Self::search(graph, start, direction, max_depth, ignored, |_| false, rank)
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
        Self::search(graph, start, direction, max_depth, ignored, is_match, |_| 0)
    }

    fn search(
        graph: &'g HeapGraph,
        start: NodeIndex,
        direction: Direction,
        max_depth: usize,
        ignored: &NodeSet,
        mut is_match: impl FnMut(NodeIndex) -> bool,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Self {
        let mut search = Self {
            graph,
            direction,
            met: vec![start],
            depths: FxHashMap::from_iter([(start, 0)]),
        };
        let mut seen = ignored.clone();
        seen.insert(start);
        let mut level_start = 0;
        for depth in 0.. {
            let level = level_start..search.met.len();
            let is_found = search.met[level.clone()].iter().any(|&node| is_match(node));
            if level.is_empty() || is_found || depth == max_depth {
                break;
            }
            level_start = level.end;
            for position in level {
                let node = search.met[position];
                let mut neighbours = direction.neighbours(graph, node);
                if direction == Direction::Referents && is_unordered(graph, node) {
                    neighbours.sort_by_cached_key(|&element| rank(element));
                }
                for next in neighbours {
                    if seen.insert(next) {
                        search.met.push(next);
                        search.depths.insert(next, depth + 1);
                    }
                }
            }
        }
        search
    }

    /// All nodes met, nearest first, each once.
    pub fn met(&self) -> &[NodeIndex] {
        &self.met
    }

    /// Of the nodes on the last level that `rank` gives a rank, the one with the least; of
    /// several, the first in capture order.
    pub fn best_match<R: Ord>(&self, rank: impl Fn(NodeIndex) -> Option<R>) -> Option<NodeIndex> {
        let last_depth = self.depths[self.met.last()?];
        let last_level = self
            .met
            .iter()
            .rev()
            .take_while(|&node| self.depths[node] == last_depth);
        last_level
            .filter_map(|&node| Some((rank(node)?, node)))
            .min()
            .map(|(_, node)| node)
    }

    /// A shortest chain between the start and `end`, a node that was met, from holder to held.
    ///
    /// Of several, the one whose references come first by label, then by the type of the held
    /// object, seen from the holder's end. `labels` gives the labels of what a node refers to, in
    /// the order of [`HeapGraph::referents`]; it is only asked where there is a choice.
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
        labels: impl FnMut(NodeIndex) -> Result<Vec<EdgeLabel>, E>,
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
        mut labels: impl FnMut(NodeIndex) -> Result<Vec<EdgeLabel>, E>,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Result<ReferenceChain, E> {
        let mut nodes = vec![end];
        let mut node = end;
        for depth in (0..self.depths[&end]).rev() {
            node = self.step(node, depth, &mut labels, &rank)?;
            nodes.push(node);
        }
        if self.direction == Direction::Referents {
            nodes.reverse();
        }
        Ok(ReferenceChain { nodes })
    }

    /// The best neighbour of `node` one step nearer to the start, at `depth`.
    fn step<E>(
        &self,
        node: NodeIndex,
        depth: usize,
        labels: &mut impl FnMut(NodeIndex) -> Result<Vec<EdgeLabel>, E>,
        rank: &impl Fn(NodeIndex) -> u64,
    ) -> Result<NodeIndex, E> {
        let back = match self.direction {
            Direction::Referents => Direction::Referrers,
            Direction::Referrers => Direction::Referents,
        };
        let mut candidates: Vec<NodeIndex> = back
            .neighbours(self.graph, node)
            .into_iter()
            .filter(|candidate| self.depths.get(candidate) == Some(&depth))
            .collect();
        candidates.dedup();
        if let [only] = candidates[..] {
            return Ok(only);
        }
        let mut best: Vec<NodeIndex> = Vec::new();
        let mut best_key = None;
        for (label, candidate) in self.labelled(node, &candidates, labels)? {
            let type_name = self.graph.type_of(candidate).full_name().into_owned();
            let key = Some((label, type_name));
            if best.is_empty() || key < best_key {
                best_key = key;
                best = vec![candidate];
            } else if key == best_key {
                best.push(candidate);
            }
        }
        let candidate = match best[..] {
            [only] => Some(only),
            _ => best.into_iter().min_by_key(|&candidate| rank(candidate)),
        };
        Ok(candidate.expect("a node that was met has a neighbour nearer by"))
    }

    /// The candidates with the label of the reference between them and `node`.
    fn labelled<E>(
        &self,
        node: NodeIndex,
        candidates: &[NodeIndex],
        labels: &mut impl FnMut(NodeIndex) -> Result<Vec<EdgeLabel>, E>,
    ) -> Result<Vec<(EdgeLabel, NodeIndex)>, E> {
        let mut labelled = Vec::new();
        if self.direction == Direction::Referrers {
            let wanted: rustc_hash::FxHashSet<_> = candidates.iter().copied().collect();
            let referents = self.graph.referents(node).iter().copied();
            labelled.extend(labels(node)?.into_iter().zip(referents));
            labelled.retain(|(_, target)| wanted.contains(target));
        } else {
            for &holder in candidates {
                let referents = self.graph.referents(holder).iter();
                let first = labels(holder)?
                    .into_iter()
                    .zip(referents)
                    .filter(|(_, n)| **n == node);
                labelled.extend(
                    first
                        .map(|(label, _)| label)
                        .min()
                        .map(|label| (label, holder)),
                );
            }
        }
        Ok(labelled)
    }
}

/// True if and only if the references of `node` are in the order of hashes.
pub(super) fn is_unordered(graph: &HeapGraph, node: NodeIndex) -> bool {
    let ty = graph.type_of(node);
    !ty.is_heap_type && matches!(ty.name.as_str(), "set" | "frozenset")
}
