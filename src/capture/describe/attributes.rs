//! Names of the attributes that hang directly under an instance (3.11 and later).
//!
//! There is no dict to read them from, and asking for `__dict__` would make one that stays. So
//! names are tried, as `object.__getattribute__` would find them: first the names that the code of
//! the class uses, then those of the code of its file, then all names that any code in the heap
//! uses, then every string in it, then the keys of dicts that instances of the class have already.
//! When a whole heap is named, the widest two, of all code and all strings, are left out: each takes
//! about as long as a capture. Only where all that finds nothing (an attribute set under a name that
//! was computed), and no instance of the class has a dict yet, is that of one instance made.

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::interned::intern;
use super::{Describer, Named, Searches, text};
use crate::graph::{EdgeLabel, NodeIndex, NodeSet};

/// Strings of the heap tried as names before a dict is made.
const MOST_STRINGS: usize = 500_000;
/// Dicts of instances of one class whose keys are tried as names, and keys of all of them.
const DICTS_A_CLASS: usize = 8;
const MOST_KEYS: usize = 500;
/// How deep functions nested in methods are searched for names.
const NESTED_CODE: usize = 8;

/// Where names come from once those of the class's own code do not serve, the nearest first.
#[derive(Debug, Clone, Copy)]
enum Source {
    /// The code of the file that has the code of the class.
    File,
    /// All code of the heap.
    Program,
    /// All strings of the heap.
    Strings,
    /// Dicts that instances of the class have already.
    Dicts,
    /// The dict of one instance, made for that.
    Sample,
}

impl Source {
    const ALL: [Self; 5] = [
        Self::File,
        Self::Program,
        Self::Strings,
        Self::Dicts,
        Self::Sample,
    ];
}

