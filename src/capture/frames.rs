//! Running frames and their locals: what the collector cannot see.
//!
//! No traverse shows the locals of a running function from 3.11 on, and before that only
//! generators' frames are tracked. They are read from every thread's stack instead.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use rustc_hash::FxHashMap;

use super::ffi::{self, Object};
use super::introspection::{Introspection, code_names, text};

/// `co_flags` of code whose locals live in the frame itself, not in a dict.
const CO_OPTIMIZED: u32 = 1;

/// The frames that are being executed, each with what it holds by name.
pub(super) struct RunningFrames<'py> {
    /// Each thread's innermost first.
    frames: Vec<Bound<'py, PyAny>>,
    referents: FxHashMap<Object, Vec<(FrameSlot, Bound<'py, PyAny>)>>,
}

impl<'py> RunningFrames<'py> {
    pub(super) fn iter(&self) -> impl Iterator<Item = Object> {
        self.frames.iter().map(Object::from_bound)
    }

    /// What `object` holds by name, if it is one of these frames.
    pub(super) fn referents_of(&self, object: Object) -> impl Iterator<Item = Object> {
        let referents = self.referents.get(&object).into_iter().flatten();
        referents.map(|(_, referent)| Object::from_bound(referent))
    }

    /// Every object to which a reference exists only because the frames were read, once for each
    /// such reference.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        self.iter()
            .chain(self.iter().flat_map(|frame| self.referents_of(frame)))
    }
}

/// Where a frame holds something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FrameSlot {
    /// An attribute of the frame, such as `f_globals`.
    Attribute(&'static str),
    /// A local variable.
    Local(String),
}

/// The frames of all threads, without those of this package.
pub(super) fn running_frames<'py>(types: &Introspection<'py>) -> PyResult<RunningFrames<'py>> {
    let sys = types.py.import(intern!(types.py, "sys"))?;
    let innermost = sys.getattr(intern!(types.py, "_current_frames"))?.call0()?;
    let mut running = RunningFrames {
        frames: Vec::new(),
        referents: FxHashMap::default(),
    };
    for frame in innermost.cast_into::<PyDict>()?.values() {
        let mut next = Some(frame).filter(|frame| !frame.is_none());
        while let Some(frame) = next {
            next = caller(&frame)?;
            if !belongs_to_this_package(&frame)? {
                let referents = frame_referents(types, &frame)?;
                running
                    .referents
                    .insert(Object::from_bound(&frame), referents);
                running.frames.push(frame);
            }
        }
    }
    Ok(running)
}

/// What a frame holds: its attributes, then its locals in their own order.
pub(super) fn frame_referents<'py>(
    types: &Introspection<'py>,
    frame: &Bound<'py, PyAny>,
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
    let code = frame.getattr(intern!(types.py, "f_code"))?;
    let flags: u32 = code.getattr("co_flags")?.extract()?;
    if flags & CO_OPTIMIZED == 0 {
        // The scope of a module or class body is its namespace, whatever type that is.
        if !locals.is(&frame.getattr(intern!(types.py, "f_globals"))?) {
            referents.push((FrameSlot::Attribute("f_locals"), locals));
        }
    } else if let Ok(copy) = locals.cast::<PyDict>() {
        // Up to 3.12: a dict that the frame makes when asked and then keeps.
        referents.extend(copy.iter().filter_map(named_local));
        discard_copy(types, copy, &code);
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
/// alive and the collector's list is as before. The frame fills it again when it is next asked.
/// Left alone if somebody else holds it, or has put more into it than the locals.
fn discard_copy(types: &Introspection<'_>, copy: &Bound<'_, PyDict>, code: &Bound<'_, PyAny>) {
    let held_by_frame_and_us = Some(2);
    let declared: Vec<String> = ["co_varnames", "co_cellvars", "co_freevars"]
        .into_iter()
        .flat_map(|names| code_names(code, names).unwrap_or_default())
        .collect();
    let is_local = |name| text(&name).is_some_and(|name| declared.contains(&name));
    if Object::from_bound(copy).reference_count(types.version) == held_by_frame_and_us
        && copy.keys().iter().all(is_local)
    {
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
