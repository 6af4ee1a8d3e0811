//! What can go wrong between a snapshot and its file.

use std::{fmt, io, path::PathBuf};

use super::schema::FORMAT_VERSION;
use crate::process::TooLittleMemory;

/// Why a snapshot could not be saved or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The file could not be written; what was there before is still there.
    #[error("cannot save {path}: {source}", path = path.display())]
    Write {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The heap does not fit the file format; what was there before is still there.
    #[error("cannot save {path}: {reason}", path = path.display())]
    DoesNotFit {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What is too large.
        reason: String,
    },
    /// There is no memory for what is in the file.
    #[error("cannot load {path}: {source}", path = path.display())]
    TooLargeToLoad {
        /// The file, as the caller named it.
        path: PathBuf,
        /// How much memory it takes, and how much is left.
        source: TooLittleMemory,
    },
    /// There is no memory to save the heap; what was there before is still there.
    #[error("cannot save {path}: {source}", path = path.display())]
    TooLargeToSave {
        /// The file, as the caller named it.
        path: PathBuf,
        /// How much memory it takes, and how much is left.
        source: TooLittleMemory,
    },
    /// The file could not be read.
    #[error("cannot load {path}: {source}", path = path.display())]
    Read {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There is something else than a snapshot.
    #[error(
        "cannot load {path}: it is {found}; a file that heapgraph saved is needed",
        path = path.display()
    )]
    NotASnapshot {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What it is instead.
        found: &'static str,
    },
    /// The file is longer or shorter than it was saved.
    #[error(
        "cannot load {path}: it has {found} bytes, but {saved} were saved: it was cut off or \
         changed on its way; copy it again",
        path = path.display()
    )]
    WrongLength {
        /// The file, as the caller named it.
        path: PathBuf,
        /// How many bytes it had when it was saved.
        saved: u64,
        /// How many it has.
        found: u64,
    },
    /// The file has other bytes than it was saved with.
    #[error(
        "cannot load {path}: its checksum does not fit: it was damaged or changed after it was \
         saved; copy it again",
        path = path.display()
    )]
    Damaged {
        /// The file, as the caller named it.
        path: PathBuf,
    },
    /// The file is of a later version of the format.
    #[error(
        "cannot load {path}: it has format version {found}, saved by heapgraph {tool_version}, \
         and this heapgraph reads up to version {FORMAT_VERSION}: upgrade heapgraph",
        path = path.display()
    )]
    NewerFormat {
        /// The file, as the caller named it.
        path: PathBuf,
        /// Version of its format.
        found: u64,
        /// Version of heapgraph that saved it.
        tool_version: String,
    },
    /// The file says something that can not be true of a heap.
    #[error(
        "cannot load {path}: {place}: {problem}; this is no file as heapgraph saves it",
        path = path.display()
    )]
    Invalid {
        /// The file, as the caller named it.
        path: PathBuf,
        /// Where.
        place: Place,
        /// What is wrong.
        problem: String,
    },
}

/// A place in the file of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The column or the entry of the metadata; `None` for the description of the file itself.
    pub column: Option<String>,
    /// The row, counted from 0; `None` where it is not known or not one row's.
    pub row: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            None => f.write_str("footer")?,
            Some(column) => write!(f, "{column}")?,
        }
        match self.row {
            None => Ok(()),
            Some(row) => write!(f, ", row {row}"),
        }
    }
}

/// What is wrong inside a file whose name is not known here.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) place: Place,
    pub(super) what: String,
    /// There is nothing wrong with the file, but no memory for it.
    pub(super) refused: Option<TooLittleMemory>,
}

impl From<TooLittleMemory> for Problem {
    fn from(refused: TooLittleMemory) -> Self {
        Self {
            refused: Some(refused),
            ..Self::new(refused.to_string())
        }
    }
}

impl Problem {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            place: Place::default(),
            what: what.into(),
            refused: None,
        }
    }

    /// The same, said of a column unless it says where already.
    pub(super) fn in_column(mut self, column: &str) -> Self {
        self.place
            .column
            .get_or_insert_with(|| format!("column `{column}`"));
        self
    }

    /// The same, said of an entry of the metadata.
    pub(super) fn in_entry(mut self, key: &str) -> Self {
        self.place.column = Some(format!("metadata `{key}`"));
        self
    }

    /// The same, said of a row.
    pub(super) fn at_row(mut self, row: usize) -> Self {
        self.place.row = Some(row as u64);
        self
    }
}
