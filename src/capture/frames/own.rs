//! Frames that are no part of the program: those of this package, and those below a program that
//! it runs.

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::interned::intern;
use super::super::introspection::{Introspection, text};
use super::super::known_types::Known;
use super::{caller, globals_of};

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
pub(in crate::capture) struct FramesBelow<'py> {
    /// `None` where no program runs on top of any: nothing need be looked at.
    types: Option<&'py Introspection<'py>>,
}

impl<'py> FramesBelow<'py> {
    pub(in crate::capture) fn new(types: &'py Introspection<'py>) -> Self {
        let has_program = BELOW_THE_PROGRAM.get().is_some();
        Self {
            types: has_program.then_some(types),
        }
    }

    /// True if there can be such frames.
    pub(in crate::capture) fn can_be(&self) -> bool {
        self.types.is_some()
    }

    #[inline]
    pub(in crate::capture) fn contain(&self, object: Object) -> bool {
        self.types.is_some_and(|types| {
            types.is_exactly(object, Known::Frame)
                && OwnFrames::default()
                    .contain(&object.bound(types.py))
                    .unwrap_or(false)
        })
    }
}

/// Tells frames of this package from others.
#[derive(Default)]
pub(super) struct OwnFrames {
    /// What was found out of each module, by its globals.
    known: FxHashMap<Object, bool>,
}

impl OwnFrames {
    /// True of frames of this package, and of those that a program it runs knows nothing of.
    pub(super) fn contain(&mut self, frame: &Bound<'_, PyAny>) -> PyResult<bool> {
        let mut below = BELOW_THE_PROGRAM.get().into_iter().flatten();
        if below.any(|known| known.is(frame)) {
            return Ok(true);
        }
        let globals = globals_of(frame)?;
        let known = self.known.entry(Object::from_bound(&globals));
        Ok(*known.or_insert_with(|| is_own_namespace(&globals)))
    }
}

/// True of the globals of the modules of this package.
fn is_own_namespace(globals: &Bound<'_, PyAny>) -> bool {
    let py = globals.py();
    // Any mapping may be globals from 3.15 on; ours are dicts.
    let Ok(globals) = globals.cast::<PyDict>() else {
        return false;
    };
    // Found without a hash: this is asked in the middle of a walk too, where no key may be compared.
    let name = ffi::value_under(globals, c"__name__");
    let name = name.and_then(|name| text(&name.bound(py)));
    name.is_some_and(|name| name == "heapgraph" || name.starts_with("heapgraph."))
}
