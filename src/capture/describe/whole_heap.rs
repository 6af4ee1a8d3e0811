//! The names of all references at once, for a snapshot.
//!
//! The labels are those that [`Describer::labels`] gives, found by a faster way: what has to be
//! looked up is looked up once for each type, and most references are named without asking
//! their holder. What has no place here is left to it.

use pyo3::prelude::*;
use pyo3::types::PyString;
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::interned::intern;
use super::super::introspection::{code_names, text};
use super::Describer;
use super::leftover::Leftover;
use super::members::Field;
use super::spelling::spell;
use crate::graph::{EdgeLabel, EdgeName, EdgeNames, NodeFlags, NodeIndex, TextIndex};

/// Instances of one class whose attributes are searched for with more names than those that
/// served for the ones before.
const SEARCHES_A_CLASS: usize = 8;
/// Suspended functions whose locals are named: that leaves each a frame object until it ends.
const MOST_SUSPENDED: usize = 10_000;

/// How the references of the instances of a type are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Keys and values in turn.
    Dict,
    /// Keys and values in turn, then fields.
    DictSubclass,
    /// By position.
    Sequence,
    /// All alike.
    Set,
    /// By the members of code objects, in their order.
    Code,
    /// By the fields of its classes and, from 3.11, attributes under the instance itself.
    Fields,
    /// As [`Describer::labels`] does: rare, or different for every instance.
    Described,
    /// As described, but not more than [`MOST_SUSPENDED`].
    Suspended,
}

/// What is known of a type.
struct Plan<'py> {
    way: Way,
    fields: Vec<(Field<'py>, TextIndex)>,
    /// Attributes found under instances so far.
    attributes: Vec<Attribute<'py>>,
    leftover: Leftover,
    searches_left: usize,
    class: Option<NodeIndex>,
}

/// An attribute that instances of a class have under themselves.
struct Attribute<'py> {
    name: Bound<'py, PyAny>,
    text: TextIndex,
    /// What the class holds under the same name: where an instance has the same value, it may be
    /// that of the class.
    on_class: Option<Object>,
}

/// Names every reference of the heap of `describer`.
///
/// O(nodes + edges) time, plus the searches that [`Describer`] makes for a few instances of each
/// class. 8 bytes a node while it works.
pub(super) fn name_all(describer: &Describer<'_, '_>) -> EdgeNames {
    let graph = describer.graph;
    let mut namer = Namer {
        describer,
        names: EdgeNames::default(),
        plans: graph.types().iter().map(|_| None).collect(),
        key_texts: vec![None; graph.node_count()],
        closures: FxHashMap::default(),
        suspended_left: MOST_SUSPENDED,
        labels: Vec::new(),
    };
    namer.names.reserve(graph.edge_count());
    namer.find_closures();
    for node in graph.nodes() {
        namer.name(node);
    }
    namer.names
}

struct Namer<'a, 'py, 'g> {
    describer: &'a Describer<'py, 'g>,
    names: EdgeNames,
    /// By type.
    plans: Vec<Option<Plan<'py>>>,
    /// How each node is spelled as a key, once it was one.
    key_texts: Vec<Option<TextIndex>>,
    /// The variables of the tuples that are closures.
    closures: FxHashMap<NodeIndex, Vec<TextIndex>>,
    suspended_left: usize,
    /// The labels of the node at work.
    labels: Vec<Option<EdgeName>>,
}

impl<'py> Namer<'_, 'py, '_> {
    /// Notes which tuples are closures, before the tuples are met.
    fn find_closures(&mut self) {
        let types = self.describer.types;
        let graph = self.describer.graph;
        let is_function: Vec<bool> = graph
            .types()
            .iter()
            .map(|(_, ty)| !ty.is_heap_type && ty.full_name() == "builtins.function")
            .collect();
        for node in graph
            .nodes()
            .filter(|&n| is_function[graph.type_index(n).index()])
        {
            let Some(function) = self.object(node) else {
                continue;
            };
            let function = function.bound(types.py);
            let closure = function.getattr(intern!(types.py, "__closure__"));
            let Some(closure) = closure.ok().filter(|closure| !closure.is_none()) else {
                continue;
            };
            let code = function.getattr(intern!(types.py, "__code__")).ok();
            let names = code.and_then(|code| code_names(&code, "co_freevars"));
            if let Some(tuple) = graph.node_at(Object::from_bound(&closure).address()) {
                let names = names.unwrap_or_default();
                let texts = names.iter().map(|name| self.names.text(name)).collect();
                self.closures.entry(tuple).or_insert(texts);
            }
        }
    }

