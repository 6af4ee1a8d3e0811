//! A view into a file, in the format that the file's name asks for.

use std::{
    env, fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use super::{dot::to_dot, error::RenderError, external::to_format, view::View};
use crate::whole_file::{Access, WholeFile, create_new, random_name, resolve};

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
/// which then takes the place of `path`. A picture is made to be shown: a new file has the permissions
/// that any new file gets, a replaced one keeps those it had. A symbolic link is followed, not replaced,
/// unless others can write to the folder that it is in.
///
/// # Errors
///
/// [`RenderError::NoEnding`] or [`RenderError::UnknownEnding`] if `path` does not say the format,
/// before anything is drawn; [`RenderError::Io`] if the file can not be written, or `path` is such a link, a
/// device or a pipe; otherwise what [`Format::draw`] returns.
pub fn save(view: &View, path: &Path) -> Result<Format, RenderError> {
    let format = Format::of_path(path)?;
    let bytes = format.draw(view)?;
    write_whole(path, Access::Ordinary, |file| file.write_all(&bytes))?;
    Ok(format)
}

/// Draws a view and writes it to a new SVG file in the folder for temporary files, which on Unix only
/// the user may read. Returns its path.
///
/// # Errors
///
/// [`RenderError::Io`] if the file can not be written; otherwise what [`Format::draw`] returns.
pub fn save_temporary(view: &View) -> Result<PathBuf, RenderError> {
    let bytes = Format::Svg.draw(view)?;
    loop {
        // Not to be guessed: others can write to that folder too.
        let path = env::temp_dir().join(format!("heapgraph-{}.svg", random_name()));
        let written = create_new(&path, Access::OwnerOnly).and_then(|mut file| {
            let written = file.write_all(&bytes);
            written.inspect_err(|_| drop(fs::remove_file(&path)))
        });
        match written {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(RenderError::Io { path, source }),
        }
    }
}

/// Makes sure that a file can take its place at `path`, as far as that can be told before it is written.
///
/// # Errors
///
/// What the operating system says; of kind `PermissionDenied` for a link that somebody else may have put there,
/// `InvalidInput` for a device, a pipe or a socket.
pub fn check_target(path: &Path) -> io::Result<()> {
    resolve(path).map(drop)
}

/// Writes what `write` writes to the file at `path`, whole or not at all, as [`save`] does; `access` says who
/// may read it.
///
/// # Errors
///
/// [`RenderError::Io`] if the file can not be written, as of [`save`].
pub fn write_whole(
    path: &Path,
    access: Access,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), RenderError> {
    let written = || {
        let mut file = WholeFile::create(path, access)?;
        let mut buffered = BufWriter::new(file.file());
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        file.commit()
    };
    written().map_err(|source| RenderError::Io {
        path: path.to_owned(),
        source,
    })
}
