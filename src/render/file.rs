//! A view into a file, in the format that the file's name asks for.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{dot::to_dot, error::RenderError, external::to_format, view::View};

/// What a picture is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// The source text that Graphviz reads.
    Dot,
    /// Vector graphics for a browser.
    Svg,
    /// Pixels.
    Png,
    /// Another format of the installed program `dot`, by the name it has there.
    Other(String),
}

impl Format {
    /// The format that the ending of `path` stands for, in small or capital letters.
    ///
    /// # Errors
    ///
    /// [`RenderError::NoEnding`] if there is no ending, [`RenderError::UnknownEnding`] if it can
    /// not be the name of a format.
    pub fn of_path(path: &Path) -> Result<Self, RenderError> {
        let ending = path
            .extension()
            .filter(|ending| !ending.is_empty())
            .ok_or_else(|| RenderError::NoEnding {
                path: path.to_owned(),
            })?;
        let name = ending
            .to_str()
            .filter(|name| {
                name.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
            })
            .ok_or_else(|| RenderError::UnknownEnding {
                path: path.to_owned(),
            })?;
        Ok(match name.to_ascii_lowercase().as_str() {
            "dot" | "gv" => Self::Dot,
            "svg" => Self::Svg,
            "png" => Self::Png,
            other => Self::Other(other.to_owned()),
        })
    }

    /// Draws `view` in this format.
    ///
    /// # Errors
    ///
    /// What [`to_svg`](super::to_svg), [`to_png`](super::to_png) or [`to_format`] returns.
    pub fn draw(&self, view: &View) -> Result<Vec<u8>, RenderError> {
        match self {
            Self::Dot => Ok(to_dot(view).into_bytes()),
            #[cfg(feature = "svg")]
            Self::Svg => super::to_svg(view).map(String::into_bytes),
            #[cfg(feature = "svg")]
            Self::Png => super::to_png(view),
            #[cfg(not(feature = "svg"))]
            Self::Svg => to_format(view, "svg"),
            #[cfg(not(feature = "svg"))]
            Self::Png => to_format(view, "png"),
            Self::Other(name) => to_format(view, name),
        }
    }
}

/// Writes `view` to the file at `path`, in the format of its ending: `.dot` (or `.gv`), `.svg`
/// and `.png` are drawn here, any other by the installed program `dot`.
///
/// The file is written whole or not at all: the picture goes to a new file in the same folder,
/// which then takes the place of `path`. A symbolic link is followed, not replaced. A new file
/// has the permissions that any new file gets, a replaced one keeps those it had.
///
/// # Errors
///
/// [`RenderError::NoEnding`] or [`RenderError::UnknownEnding`] if `path` does not say the format,
/// before anything is drawn; [`RenderError::Io`] if the file can not be written; otherwise what
/// [`Format::draw`] returns.
pub fn save(view: &View, path: &Path) -> Result<Format, RenderError> {
    let format = Format::of_path(path)?;
    let bytes = format.draw(view)?;
    write_whole(path, |file| file.write_all(&bytes))?;
    Ok(format)
}

/// Writes what `write` writes to the file at `path`, whole or not at all, as [`save`] does.
///
/// # Errors
///
/// [`RenderError::Io`] if the file can not be written.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), RenderError> {
    replace(path, write).map_err(|source| RenderError::Io {
        path: path.to_owned(),
        source,
    })
}

/// Puts a file with what `write` writes at `path`, in one step.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let path = follow_links(path)?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let (mut file, beside) = Unfinished::create_in(folder)?;
    if let Ok(existing) = fs::metadata(&path) {
        file.set_permissions(existing.permissions())?;
    }
    let mut buffered = BufWriter::new(&mut file);
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    // Some systems do not rename an open file.
    drop(file);
    beside.rename_to(&path)
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

/// A file that is still being written; removed unless it is renamed.
///
/// The temporary files of the crate `tempfile` would do, but they are private to the user and
/// their errors have lost the operating system's number, which callers need.
struct Unfinished {
    path: PathBuf,
    is_finished: bool,
}

impl Unfinished {
    fn create_in(folder: &Path) -> io::Result<(File, Self)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!(".heapgraph-{}-{number}.tmp", process::id()));
            match File::create_new(&path) {
                Ok(file) => {
                    return Ok((
                        file,
                        Self {
                            path,
                            is_finished: false,
                        },
                    ));
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

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_finished {
            // The error that led here is the one to report.
            let _ = fs::remove_file(&self.path);
        }
    }
}
