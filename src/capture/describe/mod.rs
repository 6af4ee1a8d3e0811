//! The names of references: `described referents of X`, read by one function for pictures,
//! chains and files alike.
//!
//! Names are read from the live object and matched with the captured references by address. No
//! code of the program runs and no instance dict is made, with one exception that
//! [`attributes`] states.

mod attributes;
mod finalizers;
mod labels;
mod leftover;
mod members;
mod spelling;
mod whole_heap;

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::ops::Range;

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::ffi::{self, CollectorPause, Object};
use super::frames::Frames;
use super::functions::FunctionField;
use super::hidden::HiddenReferences;
use super::introspection::{Introspection, NamedReferent, text};
use super::known_types::Known;
use super::names::suspended_code;
use super::numpy::NumpyFields;
use super::walk::WalkedHeap;
use crate::graph::{EdgeLabel, EdgeNames, HeapGraph, NodeFlags, NodeIndex};

use crate::graph::CONTEXT_VARIABLES;
use crate::process::TooLittleMemory;
use members::Field;
pub(crate) use spelling::spell_atom;
use spelling::{is_context_variable, spell, spell_call};

/// A live referent with the name of the reference.
type Named = (Object, EdgeLabel);

/// How far names of attributes are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Searches {
    /// As far as it takes: for a few objects.
    Thorough,
    /// Not in all code and all strings: for a whole heap.
    Quick,
}

/// Names references of one captured heap while its objects are alive.
///
/// Every object of the heap must be alive: no Python code has run since the capture, or all are held.
/// Reading what is not in a plain container runs audit hooks where there are any, so all are held
/// then.
pub(crate) struct Describer<'py, 'g> {
    graph: &'g HeapGraph,
    types: &'g Introspection<'py>,
    hidden: &'g HiddenReferences,
    frames: &'g Frames<'py>,
    _pause: CollectorPause,
    /// Fields by class, found so far.
    fields_of_classes: RefCell<FxHashMap<Object, Vec<Field<'py>>>>,
    /// Attribute names by class, found so far.
    class_names: RefCell<FxHashMap<Object, Vec<Object>>>,
    /// Names and texts in the code of each file.
    names_by_file: OnceCell<FxHashMap<String, Vec<Object>>>,
    /// Every name that code of the program mentions.
    program_names: OnceCell<Vec<Object>>,
    /// Some dicts that instances of each class hold, by the address of the class.
    dicts_of_instances: OnceCell<FxHashMap<u64, Vec<NodeIndex>>>,
    /// Classes of which one instance was made to have a dict, with its keys.
    sampled: RefCell<FxHashMap<Object, Vec<Object>>>,
    searches: Searches,
}

impl<'py, 'g> Describer<'py, 'g> {
    pub(crate) fn new(
        types: &'g Introspection<'py>,
        heap: &'g WalkedHeap<'py>,
        searches: Searches,
    ) -> Self {
        Self {
            graph: &heap.graph,
            types,
            hidden: &heap.hidden,
            frames: &heap.frames,
            _pause: CollectorPause::new(types.py),
            fields_of_classes: RefCell::default(),
            class_names: RefCell::default(),
            names_by_file: OnceCell::new(),
            program_names: OnceCell::new(),
            dicts_of_instances: OnceCell::new(),
            sampled: RefCell::default(),
            searches,
        }
    }

