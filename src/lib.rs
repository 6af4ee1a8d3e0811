//! heapgraph walks the heap of a running CPython program once into a compact graph and answers
//! two questions about it: what grows, and why it is still alive.
//!
//! The layers, lowest first; each may use only those above it in this list:
//!
//! | module | what lives there |
//! | --- | --- |
//! | `whole_file` | files that are there whole or not at all |
//! | [`process`] | the memory that this process may take |
//! | [`graph`] | the compact heap graph |
//! | [`snapshot`] | a graph that can be kept: names, roots, where it comes from; its file |
//! | [`analysis`] | questions asked of a graph, one per file |
//! | [`render`] | answers to bytes: text, JSON, DOT, SVG, PNG |
//! | `cli` | the command `heapgraph` (feature `cli`) |
//! | `capture` | the live heap into a graph (feature `python`) |
//! | `python` | the extension module `heapgraph._core` (feature `python`) |

pub mod analysis;
#[cfg(feature = "python")]
mod capture;
#[cfg(feature = "cli")]
pub mod cli;
pub mod graph;
pub mod process;
#[cfg(feature = "python")]
mod python;
pub mod render;
pub mod snapshot;
mod whole_file;
