//! Snapshots in files.

mod damaged;
mod forged;
mod round_trip;
mod samples;
mod saving;
mod seal;
