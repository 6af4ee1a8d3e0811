//! Answers to bytes. Renders a small [`View`] that analysis chose; never walks the heap.

mod chain_text;
mod dot;
mod error;
mod escape;
mod external;
mod file;
mod label;
mod legend;
mod look;
#[cfg(feature = "svg")]
mod png;
#[cfg(feature = "svg")]
mod svg;
mod view;
mod wrap;

pub use chain_text::chain_text;
pub use dot::to_dot;
pub use error::RenderError;
pub use external::to_format;
pub use file::{Format, save};
#[cfg(feature = "svg")]
pub use png::to_png;
#[cfg(feature = "svg")]
pub use svg::to_svg;
pub use view::{View, ViewEdge, ViewNode, ViewNodeKind};
