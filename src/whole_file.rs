//! Files that are there whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// A file that is still being written, beside the one whose place it will take.
///
/// Until [`commit`](Self::commit) it is `.heapgraph-<process>-<number>.tmp` in the same folder; if
/// it is dropped before that, it is removed and the old file stays as it was. A symbolic link is
/// followed, not replaced. A new file has the permissions that any new file gets, a replaced one
/// keeps those it had. A device or a pipe is written to at once: it would be gone if it were replaced.
///
/// The temporary files of the crate `tempfile` would do, but they are private to the user and
/// their errors have lost the operating system's number, which callers need.
#[derive(Debug)]
pub(crate) struct WholeFile {
    file: File,
    /// Its name until it is complete, and the path where it is to be; `None` for a device or a pipe.
    replacement: Option<(Temporary, PathBuf)>,
}

impl WholeFile {
    /// Starts a file that is to be at `path`.
    ///
    /// # Errors
    ///
    /// What the operating system says if the folder can not be written to.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            return Ok(Self {
                file: OpenOptions::new().write(true).open(path)?,
                replacement: None,
            });
        }
        let path = follow_links(path)?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let (file, temporary) = Temporary::create_in(folder)?;
        if let Ok(existing) = fs::metadata(&path) {
            file.set_permissions(existing.permissions())?;
        }
        Ok(Self {
            file,
            replacement: Some((temporary, path)),
        })
    }

    /// What is written to.
    pub(crate) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts the file in its place, in one step, once all of it is on the disk.
    ///
    /// # Errors
    ///
    /// What the operating system says if it can not be flushed or renamed; then nothing changed.
    pub(crate) fn commit(self) -> io::Result<()> {
        let Some((temporary, path)) = self.replacement else {
            return Ok(());
        };
        self.file.sync_all()?;
        // Some systems do not rename an open file.
        drop(self.file);
        temporary.rename_to(&path)
    }
}

/// The file that `path` means, even if it is a link to a file that does not exist yet.
fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    while fs::symlink_metadata(&path).is_ok_and(|found| found.is_symlink()) {
        match fs::canonicalize(&path) {
            Ok(file) => return Ok(file),
            // A circle of links is another error, so this loop ends.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let target = fs::read_link(&path)?;
                path = path.parent().unwrap_or(Path::new("")).join(target);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(path)
}

/// The name of a file that is removed unless it is renamed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
    is_finished: bool,
}

impl Temporary {
    fn create_in(folder: &Path) -> io::Result<(File, Self)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".heapgraph-{}-{number}.tmp", process::id()));
            match File::create_new(&path) {
                Ok(file) => {
                    let is_finished = false;
                    return Ok((file, Self { path, is_finished }));
                }
                // Left behind by a process that had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rename_to(mut self, path: &Path) -> io::Result<()> {
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
