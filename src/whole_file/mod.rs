//! Files that are there whole or not at all.

mod target;
mod temporary;

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use target::folder_of;
pub(crate) use target::resolve;
use temporary::Temporary;
pub(crate) use temporary::{create_new, random_name};

/// Who may read a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody but the user (mode 0600), also if it replaces a file that others could read: for what has the
    /// names and keys of a program in it.
    OwnerOnly,
    /// Whoever may read any new file of the user; a replaced file keeps its permissions.
    Ordinary,
}

/// A file that is still being written, beside the one whose place it will take.
///
/// Until [`commit`](Self::commit) it has a name in the same folder that nobody can guess and nothing had
/// before; if it is dropped before that, it is removed and the old file stays as it was. What a killed
/// process has left there is removed when the next file is begun ([`Temporary`]).
///
/// A symbolic link is followed, not replaced, unless somebody else can have put it there; what is no
/// regular file is refused ([`resolve`]).
///
/// The temporary files of the crate `tempfile` would do, but nobody can tell one that is being written
/// from one that was left behind, and their errors have lost the operating system's number, which callers
/// need.
#[derive(Debug)]
pub(crate) struct WholeFile {
    file: File,
    temporary: Temporary,
    /// Where it is to be.
    path: PathBuf,
}

impl WholeFile {
    /// Starts a file that is to be at `path`.
    ///
    /// # Errors
    ///
    /// What the operating system says if the folder can not be written to; of kind `PermissionDenied` if
    /// `path` is a symbolic link that is not followed, `InvalidInput` if it is a device, a pipe or a socket.
    pub(crate) fn create(path: &Path, access: Access) -> io::Result<Self> {
        let path = resolve(path)?;
        let (file, temporary) = Temporary::create_in(folder_of(&path), access)?;
        if access == Access::Ordinary
            && let Ok(existing) = fs::symlink_metadata(&path)
        {
            file.set_permissions(existing.permissions())?;
        }
        Ok(Self {
            file,
            temporary,
            path,
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
        self.file.sync_all()?;
        // The file is open, and so locked, until it has its name.
        self.temporary.rename_to(&self.path)
    }
}
