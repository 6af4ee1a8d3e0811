//! Heaps drawn by hand: `Sketch::new("module -> dict -> list, dict -> dict")`.

use std::fmt;
use std::ops::Index;

use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraph, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord,
    NodeSet, Root, RootKind, TypeIndex,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

/// Nodes by name, with edges in the order in which they were drawn.
#[derive(Clone)]
pub(crate) struct Sketch {
    nodes: Vec<SketchNode>,
    pub(crate) edges: Vec<(usize, usize)>,
    classes: Vec<SketchClass>,
}

#[derive(Clone)]
struct SketchNode {
    name: String,
    type_name: String,
    flags: NodeFlags,
    reference_count: u32,
    untraversed: usize,
}

#[derive(Clone)]
struct SketchClass {
    node: usize,
    type_name: String,
    is_heap_type: bool,
}

impl Sketch {
    /// Paths and single nodes with commas between them. Every node is a plain `object`.
    pub(crate) fn new(drawing: &str) -> Self {
        let mut sketch = Self::nodes(0);
        for path in drawing.split(',') {
            let nodes: Vec<usize> = path
                .split("->")
                .map(|name| sketch.position_or_new(name.trim()))
                .collect();
            let steps = nodes.windows(2).map(|step| (step[0], step[1]));
            sketch.edges.extend(steps);
        }
        sketch
    }

    /// The nodes `n0`, `n1`, ... without edges.
    pub(crate) fn nodes(count: usize) -> Self {
        let mut sketch = Self {
            nodes: Vec::new(),
            edges: Vec::new(),
            classes: Vec::new(),
        };
        for position in 0..count {
            sketch.position_or_new(&format!("n{position}"));
        }
        sketch
    }

    /// Gives nodes, with spaces between their names, a type.
    pub(crate) fn typed(mut self, names: &str, type_name: &str) -> Self {
        for name in names.split_whitespace() {
            let position = self.position(name);
            self.nodes[position].type_name = type_name.into();
        }
        self
    }

    /// Gives nodes, with spaces between their names, more flags.
    pub(crate) fn flagged(mut self, names: &str, flags: NodeFlags) -> Self {
        for name in names.split_whitespace() {
            let position = self.position(name);
            self.nodes[position].flags.insert(flags);
        }
        self
    }

    /// Says of each of some nodes, with spaces between their names, that its traverse does not show its
    /// last reference; of one that is named several times, its last ones.
    pub(crate) fn untraversed(mut self, names: &str) -> Self {
        for name in names.split_whitespace() {
            let position = self.position(name);
            self.nodes[position].untraversed += 1;
        }
        self
    }

    /// Gives every node as many references as are drawn, and one more for each time that it is among
    /// `outside`, names with spaces between them.
    pub(crate) fn counted(mut self, outside: &str) -> Self {
        for (_, held) in self.edges.clone() {
            self.nodes[held].reference_count += 1;
        }
        for name in outside.split_whitespace() {
            let position = self.position(name);
            self.nodes[position].reference_count += 1;
        }
        self
    }

    /// Says that a node is a class made by a `class` statement.
    pub(crate) fn class(self, name: &str, type_name: &str) -> Self {
        self.any_class(name, type_name, true)
    }

    /// Says that a node is a class whose instances do not visit it.
    pub(crate) fn static_class(self, name: &str, type_name: &str) -> Self {
        self.any_class(name, type_name, false)
    }

