//! Objects by type, without a graph: one look at the type of each.

use pyo3::prelude::*;
use pyo3::types::PyList;
use rustc_hash::FxHashMap;

use super::error::CaptureError;
use super::ffi::{self, CollectorPause, Object};
use super::introspection::Introspection;
use super::tracked::Tracked;
use crate::graph::HeapType;
use crate::process::{self, TooLittleMemory, grow};

/// Which types are meant.
#[derive(Debug)]
pub(crate) enum TypePattern<'py> {
    /// Those of this name: the full name if it has a dot, else the short one.
    Name(String),
    /// This class itself, whatever it is called; not its subclasses.
    Class(Bound<'py, PyAny>),
}

/// All types of `objects` with the number of objects of each, in the order in which they are
/// first met. `None` stands for all objects that the collector tracks.
///
/// O(objects) time; runs no code of theirs.
pub(crate) fn count_by_type(
    py: Python<'_>,
    objects: Option<&Bound<'_, PyList>>,
) -> Result<Vec<(HeapType, usize)>, CaptureError> {
    let _pause = CollectorPause::new(py);
    let types = Introspection::new(py)?;
    let mut counts: Vec<(Object, usize)> = Vec::new();
    let mut positions: FxHashMap<Object, usize> = FxHashMap::default();
    let mut last: Option<(Object, usize)> = None;
    for_each(py, objects, |object| {
        let ty = object.type_object();
        let position = match last {
            Some((last, position)) if last == ty => position,
            _ => *positions.entry(ty).or_insert_with(|| {
                counts.push((ty, 0));
                counts.len() - 1
            }),
        };
        last = Some((ty, position));
        counts[position].1 += 1;
    })?;
    Ok(counts
        .into_iter()
        .map(|(ty, count)| (named(&types, ty), count))
        .collect())
}

/// Those of `objects` whose type is meant by `pattern`, in their order. `None` stands for all
/// objects that the collector tracks.
///
/// O(objects) time; runs no code of theirs.
pub(crate) fn objects_of_type<'py>(
    py: Python<'py>,
    pattern: &TypePattern<'py>,
    objects: Option<&Bound<'py, PyList>>,
) -> Result<Vec<Bound<'py, PyAny>>, CaptureError> {
    let _pause = CollectorPause::new(py);
    let types = Introspection::new(py)?;
    let mut is_meant: FxHashMap<Object, bool> = FxHashMap::default();
    let mut found = Found::default();
    for_each(py, objects, |object| {
        let ty = object.type_object();
        let is_match = *is_meant.entry(ty).or_insert_with(|| match pattern {
            TypePattern::Name(name) => named(&types, ty).matches(name),
            TypePattern::Class(class) => Object::from_bound(class) == ty,
        });
        if is_match {
            found.push(object);
        }
    })?;
    found.objects(py)
}

/// The objects that the collector tracks at the given addresses, in the collector's order.
pub(crate) fn tracked_at(
    py: Python<'_>,
    is_wanted: impl Fn(u64) -> bool,
) -> Result<Vec<Bound<'_, PyAny>>, CaptureError> {
    let _pause = CollectorPause::new(py);
    let mut found = Found::default();
    for_each(py, None, |object| {
        if is_wanted(object.address()) {
            found.push(object);
        }
    })?;
    found.objects(py)
}

/// Objects that were found, until there is no memory for more.
#[derive(Default)]
struct Found {
    objects: Vec<Object>,
    refused: Option<TooLittleMemory>,
}

impl Found {
    fn push(&mut self, object: Object) {
        if self.objects.len() == self.objects.capacity() && self.refused.is_none() {
            self.refused = grow(&mut self.objects, usize::MAX).err();
        }
        if self.refused.is_none() {
            self.objects.push(object);
        }
    }

    /// The objects, held. No Python code may have run since they were found.
    fn objects(self, py: Python<'_>) -> Result<Vec<Bound<'_, PyAny>>, CaptureError> {
        if let Some(refused) = self.refused {
            return Err(refused.into());
        }
        // Once more for the list that they become.
        process::ensure(2 * size_of_val(&self.objects[..]) as u64)?;
        Ok(self
            .objects
            .into_iter()
            .map(|object| object.bound(py))
            .collect())
    }
}

fn for_each(
    py: Python<'_>,
    objects: Option<&Bound<'_, PyList>>,
    mut visit: impl FnMut(Object),
) -> Result<(), CaptureError> {
    match objects {
        None => Tracked::new(py)?.for_each(visit),
        Some(objects) => {
            for position in 0..objects.len() {
                if let Some(object) = ffi::list_item(objects, position) {
                    visit(object);
                }
            }
        }
    }
    Ok(())
}

pub(super) fn named(types: &Introspection<'_>, ty: Object) -> HeapType {
    let bound = ty.lent(types.py);
    HeapType {
        name: types.type_name(&bound),
        module: types.type_module(&bound),
        node: None,
        is_heap_type: ty.type_flags().is_heap_type(),
    }
}
