//! `heapgraph retained`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::Target;
use crate::analysis::{DominatorTree, largest_first, retained_together};
use crate::render::json::RetainedJson;
use crate::render::text::{retained_instances_text, retained_text};

/// Show what would go if an object went, and through what it is alive
///
/// An object retains what every chain from a root reaches through it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph retained heap.parquet app.Session -n 5")]
pub(super) struct Retained {
    /// The snapshot
    file: PathBuf,

    /// An address such as 0x7f3a5c0041d0, or a type: its objects, the largest first
    target: Target,

    /// How many objects to show; 0 for all [default: 30, and all in JSON]
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
}

impl Retained {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let found = self.target.find(&snapshot, &self.file, usize::MAX)?;
        let tree = DominatorTree::new(&snapshot);
        let nodes = largest_first(&tree, found.nodes);
        let limit = console.rows(self.limit);
        let style = console.style;
        if let (&[node], false) = (&nodes[..], console.is_json) {
            console.text(&retained_text(&snapshot, &tree, node, limit, style))?;
            return Ok(());
        }
        let together = retained_together(&snapshot, &tree, &nodes);
        if console.is_json {
            let answer = RetainedJson::new(&snapshot, &tree, &nodes, together, limit);
            console.json(&answer)?;
        } else {
            let text = retained_instances_text(&snapshot, &tree, &nodes, together, limit, style);
            console.text(&text)?;
        }
        Ok(())
    }
}
