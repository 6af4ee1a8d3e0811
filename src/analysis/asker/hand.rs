//! The references by which the asker holds something.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Asker, Tool};
use crate::graph::{EdgeLabel, HeapGraph, NodeFlags, NodeIndex, NodeSet};
use crate::process::{TooLittleMemory, ensure};
use crate::snapshot::HeapSnapshot;

/// What a reference of the asker takes while it is looked at: 40 bytes in a list that grows, 24 in a set
/// and 72 in a table that grow, 24 in a list and a set of what is forgotten, and its words.
const BYTES_A_HAND: u64 = 400;
/// So many need no look at the memory that is left.
const FEW: usize = 10_000;

/// A reference by which the asker holds something.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand {
    pub(super) holder: NodeIndex,
    /// Where it stands among the references of all nodes.
    pub(super) position: usize,
    /// What is held: by a variable that functions share, and by such a function, what is in its cell.
    pub(super) held: NodeIndex,
    pub(super) source: Source,
}

/// Why a reference is the asker's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source {
    Variable,
    /// The holder is a list that was given to him.
    Given,
    /// One of [`Asker::tools`].
    Tool(usize),
}

impl Asker {
    /// All references of the asker, who asks about `is_target`: by variables, in lists, by tools; each
    /// once.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub(super) fn hands(
        &self,
        graph: &HeapGraph,
        is_target: &NodeSet,
    ) -> Result<Vec<Hand>, TooLittleMemory> {
        let lists = self.given(graph);
        let tools = self.tools.iter().map(|tool| graph.node_at(tool.holder));
        let holders = lists.iter().copied().chain(tools.flatten());
        let count: usize = holders.map(|holder| graph.referents(holder).len()).sum();
        if count > FEW {
            ensure(BYTES_A_HAND * count as u64)?;
        }
        let of_tools = self.of_tools(graph);
        let is_known: FxHashSet<usize> = of_tools.iter().map(|hand| hand.position).collect();
        let namespaces = self.namespaces(graph).into_iter();
        let mut hands: Vec<Hand> = namespaces
            .flat_map(|holder| variables_bound_to(graph, holder, is_target))
            .filter(|hand| !is_known.contains(&hand.position))
            .collect();
        for holder in lists {
            let class = graph.type_of(holder).node;
            let items = references(graph, holder).filter(|&(_, held)| Some(held) != class);
            hands.extend(items.map(|(position, held)| Hand {
                holder,
                position,
                held,
                source: Source::Given,
            }));
        }
        hands.extend(of_tools);
        Ok(hands)
    }

    /// The lists that were given out.
    fn given(&self, graph: &HeapGraph) -> Vec<NodeIndex> {
        let given = graph.types().which(|ty| {
            let class = ty.node.map(|class| graph.address(class));
            class.is_some_and(|class| self.given.contains(&class))
        });
        if !given.contains(&true) {
            return Vec::new();
        }
        let is_given = |&node: &NodeIndex| given[graph.type_index(node).index()];
        graph.nodes().filter(is_given).collect()
    }

    /// What a shell or a debugger holds, each reference once.
    fn of_tools(&self, graph: &HeapGraph) -> Vec<Hand> {
        let mut is_known = FxHashSet::default();
        let mut hands = Vec::new();
        for (number, tool) in self.tools.iter().enumerate() {
            let Some(holder) = graph.node_at(tool.holder) else {
                continue;
            };
            let held = references(graph, holder)
                .filter(|&(position, held)| tool.is_meant(graph, holder, position, held));
            for (position, held) in held {
                if is_known.insert(position) {
                    hands.push(Hand {
                        holder,
                        position,
                        held,
                        source: Source::Tool(number),
                    });
                }
            }
        }
        hands
    }

    /// What has variables of the asker's: frames, the generators and coroutines that run in them, and
    /// namespaces.
    fn namespaces(&self, graph: &HeapGraph) -> Vec<NodeIndex> {
        let mut is_known = NodeSet::new(graph);
        let mut found = Vec::new();
        for node in self.variables.iter().filter_map(|&at| graph.node_at(at)) {
            found.push(node);
            if graph.flags(node).contains(NodeFlags::FRAME) {
                let runs = |&holder: &NodeIndex| {
                    let ty = graph.type_of(holder);
                    RUN_IN_FRAMES.iter().any(|name| ty.is_genuine(name))
                };
                found.extend(graph.referrers(node).iter().copied().filter(runs));
                // Up to 3.12 the frame of a function that is traced has its variables in a dict too.
                let is_copy = |&held: &NodeIndex| {
                    let is_dict = graph.flags(held).contains(NodeFlags::DICT);
                    is_dict && graph.referrers(held) == [node]
                };
                found.extend(graph.referents(node).iter().copied().filter(is_copy));
            }
        }
        found.retain(|&node| is_known.insert(node));
        found
    }

    /// What the asker holds by a reference, in words.
    pub(super) fn words(&self, snapshot: &HeapSnapshot, hand: &Hand) -> String {
        match hand.source {
            Source::Variable => {
                let label = snapshot.label(hand.position);
                words_of_variable(variable_name(&label).unwrap_or_default())
            }
            Source::Tool(tool) => self.tools[tool].words.clone(),
            Source::Given => {
                let graph = snapshot.graph();
                let mut is_list = NodeSet::new(graph);
                is_list.insert(hand.holder);
                let mut variables = (self.namespaces(graph).into_iter())
                    .flat_map(|holder| variables_bound_to(graph, holder, &is_list));
                let name = variables.find_map(|variable| {
                    variable_name(&snapshot.label(variable.position)).map(str::to_owned)
                });
                name.map_or_else(
                    || "a list that heapgraph gave you".into(),
                    |name| words_of_variable(&name),
                )
            }
        }
    }
}

