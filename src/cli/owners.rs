//! `heapgraph owners`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::no_such_type;
use crate::analysis::{DominatorTree, Owner, RetainedByType, TypePattern};
use crate::render::json::{OwnersJson, RetainedByTypeJson};
use crate::render::text::{owners_text, retained_by_type_text};
use crate::snapshot::HeapSnapshot;

/// Owners shown, each with a chain, unless `--limit` says otherwise.
const OWNERS: usize = 10;

/// Show the objects that retain most, and where in them most of it is
///
/// They are those that no other object dominates: each object that is alive is retained by one of
/// them, and is counted there only.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph owners heap.parquet --by-type --type 'app.*'")]
pub(super) struct Owners {
    /// The snapshot
    file: PathBuf,

    /// Show what the objects of each type retain instead; one that goes with another of its type is
    /// not counted again
    #[arg(long)]
    by_type: bool,

    /// Only types of this name: `Session`, `app.Session` or `app.*`
    #[arg(long, value_name = "NAME", requires = "by_type")]
    r#type: Option<TypePattern>,

    /// How many rows to show; 0 for all [default: 10; with --by-type 30, and all in JSON]
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
}

impl Owners {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let tree = DominatorTree::new(&snapshot);
        if self.by_type {
            return self.by_type(console, &snapshot, &tree);
        }
        let owners = Owner::largest(&tree, console.rows(self.limit.or(Some(OWNERS))));
        if console.is_json {
            console.json(&OwnersJson::new(&snapshot, &tree, &owners))?;
        } else {
            console.text(&owners_text(&snapshot, &tree, &owners, console.style))?;
        }
        Ok(())
    }

    fn by_type(
        self,
        console: &mut Console<'_>,
        snapshot: &HeapSnapshot,
        tree: &DominatorTree,
    ) -> Result<(), CliError> {
        let mut types = RetainedByType::new(snapshot.graph(), tree);
        if let Some(pattern) = &self.r#type {
            types.keep(pattern);
            if types.types.is_empty() {
                let note = no_such_type(snapshot, &self.file, pattern);
                console.notes.push(note.to_string());
            }
        }
        let limit = console.rows(self.limit);
        if console.is_json {
            console.json(&RetainedByTypeJson::new(&types, tree, limit))?;
        } else {
            console.text(&retained_by_type_text(&types, tree, limit, console.style))?;
        }
        Ok(())
    }
}
