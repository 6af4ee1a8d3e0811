//! Questions asked of a heap graph, one per file.

mod chain;
mod neighbourhood;
mod seen_objects;

pub use chain::{ChainSearch, Direction, ReferenceChain};
pub use neighbourhood::{DrawnEdge, DrawnNode, Limits, Neighbourhood};
pub use seen_objects::{ClassCounts, SeenObjects};
