//! `heapgraph summary`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use crate::analysis::Histogram;
use crate::render::json::SummaryJson;
use crate::render::text::summary_text;

/// Show what is in a snapshot: program, time, objects, bytes, top types
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph summary heap.parquet")]
pub(super) struct Summary {
    /// The snapshot
    file: PathBuf,
}

impl Summary {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        if console.is_json {
            let mut histogram = Histogram::new(snapshot.graph());
            let opaque = Histogram::opaque(&snapshot);
            console.json(&SummaryJson::new(&snapshot, &mut histogram, &opaque))?;
        } else {
            console.text(&summary_text(&snapshot, console.style))?;
        }
        Ok(())
    }
}
