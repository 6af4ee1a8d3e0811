//! `heapgraph growth`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use crate::analysis::{GrowthHistory, GrowthReport, Memory, TypePattern, Watched};
use crate::render::json::GrowthJson;
use crate::render::text::{growth_headline, growth_text};
use crate::snapshot;

/// Show under which names more and more is held in several snapshots of one program
///
/// The snapshots are compared by paths of names, in the order of their capture. Three or more tell what goes on
/// growing from what comes to an end, the more the surer; two can not.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  heapgraph growth monday.parquet tuesday.parquet \
                        wednesday.parquet --fail-on-growth\n  \
                        heapgraph growth snapshots/ --loops 1000"
)]
pub(super) struct Growth {
    /// The snapshots, in any order; a folder stands for those in it
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// How often the program did the same between two snapshots
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    loops: u32,

    /// A pattern of paths that may grow, such as `app.cache.*` [may be repeated]
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<TypePattern>,

    /// End with exit code 1 if something goes on growing
    #[arg(long = "fail-on-growth")]
    fails: bool,
}

impl Growth {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let files = snapshot::series(&self.files)?;
        if files.len() < 2 {
            return Err(CliError::TooFewSnapshots(files.len()));
        }
        let mut history = GrowthHistory::default();
        let mut last = None;
        for (number, file) in files.iter().enumerate() {
            // One after the other: the heaps need not be in memory together.
            drop(last.take());
            let snapshot = super::open(file)?;
            let iteration = u64::from(self.loops) * number as u64;
            let placement = history.add(&snapshot, iteration, Memory::default());
            let placement = placement.ok_or_else(|| CliError::NoNames(file.clone()))?;
            last = Some((snapshot, placement));
        }
        let Some((snapshot, placement)) = last else {
            return Ok(());
        };
        let watched = Watched::default();
        let report = GrowthReport::new(&history, &watched, &snapshot, &placement, &self.ignore);
        if self.fails && report.is_leak() {
            console.findings.push(growth_headline(&report));
        }
        if console.is_json {
            console.json(&GrowthJson::new(&snapshot, &report))?;
        } else {
            console.text(&growth_text(&snapshot, &report, console.style))?;
        }
        Ok(())
    }
}
