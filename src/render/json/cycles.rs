//! Cycles and garbage as JSON.

use serde::Serialize;

use super::object::ObjectJson;
use super::types::TypeJson;
use crate::analysis::{CycleGroup, Cycles, Fate, Garbage, Tally};
use crate::render::cycle_text;
use crate::snapshot::HeapSnapshot;

/// The cycles of a heap.
#[derive(Debug, Serialize)]
pub struct CyclesJson<'s> {
    schema: &'static str,
    cycles: Vec<GroupJson<'s>>,
    total: TotalJson,
    /// What hangs together by modules and classes.
    standing: StandingJson,
}

/// Components that are alike.
#[derive(Debug, Serialize)]
struct GroupJson<'s> {
    state: &'static str,
    components: usize,
    objects: u64,
    bytes: u64,
    types: Vec<TypeJson<'s>>,
    /// A shortest cycle in one of them.
    path: String,
    cycle: Vec<ObjectJson<'s>>,
    /// From each object to the next, and from the last to the first.
    references: Vec<String>,
    /// Those that the collector does not see, with what holds them.
    unseen_references: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TotalJson {
    components: usize,
    objects: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct StandingJson {
    components: usize,
    objects: u64,
    bytes: u64,
    modules: usize,
    classes: usize,
}

/// The garbage of a heap.
#[derive(Debug, Serialize)]
pub struct GarbageJson<'s> {
    schema: &'static str,
    objects: u64,
    bytes: u64,
    in_cycles: AmountJson,
    held_by_cycles: AmountJson,
    uncollectable: AmountJson,
    types: Vec<TypeJson<'s>>,
    cycles: Vec<GroupJson<'s>>,
    /// What the list of that name holds; `null` if names were not recorded.
    gc_garbage: Option<Vec<ObjectJson<'s>>>,
    collected: bool,
    not_seen: &'s [String],
}

#[derive(Debug, Serialize)]
struct AmountJson {
    objects: u64,
    bytes: u64,
}

impl From<Tally> for AmountJson {
    fn from(tally: Tally) -> Self {
        Self {
            objects: tally.count,
            bytes: tally.bytes,
        }
    }
}

impl<'s> GroupJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, group: &'s CycleGroup) -> Self {
        let object = |&node| ObjectJson::new(snapshot, node);
        Self {
            state: group.fate.word(),
            components: group.component_count,
            objects: group.tally.count,
            bytes: group.tally.bytes,
            types: group.types.types.iter().map(TypeJson::new).collect(),
            path: cycle_text(snapshot, &group.cycle),
            cycle: group.cycle.nodes.iter().map(object).collect(),
            unseen_references: match group.fate {
                Fate::Uncollectable => group.cycle.unseen_references(snapshot),
                _ => Vec::new(),
            },
            references: group.cycle.labels.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<'s> CyclesJson<'s> {
    /// The first `limit` groups of cycles, and how much all of them are.
    pub fn new(snapshot: &'s HeapSnapshot, cycles: &'s Cycles, limit: usize) -> Self {
        let (components, tally) = cycles.total();
        let shown = cycles.groups.iter().take(limit);
        Self {
            schema: "heapgraph/cycles@1",
            cycles: shown.map(|group| GroupJson::new(snapshot, group)).collect(),
            total: TotalJson {
                components,
                objects: tally.count,
                bytes: tally.bytes,
            },
            standing: StandingJson {
                components: cycles.standing.component_count,
                objects: cycles.standing.tally.count,
                bytes: cycles.standing.tally.bytes,
                modules: cycles.standing.module_count,
                classes: cycles.standing.class_count,
            },
        }
    }
}

impl<'s> GarbageJson<'s> {
    /// The garbage, with its first `limit` groups of cycles and the `limit` types with most bytes.
    pub fn new(snapshot: &'s HeapSnapshot, garbage: &'s Garbage, limit: usize) -> Self {
        let types = &garbage.types.types;
        let listed = garbage.listed.as_ref();
        let object = |&node| ObjectJson::new(snapshot, node);
        let shown = garbage.groups.iter().take(limit);
        Self {
            schema: "heapgraph/garbage@1",
            objects: garbage.total().count,
            bytes: garbage.total().bytes,
            in_cycles: garbage.in_cycles.into(),
            held_by_cycles: garbage.held_by_cycles.into(),
            uncollectable: garbage.uncollectable.into(),
            types: types.iter().take(limit).map(TypeJson::new).collect(),
            cycles: shown.map(|group| GroupJson::new(snapshot, group)).collect(),
            gc_garbage: listed.map(|listed| listed.iter().map(object).collect()),
            collected: snapshot.metadata().collected,
            not_seen: &snapshot.metadata().unseen,
        }
    }
}
