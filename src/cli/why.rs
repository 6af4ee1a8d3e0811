//! `heapgraph why`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::Target;
use crate::analysis::{DominatorTree, Why as Answer};
use crate::render;
use crate::render::json::WhyJson;
use crate::render::text::why_text;

/// Explain why objects are alive: the chain that explains best, and everything that holds them
///
/// Of a type all objects are looked at; those that are held in the same way are one explanation.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph why heap.parquet app.Session -o why.svg")]
pub(super) struct Why {
    /// The snapshot
    file: PathBuf,

    /// An address such as 0x7f3a5c0041d0, or a type
    target: Target,

    /// How many explanations to show
    #[arg(long, short = 'n', value_name = "N", default_value = "3")]
    limit: usize,

    /// Draw the chains too: a file that ends in .svg, .png or .dot
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Why {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let found = self.target.find(&snapshot, &self.file, usize::MAX)?;
        let tree = DominatorTree::new(&snapshot);
        let why = Answer::explain(&snapshot, &tree, &found.nodes, self.limit);
        if console.is_json {
            console.json(&WhyJson::new(&snapshot, &why))?;
        } else {
            console.text(&why_text(&snapshot, &why, console.style))?;
        }
        if let Some(path) = &self.output {
            render::save(&render::why_view(&snapshot, &tree, &why), path)?;
        }
        Ok(())
    }
}
