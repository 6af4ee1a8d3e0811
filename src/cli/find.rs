//! `heapgraph find`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::no_such_type;
use crate::analysis::{TypePattern, find_objects};
use crate::render::json::ObjectsJson;
use crate::render::text::objects_text;

/// List the objects of a type with address, size and reference count, the largest first
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph find heap.parquet app.Session --limit 5")]
pub(super) struct Find {
    /// The snapshot
    file: PathBuf,

    /// The type: `Session`, `app.Session` or `app.*`
    r#type: TypePattern,

    /// How many rows to show; 0 for all [default: 30, and all in JSON]
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
}

impl Find {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let nodes = find_objects(&snapshot, &self.r#type);
        if nodes.is_empty() {
            return Err(no_such_type(&snapshot, &self.file, &self.r#type));
        }
        let limit = console.rows(self.limit);
        if console.is_json {
            let pattern = self.r#type.as_str();
            console.json(&ObjectsJson::new(&snapshot, pattern, &nodes, limit))?;
        } else {
            console.text(&objects_text(&snapshot, &nodes, limit, console.style))?;
        }
        Ok(())
    }
}