impl<'py> Describer<'py, '_> {
    /// The attributes of `object` whose values are at the `missing` addresses.
    pub(super) fn attributes(&self, object: Object, missing: &[u64]) -> Vec<Named> {
        let ty = object.type_object();
        if !ty.type_flags().has_managed_dict(self.types.version) {
            return Vec::new();
        }
        if let Some(dict) = self.dict_of(object) {
            let entries = self.entries_beside(dict).into_iter();
            return entries.map(|(key, value)| (value, label(&key))).collect();
        }
        let class = ty.bound(self.types.py);
        let object = object.bound(self.types.py);
        let Some(on_classes) = self.on_classes(&class) else {
            return Vec::new();
        };
        let search = AttributeSearch {
            describer: self,
            object,
            on_classes,
        };
        let known = self.class_names(ty);
        let mut found = search.find(known.iter(), missing);
        for source in Source::ALL {
            if found.len() == missing.len() {
                break;
            }
            let names = self.names_from(source, &search, ty);
            found = search.find(known.iter().chain(names.iter()), missing);
        }
        self.remember(ty, &found);
        found
            .into_iter()
            .map(|(name, value)| (value, label(&name)))
            .collect()
    }

    fn names_from<'a>(
        &'a self,
        source: Source,
        search: &AttributeSearch<'_, 'py, '_>,
        ty: Object,
    ) -> Cow<'a, [Bound<'py, PyAny>]> {
        let is_thorough = self.searches == Searches::Thorough;
        match source {
            Source::File => self.file_names(&ty.bound(self.types.py)).into(),
            Source::Program if is_thorough => self.program_names().into(),
            Source::Strings if is_thorough => self.strings().into(),
            Source::Program | Source::Strings => Cow::default(),
            Source::Dicts => self.dict_keys(ty).into(),
            Source::Sample => self.sample_names(search, ty).into(),
        }
    }

    /// The keys of the dict of one instance of a class, which this makes unless there is one.
    fn sample_names(
        &self,
        search: &AttributeSearch<'_, 'py, '_>,
        ty: Object,
    ) -> Vec<Bound<'py, PyAny>> {
        if !self.known_dicts(ty).is_empty() {
            return Vec::new();
        }
        let known = self.sampled.borrow().get(&ty).cloned();
        let names = known.unwrap_or_else(|| search.keys_of_dict());
        self.sampled.borrow_mut().insert(ty, names.clone());
        names
    }

    /// The dict of an instance, if somebody has asked for it by now. Nothing may be looked up in an
    /// instance that has one: keys derived from `str` would be compared with the name.
    pub(super) fn dict_of(&self, object: Object) -> Option<Object> {
        let has_managed_dict = object
            .type_object()
            .type_flags()
            .has_managed_dict(self.types.version);
        let dict = has_managed_dict.then(|| object.hidden_dict_address())?;
        self.graph.node_at(dict)?;
        ffi::object_at(dict)
    }

    /// The entries of the dict of an instance that hang under the instance as well: all from 3.13
    /// on, none before.
    pub(super) fn entries_beside(&self, dict: Object) -> Vec<(Bound<'py, PyAny>, Object)> {
        if self.types.version < (3, 13) {
            return Vec::new();
        }
        ffi::dict_entries(dict)
            .filter(|&(_, value)| value != dict)
            .map(|(key, value)| (key.bound(self.types.py), value))
            .collect()
    }

    /// What the classes of an object hold by name, the nearest class first. `None` if a name is
    /// of a class derived from `str`: any lookup might then run its `__eq__`.
    pub(super) fn on_classes(
        &self,
        class: &Bound<'py, PyAny>,
    ) -> Option<FxHashMap<String, Object>> {
        let mut found = FxHashMap::default();
        for namespace in self.namespaces(class).iter().rev() {
            for (key, value) in ffi::dict_entries(Object::from_bound(namespace)) {
                let key = key.bound(self.types.py);
                if !key.is_exact_instance_of::<PyString>() {
                    return None;
                }
                found.insert(text(&key)?, value);
            }
        }
        Some(found)
    }

    /// True if an attribute of the same name can be asked for although the class holds `on_class`
    /// there: no descriptor, or a function or method, whose `__get__` is compiled and does nothing
    /// but bind. Any other might run anything or, as that of `__dict__`, make what then stays.
    pub(super) fn may_be_hidden(&self, on_class: &Bound<'py, PyAny>) -> bool {
        let ty = on_class.get_type();
        ty.is(&self.types.function_type)
            || ty.is(&self.types.method_descriptor_type)
            || !ffi::is_descriptor(Object::from_bound(on_class))
    }

    fn namespaces(&self, class: &Bound<'py, PyAny>) -> Vec<Bound<'py, PyDict>> {
        let mro = self.types.type_mro(class);
        mro.iter()
            .filter_map(|class| self.types.type_namespace(class))
            .collect()
    }

    /// Names found before for instances of the class, or else those that its code uses.
    pub(super) fn class_names(&self, ty: Object) -> Vec<Bound<'py, PyAny>> {
        if let Some(names) = self.class_names.borrow().get(&ty) {
            return names.clone();
        }
        let mut names = Vec::new();
        for namespace in self.namespaces(&ty.bound(self.types.py)) {
            for (_, value) in ffi::dict_entries(Object::from_bound(&namespace)) {
                let value = value.bound(self.types.py);
                if value.get_type().is(&self.types.function_type)
                    && let Ok(code) = value.getattr(intern!(self.types.py, "__code__"))
                {
                    self.names_in_code(&code, NESTED_CODE, &mut names);
                }
            }
        }
        names
    }

    fn names_in_code(
        &self,
        code: &Bound<'py, PyAny>,
        depth: usize,
        names: &mut Vec<Bound<'py, PyAny>>,
    ) {
        for (member, value) in self.types.code_referents(code) {
            let objects = || Object::from_bound(&value).visited();
            if member == "co_names" {
                names.extend(objects().iter().rev().map(|name| name.bound(self.types.py)));
            } else if member == "co_consts" && depth > 0 {
                for constant in objects()
                    .iter()
                    .map(|constant| constant.bound(self.types.py))
                {
                    if constant.get_type().is(&self.types.code_type) {
                        self.names_in_code(&constant, depth - 1, names);
                    }
                }
            }
        }
    }

    /// The names and texts in all code of the file that has the code of the class.
    fn file_names(&self, class: &Bound<'py, PyAny>) -> &[Bound<'py, PyAny>] {
        let names = self.names_by_file.get_or_init(|| self.names_of_files());
        let file = self.namespaces(class).iter().find_map(|namespace| {
            let mut values = ffi::dict_entries(Object::from_bound(namespace))
                .map(|(_, value)| value.bound(self.types.py));
            let function = values.find(|value| value.get_type().is(&self.types.function_type))?;
            let code = function.getattr(intern!(self.types.py, "__code__")).ok()?;
            text(&code.getattr(intern!(self.types.py, "co_filename")).ok()?)
        });
        file.and_then(|file| names.get(&file))
            .map_or(&[], Vec::as_slice)
    }

    fn names_of_files(&self) -> FxHashMap<String, Vec<Bound<'py, PyAny>>> {
        let mut by_file: FxHashMap<NodeIndex, Vec<NodeIndex>> = FxHashMap::default();
        let members: Vec<&str> = self.types.code_members().map(|(name, _)| name).collect();
        let place = |name| members.iter().position(|member| *member == name);
        let places = place("co_filename").zip(place("co_names").zip(place("co_consts")));
        let Some((file, (names, constants))) = places else {
            return FxHashMap::default();
        };
        for code in self.code_nodes() {
            let referents = self.graph.referents(code);
            if referents.len() < members.len() {
                continue;
            }
            let texts = by_file.entry(referents[file]).or_default();
            texts.extend(self.graph.referents(referents[names]));
            texts.extend(self.graph.referents(referents[constants]));
        }
        let mut by_file: Vec<_> = by_file.into_iter().collect();
        by_file.sort_unstable_by_key(|&(file, _)| file);
        let mut files = FxHashMap::default();
        for (file, mut texts) in by_file {
            texts.sort_unstable();
            texts.dedup();
            let Some(name) = self.exact_string(file).and_then(|file| text(&file)) else {
                continue;
            };
            let texts = texts.into_iter().filter_map(|node| self.exact_string(node));
            files.entry(name).or_insert_with(Vec::new).extend(texts);
        }
        files
    }

    fn code_nodes(&self) -> impl Iterator<Item = NodeIndex> {
        let is_code = |ty: &crate::graph::HeapType| ty.name == "code" && !ty.is_heap_type;
        let nodes = self.graph.nodes();
        nodes.filter(move |&node| is_code(self.graph.type_of(node)))
    }

    /// The dicts of a few instances of a class that somebody has asked for.
    fn known_dicts(&self, ty: Object) -> &[NodeIndex] {
        let dicts = self.dicts_of_instances.get_or_init(|| {
            let mut dicts: FxHashMap<u64, Vec<NodeIndex>> = FxHashMap::default();
            for node in self.graph.nodes() {
                let ty = self.graph.type_of(node);
                let Some(class) = ty.node.filter(|_| ty.is_heap_type) else {
                    continue;
                };
                let object = ffi::object_at(self.graph.address(node));
                let dict = object.and_then(|object| self.dict_of(object));
                if let Some(dict) = dict.and_then(|dict| self.graph.node_at(dict.address())) {
                    let known = dicts.entry(self.graph.address(class)).or_default();
                    if known.len() < DICTS_A_CLASS {
                        known.push(dict);
                    }
                }
            }
            dicts
        });
        dicts.get(&ty.address()).map_or(&[][..], Vec::as_slice)
    }

    fn dict_keys(&self, ty: Object) -> Vec<Bound<'py, PyAny>> {
        let dicts = self.known_dicts(ty).iter();
        dicts
            .flat_map(|&dict| self.graph.referents(dict).iter().step_by(2))
            .take(MOST_KEYS)
            .filter_map(|&key| self.exact_string(key))
            .collect()
    }

    /// Names found for one instance are tried first for the next.
    fn remember(&self, ty: Object, found: &[(Bound<'py, PyAny>, Object)]) {
        let mut all = self.class_names(ty);
        let mut new: Vec<_> = found.iter().map(|(name, _)| name.clone()).collect();
        all.retain(|name| !new.iter().any(|other| other.is(name)));
        new.append(&mut all);
        self.class_names.borrow_mut().insert(ty, new);
    }

    /// All strings that code objects of the heap mention, as names or constants.
    fn program_names(&self) -> &[Bound<'py, PyAny>] {
        self.program_names.get_or_init(|| {
            let mut seen = NodeSet::new(self.graph);
            let mut names = Vec::new();
            for code in self.code_nodes() {
                for &held in self.graph.referents(code) {
                    for &name in self.graph.referents(held) {
                        if seen.insert(name) {
                            names.extend(self.exact_string(name));
                        }
                    }
                }
            }
            names
        })
    }

    /// All strings of the heap, unless there are too many.
    fn strings(&self) -> Vec<Bound<'py, PyAny>> {
        let is_str = |ty: &crate::graph::HeapType| ty.name == "str" && !ty.is_heap_type;
        let strings = self
            .graph
            .nodes()
            .filter(|&node| is_str(self.graph.type_of(node)));
        let strings: Vec<NodeIndex> = strings.take(MOST_STRINGS + 1).collect();
        if strings.len() > MOST_STRINGS {
            return Vec::new();
        }
        strings
            .into_iter()
            .filter_map(|node| self.exact_string(node))
            .collect()
    }

    fn exact_string(&self, node: NodeIndex) -> Option<Bound<'py, PyAny>> {
        let object = ffi::object_at(self.graph.address(node))?.bound(self.types.py);
        object.is_exact_instance_of::<PyString>().then_some(object)
    }
}

