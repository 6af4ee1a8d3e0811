//! Answers to bytes. Renders a small [`View`] that analysis chose; never walks the heap.

mod view;

pub use view::{View, ViewEdge, ViewNode, ViewNodeKind};
