//! `heapgraph diff`

use std::path::{Path, PathBuf};

use clap::Args;

use super::condition::Condition;
use super::console::Console;
use super::error::CliError;
use super::types::{Order, Shown};
use crate::analysis::{GivenOrder, HeapDiff, Histogram, Unexplained};
use crate::render::json::DiffJson;
use crate::render::text::diff_text;
use crate::snapshot::Metadata;

/// Show what has changed from one snapshot to another, by type
///
/// Two snapshots of one process are compared from the earlier to the later, in whichever order they are given.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  heapgraph diff before.parquet after.parquet --fail-on 'growth(app.*)'"
)]
pub(super) struct Diff {
    /// The earlier snapshot
    base: PathBuf,

    /// The later snapshot
    current: PathBuf,

    /// What comes first: the largest change, or by name
    #[arg(long, value_enum, default_value = "count")]
    sort: Order,

    #[command(flatten)]
    shown: Shown,

    /// End with exit code 1 if this is true: `growth`, `growth(app.*)`, or of the changes
    /// `count(Session)>100`, `bytes>10MiB` [may be repeated]
    #[arg(long, value_name = "CONDITION")]
    fail_on: Vec<Condition>,
}

impl Diff {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        // One after the other: the two heaps need not be in memory together.
        let base = Counted::of(&self.base)?;
        let current = Counted::of(&self.current)?;
        let order = GivenOrder::of(&base.metadata, &current.metadata);
        let (mut base, mut current) = match order {
            GivenOrder::Reversed => (current, base),
            GivenOrder::Forward | GivenOrder::Doubtful => (base, current),
        };
        if !self.fail_on.is_empty() {
            let whole = HeapDiff::new(base.types.clone(), current.types.clone());
            let conditions = self.fail_on.iter();
            let found = conditions.filter_map(|condition| condition.find_in_change(&whole));
            console.findings.extend(found);
        }
        if let Some(pattern) = &self.shown.r#type {
            for heap in [&mut base, &mut current] {
                heap.types.keep(pattern);
                heap.unexplained.keep(pattern);
            }
        }
        let mut diff = HeapDiff::new(base.types, current.types)
            .with_leaks(&base.unexplained, &current.unexplained)
            .given(order);
        diff.sort(self.sort.into());
        let limit = console.rows(self.shown.limit);
        if console.is_json {
            console.json(&DiffJson::new(&diff, limit))?;
        } else {
            console.text(&diff_text(&diff, limit, console.style))?;
        }
        Ok(())
    }
}

/// What is compared of the snapshot in a file.
struct Counted {
    types: Histogram,
    unexplained: Unexplained,
    metadata: Metadata,
}

impl Counted {
    fn of(path: &Path) -> Result<Self, CliError> {
        let snapshot = super::open(path)?;
        Ok(Self {
            types: Histogram::new(snapshot.graph()),
            unexplained: Unexplained::new(&snapshot),
            metadata: snapshot.metadata().clone(),
        })
    }
}
