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
use super::tracked::Tracked;
use crate::graph::{ListedClass, ListedObject, ObjectList};
use crate::process::grow;

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
    let fixed = |ty| has_fixed_contents(&types, ty);
    let mut classes: Vec<(Object, Contents)> = Vec::new();
    let mut positions: FxHashMap<Object, u32> = FxHashMap::default();
    let mut objects = Vec::new();
    let mut refused = None;
    let mut last: Option<(Object, u32)> = None;
    Tracked::new(py)?.for_each(|object| {
        let ty = object.type_object();
        let class = match last {
            Some((last, class)) if last == ty => class,
            _ => *positions.entry(ty).or_insert_with(|| {
                classes.push((ty, Contents::of_instances(ty, fixed(ty))));
                u32::try_from(classes.len() - 1).unwrap_or(u32::MAX)
            }),
        };
        last = Some((ty, class));
        if objects.len() == objects.capacity() && refused.is_none() {
            refused = grow(&mut objects, usize::MAX).err();
        }
        if refused.is_some() {
            return;
        }
        objects.push(ListedObject {
            address: object.address(),
            class,
            contents: classes[class as usize].1.hash(object),
        });
    });
    if let Some(refused) = refused {
        return Err(refused.into());
    }
    let classes = classes
        .into_iter()
        .map(|(ty, contents)| listed(&types, ty, contents))
        .collect();
    Ok(ObjectList { classes, objects })
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
