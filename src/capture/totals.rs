//! How much there is, in two numbers.

use pyo3::prelude::*;

use super::ffi::{self, CollectorPause};
use super::tracked::Tracked;

/// How many objects the collector tracks, and how many references the lists, tuples, dicts and sets
/// among them hold.
///
/// O(objects), a few nanoseconds each; runs no code of theirs.
///
/// # Errors
///
/// What `gc.get_objects()` raises, where that is asked.
pub(crate) fn count_tracked(py: Python<'_>) -> PyResult<(u64, u64)> {
    let _pause = CollectorPause::new(py);
    let (mut objects, mut references) = (0, 0);
    Tracked::new(py)?.for_each(|object| {
        objects += 1;
        references += ffi::content_count(object).unwrap_or(0);
    });
    Ok((objects, references))
}