/// Looks for attributes of one instance.
struct AttributeSearch<'a, 'py, 'g> {
    describer: &'a Describer<'py, 'g>,
    object: Bound<'py, PyAny>,
    /// What its classes hold by name.
    on_classes: FxHashMap<String, Object>,
}

impl<'py> AttributeSearch<'_, 'py, '_> {
    /// Those of `names` that are attributes of the instance itself with a value at one of the
    /// `missing` addresses; each address is used as often as it is missing.
    fn find<'n>(
        &self,
        names: impl Iterator<Item = &'n Bound<'py, PyAny>>,
        missing: &[u64],
    ) -> Vec<(Bound<'py, PyAny>, Object)>
    where
        'py: 'n,
    {
        let mut missing = missing.to_vec();
        let mut found: Vec<(Bound<'py, PyAny>, Object)> = Vec::new();
        let mut take = |name: &Bound<'py, PyAny>, value: Object| {
            let is_new = !found.iter().any(|(other, _)| other.is(name));
            if let Some(n) = missing.iter().position(|&a| is_new && a == value.address()) {
                missing.swap_remove(n);
                found.push((name.clone(), value));
            }
            missing.is_empty()
        };
        // Where the class has the same value under the name, the instance may or may not have an
        // attribute of its own; such names come last.
        let mut uncertain = Vec::new();
        for name in names {
            let Some((value, is_certain)) = self.own_attribute(name) else {
                continue;
            };
            let value = Object::from_bound(&value);
            if !is_certain {
                uncertain.push((name, value));
            } else if take(name, value) {
                return found;
            }
        }
        for (name, value) in uncertain {
            take(name, value);
        }
        found
    }

    /// The value of an attribute that the instance itself has, where finding out runs no code; and
    /// whether it is certain that the instance has it, and not only its class.
    fn own_attribute(&self, name: &Bound<'py, PyAny>) -> Option<(Bound<'py, PyAny>, bool)> {
        let types = self.describer.types;
        let on_class = self.on_classes.get(&text(name)?);
        let on_class = on_class.map(|found| found.bound(types.py));
        if (on_class.as_ref()).is_some_and(|found| !self.describer.may_be_hidden(found)) {
            return None;
        }
        let value = ffi::generic_attribute(&self.object, name)?;
        let is_certain = on_class.is_none_or(|on_class| !on_class.is(&value));
        Some((value, is_certain))
    }

    /// The keys of the instance's dict, which this makes: the last resort.
    fn keys_of_dict(&self) -> Vec<Bound<'py, PyAny>> {
        let getter = self.on_classes.get("__dict__");
        let getter = getter.map(|getter| getter.bound(self.object.py()));
        // Only the getter that `class` statements make: a property could run anything.
        let getset = &self.describer.types.getset_descriptor_type;
        let dict = getter
            .filter(|getter| getter.get_type().is(getset))
            .and_then(|getter| ffi::descriptor_get(&getter, &self.object).ok())
            .and_then(|dict| dict.cast_into::<PyDict>().ok());
        dict.map(|dict| dict.keys().iter().collect())
            .unwrap_or_default()
    }
}

fn label(name: &Bound<'_, PyAny>) -> EdgeLabel {
    EdgeLabel::Attribute(text(name).unwrap_or_default())
}
