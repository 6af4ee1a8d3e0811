//! What to draw around some objects: the part of the graph within a few references of them.

use std::convert::Infallible;

use rustc_hash::{FxHashMap, FxHashSet};

use super::chain::is_unordered;
use super::{Direction, HiddenReferences};
use crate::graph::{HeapGraph, NodeFlags, NodeIndex, NodeSet, TypeIndex};
use crate::process::{TooLittleMemory, ensure};

/// What a drawn reference takes, with its label and its place in a picture.
const BYTES_A_DRAWN_EDGE: u64 = 2 << 10;

/// How far a neighbourhood reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// References from the objects asked for; a node at this depth is drawn but not expanded.
    pub max_depth: usize,
    /// Neighbours drawn of one node; the rest is counted.
    pub too_many: usize,
}

/// A node to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawnNode {
    /// The object.
    pub node: NodeIndex,
    /// References from the nearest object asked for.
    pub depth: usize,
    /// Neighbours that `too_many` left out.
    pub hidden_count: usize,
}

/// A reference to draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrawnEdge {
    /// Position of the holder in [`Neighbourhood::nodes`].
    pub holder: usize,
    /// Position of the held object in [`Neighbourhood::nodes`].
    pub held: usize,
    /// Which of the holder's referents it is.
    pub position: usize,
}

/// The part of a graph to draw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Neighbourhood {
    /// The objects asked for first, then the others in the order in which they were met.
    pub nodes: Vec<DrawnNode>,
    /// Every reference between drawn nodes that leads on from an expanded one.
    pub edges: Vec<DrawnEdge>,
}

impl Neighbourhood {
    /// Searches breadth first from `targets`, which are drawn whatever the filters say.
    ///
    /// Nodes of `ignored`, and those that `keep` refuses, are neither drawn nor counted. `cull`
    /// says which nodes are drawn but not expanded. Where there are too many neighbours, modules
    /// and other named holders are preferred, then the order is by type name and capture.
    /// Functions that have a module's namespace as their globals are counted and not drawn where
    /// the module is drawn. References between an expanded node and other drawn nodes are never
    /// left out.
    ///
    /// # Errors
    ///
    /// Whatever `keep` raises.
    pub fn search<E>(
        graph: &HeapGraph,
        targets: &[NodeIndex],
        direction: Direction,
        limits: Limits,
        ignored: &NodeSet,
        keep: impl FnMut(NodeIndex) -> Result<bool, E>,
        cull: impl Fn(NodeIndex) -> bool,
    ) -> Result<Self, E> {
        Self::search_by(
            graph,
            targets,
            direction,
            limits,
            ignored,
            &HiddenReferences::default(),
            keep,
            cull,
            |_| 0,
        )
    }

    /// Searches without filters. Of what refers to the targets, modules are drawn and not expanded:
    /// everything refers to modules and is referred to by them in the end.
    pub fn around(
        graph: &HeapGraph,
        targets: &[NodeIndex],
        direction: Direction,
        limits: Limits,
    ) -> Self {
        let is_module = |node| graph.flags(node).contains(NodeFlags::PROPER_MODULE);
        let Ok(found) = Self::search(
            graph,
            targets,
            direction,
            limits,
            &NodeSet::new(graph),
            |_| Ok::<_, Infallible>(true),
            |node| direction == Direction::Referrers && is_module(node),
        );
        found
    }

