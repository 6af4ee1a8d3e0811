//! Heaps written down object by object, with sizes and with a name for each reference.

#[cfg(feature = "cli")]
use std::time::{Duration, SystemTime};

use heapgraph::graph::{
    EdgeLabel, EdgeNames, HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, NodeRecord, Root,
    RootKind, TypeIndex,
};
use heapgraph::snapshot::{HeapSnapshot, Metadata, NodeTexts, SnapshotParts};

use crate::sketch::{address, heap_type};

/// Objects by number. The first is the module `app`, which has 1 as its namespace.
pub(crate) struct WrittenHeap {
    objects: Vec<Object>,
    roots: Vec<Root>,
    /// Types, and the objects that are their classes.
    classes: Vec<(&'static str, usize)>,
    static_types: Vec<&'static str>,
    metadata: Metadata,
}

struct Object {
    type_name: &'static str,
    size: u64,
    flags: NodeFlags,
    name: Option<String>,
    held_from_outside: Option<u32>,
    references: Vec<(EdgeLabel, usize)>,
}

impl WrittenHeap {
    pub(crate) fn new() -> Self {
        let mut heap = Self {
            objects: Vec::new(),
            roots: Vec::new(),
            classes: Vec::new(),
            static_types: Vec::new(),
            metadata: Metadata::default(),
        };
        assert_eq!(heap.module("app"), 1);
        heap
    }

    /// A module and its namespace, which is returned; each has 50 bytes.
    pub(crate) fn module(&mut self, name: &str) -> usize {
        let module = self.add("builtins.module", 50);
        self.flag(module, NodeFlags::MODULE.with(NodeFlags::PROPER_MODULE));
        self.name(module, name);
        self.root(module, RootKind::Module, name);
        let namespace = self.add("builtins.dict", 50);
        self.flag(namespace, NodeFlags::DICT.with(NodeFlags::MODULE_NAMESPACE));
        self.refer(module, EdgeLabel::attribute("__dict__"), namespace);
        namespace
    }

    pub(crate) fn add(&mut self, type_name: &'static str, size: u64) -> usize {
        self.objects.push(Object {
            type_name,
            size,
            flags: NodeFlags::default(),
            name: None,
            held_from_outside: None,
            references: Vec::new(),
        });
        self.objects.len() - 1
    }

    /// A new object that the module `app` has under a name.
    pub(crate) fn global(&mut self, name: &str, type_name: &'static str, size: u64) -> usize {
        let node = self.add(type_name, size);
        self.refer(1, key(name), node);
        node
    }

    /// A new object that another refers to.
    pub(crate) fn held(
        &mut self,
        holder: usize,
        label: EdgeLabel,
        type_name: &'static str,
        size: u64,
    ) -> usize {
        let node = self.add(type_name, size);
        self.refer(holder, label, node);
        node
    }

    pub(crate) fn refer(&mut self, holder: usize, label: EdgeLabel, held: usize) {
        self.objects[holder].references.push((label, held));
    }

    /// Takes all references of an object away.
    pub(crate) fn take_references(&mut self, holder: usize) -> Vec<(EdgeLabel, usize)> {
        std::mem::take(&mut self.objects[holder].references)
    }

    /// Takes down what a capture of this heap could not see.
    pub(crate) fn unseen(&mut self, what: &str) {
        self.metadata.unseen.push(what.into());
    }

    /// Takes down that a process has saved it: its first heap and this one so many seconds after 1970.
    #[cfg(feature = "cli")]
    pub(crate) fn saved_by(&mut self, pid: u32, first: Option<u64>, seconds: u64) {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        self.metadata.pid = pid;
        self.metadata.first_captured_at = first.map(at);
        self.metadata.captured_at = at(seconds);
    }

    /// Takes down that garbage was collected before.
    pub(crate) fn collected(&mut self) {
        self.metadata.collected = true;
    }

    /// Says that a type has no traverse.
    pub(crate) fn opaque(&mut self, type_name: &str) {
        self.metadata.opaque_types.push(type_name.into());
    }

    /// Gives an object as many references as are written, and more that are not found.
    pub(crate) fn hold_from_outside(&mut self, node: usize, count: u32) {
        self.objects[node].held_from_outside = Some(count);
    }

    fn reference_count(&self, node: usize) -> u32 {
        let Some(outside) = self.objects[node].held_from_outside else {
            return 0;
        };
        let references = self.objects.iter().flat_map(|object| &object.references);
        let found = references.filter(|&&(_, held)| held == node).count();
        outside + u32::try_from(found).unwrap()
    }

    pub(crate) fn resize(&mut self, node: usize, size: u64) {
        self.objects[node].size = size;
    }

    pub(crate) fn flag(&mut self, node: usize, flags: NodeFlags) {
        self.objects[node].flags.insert(flags);
    }

    pub(crate) fn name(&mut self, node: usize, name: &str) {
        self.objects[node].name = Some(name.into());
    }

    pub(crate) fn root(&mut self, node: usize, kind: RootKind, name: &str) {
        self.roots.push(Root {
            node: NodeIndex::new(node),
            kind,
            name: name.into(),
        });
    }

    /// Makes an object the class of all objects of a type.
    pub(crate) fn class(&mut self, node: usize, type_name: &'static str) {
        self.flag(node, NodeFlags::TYPE);
        self.classes.push((type_name, node));
    }

    /// Says that a type was compiled and not made at run time, as those of `builtins` are.
    pub(crate) fn make_static(&mut self, type_name: &'static str) {
        self.static_types.push(type_name);
    }

    pub(crate) fn build(&self) -> HeapSnapshot {
        let mut builder = HeapGraphBuilder::default();
        for number in 0..self.objects.len() {
            builder.node_for_address(address(number)).unwrap();
        }
        let (mut edge_names, mut node_names) = (EdgeNames::default(), NodeTexts::default());
        let mut types: Vec<(&str, TypeIndex)> = Vec::new();
        for (number, object) in self.objects.iter().enumerate() {
            for (label, held) in &object.references {
                edge_names.push_label(label);
                builder.add_edge(NodeIndex::new(*held));
            }
            let known = types.iter().find(|(name, _)| *name == object.type_name);
            let type_index = known.map_or_else(
                || builder.add_type(self.heap_type(object.type_name)),
                |&(_, known)| known,
            );
            if known.is_none() {
                types.push((object.type_name, type_index));
            }
            if let Some(name) = &object.name {
                node_names.push(NodeIndex::new(number), name);
            }
            builder.finish_node(NodeRecord {
                type_index,
                shallow_size: object.size,
                reference_count: self.reference_count(number),
                flags: object.flags,
            });
        }
        HeapSnapshot::new(SnapshotParts {
            graph: builder.build().unwrap(),
            edge_names: Some(edge_names),
            node_names,
            values: NodeTexts::default(),
            roots: self.roots.clone(),
            metadata: self.metadata.clone(),
        })
    }

    fn heap_type(&self, type_name: &str) -> HeapType {
        let class = self.classes.iter().find(|(name, _)| *name == type_name);
        HeapType {
            node: class.map(|&(_, node)| NodeIndex::new(node)),
            is_heap_type: !type_name.starts_with("builtins.")
                && !self.static_types.contains(&type_name),
            ..heap_type(type_name)
        }
    }
}

/// The value under a string in a dict.
pub(crate) fn key(name: &str) -> EdgeLabel {
    EdgeLabel::Key(format!("'{name}'"))
}
