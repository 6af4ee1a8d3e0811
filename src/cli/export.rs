//! `heapgraph export`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::Target;
use crate::analysis::surroundings;
use crate::render::json::export;
use crate::render::{self, Access};

/// Write a snapshot, or the part of it around an object, as JSON
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  heapgraph export heap.parquet --around app.Session --max-depth 2 -o part.json"
)]
pub(super) struct Export {
    /// The snapshot
    file: PathBuf,

    /// Only what is around this object, in both directions: an address, or a type of which one
    /// object is taken
    #[arg(long, value_name = "TARGET")]
    around: Option<Target>,

    /// How many references away to look
    #[arg(long, value_name = "N", default_value = "3", requires = "around")]
    max_depth: usize,

    /// The file to write [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let part = match &self.around {
            None => None,
            Some(target) => {
                let found = target.find(&snapshot, &self.file, 1)?;
                Some(surroundings(snapshot.graph(), &found.nodes, self.max_depth))
            }
        };
        match &self.output {
            Some(path) => {
                render::write_whole(path, Access::OwnerOnly, |file| {
                    export(&snapshot, part.as_ref(), file)
                })?;
            }
            None => export(&snapshot, part.as_ref(), &mut console.out)?,
        }
        Ok(())
    }
}