    /// As [`search`](Self::search), but without the `hidden` references, and neighbours of the same type come in the order of the
    /// reference within its holder, then of `rank`, which is only asked where there is a choice.
    ///
    /// # Errors
    ///
    /// Whatever `keep` raises.
    #[expect(clippy::too_many_arguments, reason = "two more than the usual search")]
    pub fn search_by<E>(
        graph: &HeapGraph,
        targets: &[NodeIndex],
        direction: Direction,
        limits: Limits,
        ignored: &NodeSet,
        hidden: &HiddenReferences,
        mut keep: impl FnMut(NodeIndex) -> Result<bool, E>,
        cull: impl Fn(NodeIndex) -> bool,
        rank: impl Fn(NodeIndex) -> u64,
    ) -> Result<Self, E> {
        let mut nodes: Vec<DrawnNode> = Vec::new();
        let mut positions = FxHashMap::default();
        for &target in targets {
            draw(&mut nodes, &mut positions, target, 0);
        }
        let mut links: Vec<(NodeIndex, NodeIndex)> = Vec::new();
        let mut next = 0;
        while let Some(&DrawnNode { node, depth, .. }) = nodes.get(next) {
            if depth < limits.max_depth && !cull(node) {
                let mut neighbours = Vec::new();
                let mut seen = FxHashSet::default();
                for neighbour in direction.neighbours(graph, node) {
                    let reference = match direction {
                        Direction::Referents => (node, neighbour),
                        Direction::Referrers => (neighbour, node),
                    };
                    if seen.insert(neighbour)
                        && !hidden.contains(&reference)
                        && (positions.contains_key(&neighbour)
                            || !ignored.contains(neighbour) && keep(neighbour)?)
                    {
                        neighbours.push(neighbour);
                    }
                }
                sort_by_interest(graph, direction, node, &mut neighbours, &rank);
                let telling = telling(graph, direction, node, &neighbours);
                for &neighbour in telling.iter().take(limits.too_many) {
                    draw(&mut nodes, &mut positions, neighbour, depth + 1);
                }
                links.extend(neighbours.into_iter().map(|neighbour| (node, neighbour)));
            }
            next += 1;
        }
        Ok(Self::with_links(
            graph, nodes, &positions, &links, direction,
        ))
    }

    /// Makes sure that there is memory to draw it: all references between drawn nodes are, however many
    /// one object has to another.
    ///
    /// # Errors
    ///
    /// If there is less than is needed.
    pub fn ensure_memory(&self) -> Result<(), TooLittleMemory> {
        ensure(BYTES_A_DRAWN_EDGE * self.edges.len() as u64)
    }

    /// Turns the links between drawn nodes into edges and counts the others as hidden.
    fn with_links(
        graph: &HeapGraph,
        mut nodes: Vec<DrawnNode>,
        positions: &FxHashMap<NodeIndex, usize>,
        links: &[(NodeIndex, NodeIndex)],
        direction: Direction,
    ) -> Self {
        let mut held_by = vec![FxHashMap::default(); nodes.len()];
        for (from, to) in links {
            let from_position = positions[from];
            let Some(&to_position) = positions.get(to) else {
                nodes[from_position].hidden_count += 1;
                continue;
            };
            let (holder, held, held_node) = match direction {
                Direction::Referents => (from_position, to_position, *to),
                Direction::Referrers => (to_position, from_position, *from),
            };
            held_by[holder].insert(held_node, held);
        }
        let mut edges: Vec<DrawnEdge> = held_by
            .iter()
            .enumerate()
            .flat_map(|(holder, held)| {
                let referents = graph.referents(nodes[holder].node).iter().enumerate();
                let holder_node = nodes[holder].node;
                referents.filter_map(move |(position, referent)| {
                    let held = *held.get(referent)?;
                    let edge = DrawnEdge {
                        holder,
                        held,
                        position,
                    };
                    (!graph.is_string_key(holder_node, position)).then_some(edge)
                })
            })
            .collect();
        edges.sort_unstable();
        Self { nodes, edges }
    }
}

/// Adds a node to those drawn, unless it is one of them.
fn draw(
    nodes: &mut Vec<DrawnNode>,
    positions: &mut FxHashMap<NodeIndex, usize>,
    node: NodeIndex,
    depth: usize,
) {
    positions.entry(node).or_insert_with(|| {
        nodes.push(DrawnNode {
            node,
            depth,
            hidden_count: 0,
        });
        nodes.len() - 1
    });
}

/// How many neighbours of one kind are told apart by what they look like.
const MOST_COMPARED: usize = 1000;

