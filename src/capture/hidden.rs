//! References that types do not show to the collector, as functions that were registered for them
//! tell.

use std::cell::Cell;
use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rustc_hash::{FxHashMap, FxHashSet};

use super::ffi::{self, Object};
use super::introspection::{Introspection, text};
use crate::graph::{EdgeLabel, NodeIndex};

/// Hidden references by the node that holds them, with their names.
pub(crate) type HiddenReferences = FxHashMap<NodeIndex, Vec<(NodeIndex, EdgeLabel)>>;

/// Where functions are registered, on the side of Python.
struct Registry {
    /// The addresses of classes are the keys.
    by_class: Py<PyDict>,
    /// Asks the functions about a list of objects.
    ask: Py<PyAny>,
}

static REGISTRY: OnceLock<Registry> = OnceLock::new();

thread_local! {
    /// A function that is being asked may itself look at the heap, without asking again.
    static IS_ASKING: Cell<bool> = const { Cell::new(false) };
}

/// Says where functions are registered: classes by their addresses, and what asks them.
pub(crate) fn set_registry(by_class: Py<PyDict>, ask: Py<PyAny>) {
    // There is one; a second import of the package keeps the first.
    let _ = REGISTRY.set(Registry { by_class, ask });
}

/// The classes that functions are registered for, at one moment.
#[derive(Default)]
pub(super) struct Hooks {
    classes: FxHashSet<u64>,
}

/// A reference as Python gives it: which of the objects holds it, its name, and what is held.
type GivenReference<'py> = (usize, Bound<'py, PyAny>, Bound<'py, PyAny>);

/// What the functions gave.
pub(super) struct Given<'py> {
    /// Which of the objects asked about holds what, and how that reference is called.
    pub(super) references: Vec<(usize, EdgeLabel, Bound<'py, PyAny>)>,
    /// What went wrong, a sentence each.
    pub(super) complaints: Vec<String>,
}

impl Hooks {
    /// Those registered now; none while one of them is being asked.
    pub(super) fn registered(py: Python<'_>) -> Self {
        let registry = REGISTRY.get().filter(|_| !IS_ASKING.get());
        let classes = registry.map(|registry| {
            let keys = registry.by_class.bind(py).keys();
            keys.iter()
                .filter_map(|class| class.extract().ok())
                .collect()
        });
        Self {
            classes: classes.unwrap_or_default(),
        }
    }

    /// True if a function is registered for the class or one that it is derived from.
    pub(super) fn are_for(&self, types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> bool {
        let is_known = |class: &Borrowed<'_, '_, PyAny>| {
            self.classes.contains(&Object::from_bound(class).address())
        };
        !self.classes.is_empty() && types.type_mro(class).iter().any(is_known)
    }

    /// Asks about some objects. Runs code of the program.
    ///
    /// # Errors
    ///
    /// If it is interrupted; what the functions do wrong are complaints.
    pub(super) fn ask<'py>(
        objects: &[&Bound<'py, PyAny>],
        py: Python<'py>,
    ) -> PyResult<Given<'py>> {
        let Some(registry) = REGISTRY.get() else {
            return Ok(Given {
                references: Vec::new(),
                complaints: Vec::new(),
            });
        };
        let _asking = Asking::start();
        let objects = PyList::new(py, objects)?;
        let given = ffi::call(registry.ask.bind(py), (objects,))?;
        let (references, complaints): (Vec<GivenReference<'py>>, Vec<Bound<'py, PyAny>>) =
            given.extract()?;
        let references = references.into_iter();
        Ok(Given {
            references: references
                .map(|(position, name, object)| (position, label(&name), object))
                .collect(),
            complaints: complaints.iter().filter_map(text).collect(),
        })
    }
}

/// The name of a reference as Python gives it: of an attribute, a position, or none.
fn label(name: &Bound<'_, PyAny>) -> EdgeLabel {
    if name.is_none() {
        return EdgeLabel::Internal("hidden".into());
    }
    let attribute = text(name).map(EdgeLabel::Attribute);
    attribute.unwrap_or_else(|| {
        name.extract()
            .map_or(EdgeLabel::Internal("hidden".into()), EdgeLabel::Index)
    })
}

struct Asking;

impl Asking {
    fn start() -> Self {
        IS_ASKING.set(true);
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        IS_ASKING.set(false);
    }
}
