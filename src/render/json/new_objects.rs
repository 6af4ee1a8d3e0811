//! What holds new objects, as JSON.

use serde::Serialize;

use super::object::ObjectJson;
use super::retained::TallyJson;
use super::types::TypeJson;
use crate::analysis::{NewObjects, NewPlace};
use crate::render::text::example_spelled;
use crate::snapshot::HeapSnapshot;

/// New objects by what holds them.
#[derive(Debug, Serialize)]
pub struct NewObjectsJson<'s> {
    schema: &'static str,
    total: TallyJson,
    /// Most bytes first.
    places: Vec<PlaceJson<'s>>,
    /// New objects that nothing alive leads to.
    garbage: TallyJson,
}

#[derive(Debug, Serialize)]
struct PlaceJson<'s> {
    path: &'s str,
    count: u64,
    /// Of the objects themselves.
    bytes: u64,
    types: Vec<TypeJson<'s>>,
    /// How many of them are held there by what is not new.
    entries: usize,
    /// One of these.
    object: ObjectJson<'s>,
    /// The chain to it, with positions and keys.
    example: String,
}

impl<'s> NewObjectsJson<'s> {
    /// The answer to be written.
    pub fn new(snapshot: &'s HeapSnapshot, new: &'s NewObjects) -> Self {
        let place = |place: &'s NewPlace| PlaceJson {
            path: &place.path,
            count: place.tally.count,
            bytes: place.tally.bytes,
            types: place.types.iter().map(TypeJson::new).collect(),
            entries: place.entries.len(),
            object: ObjectJson::new(snapshot, place.example),
            example: example_spelled(snapshot, place),
        };
        Self {
            schema: "heapgraph/new-objects@1",
            total: new.total.into(),
            places: new.places.iter().map(place).collect(),
            garbage: new.garbage.into(),
        }
    }
}
