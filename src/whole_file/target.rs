//! Where a file is to be: links followed as far as they can be trusted, and only where a file can be.

use std::{
    ffi::OsString,
    fs::{self, FileType, Metadata},
    io,
    path::{Component, Path, PathBuf},
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

/// The file that `path` means, even if it is a link to a file that does not exist yet: a path without links.
///
/// A link, to the file or to a folder on the way, is not followed where somebody else may have put it to have
/// another file overwritten: in a folder that everybody or a group can write to, or that belongs to another user,
/// unless the link is the user's own or root's. A link in the place of the file is not followed at all in a folder
/// that everybody can write to, such as `/tmp`.
///
/// # Errors
///
/// Of kind `PermissionDenied` for such a link, `InvalidInput` for what is no file, `IsADirectory` for a path that
/// ends as one of a folder; else what the operating system says.
pub(crate) fn resolve(path: &Path) -> io::Result<PathBuf> {
    // What was reached has no links. A relative path stays one: not all that is above it may be looked at.
    let mut reached = PathBuf::new();
    let mut ahead = parts(path)?;
    let mut links = 0;
    while let Some(part) = ahead.pop() {
        if part == ".." && !reached.as_os_str().is_empty() && !reached.ends_with("..") {
            reached.pop();
            continue;
        }
        reached.push(part);
        let folder = folder_of(&reached);
        if is_of_descriptors(folder) {
            return Err(no_file("an open file of a process"));
        }
        let found = match fs::symlink_metadata(&reached) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                reached.extend(ahead.into_iter().rev());
                return Ok(reached);
            }
            Err(error) => return Err(error),
        };
        if found.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                // The operating system has a number for a circle of links.
                let error = fs::metadata(path).err();
                return Err(error.unwrap_or_else(|| io::Error::other("too many symbolic links")));
            }
            if may_be_planted(&found, &fs::metadata(folder)?, ahead.is_empty()) {
                let refusal = Refusal::PlantedLink { link: reached };
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, refusal));
            }
            ahead.append(&mut parts(&fs::read_link(&reached)?)?);
            reached.pop();
        } else if let Some(what) = special(found.file_type()) {
            return Err(no_file(what));
        }
    }
    Ok(reached)
}

/// The parts of a path, the first one last. To push the root of an absolute path starts anew.
///
/// # Errors
///
/// Of kind `IsADirectory` if the path is that of a folder by its end.
fn parts(path: &Path) -> io::Result<Vec<OsString>> {
    let spelled = path.as_os_str().as_encoded_bytes();
    if spelled.ends_with(b"/") || spelled.ends_with(b"/.") {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let parts = path.components().filter(|part| *part != Component::CurDir);
    Ok(parts
        .rev()
        .map(|part| part.as_os_str().to_owned())
        .collect())
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

/// True of `/proc/self/fd`, to which `/dev/fd` and `/dev/stdout` lead: what is open there goes on being
/// written to by others, and must not be replaced even if it is a file.
fn is_of_descriptors(folder: &Path) -> bool {
    fs::canonicalize(folder).is_ok_and(|folder| {
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
fn may_be_planted(link: &Metadata, folder: &Metadata, is_last: bool) -> bool {
    use std::os::unix::fs::MetadataExt;

    const BY_GROUP: u32 = 0o020;
    const BY_ALL: u32 = 0o002;
    let is_trusted = |user: u32| user == 0 || user == rustix::process::geteuid().as_raw();
    let is_shared = folder.mode() & BY_GROUP != 0 || !is_trusted(folder.uid());
    let is_open = folder.mode() & BY_ALL != 0;
    is_open && is_last || (is_open || is_shared) && !is_trusted(link.uid())
}

/// Making a link takes a privilege there.
#[cfg(not(unix))]
fn may_be_planted(_link: &Metadata, _folder: &Metadata, _is_last: bool) -> bool {
    false
}
