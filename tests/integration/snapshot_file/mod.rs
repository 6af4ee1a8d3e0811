//! Snapshots in files.

mod round_trip;
mod samples;
