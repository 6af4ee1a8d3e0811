//! What to call references that have no name.

use super::{Describer, Known, ffi};
use crate::graph::{CACHE, EdgeLabel, NodeFlags, NodeIndex};

/// What is known of the references without a name that an object holds: the same for all objects
/// of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leftover {
    /// Elements of a set.
    Element,
    /// Items by position, as of a deque.
    Item,
    /// Two dicts of a function: its attributes and its annotations.
    Function,
    /// The cache of an `lru_cache`, in a dict and in links.
    Cache,
    /// What a mapping proxy is a proxy of.
    Mapping,
    /// Attributes directly under an instance.
    Attribute,
    /// The names and kinds of the variables of a code object.
    Variables,
    /// What a class holds besides what it shows.
    Class,
    /// The state of a compiled module.
    Module,
    /// Nothing.
    Unknown,
}

impl Describer<'_, '_> {
    /// The label of a reference that no name was found for; `position` counts those before it.
    pub(super) fn leftover(
        &self,
        rule: Leftover,
        node: NodeIndex,
        target: NodeIndex,
        position: usize,
    ) -> EdgeLabel {
        if self.graph.type_of(node).node == Some(target) {
            return EdgeLabel::attribute("__class__");
        }
        let is_dict = ffi::object_at(self.graph.address(target))
            .is_some_and(|target| self.types.is_exactly(target, Known::Dict));
        let internal = |what: &'static str| EdgeLabel::Internal(what.into());
        match rule {
            Leftover::Element => EdgeLabel::SetElement,
            Leftover::Item => EdgeLabel::Index(position),
            Leftover::Function if is_dict => self.function_dict(node, target),
            Leftover::Function => EdgeLabel::attribute("__annotations__"),
            Leftover::Cache => self.part_of_cache(node, target),
            Leftover::Mapping => internal("mapping"),
            Leftover::Variables => internal("names of variables"),
            Leftover::Class if is_dict => internal("subclasses"),
            Leftover::Class => internal("type internals"),
            Leftover::Module => internal("module state"),
            Leftover::Attribute if !self.is_dict_of(node, target) => internal("attribute"),
            Leftover::Unknown if !is_dict => internal("internal"),
            Leftover::Attribute | Leftover::Unknown => EdgeLabel::attribute("__dict__"),
        }
    }

    /// True if and only if `dict` is the `__dict__` of an instance of a type with managed dicts.
    fn is_dict_of(&self, instance: NodeIndex, dict: NodeIndex) -> bool {
        ffi::object_at(self.graph.address(instance))
            .is_some_and(|object| object.hidden_dict_address() == self.graph.address(dict))
    }

    /// The rule for the type of a node.
    pub(super) fn leftover_rule(&self, node: NodeIndex) -> Leftover {
        let flags = self.graph.flags(node);
        if flags.contains(NodeFlags::TYPE) {
            return Leftover::Class;
        }
        if flags.contains(NodeFlags::MODULE) {
            return Leftover::Module;
        }
        let object = ffi::object_at(self.graph.address(node));
        let base = object.and_then(|object| self.types.known_base(object.type_object()));
        match base {
            Some(Known::Set | Known::FrozenSet) => Leftover::Element,
            Some(Known::Deque) => Leftover::Item,
            Some(Known::Function) => Leftover::Function,
            Some(Known::LruCache) => Leftover::Cache,
            Some(Known::MappingProxy) => Leftover::Mapping,
            Some(Known::Code) => Leftover::Variables,
            _ if self.has_inline_values(node) => Leftover::Attribute,
            _ => Leftover::Unknown,
        }
    }

    /// True if attribute values may hang directly under the object.
    fn has_inline_values(&self, node: NodeIndex) -> bool {
        ffi::object_at(self.graph.address(node)).is_some_and(|object| {
            let flags = object.type_object().type_flags();
            self.types.layout.has_managed_dict(flags)
        })
    }

    /// An `lru_cache` holds its results in a dict; a bounded one in links, too, each of which is a cache of
    /// one call. It shows neither.
    fn part_of_cache(&self, cache: NodeIndex, part: NodeIndex) -> EdgeLabel {
        let object = ffi::object_at(self.graph.address(part));
        let is_link = object.is_some_and(|part| self.types.is_met_link_type(part.type_object()));
        if is_link || self.is_dict_of_cache(part, cache) {
            return EdgeLabel::attribute(CACHE);
        }
        let is_dict = object.is_some_and(|part| self.types.is_exactly(part, Known::Dict));
        if is_dict {
            EdgeLabel::attribute("__dict__")
        } else {
            EdgeLabel::Internal("part of the cache".into())
        }
    }

    /// True if and only if `dict` has the results of an `lru_cache`, and not the attributes.
    pub(super) fn is_dict_of_cache(&self, dict: NodeIndex, cache: NodeIndex) -> bool {
        let objects = [dict, cache].map(|node| ffi::object_at(self.graph.address(node)));
        let [Some(object), Some(cache)] = objects else {
            return false;
        };
        let class = cache.type_object();
        if self.types.known_base(class) != Some(Known::LruCache)
            || !self.types.is_exactly(object, Known::Dict)
        {
            return false;
        }
        let offset = self.types.dict_offset(&class.lent(self.types.py));
        let attributes = offset.and_then(|offset| usize::try_from(offset).ok());
        attributes.is_none_or(|offset| cache.dict_address_at(offset) != self.graph.address(dict))
    }

    /// A function visits two dicts, its attributes and its annotations. Asking for either would
    /// make the other where it is missing.
    fn function_dict(&self, function: NodeIndex, dict: NodeIndex) -> EdgeLabel {
        let is_attributes = ffi::object_at(self.graph.address(function)).is_some_and(|function| {
            function.dict_address_at(self.types.function_dict_offset()) == self.graph.address(dict)
        });
        EdgeLabel::attribute(if is_attributes {
            "__dict__"
        } else {
            "__annotations__"
        })
    }
}
