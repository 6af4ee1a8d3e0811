//! `heapgraph chain`

use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use super::target::Target;
use crate::analysis::RootChain;
use crate::graph::NodeIndex;
use crate::render;
use crate::render::json::ChainsJson;
use crate::render::text::root_chain_text;

/// Show why an object is alive: a shortest chain of references from a root to it
///
/// Chains from modules come first, then those from running frames, then others.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  heapgraph chain heap.parquet app.Session --samples 3")]
pub(super) struct Chain {
    /// The snapshot
    file: PathBuf,

    /// An address such as 0x7f3a5c0041d0, or a type: some of its objects are looked at
    target: Target,

    /// How many objects of a type to look at; they are spread over all in the order of capture
    #[arg(long, value_name = "N", default_value = "1")]
    samples: usize,

    /// Draw the chains too: a file that ends in .svg, .png or .dot
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Chain {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let snapshot = super::open(&self.file)?;
        let found = self.target.find(&snapshot, &self.file, self.samples)?;
        let chains = found
            .nodes
            .iter()
            .map(|&node| (node, RootChain::find(&snapshot, node)));
        let chains: Vec<(NodeIndex, Option<RootChain>)> = chains.collect();
        if console.is_json {
            console.json(&ChainsJson::new(&snapshot, found.candidates, &chains))?;
        } else {
            console.text(&found.introduction())?;
            for (number, (node, chain)) in chains.iter().enumerate() {
                if number > 0 {
                    console.text("\n")?;
                }
                console.text(&root_chain_text(
                    &snapshot,
                    *node,
                    chain.as_ref(),
                    console.style,
                ))?;
            }
        }
        if let Some(path) = &self.output {
            let chains: Vec<RootChain> =
                chains.into_iter().filter_map(|(_, chain)| chain).collect();
            render::save(&render::chains_view(&snapshot, &chains), path)?;
        }
        Ok(())
    }
}
