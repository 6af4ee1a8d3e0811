//! Answers to bytes: text, JSON, and pictures of a small [`View`] that analysis chose. Never walks
//! the heap; only an export writes all of it.

mod chain_text;
mod cycle_text;
mod cycles_view;
mod dot;
mod error;
mod escape;
mod external;
mod file;
pub mod json;
mod label;
mod legend;
mod look;
mod one_line;
#[cfg(feature = "svg")]
mod png;
mod snapshot_view;
#[cfg(feature = "svg")]
mod svg;
pub mod text;
mod view;
mod words;
mod wrap;

pub use crate::whole_file::Access;
pub use chain_text::chain_text;
pub use cycle_text::cycle_text;
pub use cycles_view::cycles_view;
pub use dot::to_dot;
pub use error::RenderError;
pub use external::to_format;
pub use file::{Format, check_target, save, save_temporary, write_whole};
pub use one_line::one_line;
#[cfg(feature = "svg")]
pub use png::to_png;
pub use snapshot_view::{chains_view, neighbourhood_view, why_view};
#[cfg(feature = "svg")]
pub use svg::to_svg;
pub use view::{View, ViewEdge, ViewNode, ViewNodeKind};
pub use words::{node_detail, node_words, root_words};
