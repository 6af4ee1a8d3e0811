//! Where names of attributes are looked for.

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::super::super::ffi::{self, Object};
use super::super::super::functions::FunctionField;
use super::super::super::known_types::Known;
use super::super::{Describer, text};
use crate::graph::{NodeIndex, NodeSet};

/// Strings of the heap tried as names before a dict is made.
const MOST_STRINGS: usize = 500_000;
/// Dicts of instances of one class whose keys are tried as names, and keys of all of them.
const DICTS_A_CLASS: usize = 8;
const MOST_KEYS: usize = 500;
/// How deep functions nested in methods are searched for names.
const NESTED_CODE: usize = 8;

impl<'py> Describer<'py, '_> {
    /// Names found before for instances of the class, or else those that its code uses.
    pub(in crate::capture::describe) fn class_names(&self, ty: Object) -> Vec<Object> {
        if let Some(names) = self.class_names.borrow().get(&ty) {
            return names.clone();
        }
        let mut names = Vec::new();
        for namespace in self.namespaces(&ty.lent(self.types.py)) {
            for (_, value) in ffi::dict_entries(Object::from_bound(namespace.as_any())) {
                if let Some(code) = self.code_of(value) {
                    self.names_in_code(code, NESTED_CODE, &mut names);
                }
            }
        }
        names
    }

    /// The code of a function; `None` of anything else.
    fn code_of(&self, object: Object) -> Option<Object> {
        let is_function = self.types.is_exactly(object, Known::Function);
        is_function.then(|| self.types.function_field(object, FunctionField::Code))?
    }

    fn names_in_code(&self, code: Object, depth: usize, names: &mut Vec<Object>) {
        for (member, value) in self.types.code_referents(code) {
            if member == "co_names" {
                names.extend(value.visited().into_iter().rev());
            } else if member == "co_consts" && depth > 0 {
                for constant in value.visited() {
                    if self.types.is_exactly(constant, Known::Code) {
                        self.names_in_code(constant, depth - 1, names);
                    }
                }
            }
        }
    }

    /// The names and texts in all code of the file that has the code of the class.
    pub(super) fn file_names(&self, class: &Bound<'py, PyAny>) -> &[Object] {
        let names = self.names_by_file.get_or_init(|| self.names_of_files());
        let file = self.namespaces(class).iter().find_map(|namespace| {
            let mut entries = ffi::dict_entries(Object::from_bound(namespace.as_any()));
            let code = entries.find_map(|(_, value)| self.code_of(value))?;
            let file = self.types.code_member(code, "co_filename")?;
            text(&file.lent(self.types.py))
        });
        file.and_then(|file| names.get(&file))
            .map_or(&[], Vec::as_slice)
    }

    fn names_of_files(&self) -> FxHashMap<String, Vec<Object>> {
        let mut by_file: FxHashMap<NodeIndex, Vec<NodeIndex>> = FxHashMap::default();
        let members: Vec<&str> = self.types.code_members().map(|(name, _)| name).collect();
        let place = |name| members.iter().position(|member| *member == name);
        let places = place("co_filename").zip(place("co_names").zip(place("co_consts")));
        let Some((file, (names, constants))) = places else {
            return FxHashMap::default();
        };
        for code in self.nodes_of(Known::Code) {
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
            let Some(name) = self
                .exact_string(file)
                .and_then(|file| text(&file.lent(self.types.py)))
            else {
                continue;
            };
            let texts = texts.into_iter().filter_map(|node| self.exact_string(node));
            files.entry(name).or_insert_with(Vec::new).extend(texts);
        }
        files
    }

    fn nodes_of(&self, known: Known) -> impl Iterator<Item = NodeIndex> {
        let is_meant = self.types.which(self.graph, |other| other == known);
        let nodes = self.graph.nodes();
        nodes.filter(move |&node| is_meant[self.graph.type_index(node).index()])
    }

    /// The dicts of a few instances of a class that somebody has asked for.
    pub(super) fn known_dicts(&self, ty: Object) -> &[NodeIndex] {
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

    pub(super) fn dict_keys(&self, ty: Object) -> Vec<Object> {
        let dicts = self.known_dicts(ty).iter();
        dicts
            .flat_map(|&dict| self.graph.referents(dict).iter().step_by(2))
            .take(MOST_KEYS)
            .filter_map(|&key| self.exact_string(key))
            .collect()
    }

    /// Names found for one instance are tried first for the next.
    pub(super) fn remember(&self, ty: Object, found: &[(Object, Object)]) {
        let mut all = self.class_names(ty);
        let mut new: Vec<_> = found.iter().map(|&(name, _)| name).collect();
        all.retain(|name| !new.contains(name));
        new.append(&mut all);
        self.class_names.borrow_mut().insert(ty, new);
    }

    /// All strings that code objects of the heap mention, as names or constants.
    pub(super) fn program_names(&self) -> &[Object] {
        self.program_names.get_or_init(|| {
            let mut seen = NodeSet::new(self.graph);
            let mut names = Vec::new();
            for code in self.nodes_of(Known::Code) {
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
    pub(super) fn strings(&self) -> Vec<Object> {
        let strings = self.nodes_of(Known::Str);
        let strings: Vec<NodeIndex> = strings.take(MOST_STRINGS + 1).collect();
        if strings.len() > MOST_STRINGS {
            return Vec::new();
        }
        strings
            .into_iter()
            .filter_map(|node| self.exact_string(node))
            .collect()
    }

    fn exact_string(&self, node: NodeIndex) -> Option<Object> {
        let object = ffi::object_at(self.graph.address(node))?;
        self.types.is_exactly(object, Known::Str).then_some(object)
    }
}
