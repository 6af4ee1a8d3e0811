//! Questions asked of a heap graph, one per file.
