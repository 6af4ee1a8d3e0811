//! Snapshots that a program has saved one after the other.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::error::SnapshotError;
use super::process_id::ProcessId;
use super::reader::load_metadata;

/// What the names of snapshots in a folder end with.
const ENDING: &str = "parquet";

/// A snapshot in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedHeap {
    /// The file.
    pub path: PathBuf,
    /// The process that the heap is of, if the file says so.
    pub process: Option<ProcessId>,
    /// When the capture began.
    pub captured_at: SystemTime,
}

/// The files of `paths`, of which each folder stands for the snapshots in it (`*.parquet`), all in the
/// order of their capture.
///
/// O(bytes of the files): each is checked whole.
///
/// # Errors
///
/// As [`load`](super::load), of what is not there, of a folder that can not be listed and of what is in
/// one.
pub fn series(paths: &[PathBuf]) -> Result<Vec<SavedHeap>, SnapshotError> {
    let mut files = Vec::new();
    for path in paths {
        let is_folder = fs::metadata(path).map_err(unreadable(path))?.is_dir();
        if is_folder {
            files.extend(in_folder(path)?);
        } else {
            files.push(path.clone());
        }
    }
    let heap = |path: PathBuf| {
        let metadata = load_metadata(&path)?;
        Ok(SavedHeap {
            process: metadata.process(),
            captured_at: metadata.captured_at,
            path,
        })
    };
    let heaps: Result<Vec<SavedHeap>, SnapshotError> = files.into_iter().map(heap).collect();
    let mut heaps = heaps?;
    heaps.sort_by(|one, other| (one.captured_at, &one.path).cmp(&(other.captured_at, &other.path)));
    Ok(heaps)
}

fn in_folder(folder: &Path) -> Result<impl Iterator<Item = PathBuf> + use<>, SnapshotError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let paths = (entries.map_err(unreadable(folder))?.into_iter()).map(|entry| entry.path());
    Ok(paths
        .filter(|path| path.extension().is_some_and(|ending| ending == ENDING) && path.is_file()))
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> SnapshotError {
    move |source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    }
}
