//! The command `heapgraph`: what was typed and what it means. One file for each command; questions
//! are answered by analysis and put into words by render.

mod chain;
mod completions;
mod condition;
mod console;
mod cycles;
mod diff;
mod error;
mod export;
mod find;
mod garbage;
mod growth;
mod neighbourhood;
mod owners;
mod retained;
mod run_program;
mod summary;
mod suspects;
mod target;
mod types;
mod why;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;

use clap::{CommandFactory, Parser, Subcommand};

use crate::analysis::{Direction, Effort, ensure_memory};
use crate::render::one_line;
use crate::render::text::{Paint, Style};
use crate::snapshot::{self, HeapSnapshot};
pub use console::Stream;
use console::{ColorWhen, Console};
use error::CliError;
pub use run_program::Program;

/// What is left to do when the command has been carried out.
#[derive(Debug)]
pub enum Outcome {
    /// End with this exit code: 0 if all is well, 1 if something was found that `--fail-on` asks
    /// about, 2 after an error.
    Exit(u8),
    /// Run a Python program, which only Python can.
    Run(Program),
}

/// What grows in a CPython heap, and what keeps it alive.
///
/// A snapshot is a heap in a file, from `heapgraph run`, `heapgraph.take_snapshot().save(...)` or
/// `heapgraph.save_on_signal(...)`.
#[derive(Debug, Parser)]
#[command(
    name = "heapgraph",
    bin_name = "heapgraph",
    version,
    after_help = "Example:\n  heapgraph run app.py\n  heapgraph diff monday.parquet friday.parquet\n  \
                  heapgraph chain friday.parquet Session"
)]
struct Cli {
    /// Answer in JSON; docs/cli.md describes it
    #[arg(long, global = true, display_order = 900)]
    json: bool,

    /// When to use colours
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        display_order = 901
    )]
    color: ColorWhen,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run_program::Run),
    Summary(summary::Summary),
    Types(types::Types),
    Diff(diff::Diff),
    Growth(growth::Growth),
    Find(find::Find),
    Chain(chain::Chain),
    Why(why::Why),
    /// Show what an object refers to, as a tree or a picture
    #[command(after_help = "Example:\n  heapgraph refs heap.parquet app.Session --max-depth 2")]
    Refs(neighbourhood::Around),
    /// Show what refers to an object, as a tree or a picture
    #[command(
        after_help = "Example:\n  heapgraph backrefs heap.parquet 0x7f3a5c0041d0 -o backrefs.svg"
    )]
    Backrefs(neighbourhood::Around),
    Retained(retained::Retained),
    Owners(owners::Owners),
    Suspects(suspects::Suspects),
    Cycles(cycles::Cycles),
    Garbage(garbage::Garbage),
    Export(export::Export),
    Completions(completions::Completions),
}

/// Carries out the command in `args`, of which the first is the program's own name. Answers go to
/// `stdout`, everything else to `stderr`.
///
/// A closed pipe ends the answer and is no error.
pub fn run<'a>(
    args: impl IntoIterator<Item = OsString>,
    stdout: Stream<'a>,
    stderr: Stream<'a>,
) -> Outcome {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => {
            let error = in_one_line_each(&args).unwrap_or(error);
            return Outcome::Exit(explain(&error, ColorWhen::typed(&args), stdout, stderr));
        }
    };
    let command = match cli.command {
        Command::Run(run) => return Outcome::Run(run.program(cli.json)),
        command => command,
    };
    let is_coloured = cli.color.applies(stdout.is_terminal);
    let mut console = Console::new(stdout.writer, cli.json, is_coloured);
    let done = command.carry_out(&mut console);
    let done = done.and_then(|()| Ok(console.out.flush()?));
    let Console {
        mut notes,
        findings,
        ..
    } = console;
    let code = match done {
        Err(error) if !error.is_closed_pipe() => {
            notes.push(error.to_string());
            2
        }
        _ => u8::from(!findings.is_empty()),
    };
    notes.extend(findings);
    let style = Style::of(cli.color.applies(stderr.is_terminal));
    for note in notes {
        // Where nobody listens any more there is nobody to tell.
        let _ = writeln!(
            stderr.writer,
            "{} {}",
            style.paint(Paint::Strong, "heapgraph:"),
            one_line(&note)
        );
    }
    let _ = stderr.writer.flush();
    Outcome::Exit(code)
}

/// What is wrong with the words of the command, which it quotes, each as it can be shown; `None` if all can be
/// shown as they are. The name of a file that the shell has put there may be anything.
fn in_one_line_each(args: &[OsString]) -> Option<clap::Error> {
    let shown = args.iter().map(|word| {
        let word = word.to_string_lossy();
        OsString::from(one_line(&word).into_owned())
    });
    let shown: Vec<OsString> = shown.collect();
    (shown != args).then(|| Cli::try_parse_from(shown).err())?
}

/// Writes help, or what is wrong with the words of the command; returns the exit code.
fn explain<'a>(
    error: &clap::Error,
    color: ColorWhen,
    stdout: Stream<'a>,
    stderr: Stream<'a>,
) -> u8 {
    let stream = if error.use_stderr() { stderr } else { stdout };
    let text = error.render();
    // Where nobody listens any more there is nobody to tell.
    let _ = if color.applies(stream.is_terminal) {
        write!(stream.writer, "{}", text.ansi())
    } else {
        write!(stream.writer, "{text}")
    };
    let _ = stream.writer.flush();
    u8::try_from(error.exit_code()).unwrap_or(2)
}

impl Command {
    fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        match self {
            Self::Run(_) => Ok(()),
            Self::Summary(command) => command.carry_out(console),
            Self::Types(command) => command.carry_out(console),
            Self::Diff(command) => command.carry_out(console),
            Self::Growth(command) => command.carry_out(console),
            Self::Find(command) => command.carry_out(console),
            Self::Chain(command) => command.carry_out(console),
            Self::Why(command) => command.carry_out(console),
            Self::Refs(command) => command.carry_out(console, Direction::Referents),
            Self::Backrefs(command) => command.carry_out(console, Direction::Referrers),
            Self::Retained(command) => command.carry_out(console),
            Self::Owners(command) => command.carry_out(console),
            Self::Suspects(command) => command.carry_out(console),
            Self::Cycles(command) => command.carry_out(console),
            Self::Garbage(command) => command.carry_out(console),
            Self::Export(command) => command.carry_out(console),
            Self::Completions(command) => command.carry_out(&mut Cli::command(), console),
        }
    }
}

/// The snapshot in a file, with memory for the question that follows.
fn open(path: &Path) -> Result<HeapSnapshot, CliError> {
    let snapshot = snapshot::load(path)?;
    ensure_memory(snapshot.graph(), Effort::Dominate)
        .map_err(|source| CliError::no_memory_for(path, source))?;
    Ok(snapshot)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_examples_in_the_help_can_be_typed() {
        let mut examples = 0;
        for command in Cli::command().get_subcommands().chain([&Cli::command()]) {
            let text = command.get_after_help().map(ToString::to_string);
            for line in text.unwrap_or_default().lines().skip(1) {
                let line = line
                    .split(" > ")
                    .next()
                    .unwrap_or_default()
                    .replace('\'', "");
                let parsed = Cli::try_parse_from(line.split_whitespace());
                assert!(parsed.is_ok(), "{line}: {parsed:?}");
                examples += 1;
            }
        }
        assert!(examples >= 10, "only {examples}");
    }
}
