//! What can go wrong between a view and a picture.

use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

/// Why a view could not be drawn or saved.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RenderError {
    /// A file could not be written; the source has the operating system's error number.
    #[error("cannot write {path}: {source}", path = path.display())]
    Io {
        /// The file, as the caller named it.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file name has no ending, so the format is unknown.
    #[error(
        "cannot tell the format of {path} from its name: end it in .dot, .svg or .png",
        path = path.display()
    )]
    NoEnding {
        /// The file, as the caller named it.
        path: PathBuf,
    },
    /// The file name's ending can not be the name of a format.
    #[error(
        "the ending of {path} is not the name of a format: end it in .dot, .svg or .png",
        path = path.display()
    )]
    UnknownEnding {
        /// The file, as the caller named it.
        path: PathBuf,
    },
    /// The format needs Graphviz's `dot` program, and there is none.
    #[error(
        "drawing {format} needs the program `dot`, which was not found: install Graphviz, \
         or use {BUILT_IN_ENDINGS}, which {work} without it",
        work = BUILT_IN_VERB
    )]
    DotMissing {
        /// The format asked for.
        format: String,
    },
    /// The program `dot` could not be started or talked to.
    #[error("cannot run `dot` to draw {format}: {source}")]
    DotNotRun {
        /// The format asked for.
        format: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The program `dot` ran and drew nothing.
    #[error("`dot` could not draw {format} ({status}): {message}")]
    DotFailed {
        /// The format asked for.
        format: String,
        /// How the program ended, such as `exit status: 1`.
        status: String,
        /// What it wrote to its error output, shortened.
        message: String,
    },
    /// The program `dot` was stopped because it took too long.
    #[error(
        "`dot` took longer than {} s to draw {format} and was stopped: draw fewer objects",
        limit.as_secs()
    )]
    DotTimedOut {
        /// The format asked for.
        format: String,
        /// How long it was given.
        limit: Duration,
    },
    /// The layout in process refused the graph.
    #[error("cannot lay out the graph: {message}; save it as .dot to look at its source")]
    Layout {
        /// What the layout said.
        message: String,
    },
    /// The drawing could not be turned into pixels.
    #[error("cannot turn the drawing into pixels: {message}; save it as .svg instead")]
    Raster {
        /// What the rasterizer said.
        message: String,
    },
}

#[cfg(feature = "svg")]
const BUILT_IN_ENDINGS: &str = ".dot, .svg or .png";
#[cfg(feature = "svg")]
const BUILT_IN_VERB: &str = "work";

#[cfg(not(feature = "svg"))]
const BUILT_IN_ENDINGS: &str = ".dot";
#[cfg(not(feature = "svg"))]
const BUILT_IN_VERB: &str = "works";
