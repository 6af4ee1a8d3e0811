//! References that a snapshot cannot explain.

use pyo3::prelude::*;

use super::answers::{ROWS, preformatted};
use crate::analysis;
use crate::render::one_line;
use crate::render::text::{Style, leak_words, unexplained_text};

/// The references to the objects of one class that a snapshot cannot explain.
#[pyclass(frozen, get_all, module = "heapgraph")]
pub(in crate::python) struct UnexplainedTotal {
    /// Full name of the class.
    type_name: String,
    /// What is referred to: `instances` of the class, or the `class` itself.
    held: &'static str,
    /// Number of objects with such references.
    count: u64,
    /// Number of references to them all.
    reference_count: u64,
}

#[pymethods]
impl UnexplainedTotal {
    fn __repr__(&self) -> String {
        let Self {
            type_name,
            held,
            count,
            reference_count,
        } = self;
        let type_name = one_line(type_name);
        format!("<UnexplainedTotal {held} {type_name}: {reference_count} references to {count}>")
    }
}

/// The references that a snapshot cannot explain, by class.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct UnexplainedReferences {
    pub(super) unexplained: analysis::Unexplained,
}

#[pymethods]
impl UnexplainedReferences {
    /// Most references first: a list of `UnexplainedTotal`.
    #[getter]
    fn totals(&self) -> Vec<UnexplainedTotal> {
        let rows = self.unexplained.tallies.iter();
        rows.map(|row| UnexplainedTotal {
            type_name: row.type_name.clone(),
            held: row.held.word(),
            count: row.objects,
            reference_count: row.references,
        })
        .collect()
    }

    fn __str__(&self) -> String {
        unexplained_text(&self.unexplained, ROWS, Style::Plain)
    }

    fn __repr__(&self) -> String {
        let count = self.unexplained.tallies.len();
        format!("<heapgraph.UnexplainedReferences of {count} classes>")
    }

    fn _repr_html_(&self) -> String {
        preformatted(&self.__str__())
    }
}

/// References that have come to lead to the objects of a class although no more of them are found:
/// probably, compiled code has forgotten to give them back. Its `str` says so in one line.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct ReferenceLeak {
    pub(super) leak: analysis::ReferenceLeak,
}

#[pymethods]
impl ReferenceLeak {
    /// Full name of the class.
    #[getter]
    fn type_name(&self) -> &str {
        &self.leak.type_name
    }

    /// What is referred to: `instances` of the class, or the `class` itself, which instances hold
    /// that are in no snapshot.
    #[getter]
    fn held(&self) -> &'static str {
        self.leak.held.word()
    }

    /// How many more references there are.
    #[getter]
    fn rise(&self) -> u64 {
        self.leak.rise
    }

    /// How many more objects have any: if they are few, no memory is lost.
    #[getter]
    fn more_objects(&self) -> u64 {
        self.leak.more_objects
    }

    /// How many more modules there are than before: they may hold the objects.
    #[getter]
    fn loaded_modules(&self) -> u64 {
        self.leak.loaded_modules
    }

    fn __str__(&self) -> String {
        leak_words(&self.leak)
    }

    fn __repr__(&self) -> String {
        let (held, name, rise) = (self.held(), one_line(self.type_name()), self.rise());
        format!("<ReferenceLeak {held} {name}: {rise:+}>")
    }
}
