//! Names of the attributes that hang directly under an instance (3.11 and later).
//!
//! There is no dict to read them from, and asking for `__dict__` would make one that stays. They are among
//! the keys that all instances of a class share. On a CPython where it is not known how those are kept,
//! names are tried, as `object.__getattribute__` would find them: first the names that the code of
//! the class uses, then those of the code of its file, then all names that any code in the heap
//! uses, then every string in it, then the keys of dicts that instances of the class have already.
//! When a whole heap is named, the widest two, of all code and all strings, are left out: each takes
//! about as long as a capture. Only where all that finds nothing (an attribute set under a name that
//! was computed), and no instance of the class has a dict yet, is that of one instance made.

mod candidates;

use std::borrow::Cow;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::{Describer, Known, Named, Searches, text};
use crate::graph::EdgeLabel;

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
        if !self.types.layout.has_managed_dict(ty.type_flags())
            || !ty.is_ready_type(self.types.layout)
        {
            return Vec::new();
        }
        if let Some(named) = self.shared_attributes(object) {
            return named;
        }
        if let Some(dict) = self.dict_of(object) {
            let entries = self.entries_beside(dict).into_iter();
            let named = entries.map(|(key, value)| (value, self.attribute(key)));
            return named.collect();
        }
        let class = ty.lent(self.types.py);
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
            .map(|(name, value)| (value, self.attribute(name)))
            .collect()
    }

    /// What hangs under an instance, by the names that its class has for all; `None` if they are not known.
    fn shared_attributes(&self, object: Object) -> Option<Vec<Named>> {
        let ty = object.type_object();
        let layout = self.types.layout;
        let names = ffi::shared_names(ty, layout);
        let (basic_size, _) = self.types.instance_sizes(&ty.lent(self.types.py));
        let with_name = |(position, value): (u8, Object)| {
            let name = names.get(usize::from(position))?;
            Some((value, self.attribute(*name)))
        };
        let values = ffi::inline_values(object, basic_size, layout).into_iter();
        (!names.is_empty()).then(|| values.filter_map(with_name).collect())
    }

    fn attribute(&self, name: Object) -> EdgeLabel {
        EdgeLabel::Attribute(self.spelled(name))
    }

    /// The text of a name.
    pub(super) fn spelled(&self, name: Object) -> String {
        text(&name.lent(self.types.py)).unwrap_or_default()
    }

    fn names_from<'a>(
        &'a self,
        source: Source,
        search: &AttributeSearch<'_, 'py, '_>,
        ty: Object,
    ) -> Cow<'a, [Object]> {
        let is_thorough = self.searches == Searches::Thorough;
        match source {
            Source::File => self.file_names(&ty.lent(self.types.py)).into(),
            Source::Program if is_thorough => self.program_names().into(),
            Source::Strings if is_thorough => self.strings().into(),
            Source::Program | Source::Strings => Cow::default(),
            Source::Dicts => self.dict_keys(ty).into(),
            Source::Sample => self.sample_names(search, ty).into(),
        }
    }

    /// The keys of the dict of one instance of a class, which this makes unless there is one.
    fn sample_names(&self, search: &AttributeSearch<'_, 'py, '_>, ty: Object) -> Vec<Object> {
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
        let flags = object.type_object().type_flags();
        let has_managed_dict = self.types.layout.has_managed_dict(flags);
        let dict = has_managed_dict.then(|| object.hidden_dict_address())?;
        self.graph.node_at(dict)?;
        ffi::object_at(dict)
    }

    /// The entries of the dict of an instance that hang under the instance as well: all from 3.13
    /// on, none before.
    pub(super) fn entries_beside(&self, dict: Object) -> Vec<(Object, Object)> {
        if !self.types.layout.has_values_beside_dict() {
            return Vec::new();
        }
        ffi::dict_entries(dict)
            .filter(|&(_, value)| value != dict)
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
                if !self.types.is_exactly(key, Known::Str) {
                    return None;
                }
                found.insert(text(&key.lent(self.types.py))?, value);
            }
        }
        Some(found)
    }

    /// True if an attribute of the same name can be asked for although the class holds `on_class`
    /// there: no descriptor, or a function or method, whose `__get__` is compiled and does nothing
    /// but bind. Any other might run anything or, as that of `__dict__`, make what then stays.
    pub(super) fn may_be_hidden(&self, on_class: Object) -> bool {
        let known = self.types.known(on_class.type_object());
        matches!(known, Some(Known::Function | Known::MethodDescriptor))
            || !ffi::is_descriptor(on_class)
    }

    fn namespaces(&self, class: &Bound<'py, PyAny>) -> Vec<Borrowed<'py, 'py, PyDict>> {
        let mro = self.types.type_mro(class);
        mro.iter()
            .filter_map(|class| self.types.type_namespace(class))
            .collect()
    }
}

/// Looks for attributes of one instance.
struct AttributeSearch<'a, 'py, 'g> {
    describer: &'a Describer<'py, 'g>,
    object: Object,
    /// What its classes hold by name.
    on_classes: FxHashMap<String, Object>,
}

impl AttributeSearch<'_, '_, '_> {
    /// Those of `names` that are attributes of the instance itself with a value at one of the
    /// `missing` addresses; each address is used as often as it is missing.
    fn find<'n>(
        &self,
        names: impl Iterator<Item = &'n Object>,
        missing: &[u64],
    ) -> Vec<(Object, Object)> {
        let mut missing = missing.to_vec();
        let mut found: Vec<(Object, Object)> = Vec::new();
        let mut take = |name: Object, value: Object| {
            let is_new = !found.iter().any(|(other, _)| *other == name);
            if let Some(n) = missing.iter().position(|&a| is_new && a == value.address()) {
                missing.swap_remove(n);
                found.push((name, value));
            }
            missing.is_empty()
        };
        for &name in names {
            if let Some(value) = self.own_attribute(name)
                && take(name, value)
            {
                break;
            }
        }
        found
    }

    /// The value of an attribute that the instance itself has, where finding out runs no code. `None` where
    /// its class has the same value: the instance may have none of its own.
    fn own_attribute(&self, name: Object) -> Option<Object> {
        let py = self.describer.types.py;
        let name = name.lent(py);
        let on_class = self.on_classes.get(&text(&name)?).copied();
        if on_class.is_some_and(|found| !self.describer.may_be_hidden(found)) {
            return None;
        }
        let value = ffi::generic_attribute(&self.object.lent(py), &name)?;
        Some(Object::from_bound(&value)).filter(|value| on_class != Some(*value))
    }

    /// The keys of the instance's dict, which this makes: the last resort.
    fn keys_of_dict(&self) -> Vec<Object> {
        let dict = ffi::dict_of_instance(&self.object.lent(self.describer.types.py));
        let entries = dict.map(|dict| ffi::dict_entries(Object::from_bound(&dict)));
        entries.into_iter().flatten().map(|(key, _)| key).collect()
    }
}
