//! The command, on snapshots of a heap drawn by hand.

mod answers;
mod documentation;
mod errors;
mod json;
mod program;
mod worker;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use heapgraph::cli::{self, Outcome, Stream};
use heapgraph::snapshot;
use tempfile::TempDir;

/// A folder with `monday.parquet` and `friday.parquet`.
pub(crate) struct Worker {
    folder: TempDir,
}

/// What a command said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Worker {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = |name| folder.path().join(name);
        snapshot::save(&worker::monday(), &path("monday.parquet")).unwrap();
        snapshot::save(&worker::friday(), &path("friday.parquet")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Carries out a command, split at blanks; quotes are left out. Files are in the folder.
    pub(crate) fn say(&self, line: &str) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = self.write(line, &mut out, &mut err);
        let folder = format!("{}/", self.path().display());
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&folder, "");
        let (out, err) = (text(out), text(err));
        Said { code, out, err }
    }

    /// The answer of a command that finds no fault.
    #[track_caller]
    pub(crate) fn answer(&self, line: &str) -> String {
        let Said { code, out, err } = self.say(line);
        assert_eq!((code, err.as_str()), (0, ""), "{line}");
        out
    }

    /// Carries out a command that writes to `out` and `err`; returns the exit code.
    pub(crate) fn write(&self, line: &str, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
        match cli::run(self.words(line), stream(out), stream(err)) {
            Outcome::Exit(code) => code,
            Outcome::Run(program) => panic!("{line} runs {program:?}"),
        }
    }

    fn words(&self, line: &str) -> Vec<OsString> {
        let is_file = |word: &str| {
            Path::new(word).extension().is_some_and(|ending| {
                ["parquet", "json", "svg", "png", "dot", "xyz"]
                    .iter()
                    .any(|known| ending == *known)
            })
        };
        let word = |word: &str| {
            let word = word.replace('\'', "");
            if is_file(&word) {
                self.path().join(word).into_os_string()
            } else {
                word.into()
            }
        };
        let words = line.split_whitespace().map(word);
        std::iter::once("heapgraph".into()).chain(words).collect()
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }
}

pub(crate) fn stream(writer: &mut dyn Write) -> Stream<'_> {
    Stream {
        writer,
        is_terminal: false,
    }
}

/// A pipe that nobody reads.
pub(crate) struct ClosedPipe;

impl Write for ClosedPipe {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
}
