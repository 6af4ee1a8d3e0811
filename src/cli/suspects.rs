//! `heapgraph suspects`

use std::path::PathBuf;

use clap::Args;

use super::condition::byte_count;
use super::console::Console;
use super::error::CliError;
use crate::analysis::{self, DominatorTree};
use crate::render::json::SuspectsJson;
use crate::render::text::suspects_text;

/// Name what holds much of the heap, and say what it is
///
/// A suspect is one object, or all objects of one type, that holds a tenth of the data. Modules,
/// classes, functions and code are no data. Whether it is a leak, only the author of the program
/// knows.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph suspects heap.parquet --min-size 100KiB")]
pub(super) struct Suspects {
    /// The snapshot
    file: PathBuf,

    /// Only what holds at least so much; less than 1MiB the library alone may hold
    #[arg(long, value_name = "BYTES", default_value = "1MiB", value_parser = byte_count)]
    min_size: u64,

    /// How many suspects to show; 0 for all [default: all]
    #[arg(
        long,
        short = 'n',
        value_name = "N",
        default_value = "0",
        hide_default_value = true
    )]
    limit: usize,
}

impl Suspects {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let tree = DominatorTree::new(&snapshot);
        let found = analysis::Suspects::find(&snapshot, &tree, self.min_size);
        let limit = console.rows(Some(self.limit));
        if console.is_json {
            console.json(&SuspectsJson::new(&snapshot, &found, limit))?;
        } else {
            console.text(&suspects_text(&snapshot, &found, limit, console.style))?;
        }
        Ok(())
    }
}
