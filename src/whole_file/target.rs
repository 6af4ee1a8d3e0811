//! Where a file is to be: links followed as far as they can be trusted, and only where a file can be.

use std::{
    fs::{self, FileType, Metadata},
    io,
    path::{Path, PathBuf},
};

/// As many links are followed as Linux follows.
const MOST_LINKS: usize = 40;

/// Why a path is refused.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error(
        "{link} is a symbolic link in a folder that others can write to, and is not followed: \
         remove it, or give another name",
        link = link.display()
    )]
    PlantedLink { link: PathBuf },
    #[error(
        "it is {what}, and only a regular file can be replaced by a new one: give the name of a file"
    )]
    NoFile { what: &'static str },
}

/// The file that `path` means, even if it is a link to a file that does not exist yet.
///
/// A link is not followed where somebody else may have put it to have another file overwritten: in a
/// folder that everybody can write to, such as `/tmp`, or that a group can, unless the link belongs to the
/// owner of the folder.
///
/// # Errors
///
/// Of kind `PermissionDenied` for such a link, `InvalidInput` for what is no file; else what the operating
/// system says.
pub(super) fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut followed = path.to_owned();
    for _ in 0..MOST_LINKS {
        if is_descriptor(&followed) {
            return Err(no_file("an open file of a process"));
        }
        let found = match fs::symlink_metadata(&followed) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(followed),
            Err(error) => return Err(error),
        };
        if let Some(what) = special(found.file_type()) {
            return Err(no_file(what));
        }
        if !found.is_symlink() {
            return Ok(followed);
        }
        let folder = folder_of(&followed);
        if may_be_planted(&found, &fs::metadata(folder)?) {
            let refusal = Refusal::PlantedLink { link: followed };
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal));
        }
        followed = folder.join(fs::read_link(&followed)?);
    }
    // The operating system has a number for a circle of links.
    let error = fs::metadata(path).err();
    Err(error.unwrap_or_else(|| io::Error::other("there are too many symbolic links")))
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn no_file(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, Refusal::NoFile { what })
}

/// True for `/dev/fd/1`, `/proc/self/fd/1` and what leads there, such as `/dev/stdout`: what is open there
/// goes on being written to by others, and must not be replaced even if it is a file.
fn is_descriptor(path: &Path) -> bool {
    fs::canonicalize(folder_of(path)).is_ok_and(|folder| {
        folder == Path::new("/dev/fd") || folder.starts_with("/proc") && folder.ends_with("fd")
    })
}

#[cfg(unix)]
fn special(found: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;

    match found {
        found if found.is_fifo() => Some("a pipe"),
        found if found.is_socket() => Some("a socket"),
        found if found.is_char_device() || found.is_block_device() => Some("a device"),
        _ => None,
    }
}

#[cfg(not(unix))]
fn special(_found: FileType) -> Option<&'static str> {
    None
}

#[cfg(unix)]
fn may_be_planted(link: &Metadata, folder: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;

    const BY_GROUP: u32 = 0o020;
    const BY_ALL: u32 = 0o002;
    folder.mode() & BY_ALL != 0 || folder.mode() & BY_GROUP != 0 && link.uid() != folder.uid()
}

/// Making a link takes a privilege there.
#[cfg(not(unix))]
fn may_be_planted(_link: &Metadata, _folder: &Metadata) -> bool {
    false
}
