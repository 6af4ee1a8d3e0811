//! `heapgraph cycles`

use std::path::PathBuf;

use clap::Args;

use super::condition::Condition;
use super::console::Console;
use super::error::CliError;
use super::target::no_such_type;
use super::types::Shown;
use crate::analysis;
use crate::graph::NodeSet;
use crate::render;
use crate::render::json::CyclesJson;
use crate::render::text::cycles_text;

/// Show the cycles of references: what is in them, what keeps them, and a way round each
///
/// Garbage comes first, then what is held from outside, then what is alive. Components of the same
/// types are taken together. Cycles through modules and classes, of which every program is full, are
/// counted in one line.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph cycles heap.parquet --type 'app.*' -o cycles.svg")]
pub(super) struct Cycles {
    /// The snapshot
    file: PathBuf,

    #[command(flatten)]
    shown: Shown,

    /// Draw the first of them too: a file that ends in .svg, .png or .dot
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// End with exit code 1 if this is true of the objects in cycles, such as
    /// `count(Session)>0` [may be repeated]
    #[arg(long, value_name = "CONDITION", value_parser = Condition::of_one_heap)]
    fail_on: Vec<Condition>,
}

impl Cycles {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let mut cycles = analysis::Cycles::find(&snapshot);
        let types = cycles.histogram();
        let conditions = self.fail_on.iter();
        let found = conditions.filter_map(|condition| condition.find_in(&types));
        console.findings.extend(found);
        if let Some(pattern) = &self.shown.r#type {
            cycles.keep(pattern);
            if pattern.find(snapshot.graph()).is_empty() {
                let note = no_such_type(&snapshot, &self.file, pattern);
                console.notes.push(note.to_string());
            }
        }
        if let Some(path) = &self.output {
            let mut members = NodeSet::new(snapshot.graph());
            for &node in cycles.groups.iter().flat_map(|group| &group.example) {
                members.insert(node);
            }
            let view = render::cycles_view(&snapshot, &cycles.groups, &members);
            render::save(&view, path)?;
        }
        let limit = console.rows(self.shown.limit);
        if console.is_json {
            console.json(&CyclesJson::new(&snapshot, &cycles, limit))?;
        } else {
            console.text(&cycles_text(&snapshot, &cycles, limit, console.style))?;
        }
        Ok(())
    }
}
