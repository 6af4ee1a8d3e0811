//! Questions asked of a heap graph, one per file.

mod chain;
mod neighbourhood;

pub use chain::{ChainSearch, Direction, ReferenceChain};
pub use neighbourhood::{DrawnEdge, DrawnNode, Limits, Neighbourhood};
