//! Fields and attributes, found by what is known of the class.

use std::ops::Range;

use pyo3::prelude::*;

use super::super::super::ffi::{self, Object};
use super::super::super::introspection::text;
use super::super::super::known_types::Known;
use super::super::leftover::Leftover;
use super::Namer;
use super::plan::{Attribute, Plan};
use crate::graph::{EdgeLabel, EdgeName, NodeIndex, TextIndex};
use crate::process::{TooLittleMemory, reserve};

impl<'py> Namer<'_, 'py, '_> {
    /// Names the referents at `contents` by `name_contents`, and all others by the fields of the classes
    /// and by attributes.
    pub(super) fn name_with_fields(
        &mut self,
        node: NodeIndex,
        object: Object,
        plan: &mut Plan<'py>,
        contents: Range<usize>,
        name_contents: impl FnOnce(&mut Self, Range<usize>),
    ) {
        let referents = self.describer.graph.referents(node);
        let (before, after) = (&referents[..contents.start], &referents[contents.end..]);
        let between;
        let others = match (before, after) {
            ([], others) | (others, []) => others,
            _ => {
                between = [before, after].concat();
                &between
            }
        };
        if let Err(refused) = self.find_fields(node, object, plan, others) {
            return self.names.refuse(refused);
        }
        let mut leftover_count = 0;
        self.push_fields(node, plan, before, 0, &mut leftover_count);
        name_contents(self, contents);
        self.push_fields(node, plan, after, before.len(), &mut leftover_count);
    }

    /// Finds names for `referents` of a node, in `labels`.
    fn find_fields(
        &mut self,
        node: NodeIndex,
        object: Object,
        plan: &mut Plan<'py>,
        referents: &[NodeIndex],
    ) -> Result<(), TooLittleMemory> {
        self.labels.clear();
        reserve(&mut self.labels, referents.len())?;
        self.labels.resize(referents.len(), None);
        for (field, text) in &plan.fields {
            if let Some(value) = field.read(self.describer.types.py, object) {
                self.take(referents, value, EdgeName::Attribute(*text));
            }
        }
        if plan.leftover == Leftover::Attribute {
            self.name_attributes(node, object, plan, referents)?;
        }
        Ok(())
    }

    /// Adds the names of `referents`, which stand in `labels` from `first` on.
    fn push_fields(
        &mut self,
        node: NodeIndex,
        plan: &Plan<'py>,
        referents: &[NodeIndex],
        first: usize,
        leftover_count: &mut usize,
    ) {
        for (position, &target) in (first..).zip(referents) {
            if let Some(name) = self.labels[position] {
                self.names.push(name);
                continue;
            }
            let label = self
                .describer
                .leftover(plan.leftover, node, target, *leftover_count);
            *leftover_count += usize::from(matches!(label, EdgeLabel::Index(_)));
            self.names.push_label(&label);
        }
    }

    /// Names what hangs directly under an instance, as far as it has no name yet.
    fn name_attributes(
        &mut self,
        node: NodeIndex,
        object: Object,
        plan: &mut Plan<'py>,
        referents: &[NodeIndex],
    ) -> Result<(), TooLittleMemory> {
        if !self.has_unnamed(referents, plan.class) {
            return Ok(());
        }
        let types = self.describer.types;
        if !plan.shared_names.is_empty() {
            let values = ffi::inline_values(object, plan.basic_size, types.layout);
            for (position, value) in values {
                if let Some(&text) = plan.shared_names.get(usize::from(position)) {
                    self.take(referents, value, EdgeName::Attribute(text));
                }
            }
            return Ok(());
        }
        if let Some(dict) = self.describer.dict_of(object) {
            for (key, value) in self.describer.entries_beside(dict) {
                let name = EdgeName::Attribute(self.attribute_text(key));
                if !self.labels.contains(&Some(name)) {
                    self.take(referents, value, name);
                }
            }
            return Ok(());
        }
        let instance = object.lent(types.py);
        self.take_attributes(referents, &instance, plan);
        if plan.searches_left > 0 && self.has_unnamed(referents, plan.class) {
            plan.searches_left -= 1;
            self.search(node, object, plan)?;
            self.take_attributes(referents, &instance, plan);
        }
        Ok(())
    }

    /// The text of a name, which the dicts of all instances of a class share.
    fn attribute_text(&mut self, name: Object) -> TextIndex {
        let address = name.address();
        if let Some(&known) = self.attribute_texts.get(&address) {
            return known;
        }
        let spelled = self
            .names
            .text(&text(&name.lent(self.describer.types.py)).unwrap_or_default());
        self.attribute_texts.insert(address, spelled);
        spelled
    }

    /// Gives the first reference to `value` without a name this one.
    fn take(&mut self, referents: &[NodeIndex], value: Object, name: EdgeName) {
        let graph = self.describer.graph;
        let address = value.address();
        let is_it = |&position: &usize| {
            self.labels[position].is_none() && graph.address(referents[position]) == address
        };
        let found = (0..referents.len()).find(is_it);
        if let Some(position) = found {
            self.labels[position] = Some(name);
        }
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
        for attribute in &plan.attributes {
            let name = EdgeName::Attribute(attribute.text);
            if self.labels.contains(&Some(name)) {
                continue;
            }
            let attribute_name = attribute.name.lent(object.py());
            let value = ffi::generic_attribute(object, &attribute_name);
            let value = value.map(|value| Object::from_bound(&value));
            // Where the class has the same value, the instance may have none of its own.
            if let Some(value) = value.filter(|_| attribute.on_class != value) {
                self.take(referents, value, name);
            }
        }
    }

    /// Searches for the attributes of one instance and adds them to what is known of its class.
    fn search(
        &mut self,
        node: NodeIndex,
        object: Object,
        plan: &mut Plan<'py>,
    ) -> Result<(), TooLittleMemory> {
        let labels = self.describer.labels(node)?;
        let class = object.type_object();
        let types = self.describer.types;
        // Nothing may be looked up where a class has a key that is derived from `str`.
        let Some(on_classes) = self.describer.on_classes(&class.lent(types.py)) else {
            return Ok(());
        };
        for name in self.describer.class_names(class) {
            let Some(spelled) = text(&name.lent(types.py)) else {
                continue;
            };
            let label = EdgeLabel::Attribute(spelled.clone());
            let index = self.names.text(&spelled);
            let on_class = on_classes.get(&spelled).copied();
            let is_known = plan.attributes.iter().any(|known| known.text == index);
            let is_readable = types.is_exactly(name, Known::Str)
                && on_class.is_none_or(|found| self.describer.may_be_hidden(found));
            if !is_known && is_readable && labels.others().contains(&label) {
                plan.attributes.push(Attribute {
                    name,
                    text: index,
                    on_class,
                });
            }
        }
        Ok(())
    }
}
