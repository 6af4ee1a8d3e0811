//! Snapshots in files.

mod damaged;
mod forged;
mod forgery;
mod released;
mod round_trip;
pub(crate) mod samples;
mod saving;
mod seal;