/// Puts first what to draw first where not all can be drawn: by kind, then by where the reference
/// stands in its holder, then by `rank`; more than [`MOST_COMPARED`] alike stay as captured.
fn sort_by_interest(
    graph: &HeapGraph,
    direction: Direction,
    node: NodeIndex,
    neighbours: &mut [NodeIndex],
    rank: impl Fn(NodeIndex) -> u64,
) {
    let places = places_of_kinds(graph, neighbours);
    neighbours.sort_by_cached_key(|&neighbour| places[&kind(graph, neighbour)]);
    let is_ordered = direction == Direction::Referents && !is_unordered(graph, node);
    if is_ordered {
        return;
    }
    let place_of = |node: NodeIndex| places[&kind(graph, node)];
    for alike in neighbours.chunk_by_mut(|&a, &b| place_of(a) == place_of(b)) {
        if (2..=MOST_COMPARED).contains(&alike.len()) {
            alike.sort_by_cached_key(|&neighbour| {
                let place = match direction {
                    Direction::Referents => None,
                    Direction::Referrers => place(graph, neighbour, node),
                };
                (place, rank(neighbour))
            });
        }
    }
}

/// The first of the sorted `neighbours`: without the functions whose globals `node` is, if the
/// module is among them. Each function of the module is one, and says no more than the module.
fn telling<'n>(
    graph: &HeapGraph,
    direction: Direction,
    node: NodeIndex,
    neighbours: &'n [NodeIndex],
) -> &'n [NodeIndex] {
    let is_module = |node: &NodeIndex| graph.flags(*node).contains(NodeFlags::PROPER_MODULE);
    let is_told_by_module = direction == Direction::Referrers
        && graph.flags(node).contains(NodeFlags::MODULE_NAMESPACE)
        && neighbours.first().is_some_and(is_module);
    if !is_told_by_module {
        return neighbours;
    }
    let functions_start = neighbours.partition_point(|&node| kind(graph, node).0 < FUNCTION);
    &neighbours[..functions_start]
}

/// Where `holder` has its first reference to `held`; sets have no order.
fn place(graph: &HeapGraph, holder: NodeIndex, held: NodeIndex) -> Option<usize> {
    if is_unordered(graph, holder) {
        return None;
    }
    let mut referents = graph.referents(holder).iter();
    referents.position(|&other| other == held)
}

/// The kind of neighbour that is drawn last.
const FUNCTION: u8 = 4;

/// What kinds of neighbours there are, each with its place among them: by kind, then by the name of the
/// type. Types of the same name share one.
fn places_of_kinds(graph: &HeapGraph, neighbours: &[NodeIndex]) -> FxHashMap<(u8, TypeIndex), u32> {
    let mut kinds: FxHashMap<(u8, TypeIndex), u32> = FxHashMap::default();
    kinds.extend(
        neighbours
            .iter()
            .map(|&neighbour| (kind(graph, neighbour), 0)),
    );
    let name = |&(rank, ty): &(u8, TypeIndex)| (rank, graph.types()[ty].full_name());
    let mut in_order: Vec<_> = kinds.keys().copied().collect();
    in_order.sort_by_cached_key(name);
    let alike = in_order.chunk_by(|a, b| name(a) == name(b));
    for (kinds_alike, place) in alike.zip(0..) {
        for kind in kinds_alike {
            kinds.insert(*kind, place);
        }
    }
    kinds
}

/// What kind of neighbour to draw first, the least number, and its type.
fn kind(graph: &HeapGraph, node: NodeIndex) -> (u8, TypeIndex) {
    let flags = graph.flags(node);
    let ty = graph.type_of(node);
    let rank = if flags.contains(NodeFlags::PROPER_MODULE) {
        0
    } else if flags.contains(NodeFlags::MODULE_NAMESPACE) {
        1
    } else if flags.contains(NodeFlags::FRAME) {
        2
    } else if ty.is_genuine("builtins.function") {
        // Every function of a module refers to its namespace, and so to nothing in particular.
        FUNCTION
    } else {
        3
    };
    (rank, graph.type_index(node))
}
