//! What an object refers to: what the traverse of its type shows, and what that leaves out.

use std::ops::ControlFlow;

use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::frames::{Frames, FramesBelow};
use super::super::introspection::Introspection;
use super::super::known_types::Known;
use super::super::type_info::{Kind, TypeInfo};
use crate::graph::HeapGraphBuilder;
use crate::process::ensure;

/// What a key or value takes in a table that grows: it has twice as many places as parts at the most, of
/// 17 bytes each, and the one before is half as large.
const BYTES_A_PART: u64 = 60;
/// So many need no look at the memory that is left.
const FEW_PARTS: usize = 10_000;

/// Takes down what the object that is being visited refers to.
pub(super) struct Referents<'a, 'py> {
    pub(super) introspection: &'a Introspection<'py>,
    pub(super) frames: Frames<'py>,
    pub(super) below: FramesBelow<'a>,
}

impl Referents<'_, '_> {
    /// Adds an edge for each reference that `object` holds.
    #[inline]
    pub(super) fn add(
        &mut self,
        info: &TypeInfo<'_>,
        object: Object,
        is_tracked: bool,
        builder: &mut HeapGraphBuilder,
    ) {
        self.add_contents(info, object, is_tracked, builder);
        match info.kind {
            Kind::Type => {
                add_known(
                    builder,
                    object.subclasses_address(self.introspection.layout),
                );
                for (_, name) in self.introspection.names_of_class(object) {
                    add_edge(builder, name);
                }
            }
            _ if info.hides_dict => add_known(builder, object.hidden_dict_address()),
            _ => {}
        }
        if let Some(name) = info
            .hidden_name
            .and_then(|place| object.reference_at(place))
        {
            add_edge(builder, name);
        }
        let shown = builder.pending_edges().len();
        if let Some(fields) = &info.numpy {
            fields.for_each(self.introspection, object, |_, held| {
                add_edge(builder, held);
            });
            let handler = fields.memory_handler(self.introspection, object);
            if let Some(node) = handler.and_then(|address| builder.known_node(address)) {
                builder.add_edge(node);
            }
        }
        if let Some(class) = info.class {
            let is_shown = builder.pending_edges()[..shown].contains(&class);
            // Where one instance does not show its class, others that do hold it once more.
            if is_tracked && !is_shown {
                info.hides_class.set(true);
            }
            if !is_shown || info.hides_class.get() {
                builder.add_edge(class);
            }
        }
        let unseen = builder.pending_edges().len() - shown;
        if unseen > 0 && is_tracked {
            builder.mark_untraversed(unseen);
        }
    }

    /// Adds what the type shows, by its traverse or in the way of its kind.
    #[inline]
    fn add_contents(
        &mut self,
        info: &TypeInfo<'_>,
        object: Object,
        is_tracked: bool,
        builder: &mut HeapGraphBuilder,
    ) {
        match info.kind {
            Kind::Dict => add_entries(builder, object),
            Kind::DictSubclass => {
                add_entries(builder, object);
                if is_tracked {
                    add_other_than_entries(builder, object);
                }
            }
            Kind::Code => self.add_code(object, builder),
            // A static type: its traverse would abort the process.
            Kind::Type if !object.is_gc() => {
                let ty = object.lent(self.introspection.py);
                for (_, referent) in self.introspection.static_type_referents(&ty) {
                    add_edge(builder, referent);
                }
            }
            Kind::Frame if !is_tracked => {
                let frames = &self.frames;
                frames.for_each_hidden(self.introspection, object, |held| add_edge(builder, held));
            }
            Kind::Frame if self.below.can_be() => {
                for referent in object.visited() {
                    if !self.below.contain(referent) {
                        add_edge(builder, referent);
                    }
                }
            }
            Kind::Greenlet => {
                let frames = &mut self.frames;
                frames.for_each_in_greenlet(self.introspection, object, |held| {
                    add_edge(builder, held);
                });
            }
            // Its size counts the buffer that no other object holds.
            Kind::MemoryFile(size) if is_tracked => {
                for referent in object.visited() {
                    let is_own = self.is_bytes_held_once(referent)
                        && object.place_of(referent, size).is_some();
                    if !is_own {
                        add_edge(builder, referent);
                    }
                }
            }
            Kind::LruCache => self.add_cache(info, object, builder),
            Kind::LruLink => {
                let held = object.cached_call(self.introspection.layout);
                held.into_iter()
                    .flatten()
                    .for_each(|held| add_edge(builder, held));
            }
            kind => {
                if let Some(traverse) = info.traverse
                    && (is_tracked || kind == Kind::Tuple)
                {
                    if info.is_foreign {
                        object.traverse_living_into(traverse, builder);
                    } else {
                        object.traverse_into(traverse, builder);
                    }
                }
            }
        }
    }

