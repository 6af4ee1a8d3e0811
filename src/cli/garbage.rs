//! `heapgraph garbage`

use std::path::PathBuf;

use clap::Args;

use super::condition::Condition;
use super::console::Console;
use super::error::CliError;
use crate::analysis;
use crate::render;
use crate::render::json::GarbageJson;
use crate::render::text::garbage_text;

/// Show what nothing leads to any more and only waits for the collector
///
/// A snapshot that was taken after a collection has next to none: take it with `collect=False`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph garbage heap.parquet -o garbage.svg")]
pub(super) struct Garbage {
    /// The snapshot
    file: PathBuf,

    /// How many rows to show of each table; 0 for all [default: 30, and all in JSON]
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,

    /// Draw the first cycles too: a file that ends in .svg, .png or .dot
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End with exit code 1 if this is true of the garbage, such as `count(Session)>0` or
    /// `bytes>10MiB` [may be repeated]
    #[arg(long, value_name = "CONDITION", value_parser = Condition::of_one_heap)]
    fail_on: Vec<Condition>,
}

impl Garbage {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let garbage = analysis::Garbage::find(&snapshot);
        let conditions = self.fail_on.iter();
        let found = conditions.filter_map(|condition| condition.find_in(&garbage.types));
        console.findings.extend(found);
        if let Some(path) = &self.output {
            let shown = garbage.set(snapshot.graph());
            let view = render::cycles_view(&snapshot, &garbage.groups, &shown);
            render::save(&view, path)?;
        }
        let limit = console.rows(self.limit);
        if console.is_json {
            console.json(&GarbageJson::new(&snapshot, &garbage, limit))?;
        } else {
            console.text(&garbage_text(&snapshot, &garbage, limit, console.style))?;
        }
        Ok(())
    }
}
