//! The names of all references at once, for a snapshot.
//!
//! The labels are those that [`Describer::labels`] gives, found by a faster way: what has to be
//! looked up is looked up once for each type, and most references are named without asking
//! their holder. What has no place here is left to it.

mod fields;
mod plan;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::ffi::{self, Object};
use super::super::functions::FunctionField;
use super::super::known_types::Known;
use super::Describer;
use super::spelling::{spell, spell_call};
use crate::graph::{EdgeName, EdgeNames, NodeIndex, TextIndex};
use crate::process::{TooLittleMemory, filled, grow};

use plan::{Plan, Way};

/// Names every reference of the heap of `describer`.
///
/// O(nodes + edges) time, plus the searches that [`Describer`] makes for a few instances of each
/// class. 8 bytes a node while it works.
///
/// # Errors
///
/// If there is no memory for them.
pub(super) fn name_all(describer: &Describer<'_, '_>) -> Result<EdgeNames, TooLittleMemory> {
    let graph = describer.graph;
    let mut namer = Namer {
        describer,
        names: EdgeNames::default(),
        plans: graph.types().iter().map(|_| None).collect(),
        key_texts: filled(None, graph.node_count())?,
        attribute_texts: FxHashMap::default(),
        closures: Vec::new(),
        caches: FxHashSet::default(),
        variables: FxHashMap::default(),
        labels: Vec::new(),
    };
    namer.names.reserve(graph.edge_count())?;
    namer.find_closures()?;
    namer.find_caches();
    for node in graph.nodes() {
        namer.name(node);
        namer.names.check()?;
    }
    Ok(namer.names)
}

struct Namer<'a, 'py, 'g> {
    describer: &'a Describer<'py, 'g>,
    names: EdgeNames,
    /// By type; in boxes, as each is taken out and put back for every object.
    plans: Vec<Option<Box<Plan<'py>>>>,
    /// How each node is spelled as a key, once it was one.
    key_texts: Vec<Option<TextIndex>>,
    /// The texts of names of attributes, by the addresses of the names.
    attribute_texts: FxHashMap<u64, TextIndex>,
    /// The tuples that are closures, in their order, each with the first function that has it.
    closures: Vec<(NodeIndex, NodeIndex)>,
    /// The dicts in which cached functions have their results.
    caches: FxHashSet<NodeIndex>,
    /// The variables of the code of such functions.
    variables: FxHashMap<Object, Vec<TextIndex>>,
    /// The labels of the node at work.
    labels: Vec<Option<EdgeName>>,
}

