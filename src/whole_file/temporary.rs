//! Files that are being written, and what killed processes have left of them.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    hash::{BuildHasher, RandomState},
    io,
    path::{Path, PathBuf},
};

use super::Access;

const START: &str = ".heapgraph-";
const END: &str = ".tmp";

/// The name of a file that is removed unless it is renamed: `.heapgraph-<random>.tmp`.
///
/// Whoever writes the file holds a lock on it from the beginning until it has its name. The operating
/// system drops the lock when the process ends, however that comes: so what is not locked was left behind.
/// The number of a process would not tell, as it is used again, and containers that share a folder have
/// the same numbers.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    is_finished: bool,
}

impl Temporary {
    /// Makes a new file in a folder, and removes what was left behind there.
    pub(super) fn create_in(folder: &Path, access: Access) -> io::Result<(File, Self)> {
        loop {
            let path = folder.join(format!("{START}{}{END}", random_name()));
            let file = match create_new(&path, access) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            let is_finished = false;
            let temporary = Self { path, is_finished };
            let is_ours = match file.try_lock() {
                Ok(()) => is_at(&file, &temporary.path),
                // Another save has come in between and takes it for one that was left behind.
                Err(TryLockError::WouldBlock) => false,
                // Where there are no locks nobody removes anything.
                Err(TryLockError::Error(_)) => true,
            };
            if is_ours {
                remove_abandoned(folder, &file, &temporary.path);
                return Ok((file, temporary));
            }
        }
    }

    pub(super) fn rename_to(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.is_finished {
            // The error that led here is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Sixteen characters that nobody can guess.
pub(crate) fn random_name() -> String {
    // Its keys are random, and not to be had from what it gives.
    format!("{:016x}", RandomState::new().hash_one(()))
}

/// A file that was not there; no link is followed.
pub(crate) fn create_new(path: &Path, access: Access) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::OwnerOnly {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

/// Removes the temporary files of this user in a folder that nobody is writing. A folder that can not be
/// read, and what goes wrong otherwise, does not keep a file from being written.
fn remove_abandoned(folder: &Path, ours: &File, our_path: &Path) {
    let (Ok(entries), Ok(ours)) = (fs::read_dir(folder), ours.metadata()) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_candidate = path != our_path
            && is_temporary_name(&entry.file_name())
            && (entry.metadata())
                .is_ok_and(|found| found.is_file() && has_same_owner(&found, &ours));
        if is_candidate
            && let Ok(file) = OpenOptions::new().write(true).open(&path)
            && file.try_lock().is_ok()
            && is_at(&file, &path)
        {
            let _ = fs::remove_file(&path);
        }
    }
}

fn is_temporary_name(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(START.as_bytes()) && name.ends_with(END.as_bytes())
}

/// True if and only if the path, not followed if it is a link, still means this file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let id = |found: Metadata| (found.dev(), found.ino());
    let open = file.metadata().map(id).ok();
    open.is_some() && open == fs::symlink_metadata(path).map(id).ok()
}

/// A file that is open there keeps its name.
#[cfg(not(unix))]
fn is_at(_file: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(unix)]
fn has_same_owner(found: &Metadata, ours: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    found.uid() == ours.uid()
}

/// Of another user's files none can be opened to be written there.
#[cfg(not(unix))]
fn has_same_owner(_found: &Metadata, _ours: &Metadata) -> bool {
    true
}
