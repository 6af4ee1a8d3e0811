//! Whether there is memory for a snapshot.

use pyo3::prelude::*;
use sysinfo::{MemoryRefreshKind, System};

use super::error::CaptureError;
use super::tracked::Tracked;

/// Bytes that a snapshot needs while it is taken, for each object that the collector tracks. Heaps
/// of data take 140, those of code, with many atoms for each tracked object, up to 240.
const BYTES_AN_OBJECT: u64 = 250;

/// Makes sure that a snapshot has the memory it needs.
///
/// # Errors
///
/// [`CaptureError::TooLittleMemory`] if the machine, or the control group of the process, has less
/// left.
pub(super) fn check(py: Python<'_>) -> Result<(), CaptureError> {
    let mut object_count = 0;
    Tracked::new(py)?.for_each_unseen(|_| object_count += 1);
    let needed = object_count * BYTES_AN_OBJECT;
    match available() {
        Some(available) if available < needed => {
            Err(CaptureError::TooLittleMemory { needed, available })
        }
        _ => Ok(()),
    }
}

/// Bytes that can still be had; `None` where the system does not say.
fn available() -> Option<u64> {
    let mut system = System::new();
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    // As without `/proc`. To ask for the control group would panic then.
    if system.total_memory() == 0 {
        return None;
    }
    let of_machine = system.available_memory();
    let of_group = system
        .cgroup_limits()
        .filter(|group| group.total_memory < system.total_memory())
        // What is in memory for files only can be given back.
        .map(|group| group.total_memory.saturating_sub(group.rss));
    Some(of_group.map_or(of_machine, |of_group| of_group.min(of_machine)))
}