    fn name(&mut self, node: NodeIndex) {
        let graph = self.describer.graph;
        if graph.referents(node).is_empty() {
            return;
        }
        let ty = graph.type_index(node);
        let Some(object) = self.object(node) else {
            return self.describe(node);
        };
        let known = self.plans[ty.index()].take();
        let mut plan = known.unwrap_or_else(|| self.plan(node, object));
        match plan.way {
            Way::Dict => self.name_entries(node, graph.referents(node).len()),
            Way::DictSubclass => {
                // An audit hook of the program may have added entries since.
                let referents = graph.referents(node).len();
                let entries = (2 * ffi::dict_entries(object).count()).min(referents);
                self.name_entries(node, entries);
                self.name_fields(node, object, &mut plan, entries);
            }
            Way::Sequence => self.name_items(node, object),
            Way::Set => {
                for _ in graph.referents(node) {
                    self.names.push(EdgeName::SetElement);
                }
            }
            Way::Code if graph.referents(node).len() == plan.fields.len() => {
                for (_, text) in &plan.fields {
                    self.names.push(EdgeName::Attribute(*text));
                }
            }
            Way::Fields => self.name_fields(node, object, &mut plan, 0),
            Way::Suspended if self.suspended_left == 0 => {
                self.name_fields(node, object, &mut plan, 0);
            }
            Way::Suspended => {
                self.suspended_left -= 1;
                self.describe(node);
            }
            Way::Code | Way::Described => self.describe(node),
        }
        self.plans[ty.index()] = Some(plan);
    }

