//! `functools.lru_cache` on a method.

use indexmap::IndexSet;

use super::heap::Heap;
use super::{Finding, HintKind};
use crate::graph::{EdgeLabel, NodeFlags, NodeIndex};

/// The caches whose keys begin with instances of the class that has the cache as a method, which
/// nothing but the cache keeps.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Finding> {
    let caches = heap.of_types(heap.named(&["functools._lru_cache_wrapper"]));
    let finding = |cache| {
        let nodes = instances_in_keys(heap, cache, class_of_method(heap, cache)?);
        Some(Finding {
            kind: HintKind::CachedMethod,
            holder: cache,
            kept: heap.kept(&nodes)?,
        })
    };
    caches.filter_map(finding).collect()
}

/// The class that has `function` in its namespace, as it is or as a property.
fn class_of_method(heap: &Heap<'_>, function: NodeIndex) -> Option<NodeIndex> {
    let graph = heap.graph();
    let class_with = |member: NodeIndex| {
        let dicts = graph.referrers(member).iter();
        let dicts = dicts.filter(|&&dict| graph.flags(dict).contains(NodeFlags::DICT));
        let mut holders = dicts.flat_map(|&dict| graph.referrers(dict));
        holders.find(|&&holder| heap.is_class(holder)).copied()
    };
    class_with(function).or_else(|| {
        let mut holders = graph.referrers(function).iter();
        let is_property = |node: NodeIndex| graph.type_of(node).is_genuine("builtins.property");
        holders.find_map(|&holder| is_property(holder).then(|| class_with(holder))?)
    })
}

fn instances_in_keys(heap: &Heap<'_>, cache: NodeIndex, class: NodeIndex) -> Vec<NodeIndex> {
    let graph = heap.graph();
    let is_instance = heap.subclasses(class);
    let first = EdgeLabel::Index(0);
    let keys = graph.referents(cache).iter();
    let keys = keys.flat_map(|&held| heap.entries(held).map(|(key, _)| key));
    let instances: IndexSet<NodeIndex> = keys
        .filter(|&key| graph.type_of(key).is_genuine("builtins.tuple"))
        .filter_map(|key| heap.held(key, &first))
        .filter(|&node| is_instance[graph.type_index(node).index()])
        .filter(|&node| heap.tree.dominates(cache, node))
        .collect();
    instances.into_iter().collect()
}
