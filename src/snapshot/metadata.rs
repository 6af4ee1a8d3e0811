//! Where a snapshot comes from.

use std::time::{Duration, SystemTime};

/// Where a heap comes from and how it was captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Version of heapgraph that made the capture.
    pub tool_version: String,
    /// `sys.version` in one line, such as `3.11.7 (main, ...)`.
    pub python_version: String,
    /// Operating system and processor, such as `linux-x86_64`.
    pub platform: String,
    /// The process.
    pub pid: u32,
    /// When the first heap of this process was captured: tells it from others of its number. `None` in
    /// files that were written before that was noted.
    pub first_captured_at: Option<SystemTime>,
    /// The program: `sys.argv[0]`.
    pub program: String,
    /// When the capture began.
    pub captured_at: SystemTime,
    /// How long it took.
    pub capture_time: Duration,
    /// True if garbage was collected first.
    pub collected: bool,
    /// What could not be seen, a sentence each.
    pub unseen: Vec<String>,
    /// Full names of the types, of which there are objects, that have no traverse: what these hold, if
    /// anything, is not seen.
    pub opaque_types: Vec<String>,
    /// True if the names of references have the keys of all dicts, and not only their types.
    pub has_keys: bool,
}

impl Default for Metadata {
    /// Nothing known.
    fn default() -> Self {
        Self {
            tool_version: env!("CARGO_PKG_VERSION").into(),
            python_version: String::new(),
            platform: String::new(),
            pid: 0,
            first_captured_at: None,
            program: String::new(),
            captured_at: SystemTime::UNIX_EPOCH,
            capture_time: Duration::ZERO,
            collected: false,
            unseen: Vec::new(),
            opaque_types: Vec::new(),
            has_keys: true,
        }
    }
}
