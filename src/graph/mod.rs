//! The compact heap graph.