    fn any_class(mut self, name: &str, type_name: &str, is_heap_type: bool) -> Self {
        self.classes.push(SketchClass {
            node: self.position(name),
            type_name: type_name.into(),
            is_heap_type,
        });
        self
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn referents(&self, holder: usize) -> Vec<usize> {
        let edges = self.edges.iter().filter(|edge| edge.0 == holder);
        edges.map(|edge| edge.1).collect()
    }

    /// What the collector sees a node refer to.
    pub(crate) fn collected_referents(&self, holder: usize) -> Vec<usize> {
        let mut held = self.referents(holder);
        let shown = if self.has_flags(holder, NodeFlags::TRACKED) {
            held.len() - self.nodes[holder].untraversed
        } else {
            0
        };
        held.truncate(shown);
        held
    }

    pub(crate) fn type_name(&self, node: usize) -> &str {
        &self.nodes[node].type_name
    }

    pub(crate) fn has_flags(&self, node: usize, flags: NodeFlags) -> bool {
        self.nodes[node].flags.contains(flags)
    }

    /// What [`HeapGraph::is_string_key`] should say.
    pub(crate) fn is_string_key(&self, holder: usize, position: usize) -> bool {
        let held = self.referents(holder)[position];
        let is_even = position & 1 == 0;
        is_even && self.has_flags(holder, NodeFlags::DICT) && self.type_name(held) == "builtins.str"
    }

    /// What [`HeapGraph::is_only_instance_of`] should say of a holder and what it holds.
    pub(crate) fn is_only_instance_of(&self, holder: usize, held: usize) -> bool {
        let class = self.class_of(holder);
        let count = self.edges.iter().filter(|&&edge| edge == (holder, held));
        class.is_some_and(|class| class.node == held && class.is_heap_type) && count.count() == 1
    }

    /// True if and only if a reference belongs into chains and pictures.
    pub(crate) fn is_telling(&self, holder: usize, position: usize) -> bool {
        let held = self.referents(holder)[position];
        !self.is_string_key(holder, position) && !self.is_only_instance_of(holder, held)
    }

    /// The telling references as pairs of holder and held.
    pub(crate) fn telling_edges(&self) -> Vec<(usize, usize)> {
        let holders = 0..self.node_count();
        let of_holder = |holder| {
            let referents = self.referents(holder).into_iter().enumerate();
            referents
                .filter(move |&(position, _)| self.is_telling(holder, position))
                .map(move |(_, held)| (holder, held))
        };
        holders.flat_map(of_holder).collect()
    }

    fn class_of(&self, node: usize) -> Option<&SketchClass> {
        let type_name = self.type_name(node);
        self.classes.iter().find(|ty| ty.type_name == type_name)
    }

    /// The graph with the nodes numbered as they were drawn.
    pub(crate) fn build(&self) -> Drawn<'_> {
        let order: Vec<usize> = (0..self.node_count()).collect();
        self.build_in_order(&order)
    }

    /// The graph with the nodes met in another order.
    pub(crate) fn build_in_order(&self, order: &[usize]) -> Drawn<'_> {
        let mut builder = HeapGraphBuilder::default();
        let mut nodes = vec![NodeIndex::default(); self.node_count()];
        for &position in order {
            nodes[position] = builder.node_for_address(address(position)).unwrap();
        }
        let mut types: Vec<(&str, TypeIndex)> = Vec::new();
        for &position in order {
            let name = self.type_name(position);
            let known = types.iter().find(|(other, _)| *other == name);
            let type_index = known.map_or_else(
                || builder.add_type(self.heap_type(position, &nodes)),
                |&(_, type_index)| type_index,
            );
            types.push((name, type_index));
            for held in self.referents(position) {
                builder.add_edge(nodes[held]);
            }
            if self.nodes[position].untraversed > 0 {
                builder.mark_untraversed(self.nodes[position].untraversed);
            }
            builder.finish_node(NodeRecord {
                type_index,
                flags: self.nodes[position].flags,
                reference_count: self.nodes[position].reference_count,
                ..NodeRecord::default()
            });
        }
        Drawn {
            sketch: self,
            graph: builder.build().unwrap(),
            nodes,
        }
    }

    /// A snapshot with roots of these names and kinds, and references as `label` calls them, which is
    /// given their holder and what they lead to.
    pub(crate) fn snapshot(
        &self,
        roots: &[(&str, RootKind)],
        label: impl Fn(&Drawn<'_>, NodeIndex, NodeIndex) -> EdgeLabel,
    ) -> HeapSnapshot {
        let drawn = self.build();
        let root = |&(name, kind): &(&str, RootKind)| Root {
            node: drawn[name],
            kind,
            name: name.into(),
        };
        let roots = roots.iter().map(root).collect();
        let mut edge_names = EdgeNames::default();
        for node in drawn.graph.nodes() {
            for &held in drawn.graph.referents(node) {
                edge_names.push_label(&label(&drawn, node, held));
            }
        }
        HeapSnapshot::new(SnapshotParts {
            graph: drawn.graph,
            edge_names: Some(edge_names),
            node_names: NodeTexts::default(),
            values: NodeTexts::default(),
            roots,
            metadata: Metadata::default(),
        })
    }

    fn heap_type(&self, node: usize, nodes: &[NodeIndex]) -> HeapType {
        let class = self.class_of(node);
        HeapType {
            node: class.map(|class| nodes[class.node]),
            is_heap_type: class.is_some_and(|class| class.is_heap_type),
            ..heap_type(self.type_name(node))
        }
    }

    fn position(&self, name: &str) -> usize {
        let position = self.nodes.iter().position(|node| node.name == name);
        position.unwrap_or_else(|| panic!("no node {name}"))
    }

    fn position_or_new(&mut self, name: &str) -> usize {
        let known = self.nodes.iter().position(|node| node.name == name);
        known.unwrap_or_else(|| {
            self.nodes.push(SketchNode {
                name: name.into(),
                type_name: "builtins.object".into(),
                flags: NodeFlags::default(),
                reference_count: 0,
                untraversed: 0,
            });
            self.nodes.len() - 1
        })
    }
}

