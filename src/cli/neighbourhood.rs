//! `heapgraph refs` and `heapgraph backrefs`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::Target;
use crate::analysis::{Direction, Limits, Neighbourhood};
use crate::render;
use crate::render::json::NeighbourhoodJson;
use crate::render::text::neighbourhood_text;

/// The arguments of both commands.
#[derive(Debug, Args)]
pub(super) struct Around {
    /// The snapshot
    file: PathBuf,

    /// An address such as 0x7f3a5c0041d0, or a type: some of its objects are looked at
    target: Target,

    /// How many references away to look
    #[arg(long, value_name = "N", default_value = "3")]
    max_depth: usize,

    /// How many neighbours of one object to show; the others are counted
    #[arg(long, value_name = "N", default_value = "10")]
    too_many: usize,

    /// How many objects of a type to look at; they are spread over all in the order of capture
    #[arg(long, value_name = "N", default_value = "1")]
    samples: usize,

    /// Draw a picture instead: a file that ends in .svg, .png or .dot
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Around {
    pub(super) fn carry_out(
        self,
        console: &mut Console<'_>,
        direction: Direction,
    ) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let graph = snapshot.graph();
        let targets = self.target.find(&snapshot, &self.file, self.samples)?;
        let limits = Limits {
            max_depth: self.max_depth,
            too_many: self.too_many,
        };
        let found = Neighbourhood::around(graph, &targets.nodes, direction, limits);
        let is_there = found.ensure_memory();
        is_there.map_err(|source| CliError::no_memory_for(&self.file, source))?;
        if let Some(path) = &self.output {
            let view = render::neighbourhood_view(&snapshot, &found, direction, self.max_depth);
            render::save(&view, path)?;
        }
        if console.is_json {
            let candidates = targets.candidates;
            let answer = NeighbourhoodJson::new(&snapshot, &found, direction, limits, candidates);
            console.json(&answer)?;
        } else if self.output.is_none() {
            console.text(&targets.introduction())?;
            console.text(&neighbourhood_text(
                &snapshot,
                &found,
                direction,
                console.style,
            ))?;
        }
        Ok(())
    }
}
