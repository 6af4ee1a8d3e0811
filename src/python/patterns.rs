//! What is meant by a pattern of a user's.

use pyo3::prelude::*;

use crate::analysis::{self, PathPattern, TypePattern};

/// True if one of `patterns` means the path, in whichever way its keys are spelled.
#[pyfunction]
pub(super) fn path_matches(path: &str, patterns: Vec<String>) -> bool {
    let mut patterns = patterns.into_iter().map(PathPattern::new);
    patterns.any(|pattern| pattern.matches(path))
}

/// A path with `[x]` for every key and position.
#[pyfunction]
pub(super) fn generic_path(path: &str) -> String {
    analysis::generic_path(path)
}

/// True if a pattern means the type of that full name.
#[pyfunction]
pub(super) fn type_matches(type_name: &str, pattern: String) -> bool {
    TypePattern::new(pattern).matches(type_name)
}
