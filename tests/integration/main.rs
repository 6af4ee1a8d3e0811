//! Integration tests of the core.

#![expect(clippy::unwrap_used, reason = "what fails in a test fails the test")]

mod asker;
mod chain;
mod chain_brute_force;
mod chain_text;
#[cfg(feature = "cli")]
mod cli;
mod compiled_holders;
mod components;
mod cycles;
mod dominators;
mod garbage;
mod graph;
mod graph_addresses;
mod graph_references;
mod growth;
mod growth_census;
mod growth_course;
mod growth_garbage;
mod growth_measure;
mod growth_memory;
mod growth_pace;
mod growth_places;
#[cfg(feature = "cli")]
mod growth_processes;
mod growth_thresholds;
mod hints;
mod keys;
mod layering;
mod neighbourhood;
mod neighbourhood_brute_force;
mod new_objects;
mod petgraph_visit;
mod random;
mod render;
mod root_chain;
mod seen_objects;
mod sketch;
mod snapshot;
mod snapshot_file;
mod suspects;
mod types_of_heap;
mod unexplained;
mod whole_file;
mod why;
mod why_brute_force;
mod written_heap;
