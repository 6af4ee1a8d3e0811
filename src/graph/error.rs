//! What can go wrong when a graph is put together.

use crate::process::TooLittleMemory;

/// Why a graph could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The heap has more objects than a graph can number.
    #[error("too many objects: a graph holds at most {limit}, the heap has more")]
    TooManyNodes {
        /// The most nodes a graph holds.
        limit: usize,
    },
    /// The heap has more references than a graph can number.
    #[error("too many references: a graph holds at most {limit}, the heap has more")]
    TooManyEdges {
        /// The most edges a graph holds.
        limit: usize,
    },
    /// There is no memory for the graph or its names.
    #[error(transparent)]
    TooLittleMemory(#[from] TooLittleMemory),
    /// Not every object met was visited once, or an edge was added after the last visit.
    #[error("{met} objects were met, but {finished} visits finished")]
    Unfinished {
        /// How many objects were met.
        met: usize,
        /// How many visits were finished.
        finished: usize,
    },
    /// An edge ends at a node that does not exist.
    #[error("reference to object {target}, but there are only {node_count} objects")]
    TargetOutOfRange {
        /// Where the edge ends.
        target: usize,
        /// How many nodes there are.
        node_count: usize,
    },
    /// A node has a type that does not exist.
    #[error("object of type number {type_index}, but there are only {type_count} types")]
    TypeOutOfRange {
        /// The type's number.
        type_index: usize,
        /// How many types there are.
        type_count: usize,
    },
    /// Two nodes are said to lie at one address.
    #[error("objects {} and {} are both at address {address:#x}", nodes[0], nodes[1])]
    SameAddress {
        /// The address.
        address: u64,
        /// The two nodes.
        nodes: [usize; 2],
    },
    /// The edges of the nodes do not follow each other.
    #[error("the references of the objects do not follow each other")]
    OffsetsOutOfOrder,
    /// What the traverses of the nodes do not show is not in the order of the nodes.
    #[error("references that no traverse shows are not in the order of their objects")]
    UntraversedOutOfOrder,
    /// What the traverse of a node does not show is told of one that does not exist.
    #[error("references of object {node}, but there are only {node_count} objects")]
    UntraversedOutOfRange {
        /// The node's number.
        node: usize,
        /// How many nodes there are.
        node_count: usize,
    },
}