    /// True of `bytes` that a single object holds.
    fn is_bytes_held_once(&self, held: Object) -> bool {
        self.introspection.is_exactly(held, Known::Bytes)
            && held.reference_count(self.introspection.layout) == Some(1)
    }

    /// Adds constants, names and variables of code, which no traverse shows.
    fn add_code(&self, object: Object, builder: &mut HeapGraphBuilder) {
        for (_, referent) in self.introspection.code_referents(object) {
            add_edge(builder, referent);
        }
        for referent in self
            .introspection
            .code_variables(object)
            .into_iter()
            .flatten()
        {
            add_edge(builder, referent);
        }
    }

    /// Adds what an `lru_cache` holds. It has its links in a dict and, as a list, in the order of use; in
    /// their stead it visits what they hold, and their type.
    fn add_cache(&self, info: &TypeInfo<'_>, cache: Object, builder: &mut HeapGraphBuilder) {
        let is_link = |object: Object| self.introspection.is_link_type(object.type_object());
        let has_links = |dict: Object| {
            let first = ffi::dict_entries(dict).next();
            first.is_some_and(|(_, value)| is_link(value))
        };
        let (mut count, mut linked) = (0, None);
        cache.for_each_visited(|object| {
            count += 1;
            if object.type_object().type_flags().is_dict_subclass() && has_links(object) {
                // Results come before.
                linked = Some(object);
            }
            ControlFlow::Continue(())
        });
        let Some(linked) = linked else {
            if let Some(traverse) = info.traverse {
                cache.traverse_into(traverse, builder);
            }
            return;
        };
        if count > FEW_PARTS
            && let Err(refused) = ensure(BYTES_A_PART * count as u64)
        {
            return builder.refuse(refused);
        }
        let links = || ffi::dict_entries(linked).map(|(_, value)| value);
        let mut of_links: FxHashMap<Object, u32> = FxHashMap::default();
        for link in links().filter(|&link| is_link(link)) {
            for held in self.introspection.cached_call(link).into_iter().flatten() {
                *of_links.entry(held).or_default() += 1;
            }
            if self.introspection.layout.cached_call().is_some() {
                *of_links.entry(link.type_object()).or_default() += 1;
            }
        }
        add_visited_besides(builder, cache, of_links);
        links().for_each(|link| add_edge(builder, link));
    }
}

#[inline]
fn add_edge(builder: &mut HeapGraphBuilder, target: Object) {
    if let Some(node) = builder.node_for_address(target.address()) {
        builder.add_edge(node);
    }
}

/// Adds keys and values of a dict, whose traverse skips keys that are all strings.
#[inline]
fn add_entries(builder: &mut HeapGraphBuilder, dict: Object) {
    for (key, value) in ffi::dict_entries(dict) {
        add_edge(builder, key);
        add_edge(builder, value);
    }
}

/// Adds what an instance of a subclass of `dict` visits besides its entries.
fn add_other_than_entries(builder: &mut HeapGraphBuilder, dict: Object) {
    let parts = builder.pending_edges().len();
    if parts > FEW_PARTS
        && let Err(refused) = ensure(BYTES_A_PART * parts as u64)
    {
        return builder.refuse(refused);
    }
    let mut entries: FxHashMap<Object, u32> = FxHashMap::default();
    for (key, value) in ffi::dict_entries(dict) {
        *entries.entry(key).or_default() += 1;
        *entries.entry(value).or_default() += 1;
    }
    add_visited_besides(builder, dict, entries);
}

/// Adds what an object visits besides some others, each of them so many times.
fn add_visited_besides(
    builder: &mut HeapGraphBuilder,
    holder: Object,
    mut others: FxHashMap<Object, u32>,
) {
    holder.for_each_visited(|object| {
        match others.get_mut(&object) {
            Some(count) if *count > 0 => *count -= 1,
            _ => add_edge(builder, object),
        }
        ControlFlow::Continue(())
    });
}

/// Adds what is at an address that nobody vouches for, if it is a known object and the node
/// being visited does not refer to it yet: the dict that an instance has got by now, the
/// subclasses of a class.
fn add_known(builder: &mut HeapGraphBuilder, address: u64) {
    if let Some(node) = builder.known_node(address)
        && !builder.pending_edges().contains(&node)
    {
        builder.add_edge(node);
    }
}
