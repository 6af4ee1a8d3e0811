//! Strongly connected components: objects each of which leads to every other.

use std::ops::Range;

use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// The components of a graph in which there is a cycle: those of several nodes, and those of one
/// that refers to itself.
///
/// They are numbered by their first node in capture order, and so are the nodes of each.
#[derive(Debug, PartialEq, Eq)]
pub struct CyclicComponents {
    /// The nodes of all, component by component.
    members: Vec<NodeIndex>,
    /// Where each component ends in `members`.
    ends: Vec<usize>,
}

impl CyclicComponents {
    /// Finds them among the references for which `follows(holder, held)` is true.
    ///
    /// Pearce's variant of Tarjan's algorithm ("A space-efficient algorithm for finding strongly
    /// connected components", 2016), without recursion: O(nodes + edges) time; 8 bytes for each
    /// node of the graph, and 12 for each node of the longest path that the search goes.
    pub fn find(graph: &HeapGraph, follows: impl Fn(NodeIndex, NodeIndex) -> bool) -> Self {
        Self::among(graph, graph.nodes(), follows)
    }

    /// As [`find`](Self::find), but only those that some of `starts` lead to.
    pub fn among(
        graph: &HeapGraph,
        starts: impl IntoIterator<Item = NodeIndex>,
        follows: impl Fn(NodeIndex, NodeIndex) -> bool,
    ) -> Self {
        let mut search = Search {
            graph,
            ranks: vec![0; graph.node_count()],
            next_rank: 1,
            next_component: u32::try_from(graph.node_count()).unwrap_or(u32::MAX),
            waiting: Vec::new(),
            self_referring: NodeSet::new(graph),
        };
        for start in starts {
            search.visit(start, &follows);
        }
        search.cyclic()
    }

    /// No component.
    pub(super) const fn none() -> Self {
        Self {
            members: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Number of components.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if and only if there is no cycle.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The nodes of a component.
    ///
    /// # Panics
    ///
    /// If there are not that many components.
    pub fn members(&self, component: usize) -> &[NodeIndex] {
        &self.members[self.range(component)]
    }

    /// The nodes of each component, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[NodeIndex]> {
        (0..self.len()).map(|component| self.members(component))
    }

    /// The nodes of all components.
    pub fn all_members(&self) -> &[NodeIndex] {
        &self.members
    }

    fn range(&self, component: usize) -> Range<usize> {
        let start = component.checked_sub(1).map_or(0, |last| self.ends[last]);
        start..self.ends[component]
    }
}

struct Search<'g> {
    graph: &'g HeapGraph,
    /// 0 for a node not met yet. While its component is open, the least rank that it is known to
    /// lead to; then the number of the component, which is higher than any rank in use.
    ranks: Vec<u32>,
    next_rank: u32,
    /// Components are numbered downwards.
    next_component: u32,
    /// Nodes that have been left and whose component is open.
    waiting: Vec<NodeIndex>,
    self_referring: NodeSet,
}

/// A node on the path that is being followed.
struct Step {
    node: NodeIndex,
    /// The rank that the node was given when it was met.
    rank: u32,
    /// The reference to follow next.
    position: u32,
}

impl Search<'_> {
    fn visit(&mut self, start: NodeIndex, follows: &impl Fn(NodeIndex, NodeIndex) -> bool) {
        if self.ranks[start.index()] != 0 {
            return;
        }
        let mut path = vec![self.meet(start)];
        while let Some(step) = path.last_mut() {
            let node = step.node;
            if let Some(&held) = self.graph.referents(node).get(step.position as usize) {
                step.position += 1;
                if !follows(node, held) {
                    continue;
                }
                if held == node {
                    self.self_referring.insert(node);
                }
                if self.ranks[held.index()] == 0 {
                    let met = self.meet(held);
                    path.push(met);
                } else {
                    self.lower(node, held);
                }
            } else {
                let rank = step.rank;
                path.pop();
                if self.ranks[node.index()] == rank {
                    self.close(node, rank);
                } else {
                    self.waiting.push(node);
                }
                if let Some(holder) = path.last() {
                    self.lower(holder.node, node);
                }
            }
        }
    }

    fn meet(&mut self, node: NodeIndex) -> Step {
        let rank = self.next_rank;
        self.next_rank += 1;
        self.ranks[node.index()] = rank;
        Step {
            node,
            rank,
            position: 0,
        }
    }

    /// A node leads to whatever the object it holds leads to.
    fn lower(&mut self, holder: NodeIndex, held: NodeIndex) {
        let rank = self.ranks[held.index()];
        let known = &mut self.ranks[holder.index()];
        *known = rank.min(*known);
    }

    /// Gives a node, which leads to none met before it, and the nodes that wait for it their
    /// component.
    fn close(&mut self, node: NodeIndex, rank: u32) {
        let component = self.next_component;
        self.next_component -= 1;
        self.ranks[node.index()] = component;
        self.next_rank -= 1;
        while let Some(&last) = self.waiting.last()
            && self.ranks[last.index()] >= rank
        {
            self.ranks[last.index()] = component;
            self.next_rank -= 1;
            self.waiting.pop();
        }
    }

    /// Numbers the cyclic components and sorts the nodes by them, by counting.
    fn cyclic(self) -> CyclicComponents {
        const ACYCLIC: u32 = u32::MAX;
        let was_met = |node: &NodeIndex| self.ranks[node.index()] != 0;
        let nodes = || self.graph.nodes().filter(was_met);
        let mut sizes = vec![0_u32; self.graph.node_count() + 1];
        for node in nodes() {
            sizes[self.ranks[node.index()] as usize] += 1;
        }
        let is_cyclic = |node: NodeIndex, size| size > 1 || self.self_referring.contains(node);
        // Where the next node of each component goes.
        let mut ends = Vec::new();
        let mut starts = vec![ACYCLIC; sizes.len()];
        let mut end = 0_u32;
        for node in nodes() {
            let component = self.ranks[node.index()] as usize;
            if starts[component] == ACYCLIC && is_cyclic(node, sizes[component]) {
                starts[component] = end;
                end += sizes[component];
                ends.push(end as usize);
            }
        }
        let mut members = vec![NodeIndex::default(); end as usize];
        for node in nodes() {
            let slot = &mut starts[self.ranks[node.index()] as usize];
            if *slot != ACYCLIC {
                members[*slot as usize] = node;
                *slot += 1;
            }
        }
        CyclicComponents { members, ends }
    }
}
