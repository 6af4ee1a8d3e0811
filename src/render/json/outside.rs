//! What may hold an object from outside the heap, as JSON.

use serde::Serialize;

use crate::analysis::{Candidate, CompiledHolders};
use crate::render::one_line;
use crate::render::text::candidate_words;
use crate::snapshot::HeapSnapshot;

/// Which extension modules come into question, and why.
#[derive(Debug, Serialize)]
pub(super) struct OutsideJson {
    /// References to the object that were not found.
    references: u32,
    candidates: Vec<CandidateJson>,
    /// A type near the object that shows no references; `null` if there is none.
    hiding_type: Option<String>,
}

#[derive(Debug, Serialize)]
struct CandidateJson {
    module: String,
    reason: String,
}

impl OutsideJson {
    pub(super) fn new(snapshot: &HeapSnapshot, holders: &CompiledHolders) -> Self {
        let candidate = |one: &Candidate| CandidateJson {
            module: one.module.clone(),
            reason: one_line(&candidate_words(snapshot, holders, one)).into_owned(),
        };
        Self {
            references: holders.references,
            candidates: holders.candidates.iter().map(candidate).collect(),
            hiding_type: holders.hiding_type().map(str::to_owned),
        }
    }
}
