//! The live CPython heap into a graph.
