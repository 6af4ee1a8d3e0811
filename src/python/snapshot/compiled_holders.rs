//! What may hold an object from outside the heap, as Python has it.

use std::sync::Arc;

use pyo3::prelude::*;

use super::analysed_heap::AnalysedHeap;
use crate::analysis;
use crate::render::one_line;
use crate::render::text::{candidate_words, compiled_holders_words};

/// What may hold an object from outside the heap: which extension modules come into question, and why.
/// Its `str` says so, and what to do next.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct CompiledHolders {
    snapshot: Arc<AnalysedHeap>,
    holders: analysis::CompiledHolders,
}

impl CompiledHolders {
    pub(in crate::python) fn new(
        snapshot: &Arc<AnalysedHeap>,
        holders: Option<&analysis::CompiledHolders>,
    ) -> Option<Self> {
        Some(Self {
            snapshot: Arc::clone(snapshot),
            holders: holders?.clone(),
        })
    }
}

#[pymethods]
impl CompiledHolders {
    /// How many references to the object no walk finds.
    #[getter]
    fn reference_count(&self) -> u32 {
        self.holders.references
    }

    /// The modules that come into question, that for which most speaks first: pairs of the name and what
    /// speaks for it, a sentence. Empty if nothing near the object is compiled.
    #[getter]
    fn candidates(&self) -> Vec<(String, String)> {
        let candidates = self.holders.candidates.iter();
        let pair = |one: &analysis::Candidate| {
            let words = candidate_words(&self.snapshot, &self.holders, one);
            (one.module.clone(), one_line(&words).into_owned())
        };
        candidates.map(pair).collect()
    }

    /// Full name of a type near the object that shows no references, for `register_referents`; `None` if
    /// there is none.
    #[getter]
    fn hiding_type(&self) -> Option<&str> {
        self.holders.hiding_type()
    }

    fn __str__(&self) -> String {
        compiled_holders_words(&self.snapshot, &self.holders, false, false).join("\n")
    }

    fn __repr__(&self) -> String {
        let count = self.holders.candidates.len();
        format!("<heapgraph.CompiledHolders, {count} candidates>")
    }
}
