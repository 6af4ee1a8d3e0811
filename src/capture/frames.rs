//! Running frames and their locals: what the collector cannot see.
//!
//! No traverse shows the locals of a running function from 3.11 on, and before that only
//! generators' frames are tracked. They are read from every thread's stack instead.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::ffi::{self, Object};
use super::introspection::{Introspection, text};

/// `co_flags` of code whose locals live in the frame itself, not in a dict.
const CO_OPTIMIZED: u32 = 1;

/// A frame that is being executed, and what it holds by name.
pub(super) struct RunningFrame<'py> {
    pub(super) frame: Bound<'py, PyAny>,
    pub(super) referents: Vec<(FrameSlot, Bound<'py, PyAny>)>,
}

/// Where a frame holds something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FrameSlot {
    /// An attribute of the frame, such as `f_globals`.
    Attribute(&'static str),
    /// A local variable.
    Local(String),
}

/// The frames of all threads, each thread's innermost first, without those of this package.
///
/// `is_known` says whether an address belonged to an object before the frames were read.
pub(super) fn running_frames<'py>(
    types: &Introspection<'py>,
    is_known: impl Fn(u64) -> bool,
) -> PyResult<Vec<RunningFrame<'py>>> {
    let sys = types.py.import(intern!(types.py, "sys"))?;
    let innermost = sys.getattr(intern!(types.py, "_current_frames"))?.call0()?;
    let mut frames = Vec::new();
    for frame in innermost.cast_into::<PyDict>()?.values() {
        let mut next = Some(frame).filter(|frame| !frame.is_none());
        while let Some(frame) = next {
            next = caller(&frame)?;
            if !belongs_to_this_package(&frame)? {
                let referents = frame_referents(types, &frame, &is_known)?;
                frames.push(RunningFrame { frame, referents });
            }
        }
    }
    Ok(frames)
}

/// What a frame holds: its attributes, then its locals in their own order.
pub(super) fn frame_referents<'py>(
    types: &Introspection<'py>,
    frame: &Bound<'py, PyAny>,
    is_known: impl Fn(u64) -> bool,
) -> PyResult<Vec<(FrameSlot, Bound<'py, PyAny>)>> {
    let mut referents = Vec::new();
    for name in ["f_code", "f_globals", "f_builtins", "f_trace"] {
        let value = frame.getattr(name)?;
        if !value.is_none() {
            referents.push((FrameSlot::Attribute(name), value));
        }
    }
    if let Some(caller) = foreign_caller(frame)? {
        referents.push((FrameSlot::Attribute("f_back"), caller));
    }
    let locals = frame.getattr(intern!(types.py, "f_locals"))?;
    let flags: u32 = frame
        .getattr(intern!(types.py, "f_code"))?
        .getattr("co_flags")?
        .extract()?;
    if flags & CO_OPTIMIZED == 0 {
        // The scope of a module or class body is its namespace, whatever type that is.
        if !locals.is(&frame.getattr(intern!(types.py, "f_globals"))?) {
            referents.push((FrameSlot::Attribute("f_locals"), locals));
        }
    } else if let Ok(copy) = locals.cast::<PyDict>() {
        // Up to 3.12: a dict that the frame makes when asked and then keeps.
        referents.extend(copy.iter().filter_map(named_local));
        if !is_known(Object::from_bound(&locals).address()) {
            discard_copy(types, copy);
        }
    } else {
        // From 3.13: a proxy that reads through to the frame.
        for item in locals
            .call_method0(intern!(types.py, "items"))?
            .try_iter()?
        {
            let item = item?.cast_into::<PyTuple>()?;
            referents.extend(named_local((item.get_item(0)?, item.get_item(1)?)));
        }
    }
    Ok(referents)
}

fn named_local<'py>(
    (name, value): (Bound<'py, PyAny>, Bound<'py, PyAny>),
) -> Option<(FrameSlot, Bound<'py, PyAny>)> {
    Some((FrameSlot::Local(text(&name)?), value))
}

/// Empties the dict of locals that reading `f_locals` left in the frame, so that it keeps nothing
/// alive and the collector's list is as before; unless somebody else holds the dict.
fn discard_copy(types: &Introspection<'_>, copy: &Bound<'_, PyDict>) {
    let held_by_frame_and_us = Some(2);
    if Object::from_bound(copy).reference_count(types.version) == held_by_frame_and_us {
        copy.clear();
        ffi::untrack(copy);
    }
}

fn caller<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let caller = frame.getattr(intern!(frame.py(), "f_back"))?;
    Ok((!caller.is_none()).then_some(caller))
}

/// The nearest caller that is not part of this package.
fn foreign_caller<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut next = caller(frame)?;
    while let Some(frame) = next {
        if !belongs_to_this_package(&frame)? {
            return Ok(Some(frame));
        }
        next = caller(&frame)?;
    }
    Ok(None)
}

fn belongs_to_this_package(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    let globals = frame.getattr(intern!(frame.py(), "f_globals"))?;
    let name = globals
        .cast_into::<PyDict>()?
        .get_item(intern!(frame.py(), "__name__"))?;
    let name = name.as_ref().and_then(text).unwrap_or_default();
    Ok(name == "heapgraph" || name.starts_with("heapgraph."))
}