impl Namer<'_, '_, '_> {
    /// Notes which tuples are closures, before the tuples are met.
    fn find_closures(&mut self) -> Result<(), TooLittleMemory> {
        let types = self.describer.types;
        let graph = self.describer.graph;
        let is_function = types.which(graph, |known| known == Known::Function);
        let functions = graph
            .nodes()
            .filter(|&node| is_function[graph.type_index(node).index()]);
        for node in functions {
            let Some(function) = self.object(node) else {
                continue;
            };
            let Some(closure) = types.function_field(function, FunctionField::Closure) else {
                continue;
            };
            if let Some(tuple) = graph.node_at(closure.address()) {
                if self.closures.len() == self.closures.capacity() {
                    grow(&mut self.closures, graph.node_count())?;
                }
                self.closures.push((tuple, node));
            }
        }
        self.closures.sort_unstable();
        self.closures.dedup_by_key(|(tuple, _)| *tuple);
        Ok(())
    }

    /// Notes which dicts have results of cached functions, before the dicts are met.
    fn find_caches(&mut self) {
        let graph = self.describer.graph;
        let is_cache = (self.describer.types).which(graph, |known| known == Known::LruCache);
        let caches = graph
            .nodes()
            .filter(|&node| is_cache[graph.type_index(node).index()]);
        let describer = self.describer;
        let results = caches.flat_map(|cache| {
            let parts = graph.referents(cache).iter().copied();
            parts.filter(move |&part| describer.is_dict_of_cache(part, cache))
        });
        self.caches = results.collect();
    }

    /// The variables of a tuple that is a closure.
    fn variables_of_closure(&mut self, tuple: NodeIndex) -> &[TextIndex] {
        let known = (self.closures).binary_search_by_key(&tuple, |&(tuple, _)| tuple);
        let function = known.ok().map(|position| self.closures[position].1);
        let types = self.describer.types;
        let function = function.and_then(|function| self.object(function));
        let code =
            function.and_then(|function| types.function_field(function, FunctionField::Code));
        let Some(code) = code else {
            return &[];
        };
        let names = &mut self.names;
        self.variables.entry(code).or_insert_with(|| {
            let variables = types.free_variables(code);
            variables.iter().map(|name| names.text(name)).collect()
        })
    }

    fn name(&mut self, node: NodeIndex) {
        let graph = self.describer.graph;
        if graph.referents(node).is_empty() {
            return;
        }
        if !self.describer.hidden.is_empty() && self.describer.hidden.contains_key(&node) {
            return self.describe(node);
        }
        let types = self.describer.types;
        let ty = graph.type_index(node);
        let Some(object) = self.object(node) else {
            return self.describe(node);
        };
        let known = self.plans[ty.index()].take();
        let mut plan = known
            .unwrap_or_else(|| Box::new(Plan::new(self.describer, &mut self.names, node, object)));
        match plan.way {
            Way::Dict => self.name_entries(node, graph.referents(node).len()),
            Way::DictSubclass => {
                let entries = 0..self.describer.count_of_entry_parts(object, node);
                self.name_with_fields(node, object, &mut plan, entries, |namer, entries| {
                    namer.name_entries(node, entries.end);
                });
            }
            Way::Sequence if types.layout.has_last_item_first() => {
                self.name_full_sequence(node, object);
            }
            Way::SequenceSubclass => match self.describer.places_of_items(object, node) {
                Some(items) => {
                    self.name_with_fields(node, object, &mut plan, items, |namer, items| {
                        namer.name_items(node, items.len());
                    });
                }
                None => self.describe(node),
            },
            Way::Set => {
                for _ in graph.referents(node) {
                    self.names.push(EdgeName::SetElement);
                }
            }
            Way::Code if graph.referents(node).len() >= plan.fields.len() => {
                for (_, text) in &plan.fields {
                    self.names.push(EdgeName::Attribute(*text));
                }
                for &variables in &graph.referents(node)[plan.fields.len()..] {
                    let label = self.describer.leftover(plan.leftover, node, variables, 0);
                    self.names.push_label(&label);
                }
            }
            Way::Fields => self.name_with_fields(node, object, &mut plan, 0..0, |_, _| {}),
            Way::Numpy => self.name_parts_of_numpy(node, object, &plan),
            Way::Code | Way::Sequence | Way::Described => self.describe(node),
        }
        self.plans[ty.index()] = Some(plan);
    }

    /// Names the first `count` referents, keys and values in turn.
    fn name_entries(&mut self, node: NodeIndex, count: usize) {
        let graph = self.describer.graph;
        let of_calls = self.caches.contains(&node);
        for entry in graph.referents(node)[..count].chunks(2) {
            let key = entry[0];
            let text = match self.key_texts[key.index()] {
                _ if of_calls => self.spell_call(key),
                Some(text) => text,
                None => self.spell_key(key, entry.get(1).copied()),
            };
            self.names.push(EdgeName::KeyObject(text));
            if entry.len() == 2 {
                self.names.push(EdgeName::Key(text));
            }
        }
    }

    /// Names what an object of a type of numpy's own holds, in the order in which it is read.
    fn name_parts_of_numpy(&mut self, node: NodeIndex, object: Object, plan: &Plan<'_>) {
        let Describer { graph, types, .. } = self.describer;
        let parts = plan
            .numpy
            .as_ref()
            .map(|fields| fields.named(types, object));
        let mut parts = parts.unwrap_or_default();
        parts.truncate(graph.referents(node).len());
        let addresses = parts.iter().map(|(held, _)| held.address());
        let held = graph
            .referents(node)
            .iter()
            .map(|&held| graph.address(held));
        if addresses.eq(held) {
            for (_, label) in &parts {
                self.names.push_label(label);
            }
        } else {
            self.describe(node);
        }
    }

    fn spell_call(&mut self, key: NodeIndex) -> TextIndex {
        let types = self.describer.types;
        let spelled = self.object(key).map(|key| spell_call(types, key));
        self.names.text(&spelled.unwrap_or_default())
    }

    fn spell_key(&mut self, key: NodeIndex, value: Option<NodeIndex>) -> TextIndex {
        let types = self.describer.types;
        let value = value.and_then(|value| self.object(value));
        let finalizer = (self.object(key).zip(value))
            .and_then(|(key, value)| self.describer.finalizer(key, value));
        if let Some(finalizer) = finalizer {
            return self.names.text(&finalizer);
        }
        let spelled = self
            .object(key)
            .map(|key| spell(types, &key.lent(types.py)));
        let text = self.names.text(&spelled.unwrap_or_default());
        self.key_texts[key.index()] = Some(text);
        text
    }

    /// Names the items of a list or tuple that holds nothing else.
    fn name_full_sequence(&mut self, node: NodeIndex, object: Object) {
        let count = self.describer.graph.referents(node).len();
        if ffi::item_count(object) == count as u64 {
            self.name_items(node, count);
        } else {
            // Half built: some places are empty.
            self.describe(node);
        }
    }

    /// Names the items of a list or tuple. Both are traversed from the last to the first.
    fn name_items(&mut self, node: NodeIndex, count: usize) {
        let named = self.variables_of_closure(node).len().min(count);
        for position in (named..count).rev() {
            self.names.push(EdgeName::Index(position));
        }
        for position in (0..named).rev() {
            let variable = self.variables_of_closure(node)[position];
            self.names.push(EdgeName::Closure(variable));
        }
    }

    /// Names the references of a node one by one.
    fn describe(&mut self, node: NodeIndex) {
        match self.describer.labels(node) {
            Ok(labels) => labels
                .iter()
                .for_each(|label| self.names.push_label(&label)),
            Err(refused) => self.names.refuse(refused),
        }
    }

    fn object(&self, node: NodeIndex) -> Option<Object> {
        ffi::object_at(self.describer.graph.address(node))
    }
}
