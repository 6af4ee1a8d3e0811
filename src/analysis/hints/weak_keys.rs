//! Maps with weak keys whose values lead to the keys.

use indexmap::IndexSet;

use super::heap::Heap;
use super::{Finding, HintKind};
use crate::graph::NodeIndex;

/// The maps that keep keys of theirs. A weak reference is none in the graph, so that a key which
/// the map dominates is kept by the values.
pub(super) fn find(heap: &Heap<'_>) -> Vec<Finding> {
    let maps = heap.of_types(heap.derived_from("weakref", "WeakKeyDictionary"));
    let finding = |map| {
        let entries = heap.entries(heap.attribute(map, "data")?);
        let (mut keys, mut values) = (Vec::new(), IndexSet::new());
        for (reference, value) in entries {
            let key: Option<NodeIndex> = heap.snapshot.weak_referent(reference);
            if let Some(key) = key.filter(|&key| heap.tree.dominates(map, key)) {
                keys.push(key);
                values.insert(value);
            }
        }
        let mut kept = heap.kept(&keys)?;
        let values: Vec<NodeIndex> = values.into_iter().collect();
        // A key may lead to another key; no value that the map holds goes with another.
        kept.retained = heap.kept(&values)?.retained;
        Some(Finding {
            kind: HintKind::WeakKeys,
            holder: map,
            kept,
        })
    };
    maps.filter_map(finding).collect()
}