/// What draws the sketch again, but that flags show as their bits.
impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |node: usize| &self.nodes[node].name;
        let mut parts: Vec<String> = self.nodes.iter().map(|node| node.name.clone()).collect();
        parts.extend((self.edges.iter()).map(|&(a, b)| format!("{} -> {}", name(a), name(b))));
        write!(f, "Sketch::new({:?})", parts.join(", "))?;
        for SketchNode {
            name,
            type_name,
            flags,
            untraversed,
            ..
        } in &self.nodes
        {
            for _ in 0..*untraversed {
                write!(f, "\n    .untraversed({name:?})")?;
            }
            if type_name != "builtins.object" {
                write!(f, "\n    .typed({name:?}, {type_name:?})")?;
            }
            if *flags != NodeFlags::default() {
                write!(f, "\n    .flagged({name:?}, {flags:?})")?;
            }
        }
        for class in &self.classes {
            let method = if class.is_heap_type {
                "class"
            } else {
                "static_class"
            };
            write!(
                f,
                "\n    .{method}({:?}, {:?})",
                name(class.node),
                class.type_name
            )?;
        }
        Ok(())
    }
}

/// A sketch as a graph.
pub(crate) struct Drawn<'s> {
    sketch: &'s Sketch,
    pub(crate) graph: HeapGraph,
    /// By position in the sketch.
    pub(crate) nodes: Vec<NodeIndex>,
}

impl Drawn<'_> {
    /// Where a node is in the sketch.
    pub(crate) fn position(&self, node: NodeIndex) -> usize {
        self.nodes.iter().position(|&other| other == node).unwrap()
    }

    pub(crate) fn name(&self, node: NodeIndex) -> &str {
        &self.sketch.nodes[self.position(node)].name
    }

    /// The names of nodes with spaces between them.
    pub(crate) fn names(&self, nodes: &[NodeIndex]) -> String {
        let names: Vec<&str> = nodes.iter().map(|&node| self.name(node)).collect();
        names.join(" ")
    }

    /// The set of nodes with these names.
    pub(crate) fn set(&self, names: &str) -> NodeSet {
        let mut set = NodeSet::new(&self.graph);
        for name in names.split_whitespace() {
            set.insert(self[name]);
        }
        set
    }
}

impl Index<&str> for Drawn<'_> {
    type Output = NodeIndex;

    fn index(&self, name: &str) -> &NodeIndex {
        &self.nodes[self.sketch.position(name)]
    }
}

/// Where the object of that number lies.
pub(crate) fn address(position: usize) -> u64 {
    0x10_0000 + 16 * position as u64
}

/// The type `module.name`, which is no node.
pub(crate) fn heap_type(full_name: &str) -> HeapType {
    let (module, name) = match full_name.rsplit_once('.') {
        Some((module, name)) => (Some(module.to_owned()), name),
        None => (None, full_name),
    };
    HeapType {
        name: name.into(),
        module,
        node: None,
        is_heap_type: false,
    }
}

/// A graph too large to draw, all its nodes of one type.
pub(crate) fn large(
    node_count: usize,
    edges: impl IntoIterator<Item = (usize, usize)>,
) -> HeapGraph {
    let mut builder = HeapGraphBuilder::default();
    let type_index = builder.add_type(heap_type("builtins.object"));
    let record = NodeRecord {
        type_index,
        ..NodeRecord::default()
    };
    let nodes: Vec<NodeIndex> = (0..node_count)
        .map(|position| builder.node_for_address(address(position)).unwrap())
        .collect();
    let mut finished = 0;
    for (holder, held) in edges {
        while finished < holder {
            builder.finish_node(record);
            finished += 1;
        }
        builder.add_edge(nodes[held]);
    }
    for _ in finished..node_count {
        builder.finish_node(record);
    }
    builder.build().unwrap()
}
