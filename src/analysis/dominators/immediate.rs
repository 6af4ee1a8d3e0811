//! Immediate dominators, by SEMI-NCA (L. Georgiadis, "Linear-Time Algorithms for Dominators and
//! Related Problems", 2005): semidominators as Lengauer and Tarjan find them, then for each node the
//! nearest dominator of the node it was met from that is no further down than its semidominator.
//!
//! That last search goes by jump pointers (E. Myers, "An applicative random-access stack", 1983) and
//! not step by step: a heap may have a list a million links long, whose every link refers to
//! something that is also held from above.

use super::search::Search;
use super::{OUTSIDE, ROOT};
use crate::graph::{HeapGraph, NodeIndex};

/// The immediate dominators of all that some anchors lead to, by number of a depth-first search.
pub(super) struct Dominated {
    /// By node: its number, or [`OUTSIDE`].
    pub(super) numbers: Vec<u32>,
    /// By number: the node. The first is the virtual root and means nothing.
    pub(super) order: Vec<NodeIndex>,
    /// By number: the number of the immediate dominator, which is less.
    pub(super) dominators: Vec<u32>,
}

impl Dominated {
    pub(super) fn new(graph: &HeapGraph, anchors: &[NodeIndex]) -> Self {
        let search = Search::new(graph, anchors);
        let semidominators = semidominators(graph, &search);
        let Search {
            numbers,
            order,
            met_from,
            ..
        } = search;
        Self {
            numbers,
            order,
            dominators: nearest(met_from, &semidominators),
        }
    }
}

/// By number, the least number from which a path leads to the node on which all in between have
/// greater numbers than the node.
fn semidominators(graph: &HeapGraph, search: &Search) -> Vec<u32> {
    let Search {
        numbers,
        order,
        met_from,
        is_shared,
    } = search;
    // Right already for every anchor, and for what has one reference to it.
    let mut semidominators = met_from.clone();
    let mut forest = Forest::new(met_from);
    for (number, &node) in order.iter().enumerate().rev() {
        if met_from[number] == ROOT || !is_shared.contains(node) {
            continue;
        }
        let number = NodeIndex::new(number).to_u32();
        let referrers = graph.referrers(node).iter();
        let starts = referrers.map(|holder| numbers[holder.index()]);
        let starts = starts.filter(|&start| start != OUTSIDE);
        let least = starts.map(|start| forest.least_above(start, number)).min();
        if let Some(least) = least {
            semidominators[number as usize] = least;
            forest.links[number as usize].least = least;
        }
    }
    semidominators
}

/// The tree of the search, with shortcuts.
struct Forest {
    links: Vec<Link>,
    path: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Link {
    /// A node above, at first the one from which this was met.
    above: u32,
    /// The least semidominator of this node and those passed over on the way there.
    least: u32,
}

impl Forest {
    fn new(met_from: &[u32]) -> Self {
        let link = |&above| Link {
            above,
            least: above,
        };
        Self {
            links: met_from.iter().map(link).collect(),
            path: Vec::new(),
        }
    }

    /// The least semidominator of `start` and of the nodes above it that come after `last`; `start`
    /// itself if it does not.
    fn least_above(&mut self, start: u32, last: u32) -> u32 {
        if start <= last {
            return start;
        }
        let mut top = start;
        while self.links[top as usize].above > last {
            self.path.push(top);
            top = self.links[top as usize].above;
        }
        let Link { above, mut least } = self.links[top as usize];
        while let Some(number) = self.path.pop() {
            let link = &mut self.links[number as usize];
            least = least.min(link.least);
            *link = Link { above, least };
        }
        least
    }
}

/// By number, the nearest dominator of what each was met from that does not come after its
/// semidominator: the immediate dominator.
fn nearest(met_from: Vec<u32>, semidominators: &[u32]) -> Vec<u32> {
    let mut dominators = met_from;
    let mut jumps = vec![Jump::default(); dominators.len()];
    for number in 1..dominators.len() {
        let semidominator = semidominators[number];
        let mut dominator = dominators[number];
        while dominator > semidominator {
            let jump = jumps[dominator as usize].to;
            dominator = if jump > semidominator {
                jump
            } else {
                dominators[dominator as usize]
            };
        }
        dominators[number] = dominator;
        let above = jumps[dominator as usize];
        let beyond = jumps[above.to as usize];
        jumps[number] = if above.length == beyond.length {
            Jump {
                to: beyond.to,
                length: 1 + above.length + beyond.length,
            }
        } else {
            Jump {
                to: dominator,
                length: 1,
            }
        };
    }
    dominators
}

/// A dominator further up, so chosen that two jumps of one length are followed by one over both.
#[derive(Clone, Copy, Default)]
struct Jump {
    to: u32,
    /// How many dominators further up it is.
    length: u32,
}