/// What refers to a frame because it runs in it.
const RUN_IN_FRAMES: [&str; 3] = [
    "builtins.generator",
    "builtins.coroutine",
    "builtins.async_generator",
];

impl Tool {
    fn is_meant(
        &self,
        graph: &HeapGraph,
        holder: NodeIndex,
        position: usize,
        held: NodeIndex,
    ) -> bool {
        let is_dict = graph.flags(holder).contains(NodeFlags::DICT);
        match key_position(graph, holder, position) {
            // The key goes with its value, and stays with it.
            None if self.only == 0 => !is_dict,
            Some(_) if self.only == 0 => true,
            Some(key) => graph.address(graph.referent_at(key)) == self.only,
            None => !is_dict && graph.address(held) == self.only,
        }
    }
}

/// The references of a node, by their positions among those of all.
pub(super) fn references(
    graph: &HeapGraph,
    holder: NodeIndex,
) -> impl Iterator<Item = (usize, NodeIndex)> + '_ {
    (graph.edge_positions(holder)).zip(graph.referents(holder).iter().copied())
}

/// Where the key stands, if the reference is to a value of a dict.
pub(super) fn key_position(graph: &HeapGraph, holder: NodeIndex, position: usize) -> Option<usize> {
    let number = position - graph.edge_positions(holder).start;
    let is_dict = graph.flags(holder).contains(NodeFlags::DICT);
    (is_dict && !number.is_multiple_of(2)).then(|| position - 1)
}

/// The variables of a frame or namespace that are bound to some objects: at once, as what functions
/// share, and as such a function.
fn variables_bound_to(graph: &HeapGraph, holder: NodeIndex, objects: &NodeSet) -> Vec<Hand> {
    let is_dict = graph.flags(holder).contains(NodeFlags::DICT);
    let variables = || {
        references(graph, holder)
            .filter(|&(position, _)| !is_dict || key_position(graph, holder, position).is_some())
    };
    let cells: FxHashMap<NodeIndex, NodeIndex> = variables()
        .filter(|&(_, held)| graph.type_of(held).is_genuine("builtins.cell"))
        .filter_map(|(_, cell)| Some((cell, *graph.referents(cell).first()?)))
        .filter(|(_, shared)| objects.contains(*shared))
        .collect();
    let shared_by = |function: NodeIndex| {
        let is_function = graph.type_of(function).is_genuine("builtins.function");
        let parts = graph.referents(function).iter().filter(|_| is_function);
        let mut shared = parts.flat_map(|&closure| graph.referents(closure));
        shared.find_map(|cell| cells.get(cell).copied())
    };
    let bound = variables().filter_map(|(position, held)| {
        let object = Some(held).filter(|&held| objects.contains(held));
        let object = object.or_else(|| cells.get(&held).copied());
        let has_closures = !cells.is_empty();
        let object = object.or_else(|| shared_by(held).filter(|_| has_closures));
        Some(Hand {
            holder,
            position,
            held: object?,
            source: Source::Variable,
        })
    });
    bound.collect()
}

/// The name of a variable of a function, or in a namespace.
pub(super) fn variable_name(label: &EdgeLabel) -> Option<&str> {
    match label {
        EdgeLabel::Local(name) => Some(name),
        EdgeLabel::Key(key) => key.strip_prefix('\'')?.strip_suffix('\''),
        _ => None,
    }
}

pub(super) fn words_of_variable(name: &str) -> String {
    format!("your variable `{name}`")
}
