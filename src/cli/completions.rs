//! `heapgraph completions`

use clap::Args;
use clap_complete::Shell;
use serde::Serialize;

use super::console::Console;
use super::error::CliError;

/// Write what a shell needs to complete the command's words
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  heapgraph completions bash > ~/.local/share/bash-completion/completions/heapgraph"
)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Serialize)]
struct CompletionsJson {
    schema: &'static str,
    shell: String,
    script: String,
}

impl Completions {
    pub(super) fn carry_out(
        self,
        command: &mut clap::Command,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "heapgraph", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        if console.is_json {
            console.json(&CompletionsJson {
                schema: "heapgraph/completions@1",
                shell: self.shell.to_string(),
                script,
            })?;
        } else {
            console.text(&script)?;
        }
        Ok(())
    }
}
