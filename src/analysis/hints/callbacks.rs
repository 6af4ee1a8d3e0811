//! Registries of callables that keep objects.

use indexmap::{IndexMap, IndexSet};

use super::heap::Heap;
use super::{Finding, HintKind, MANY};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex, TypeIndex};

const CONTAINERS: [&str; 3] = ["builtins.list", "builtins.set", "collections.deque"];

/// The containers that keep many objects of one type, each by a callable that refers to it.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Finding> {
    let graph = heap.graph();
    let callables = Callables::new(heap);
    let is_container = heap.named(&CONTAINERS);
    let containers = graph.nodes().filter(|&node| {
        let flags = graph.flags(node);
        let is_dict = flags.contains(NodeFlags::DICT);
        graph.referents(node).len() >= MANY
            && (is_dict || is_container[graph.type_index(node).index()])
            && !flags.contains(NodeFlags::MODULE_NAMESPACE)
    });
    let finding = |container| {
        let nodes = callables.kept_by(container);
        Some(Finding {
            kind: HintKind::Callbacks,
            holder: container,
            kept: heap.kept(&nodes)?,
        })
    };
    containers.filter_map(finding).collect()
}

/// The callables that refer to objects, by their types.
struct Callables<'a, 'h> {
    heap: &'a Heap<'h>,
    functions: Vec<bool>,
    methods: Vec<bool>,
    partials: Vec<bool>,
}

impl<'a, 'h> Callables<'a, 'h> {
    fn new(heap: &'a Heap<'h>) -> Self {
        Self {
            heap,
            functions: heap.named(&["builtins.function"]),
            methods: heap.named(&["builtins.method"]),
            partials: heap.named(&["functools.partial"]),
        }
    }

    fn is(&self, types: &[bool], node: NodeIndex) -> bool {
        types[self.heap.graph().type_index(node).index()]
    }

    fn is_callable(&self, node: NodeIndex) -> bool {
        let kinds = [&self.functions, &self.methods, &self.partials];
        kinds.into_iter().any(|types| self.is(types, node))
    }

    /// The objects of one type that `container` keeps by callables; none if they are few.
    fn kept_by(&self, container: NodeIndex) -> Vec<NodeIndex> {
        let graph = self.heap.graph();
        let mut kept: IndexMap<TypeIndex, IndexSet<NodeIndex>> = IndexMap::new();
        let callables = graph.referents(container).iter();
        for &callable in callables.filter(|&&node| self.is_callable(node)) {
            for node in self.objects_of(callable) {
                if self.heap.tree.dominates(container, node) {
                    kept.entry(graph.type_index(node)).or_default().insert(node);
                }
            }
        }
        let most = kept
            .into_iter()
            .max_by_key(|(ty, nodes)| (nodes.len(), *ty));
        let most = most.filter(|(_, nodes)| nodes.len() >= MANY);
        most.map_or_else(Vec::new, |(_, nodes)| nodes.into_iter().collect())
    }

    /// What a callable refers to besides the program: `self`, variables of a closure, arguments.
    fn objects_of(&self, callable: NodeIndex) -> Vec<NodeIndex> {
        let graph = self.heap.graph();
        let held = |node, name: &str| self.heap.held(node, &EdgeLabel::attribute(name));
        let mut objects = Vec::new();
        let mut next = vec![callable];
        while let Some(node) = next.pop() {
            if self.is(&self.methods, node) {
                objects.extend(held(node, "__self__"));
            } else if self.is(&self.functions, node) {
                let cells =
                    held(node, "__closure__").map_or(&[][..], |cells| graph.referents(cells));
                objects.extend(cells.iter().filter_map(|&cell| held(cell, "cell_contents")));
            } else {
                let arguments = held(node, "args").map_or(&[][..], |args| graph.referents(args));
                objects.extend(arguments);
                next.extend(held(node, "func").filter(|&inner| self.is_callable(inner)));
            }
        }
        objects.retain(|&node| {
            let flags = graph.flags(node);
            let is_program = [NodeFlags::TYPE, NodeFlags::MODULE].map(|flag| flags.contains(flag));
            !is_program.contains(&true) && !self.is_callable(node)
        });
        objects
    }
}