    /// The names of all references of the heap.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub(crate) fn name_all(&self) -> Result<EdgeNames, TooLittleMemory> {
        whole_heap::name_all(self)
    }

    /// The labels of what an object holds besides what stands at `places` among its referents.
    fn others(&self, object: Object, node: NodeIndex, places: &Range<usize>) -> Vec<EdgeLabel> {
        let referents = self.graph.referents(node);
        let others: Vec<NodeIndex> =
            [&referents[..places.start], &referents[places.end..]].concat();
        if others.is_empty() {
            return Vec::new();
        }
        let mut pool = Pool::default();
        pool.extend(self.hidden(node));
        if places.is_empty() {
            pool.extend(self.contents(object, node));
        }
        if !is_plain_container(self.types, object) {
            pool.extend(self.members(object));
            if let Some(missing) = self.missing(node, &others, &pool) {
                pool.extend(self.attributes(object, &missing));
            }
        }
        let named: Vec<Option<EdgeLabel>> = others
            .iter()
            .map(|&target| pool.take(self.graph.address(target)))
            .collect();
        let rule = OnceCell::new();
        let mut leftover_count = 0;
        others
            .iter()
            .zip(named)
            .map(|(&target, label)| {
                label.unwrap_or_else(|| {
                    let rule = *rule.get_or_init(|| self.leftover_rule(node));
                    let label = self.leftover(rule, node, target, leftover_count);
                    leftover_count += usize::from(matches!(label, EdgeLabel::Index(_)));
                    label
                })
            })
            .collect()
    }

    /// What functions registered for types say that the object holds.
    fn hidden(&self, node: NodeIndex) -> Vec<Named> {
        let hidden = self.hidden.get(&node).into_iter().flatten();
        let named = |(held, label): &(NodeIndex, EdgeLabel)| {
            Some((ffi::object_at(self.graph.address(*held))?, label.clone()))
        };
        hidden.filter_map(named).collect()
    }

    /// What the object holds by being a container, class, code, module, frame or generator.
    fn contents(&self, object: Object, node: NodeIndex) -> Vec<Named> {
        let flags = object.type_object().type_flags();
        let bound = object.lent(self.types.py);
        if self.types.has_entries(object.type_object()) {
            ffi::dict_entries(object)
                .flat_map(|entry| self.entry(entry))
                .collect()
        } else if flags.is_list_subclass() {
            indexed((0..).map_while(|position| ffi::list_item(&bound, position)))
        } else if flags.is_tuple_subclass() {
            self.tuple_items(&bound, node)
        } else if flags.is_type_subclass() {
            let names = self.types.names_of_class(object);
            attributes_of(
                self.types
                    .static_type_referents(&bound)
                    .into_iter()
                    .chain(names),
            )
        } else if self.types.is_exactly(object, Known::Code) {
            attributes_of(self.types.code_referents(object))
        } else if self.graph.flags(node).contains(NodeFlags::FRAME) {
            self.frames.referents(self.types, &bound)
        } else if let Some(namespace) = ffi::module_namespace(&bound) {
            attributes_of([("__dict__", Object::from_bound(namespace.as_any()))])
        } else if let Some(variables) = self.context_variables(object, node) {
            variables
        } else if let Some([key, result]) = self.types.cached_call(object) {
            let call = spell_call(self.types, key);
            vec![
                (key, EdgeLabel::KeyObject(call.clone())),
                (result, EdgeLabel::Key(call)),
            ]
        } else if let Some(fields) = NumpyFields::of(self.types, &bound.get_type()) {
            fields.named(self.types, object)
        } else {
            self.generator_locals(&bound)
        }
    }

    /// What a part of a `Context` holds: the mapping behind it, the inner nodes of that, which
    /// visit each value just before its variable, or more of them.
    fn context_variables(&self, object: Object, node: NodeIndex) -> Option<Vec<Named>> {
        let known = self.types.known(object.type_object());
        let is_part = matches!(known, Some(Known::Context | Known::ContextPart));
        if !is_part || !self.graph.flags(node).contains(NodeFlags::TRACKED) {
            return None;
        }
        let held = object.visited();
        let mut named = Vec::new();
        let mut next = 0;
        while let Some(&value) = held.get(next) {
            let key = held
                .get(next + 1)
                .filter(|key| is_context_variable(self.types, **key));
            if let Some(&key) = key {
                named.extend(self.entry((key, value)));
                next += 2;
            } else {
                named.push((value, EdgeLabel::Internal(CONTEXT_VARIABLES.into())));
                next += 1;
            }
        }
        Some(named)
    }

    fn entry(&self, (key, value): (Object, Object)) -> [Named; 2] {
        let spelled = self.spelled_key(key, Some(value));
        [
            (key, EdgeLabel::KeyObject(spelled.clone())),
            (value, EdgeLabel::Key(spelled)),
        ]
    }

    /// The key of an entry, which for a finalizer depends on the value.
    fn spelled_key(&self, key: Object, value: Option<Object>) -> String {
        let finalizer = value.and_then(|value| self.finalizer(key, value));
        finalizer.unwrap_or_else(|| spell(self.types, &key.lent(self.types.py)))
    }

    /// Items by position, or by the names of the variables if the tuple is a function's closure.
    fn tuple_items(&self, tuple: &Bound<'py, PyAny>, node: NodeIndex) -> Vec<Named> {
        let tuple = Object::from_bound(tuple);
        let names = self.closure_names(tuple, node).unwrap_or_default();
        let label = |position: usize| match names.get(position) {
            Some(name) => EdgeLabel::Closure(name.clone()),
            None => EdgeLabel::Index(position),
        };
        let items = ffi::tuple_places(tuple);
        let mut held: Vec<Named> = items
            .map(|(position, item)| (item, label(position)))
            .collect();
        held.reverse();
        held
    }

    /// The free variables of the function whose closure `tuple` is.
    fn closure_names(&self, tuple: Object, node: NodeIndex) -> Option<Vec<String>> {
        let functions = self.graph.referrers(node).iter().filter_map(|&referrer| {
            let function = ffi::object_at(self.graph.address(referrer))?;
            (self.types.is_exactly(function, Known::Function)).then_some(function)
        });
        let field = |function, field| self.types.function_field(function, field);
        let owner = functions
            .into_iter()
            .find(|&function| field(function, FunctionField::Closure) == Some(tuple))?;
        let code = field(owner, FunctionField::Code)?;
        Some(self.types.free_variables(code))
    }

    /// Variables of a suspended generator or coroutine, which its traverse visits without names.
    fn generator_locals(&self, object: &Bound<'py, PyAny>) -> Vec<Named> {
        let frame = match self.types.known(Object::from_bound(object).type_object()) {
            Some(Known::Generator) => "gi_frame",
            Some(Known::Coroutine) => "cr_frame",
            Some(Known::AsyncGenerator) => "ag_frame",
            _ => return Vec::new(),
        };
        let Some((_, code)) = suspended_code(self.types, object) else {
            return Vec::new();
        };
        (self.frames).generator_referents(self.types, object, &code, frame)
    }

    /// Those of `referents` of `node` that `pool` has no name for, besides its type.
    fn missing(&self, node: NodeIndex, referents: &[NodeIndex], pool: &Pool) -> Option<Vec<u64>> {
        let ty = self.graph.type_of(node).node;
        let mut pool = pool.clone();
        let referents = referents.iter().filter(|&&target| Some(target) != ty);
        let missing: Vec<u64> = referents
            .map(|&target| self.graph.address(target))
            .filter(|&address| pool.take(address).is_none())
            .collect();
        (!missing.is_empty()).then_some(missing)
    }
}

