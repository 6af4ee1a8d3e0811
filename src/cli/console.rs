//! Where answers go and how they look there.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use serde::Serialize;

use crate::render::json::write_json;
use crate::render::text::Style;

/// Rows of a table unless `--limit` says otherwise.
const ROWS: usize = 30;

/// A stream that the command writes to.
pub struct Stream<'a> {
    /// Takes what is written.
    pub writer: &'a mut dyn Write,
    /// True if somebody looks at it on a terminal, so that colours are wanted.
    pub is_terminal: bool,
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("is_terminal", &self.is_terminal)
            .finish_non_exhaustive()
    }
}

/// When colours are used: by default on a terminal, unless the variable `NO_COLOR` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWhen {
    Auto,
    Always,
    Never,
}

impl ColorWhen {
    /// What was typed, if the command line could not be read as a whole.
    pub(super) fn typed(args: &[OsString]) -> Self {
        let words = || args.iter().map(|word| word.to_str().unwrap_or_default());
        let values = words().zip(words().skip(1).chain([""]));
        let mut values = values.filter_map(|(word, next)| match word.strip_prefix("--color") {
            Some("") => Some(next),
            Some(value) => value.strip_prefix('='),
            None => None,
        });
        let value = values.next().unwrap_or_default();
        Self::from_str(value, false).unwrap_or(Self::Auto)
    }

    pub(super) fn applies(self, is_terminal: bool) -> bool {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = || env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb(),
        }
    }
}

/// What a command writes to.
pub(super) struct Console<'a> {
    pub(super) out: BufWriter<&'a mut dyn Write>,
    pub(super) is_json: bool,
    pub(super) style: Style,
    /// What `--fail-on` asked about and was found.
    pub(super) findings: Vec<String>,
    /// What else there is to say.
    pub(super) notes: Vec<String>,
}

impl<'a> Console<'a> {
    pub(super) fn new(out: &'a mut dyn Write, is_json: bool, is_coloured: bool) -> Self {
        Self {
            out: BufWriter::new(out),
            is_json,
            style: Style::of(is_coloured),
            findings: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    pub(super) fn json(&mut self, answer: &impl Serialize) -> io::Result<()> {
        write_json(&mut self.out, answer)
    }

    /// How many rows to show: `limit`, where 0 is no limit; otherwise all in JSON, and in a table
    /// as many as can be looked through.
    pub(super) fn rows(&self, limit: Option<usize>) -> usize {
        match limit {
            Some(0) => usize::MAX,
            Some(limit) => limit,
            None if self.is_json => usize::MAX,
            None => ROWS,
        }
    }
}
