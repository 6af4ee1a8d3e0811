//! Snapshots that a program has saved one after the other.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::error::SnapshotError;
use super::reader::load_metadata;

/// What the names of snapshots in a folder end with.
const ENDING: &str = "parquet";

/// The files of `paths`, of which each folder stands for the snapshots in it (`*.parquet`), all in the
/// order of their capture.
///
/// O(bytes of the files): each is checked whole.
///
/// # Errors
///
/// As [`load`](super::load), of what is not there, of a folder that can not be listed and of what is in
/// one.
pub fn series(paths: &[PathBuf]) -> Result<Vec<PathBuf>, SnapshotError> {
    let mut files = Vec::new();
    for path in paths {
        let is_folder = fs::metadata(path).map_err(unreadable(path))?.is_dir();
        if is_folder {
            files.extend(in_folder(path)?);
        } else {
            files.push(path.clone());
        }
    }
    let with_time = |path: PathBuf| Ok((load_metadata(&path)?.captured_at, path));
    let mut files: Vec<_> = (files.into_iter())
        .map(with_time)
        .collect::<Result<_, SnapshotError>>()?;
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
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
