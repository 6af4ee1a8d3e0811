//! What the hints ask of a heap.

use rustc_hash::FxHashMap;

use super::Kept;
use crate::analysis::{DominatorTree, Tally};
use crate::graph::{EdgeLabel, HeapGraph, NodeFlags, NodeIndex, Root, RootKind, TypeIndex};
use crate::snapshot::HeapSnapshot;

pub(super) struct Heap<'h> {
    pub(super) snapshot: &'h HeapSnapshot,
    pub(super) tree: &'h DominatorTree,
}

impl<'h> Heap<'h> {
    pub(super) fn graph(&self) -> &'h HeapGraph {
        self.snapshot.graph()
    }

    /// All that is alive and has one of the types, which are given by index, in capture order.
    pub(super) fn of_types(&self, is_meant: Vec<bool>) -> impl Iterator<Item = NodeIndex> {
        let graph = self.graph();
        let nodes = graph.nodes();
        nodes.filter(move |&node| {
            is_meant[graph.type_index(node).index()] && self.tree.retained(node).is_some()
        })
    }

    /// The types that these full names mean, by index.
    pub(super) fn named(&self, names: &[&str]) -> Vec<bool> {
        let types = self.graph().types();
        types.which(|ty| names.iter().any(|name| ty.is_genuine(name)))
    }

    /// The types that are a class of a module or derived from it, by index.
    pub(super) fn derived_from(&self, module: &str, class: &str) -> Vec<bool> {
        let is_module = |root: &&Root| root.kind == RootKind::Module && root.name == module;
        let module = self.snapshot.roots().iter().find(is_module);
        let class = module.and_then(|root| self.attribute(root.node, class));
        match class {
            Some(class) => self.subclasses(class),
            None => vec![false; self.graph().types().len()],
        }
    }

    /// The types that are `class` or derived from it, by index.
    pub(super) fn subclasses(&self, class: NodeIndex) -> Vec<bool> {
        let graph = self.graph();
        let mro = EdgeLabel::attribute("__mro__");
        graph.types().which(|ty| {
            let Some(node) = ty.node else {
                return false;
            };
            let mro = self.held(node, &mro);
            node == class || mro.is_some_and(|mro| graph.referents(mro).contains(&class))
        })
    }

    /// What `holder` refers to under a name.
    pub(super) fn held(&self, holder: NodeIndex, name: &EdgeLabel) -> Option<NodeIndex> {
        let graph = self.graph();
        let positions = graph.edge_positions(holder);
        let mut references = positions.zip(graph.referents(holder));
        let found = references.find(|&(position, _)| self.snapshot.label(position) == *name);
        found.map(|(_, &held)| held)
    }

    /// An attribute of an instance or a module, which may be in its namespace.
    pub(super) fn attribute(&self, instance: NodeIndex, name: &str) -> Option<NodeIndex> {
        let direct = self.held(instance, &EdgeLabel::attribute(name));
        direct.or_else(|| {
            let namespace = self.held(instance, &EdgeLabel::attribute("__dict__"))?;
            self.held(namespace, &EdgeLabel::Key(format!("'{name}'")))
        })
    }

    /// The keys and values of a dict; nothing for another object.
    pub(super) fn entries(&self, dict: NodeIndex) -> impl Iterator<Item = (NodeIndex, NodeIndex)> {
        let graph = self.graph();
        let is_dict = graph.flags(dict).contains(NodeFlags::DICT);
        let referents = if is_dict { graph.referents(dict) } else { &[] };
        referents.chunks_exact(2).map(|entry| (entry[0], entry[1]))
    }

    pub(super) fn is_class(&self, node: NodeIndex) -> bool {
        self.graph().flags(node).contains(NodeFlags::TYPE)
    }

    /// What goes with `nodes`, none of which dominates another; `None` if there are none.
    pub(super) fn kept(&self, nodes: &[NodeIndex]) -> Option<Kept> {
        let graph = self.graph();
        let mut counts: FxHashMap<TypeIndex, usize> = FxHashMap::default();
        let mut retained = Tally::default();
        for &node in nodes {
            *counts.entry(graph.type_index(node)).or_default() += 1;
            retained.add(self.tree.retained(node).unwrap_or_default());
        }
        let (most, _) = counts.into_iter().max_by_key(|&(ty, count)| (count, ty))?;
        Some(Kept {
            type_name: graph.types()[most].full_name().into_owned(),
            count: nodes.len() as u64,
            retained,
        })
    }
}
