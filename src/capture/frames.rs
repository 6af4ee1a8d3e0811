//! Running frames and their locals: what the collector cannot see.
//!
//! No traverse shows the locals of a running function from 3.11 on, and before that only
//! generators' frames are tracked. They are read from every thread's stack instead.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use rustc_hash::FxHashMap;

use super::ffi::{self, Object};
use super::interned::intern;
use super::introspection::{Introspection, code_names, text};
use super::known_types::Known;
use super::threads::ThreadId;

/// `co_flags` of code whose locals live in the frame itself, not in a dict.
const CO_OPTIMIZED: u32 = 1;

/// The frames that called the command, if that then runs a program in this process.
static BELOW_THE_PROGRAM: OnceLock<Vec<Py<PyAny>>> = OnceLock::new();

/// Takes down that whatever runs now is not part of the program that will run on top of it.
///
/// # Errors
///
/// If the interpreter refuses to show its frames.
pub(crate) fn announce_program(py: Python<'_>) -> PyResult<()> {
    let sys = py.import(intern!(py, "sys"))?;
    let mut next = Some(sys.getattr(intern!(py, "_getframe"))?.call0()?);
    let mut frames = Vec::new();
    while let Some(frame) = next {
        next = caller(&frame)?;
        frames.push(frame.unbind());
    }
    // The first program is the only one.
    let _ = BELOW_THE_PROGRAM.set(frames);
    Ok(())
}

/// Recognises frames of this package among the objects that the collector lists: what a program
/// keeps of its own frames, in a traceback, leads to those below through `f_back`.
pub(super) struct FramesBelow<'py> {
    /// `None` where no program runs on top of any: nothing need be looked at.
    types: Option<&'py Introspection<'py>>,
}

impl<'py> FramesBelow<'py> {
    pub(super) fn new(types: &'py Introspection<'py>) -> Self {
        let has_program = BELOW_THE_PROGRAM.get().is_some();
        Self {
            types: has_program.then_some(types),
        }
    }

    /// True if there can be such frames.
    pub(super) fn can_be(&self) -> bool {
        self.types.is_some()
    }

    #[inline]
    pub(super) fn contain(&self, object: Object) -> bool {
        self.types.is_some_and(|types| {
            types.is_exactly(object, Known::Frame)
                && belongs_to_this_package(&object.bound(types.py)).unwrap_or(false)
        })
    }
}

/// The frames that are being executed, each with what it holds by name.
pub(super) struct RunningFrames<'py> {
    /// Each thread's innermost first.
    frames: Vec<Bound<'py, PyAny>>,
    /// For each of the frames, the thread that runs it.
    threads: Vec<ThreadId>,
    /// The frame that this was called from.
    asking: Option<Object>,
    referents: FxHashMap<Object, Vec<(FrameSlot, Bound<'py, PyAny>)>>,
}

impl RunningFrames<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = Object> {
        self.frames.iter().map(Object::from_bound)
    }

    /// Each frame with its thread, and whether it is the one that asks.
    pub(super) fn with_threads(&self) -> impl Iterator<Item = (Object, ThreadId, bool)> {
        (self.iter().zip(&self.threads))
            .map(|(frame, &thread)| (frame, thread, self.asking == Some(frame)))
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
        threads: Vec::new(),
        asking: None,
        referents: FxHashMap::default(),
    };
    let own_thread = ThreadId::current(types.py)?;
    for (thread, frame) in innermost.cast_into::<PyDict>()? {
        let thread = ThreadId::new(&thread)?;
        let mut next = Some(frame).filter(|frame| !frame.is_none());
        while let Some(frame) = next {
            next = caller(&frame)?;
            if !belongs_to_this_package(&frame)? {
                let referents = frame_referents(types, &frame, |_| 0)?;
                let object = Object::from_bound(&frame);
                if thread == own_thread && running.asking.is_none() {
                    running.asking = Some(object);
                }
                running.referents.insert(object, referents);
                running.threads.push(thread);
                running.frames.push(frame);
            }
        }
    }
    Ok(running)
}

/// What a frame holds: its attributes, then its locals in their own order. `held_count` says how
/// often this package already holds an object.
pub(super) fn frame_referents<'py>(
    types: &Introspection<'py>,
    frame: &Bound<'py, PyAny>,
    held_count: impl Fn(Object) -> u32,
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
    referents.extend(locals_of(types, frame, held_count)?);
    Ok(referents)
}

