//! What can go wrong with a command.

use std::io;
use std::path::{Path, PathBuf};

use crate::process::TooLittleMemory;
use crate::render::RenderError;
use crate::snapshot::SnapshotError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("no object of a type {pattern} in {path}{close}", path = path.display())]
    NoSuchType {
        path: PathBuf,
        pattern: String,
        close: CloseNames,
    },
    #[error(
        "{pattern} means {} types in {path}: {}; give the full name of one",
        names.len(), listed(names), path = path.display()
    )]
    AmbiguousType {
        path: PathBuf,
        pattern: String,
        names: Vec<String>,
    },
    #[error(
        "no object at {address:#x} in {path}: it is not in this snapshot; \
         `heapgraph find` lists the addresses of a type's objects",
        path = path.display()
    )]
    NoSuchAddress { path: PathBuf, address: u64 },
    #[error(
        "the snapshot {path} has no names of references, and paths can not be compared: \
         take it with names",
        path = .0.display()
    )]
    NoNames(PathBuf),
    #[error(
        "{0} snapshot{plural} can not tell what grows: give two at least, or a folder with them",
        plural = if *.0 == 1 { "" } else { "s" }
    )]
    TooFewSnapshots(usize),
    #[error("cannot answer about {path}: {source}", path = path.display())]
    TooLittleMemory {
        path: PathBuf,
        source: TooLittleMemory,
    },
    #[error(transparent)]
    Render(#[from] RenderError),
    #[error("cannot write the answer: {0}")]
    Write(#[from] io::Error),
}

impl CliError {
    /// What there is to say where a question about a file needs more memory than there is.
    pub(super) fn no_memory_for(path: &Path, source: TooLittleMemory) -> Self {
        let path = path.to_owned();
        Self::TooLittleMemory { path, source }
    }

    /// True if and only if nobody reads the answer to its end.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Types that may have been meant.
#[derive(Debug)]
pub(super) struct CloseNames(pub(super) Vec<String>);

impl std::fmt::Display for CloseNames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0[..] {
            [] => f.write_str("; `heapgraph types` lists the types there are"),
            [name] => write!(f, "; did you mean {name}?"),
            [names @ .., last] => write!(f, "; did you mean {} or {last}?", names.join(", ")),
        }
    }
}

/// Names in an enumeration, the first few of many.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.get(SHOWN..) {
        None | Some([]) => names.join(", "),
        Some(rest) => format!("{} and {} more", names[..SHOWN].join(", "), rest.len()),
    }
}