/// Labels by the address they belong to; a label is used once.
#[derive(Clone, Default)]
struct Pool(FxHashMap<u64, VecDeque<EdgeLabel>>);

impl Pool {
    fn extend(&mut self, named: impl IntoIterator<Item = Named>) {
        for (object, label) in named {
            self.0.entry(object.address()).or_default().push_back(label);
        }
    }

    fn take(&mut self, address: u64) -> Option<EdgeLabel> {
        self.0.get_mut(&address)?.pop_front()
    }
}

/// Items by position, the last first: as lists and tuples are traversed.
fn indexed(items: impl IntoIterator<Item = Object>) -> Vec<Named> {
    let mut named: Vec<Named> = items
        .into_iter()
        .enumerate()
        .map(|(n, item)| (item, EdgeLabel::Index(n)))
        .collect();
    named.reverse();
    named
}

fn attributes_of(referents: impl IntoIterator<Item = NamedReferent>) -> Vec<Named> {
    let label = |(name, value)| (value, EdgeLabel::attribute(name));
    referents.into_iter().map(label).collect()
}

/// Exact builtin containers hold their contents and nothing else.
fn is_plain_container(types: &Introspection<'_>, object: Object) -> bool {
    let known = types.known(object.type_object());
    matches!(
        known,
        Some(Known::Dict | Known::FrozenDict | Known::List | Known::Tuple)
    )
}