/// The locals of a frame, or the namespace that it has instead.
fn locals_of<'py>(
    types: &Introspection<'py>,
    frame: &Bound<'py, PyAny>,
    held_count: impl Fn(Object) -> u32,
) -> PyResult<Vec<(FrameSlot, Bound<'py, PyAny>)>> {
    let globals = frame.getattr(intern!(types.py, "f_globals"))?;
    let code = frame.getattr(intern!(types.py, "f_code"))?;
    let flags: u32 = code.getattr("co_flags")?.extract()?;
    let has_namespace = flags & CO_OPTIMIZED == 0;
    let mark = PyList::empty(types.py);
    let locals = frame.getattr(intern!(types.py, "f_locals"))?;
    let is_made_for_us = Object::from_bound(&locals).reference_count(types.layout) == Some(1);
    if has_namespace && !is_made_for_us {
        // The scope of a module or class body is its namespace, whatever type that is.
        let is_known = locals.is(&globals);
        let slot = FrameSlot::Attribute("f_locals");
        return Ok((!is_known).then_some((slot, locals)).into_iter().collect());
    }
    let mut named: Vec<_> = if let Ok(copy) = locals.cast::<PyDict>() {
        // Up to 3.12: a dict that the frame makes when asked and then keeps.
        copy.iter().filter_map(named_local).collect()
    } else {
        // From 3.13: a proxy that reads through to the frame.
        let items = locals.call_method0(intern!(types.py, "items"))?;
        let items = items.cast_into::<PyList>()?;
        let pairs = items.iter().filter_map(|item| item.extract().ok());
        pairs.filter_map(named_local).collect()
    };
    if has_namespace {
        // From 3.12, while a comprehension runs: a copy with its variables on top of the others.
        let globals = globals.cast_into::<PyDict>()?;
        named.retain(|(slot, value)| match slot {
            FrameSlot::Attribute(_) => true,
            FrameSlot::Local(name) => !globals
                .get_item(name)
                .is_ok_and(|global| global.is_some_and(|global| global.is(value))),
        });
    } else if let Ok(copy) = locals.cast::<PyDict>() {
        let held_count = held_count(Object::from_bound(copy));
        discard_copy(types, copy, &code, &mark, held_count)?;
    }
    Ok(named)
}

fn named_local<'py>(
    (name, value): (Bound<'py, PyAny>, Bound<'py, PyAny>),
) -> Option<(FrameSlot, Bound<'py, PyAny>)> {
    Some((FrameSlot::Local(text(&name)?), value))
}

/// Empties the dict of locals that reading `f_locals` left in the frame, so that it keeps nothing
/// alive and the collector's list is as before. The frame fills it again when it is next asked.
///
/// Left alone if it was filled before, if somebody else holds it, or has put more into it than the
/// locals. While a trace function runs, the interpreter has filled it, and sets the locals from it
/// when that returns: those that are not in it any more would be lost.
fn discard_copy(
    types: &Introspection<'_>,
    copy: &Bound<'_, PyDict>,
    code: &Bound<'_, PyAny>,
    mark: &Bound<'_, PyList>,
    held_count: u32,
) -> PyResult<()> {
    let was_filled =
        Object::from_bound(copy).is_tracked() && !ffi::is_tracked_next_after(mark, copy);
    let held_by_frame_and_us = Some(2 + held_count);
    let is_shared = Object::from_bound(copy).reference_count(types.layout) != held_by_frame_and_us;
    if was_filled || is_shared || is_tracing(types.py)? {
        return Ok(());
    }
    let declared: Vec<String> = ["co_varnames", "co_cellvars", "co_freevars"]
        .into_iter()
        .flat_map(|names| code_names(code, names).unwrap_or_default())
        .collect();
    let is_local = |name| text(&name).is_some_and(|name| declared.contains(&name));
    if copy.keys().iter().all(is_local) {
        copy.clear();
        ffi::untrack(copy);
    }
    Ok(())
}

/// True if a trace or profile function may be running, in this thread or another.
fn is_tracing(py: Python<'_>) -> PyResult<bool> {
    let Some(loaded) = ffi::module_table(py) else {
        return Ok(false);
    };
    let sys = py.import(intern!(py, "sys"))?;
    for hook in [intern!(py, "gettrace"), intern!(py, "getprofile")] {
        if !sys.getattr(hook)?.call0()?.is_none() {
            return Ok(true);
        }
    }
    // Those of threads that are started from now on.
    let threading = ffi::value_under(&loaded, c"threading");
    let namespace = threading.and_then(|module| ffi::module_namespace(&module.bound(py)));
    let is_set = |namespace: &Bound<'_, PyDict>, name| {
        ffi::value_under(namespace, name).is_some_and(|hook| !hook.bound(py).is_none())
    };
    Ok(namespace
        .is_some_and(|names| is_set(&names, c"_trace_hook") || is_set(&names, c"_profile_hook")))
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

/// True of frames of this package, and of those that a program it runs knows nothing of.
fn belongs_to_this_package(frame: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut below = BELOW_THE_PROGRAM.get().into_iter().flatten();
    if below.any(|known| known.is(frame)) {
        return Ok(true);
    }
    let globals = frame.getattr(intern!(frame.py(), "f_globals"))?;
    // Found without a hash: this is asked in the middle of a walk too, where no key may be compared.
    let name = ffi::value_under(&globals.cast_into::<PyDict>()?, c"__name__");
    let name = name.and_then(|name| text(&name.bound(frame.py())));
    Ok(name.is_some_and(|name| name == "heapgraph" || name.starts_with("heapgraph.")))
}
