//! `heapgraph types`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::condition::Condition;
use super::console::Console;
use super::error::CliError;
use super::target::no_such_type;
use crate::analysis::{Histogram, TypeOrder, TypePattern};
use crate::render::json::TypesJson;
use crate::render::text::types_text;

/// Count the objects of each type and their bytes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph types heap.parquet --sort count --type 'app.*'")]
pub(super) struct Types {
    /// The snapshot
    file: PathBuf,

    /// What comes first
    #[arg(long, value_enum, default_value = "bytes")]
    sort: Order,

    #[command(flatten)]
    shown: Shown,

    /// End with exit code 1 if this is true, such as `count(Session)>100` or `bytes>1GiB`
    /// [may be repeated]
    #[arg(long, value_name = "CONDITION", value_parser = Condition::of_one_heap)]
    fail_on: Vec<Condition>,
}

/// Which types to show.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Only types of this name: `Session`, `app.Session` or `app.*`
    #[arg(long, value_name = "NAME")]
    pub(super) r#type: Option<TypePattern>,

    /// How many rows to show; 0 for all [default: 30, and all in JSON]
    #[arg(long, short = 'n', value_name = "N")]
    pub(super) limit: Option<usize>,
}

/// The order of rows. Ties are broken by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Order {
    Bytes,
    Count,
    Name,
}

impl From<Order> for TypeOrder {
    fn from(order: Order) -> Self {
        match order {
            Order::Bytes => Self::Bytes,
            Order::Count => Self::Count,
            Order::Name => Self::Name,
        }
    }
}

impl Types {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let mut histogram = Histogram::new(snapshot.graph());
        let found = self
            .fail_on
            .iter()
            .filter_map(|condition| condition.find_in(&histogram));
        console.findings.extend(found);
        if let Some(pattern) = &self.shown.r#type {
            histogram.keep(pattern);
            if histogram.types.is_empty() {
                let note = no_such_type(&snapshot, &self.file, pattern);
                console.notes.push(note.to_string());
            }
        }
        histogram.sort(self.sort.into());
        let limit = console.rows(self.shown.limit);
        if console.is_json {
            console.json(&TypesJson::new(&histogram, limit))?;
        } else {
            console.text(&types_text(&histogram, limit, console.style))?;
        }
        Ok(())
    }
}
