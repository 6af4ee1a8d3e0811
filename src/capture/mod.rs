//! The live CPython heap into a graph. The only home of `unsafe`, all of it in [`ffi`].

mod describe;
mod error;
mod ffi;
mod frames;
mod introspection;
mod type_info;
mod walk;

pub(crate) use describe::Describer;
pub(crate) use error::CaptureError;
pub(crate) use walk::capture;
