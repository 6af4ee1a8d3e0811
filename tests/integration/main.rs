//! Integration tests of the core.

mod render;
