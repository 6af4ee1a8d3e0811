//! Answers as JSON. Each has a field `schema` with its name and version, first; a field is never
//! renamed, removed or given another meaning without a new version. `docs/cli.md` has them all.
//!
//! Addresses are strings, as not every reader keeps 64 bits of a number.

mod chains;
mod cycles;
mod export;
mod growth;
mod growth_processes;
mod neighbourhood;
mod new_objects;
mod object;
mod outside;
mod retained;
mod summary;
mod suspects;
mod types;
mod visible;
mod why;

use std::io::{self, Write};

use serde::Serialize;

use visible::Visible;

pub use chains::ChainsJson;
pub use cycles::{CyclesJson, GarbageJson};
pub use export::export;
pub use growth::GrowthJson;
pub use growth_processes::GrowthOfProcessesJson;
pub use neighbourhood::NeighbourhoodJson;
pub use new_objects::NewObjectsJson;
pub use object::{ObjectJson, ObjectsJson};
pub use retained::{OwnersJson, RetainedByTypeJson, RetainedJson};
pub use summary::SummaryJson;
pub use suspects::SuspectsJson;
pub use types::{DiffJson, TypesJson};
pub use why::WhyJson;

/// Writes an answer as an indented document with a line break at the end. A reader gets the texts as they
/// are; in the document itself, what would do something to a terminal is spelled `\u202e`.
///
/// # Errors
///
/// What writing raises.
pub fn write_json(out: &mut dyn Write, answer: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(Visible(out), answer)?;
    out.write_all(b"\n")
}