    /// Works out how the instances of the type of `node` are named.
    fn plan(&mut self, node: NodeIndex, object: Object) -> Plan<'py> {
        let types = self.describer.types;
        let graph = self.describer.graph;
        let ty = graph.type_of(node);
        let class = object.type_object();
        let way = if ty.is_heap_type {
            if class.type_flags().is_dict_subclass() {
                Way::DictSubclass
            } else if is_described(graph.flags(node), class) {
                Way::Described
            } else {
                Way::Fields
            }
        } else {
            match ty.full_name().as_ref() {
                "builtins.dict" => Way::Dict,
                "builtins.list" | "builtins.tuple" => Way::Sequence,
                "builtins.set" | "builtins.frozenset" => Way::Set,
                "builtins.code" => Way::Code,
                "builtins.generator" | "builtins.coroutine" | "builtins.async_generator" => {
                    Way::Suspended
                }
                name if name.starts_with("builtins.hamt") => Way::Described,
                "_contextvars.Context" => Way::Described,
                _ if class.type_flags().is_dict_subclass() => Way::DictSubclass,
                _ if is_described(graph.flags(node), class) => Way::Described,
                _ => Way::Fields,
            }
        };
        let fields = if way == Way::Code {
            self.describer.code_fields()
        } else {
            self.describer.fields(&class.bound(types.py))
        };
        let with_text = |field: Field<'py>| {
            let text = self.names.text(&field.name);
            (field, text)
        };
        Plan {
            way,
            fields: fields.into_iter().map(with_text).collect(),
            attributes: Vec::new(),
            leftover: self.describer.leftover_rule(node),
            searches_left: SEARCHES_A_CLASS,
            class: ty.node,
        }
    }

    /// Names the first `count` referents, keys and values in turn.
    fn name_entries(&mut self, node: NodeIndex, count: usize) {
        let graph = self.describer.graph;
        for entry in graph.referents(node)[..count].chunks(2) {
            let key = entry[0];
            let text = match self.key_texts[key.index()] {
                Some(text) => text,
                None => self.spell_key(key),
            };
            self.names.push(EdgeName::KeyObject(text));
            if entry.len() == 2 {
                self.names.push(EdgeName::Key(text));
            }
        }
    }

    fn spell_key(&mut self, key: NodeIndex) -> TextIndex {
        let types = self.describer.types;
        let spelled = self
            .object(key)
            .map(|key| spell(types, &key.bound(types.py)));
        let text = self.names.text(&spelled.unwrap_or_default());
        self.key_texts[key.index()] = Some(text);
        text
    }

    /// Names the items of a list or tuple. Both are traversed from the last to the first.
    fn name_items(&mut self, node: NodeIndex, object: Object) {
        let count = self.describer.graph.referents(node).len();
        let is_full = ffi::item_count(object) == count as u64;
        if !is_full {
            // Half built: some places are empty.
            return self.describe(node);
        }
        let variables = self.closures.get(&node);
        for position in (0..count).rev() {
            let name = match variables.and_then(|variables| variables.get(position)) {
                Some(&variable) => EdgeName::Closure(variable),
                None => EdgeName::Index(position),
            };
            self.names.push(name);
        }
    }

    /// Names the referents from `start` on by the fields of the classes and by attributes.
    fn name_fields(&mut self, node: NodeIndex, object: Object, plan: &mut Plan<'py>, start: usize) {
        let graph = self.describer.graph;
        let referents = &graph.referents(node)[start..];
        self.labels.clear();
        self.labels.resize(referents.len(), None);
        let bound = object.bound(self.describer.types.py);
        for (field, text) in &plan.fields {
            if let Some(value) = field.read(&bound) {
                let value = Object::from_bound(&value);
                self.take(referents, value, EdgeName::Attribute(*text));
            }
        }
        if plan.leftover != Leftover::Attribute || !self.has_unnamed(referents, plan.class) {
            // Nothing is left to look for.
        } else if let Some(dict) = self.describer.dict_of(object) {
            for (key, value) in self.describer.entries_beside(dict) {
                let name = self.names.text(&text(&key).unwrap_or_default());
                self.take(referents, value, EdgeName::Attribute(name));
            }
        } else {
            self.take_attributes(referents, &bound, plan);
            if plan.searches_left > 0 && self.has_unnamed(referents, plan.class) {
                plan.searches_left -= 1;
                self.search(node, object, plan);
                self.take_attributes(referents, &bound, plan);
            }
        }
        let mut leftover_count = 0;
        for (position, &target) in referents.iter().enumerate() {
            if let Some(name) = self.labels[position] {
                self.names.push(name);
                continue;
            }
            let label = self
                .describer
                .leftover(plan.leftover, node, target, leftover_count);
            leftover_count += usize::from(matches!(label, EdgeLabel::Index(_)));
            self.names.push_label(&label);
        }
    }

    /// Gives the first reference to `value` without a name this one.
    fn take(&mut self, referents: &[NodeIndex], value: Object, name: EdgeName) -> bool {
        let graph = self.describer.graph;
        let address = value.address();
        let is_it = |&position: &usize| {
            self.labels[position].is_none() && graph.address(referents[position]) == address
        };
        let found = (0..referents.len()).find(is_it);
        if let Some(position) = found {
            self.labels[position] = Some(name);
        }
        found.is_some()
    }

    fn has_unnamed(&self, referents: &[NodeIndex], class: Option<NodeIndex>) -> bool {
        let is_unnamed = |(label, &target): (&Option<EdgeName>, &NodeIndex)| {
            label.is_none() && Some(target) != class
        };
        self.labels.iter().zip(referents).any(is_unnamed)
    }

    /// Names what hangs under the instance by the attributes that its class is known to give.
    fn take_attributes(
        &mut self,
        referents: &[NodeIndex],
        object: &Bound<'py, PyAny>,
        plan: &Plan<'py>,
    ) {
        // Where the class has the same value, the instance may have none of its own: those last.
        for is_certain in [true, false] {
            for attribute in &plan.attributes {
                let name = EdgeName::Attribute(attribute.text);
                if self.labels.contains(&Some(name)) {
                    continue;
                }
                let Some(value) = ffi::generic_attribute(object, &attribute.name) else {
                    continue;
                };
                let value = Object::from_bound(&value);
                if is_certain != (attribute.on_class == Some(value)) {
                    self.take(referents, value, name);
                }
            }
            if !self.has_unnamed(referents, plan.class) {
                return;
            }
        }
    }

    /// Searches for the attributes of one instance and adds them to what is known of its class.
    fn search(&mut self, node: NodeIndex, object: Object, plan: &mut Plan<'py>) {
        let labels = self.describer.labels(node);
        let class = object.type_object();
        let on_classes = self
            .describer
            .on_classes(&class.bound(self.describer.types.py));
        let on_classes = on_classes.unwrap_or_default();
        for name in self.describer.class_names(class) {
            let Some(spelled) = text(&name) else {
                continue;
            };
            let label = EdgeLabel::Attribute(spelled.clone());
            let index = self.names.text(&spelled);
            let on_class = on_classes.get(&spelled).copied();
            let is_known = plan.attributes.iter().any(|known| known.text == index);
            let is_readable = name.is_exact_instance_of::<PyString>()
                && on_class.is_none_or(|found| {
                    self.describer
                        .may_be_hidden(&found.bound(self.describer.types.py))
                });
            if !is_known && is_readable && labels.contains(&label) {
                plan.attributes.push(Attribute {
                    name,
                    text: index,
                    on_class,
                });
            }
        }
    }

    /// Names the references of a node one by one.
    fn describe(&mut self, node: NodeIndex) {
        for label in self.describer.labels(node) {
            self.names.push_label(&label);
        }
    }

    fn object(&self, node: NodeIndex) -> Option<Object> {
        ffi::object_at(self.describer.graph.address(node))
    }
}

/// True for what is rare, and different for every instance: classes, modules and frames, and
/// classes derived from `list` and `tuple`.
fn is_described(flags: NodeFlags, class: Object) -> bool {
    let is_container =
        class.type_flags().is_list_subclass() || class.type_flags().is_tuple_subclass();
    is_container
        || [NodeFlags::TYPE, NodeFlags::MODULE, NodeFlags::FRAME]
            .into_iter()
            .any(|kind| flags.contains(kind))
}
