//! `heapgraph run`: what was typed. Running a program is Python's work.

use std::ffi::OsString;
use std::time::Duration;

use clap::Args;

/// Run a Python program and save a snapshot of its heap at its end
///
/// The program runs as with `python`, with the same exit code. A snapshot is also saved after an
/// exception and on SIGTERM; `--signal` and `--every` save more. Where the program ends a histogram
/// goes to the error output.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options of a command"
)]
#[command(
    after_help = "Example:\n  heapgraph run --signal USR2 -o heap.parquet app.py --port 8000"
)]
pub(super) struct Run {
    /// PROGRAM is the name of a module, as with `python -m`
    #[arg(short)]
    m: bool,

    /// The file to write; what is in braces becomes the number of the process and of the snapshot
    #[arg(
        long,
        short,
        value_name = "FILE",
        default_value = "heapgraph-{pid}-{n}.parquet"
    )]
    output: OsString,

    /// Save a snapshot at this signal too, such as USR2 [may be repeated]
    #[arg(long, value_name = "NAME")]
    signal: Vec<String>,

    /// Save a snapshot that often too: 30s, 5m, 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    every: Option<Duration>,

    /// Leave out the names of references: faster, and chains say less
    #[arg(long)]
    no_names: bool,

    /// Leave out the keys of dicts, which may be data: only the names of attributes and modules stay
    #[arg(long, conflicts_with = "values")]
    no_keys: bool,

    /// Record what strings, bytes and numbers say: a file may then hold secrets
    #[arg(long)]
    values: bool,

    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

/// A program to run and when to save snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent options of a command"
)]
pub struct Program {
    /// True if the first of `words` is the name of a module, not of a file.
    pub is_module: bool,
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// The name of the file to write, with `{pid}` and `{n}` in it.
    pub output: OsString,
    /// Names of signals at which to save.
    pub signals: Vec<String>,
    /// Time between two snapshots.
    pub every: Option<Duration>,
    /// Record the names of references.
    pub names: bool,
    /// Record the keys of dicts too that are not names of attributes or modules.
    pub keys: bool,
    /// Record what strings, bytes and numbers say.
    pub values: bool,
    /// Write the histogram as JSON.
    pub is_json: bool,
}

impl Run {
    pub(super) fn program(self, is_json: bool) -> Program {
        Program {
            is_module: self.m,
            words: self.program,
            output: self.output,
            signals: self.signal,
            every: self.every,
            names: !self.no_names,
            keys: !self.no_keys,
            values: self.values,
            is_json,
        }
    }
}

/// A time such as `30s`, `1.5m` or `2h`.
fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(char::is_alphabetic);
    let seconds = match &text[number.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        unit => return Err(format!("`{unit}` is no unit of time: use ms, s, m or h")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "write a time such as 30s, 5m or 1h")?;
    let time = Duration::try_from_secs_f64(number * seconds);
    let time = time.map_err(|_| "write a time such as 30s, 5m or 1h")?;
    if time < Duration::from_millis(100) {
        return Err("the shortest time is 100ms".into());
    }
    Ok(time)
}
