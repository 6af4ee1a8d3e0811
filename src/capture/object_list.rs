//! What the collector tracks, as a list that can be compared with a later one.

use std::hash::Hasher;
use std::ops::ControlFlow;

use pyo3::prelude::*;
use pyo3::types::PySlice;
use rustc_hash::{FxHashMap, FxHasher};

use super::by_type::named;
use super::error::CaptureError;
use super::ffi::{self, CollectorPause, Object};
use super::introspection::Introspection;
use super::known_types::Known;
use super::object_of;
use super::tracked::Tracked;
use crate::graph::{HeapGraph, ListedClass, ListedObject, NodeFlags, ObjectList};
use crate::process::{TooLittleMemory, grow};

/// References of one object that its contents are told by.
const WIDTH: usize = 32;

/// All objects that the collector tracks, with what tells them from others at another time.
///
/// O(objects) time; runs no code of theirs and keeps none alive.
///
/// # Errors
///
/// If there is no memory for the list.
pub(crate) fn list_tracked(py: Python<'_>) -> Result<ObjectList, CaptureError> {
    let _pause = CollectorPause::new(py);
    let types = Introspection::new(py)?;
    let mut lister = Lister::new(&types);
    Tracked::new(py)?.for_each(|object| lister.add(object, true));
    lister.list()
}

/// All objects of a captured heap, as [`list_tracked`] has those of the collector. They must be alive: no
/// code has run since the capture, or all are held.
///
/// # Errors
///
/// If there is no memory for the list.
pub(crate) fn list_captured(
    types: &Introspection<'_>,
    graph: &HeapGraph,
) -> Result<ObjectList, CaptureError> {
    let mut lister = Lister::new(types);
    for node in graph.nodes() {
        let is_tracked = graph.flags(node).contains(NodeFlags::TRACKED);
        lister.add(object_of(graph, node), is_tracked);
    }
    lister.list()
}

/// Makes a list, an object after the other.
struct Lister<'a, 'py> {
    types: &'a Introspection<'py>,
    classes: Vec<(Object, Contents)>,
    positions: FxHashMap<Object, u32>,
    last: Option<(Object, u32)>,
    objects: Vec<ListedObject>,
    refused: Option<TooLittleMemory>,
}

impl<'a, 'py> Lister<'a, 'py> {
    fn new(types: &'a Introspection<'py>) -> Self {
        Self {
            types,
            classes: Vec::new(),
            positions: FxHashMap::default(),
            last: None,
            objects: Vec::new(),
            refused: None,
        }
    }

    fn add(&mut self, object: Object, is_tracked: bool) {
        let ty = object.type_object();
        let class = match self.last {
            Some((last, class)) if last == ty => class,
            _ => *self.positions.entry(ty).or_insert_with(|| {
                let is_fixed = has_fixed_contents(self.types, ty);
                self.classes
                    .push((ty, Contents::of_instances(ty, is_fixed)));
                u32::try_from(self.classes.len() - 1).unwrap_or(u32::MAX)
            }),
        };
        self.last = Some((ty, class));
        if self.objects.len() == self.objects.capacity() && self.refused.is_none() {
            self.refused = grow(&mut self.objects, usize::MAX).err();
        }
        if self.refused.is_some() {
            return;
        }
        let contents = match self.classes[class as usize].1 {
            // What is not tracked may be half made: it is not to be traversed.
            Contents::Referents if !is_tracked => 0,
            contents => contents.hash(object),
        };
        self.objects.push(ListedObject {
            address: object.address(),
            class,
            contents,
        });
    }

    fn list(self) -> Result<ObjectList, CaptureError> {
        if let Some(refused) = self.refused {
            return Err(refused.into());
        }
        let classes = self.classes.into_iter();
        Ok(ObjectList {
            classes: classes
                .map(|(ty, contents)| listed(self.types, ty, contents))
                .collect(),
            objects: self.objects,
        })
    }
}

/// What of an object's references never changes, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contents {
    /// Nothing that is known.
    Changing,
    /// The items of a tuple, or of an instance of a subclass.
    Items,
    /// All that the object visits.
    Referents,
}

impl Contents {
    fn of_instances(ty: Object, is_fixed: bool) -> Self {
        if ty.type_flags().is_tuple_subclass() {
            Self::Items
        } else if is_fixed {
            Self::Referents
        } else {
            Self::Changing
        }
    }

    fn hash(self, object: Object) -> u16 {
        match self {
            Self::Changing => 0,
            Self::Items => hash(ffi::tuple_items(object)),
            Self::Referents => {
                let mut first = Vec::new();
                object.for_each_visited(|referent| {
                    first.push(referent);
                    if first.len() < WIDTH {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                });
                hash(first.into_iter())
            }
        }
    }
}

fn hash(contents: impl Iterator<Item = Object>) -> u16 {
    let mut hasher = FxHasher::default();
    for object in contents.take(WIDTH) {
        hasher.write_u64(object.address());
    }
    let [.., low, high] = hasher.finish().to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Types other than tuples whose instances refer to the same objects all their lives, and visit
/// nothing else.
fn has_fixed_contents(types: &Introspection<'_>, ty: Object) -> bool {
    let known = types.known(ty);
    matches!(
        known,
        Some(Known::Method | Known::Builtin | Known::FrozenSet | Known::MappingProxy)
    ) || ty == Object::from_bound(&types.py.get_type::<PySlice>())
}

fn listed(types: &Introspection<'_>, ty: Object, contents: Contents) -> ListedClass {
    let namespace = types.type_namespace(&ty.lent(types.py));
    ListedClass {
        ty: named(types, ty),
        address: ty.address(),
        namespace: namespace.map_or(0, |namespace| Object::from_bound(&namespace).address()),
        has_fixed_contents: contents != Contents::Changing,
    }
}
