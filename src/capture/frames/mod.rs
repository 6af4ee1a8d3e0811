//! Frames and their variables: what the collector cannot see.
//!
//! No traverse shows the variables of a running function from 3.11 on, and before that only
//! generators' frames are tracked. They are read from the frames of all threads instead. Nothing
//! here runs code of the program, and no frame is changed.

mod greenlets;
mod own;
mod variables;

use std::cell::OnceCell;

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::descriptors::{Descriptors, FrameGetter};
use super::ffi::{self, FrameLayout, GeneratorData, Object, Threads};
use super::introspection::Introspection;
use super::threads::ThreadId;
use crate::graph::EdgeLabel;

use greenlets::SuspendedGreenlet;
pub(super) use own::FramesBelow;
use own::OwnFrames;
pub(crate) use own::announce_program;
use variables::Variables;

/// The frames of functions that are being executed, or are suspended in a greenlet.
pub(super) struct Frames<'py> {
    layout: Option<FrameLayout>,
    variables: Variables,
    /// Each thread's innermost first.
    running: Vec<RunningFunction<'py>>,
    /// The nearest caller of each that is no frame of this package.
    callers: FxHashMap<Object, Option<Object>>,
    /// What gives the frame of a suspended greenlet, once one was met.
    frame_of_greenlets: OnceCell<Option<Object>>,
    suspended_greenlets: Vec<SuspendedGreenlet>,
    /// The frames of those.
    suspended: Vec<Bound<'py, PyAny>>,
    unseen_greenlets: usize,
    are_all_threads_known: bool,
}

struct RunningFunction<'py> {
    frame: Bound<'py, PyAny>,
    thread: ThreadId,
    /// True of the one that this was called from.
    is_asking: bool,
}

impl<'py> Frames<'py> {
    /// The frames of all threads of this interpreter, without those of this package.
    ///
    /// # Errors
    ///
    /// If there is no memory for a frame object.
    pub(super) fn of_threads(types: &Introspection<'py>) -> PyResult<Self> {
        let threads = Threads::find(types.py, types.layout.thread_ident());
        let mut frames = Self {
            layout: types.layout.frames(),
            variables: Variables::default(),
            running: Vec::new(),
            callers: FxHashMap::default(),
            frame_of_greenlets: OnceCell::new(),
            suspended_greenlets: Vec::new(),
            suspended: Vec::new(),
            unseen_greenlets: 0,
            are_all_threads_known: threads.are_all,
        };
        let mut own = OwnFrames::default();
        for thread in threads.iter() {
            let first = frames.running.len();
            let mut next = thread.frame;
            while let Some(frame) = next {
                next = caller(&frame)?;
                if !own.contain(&frame)? {
                    frames.running.push(RunningFunction {
                        frame,
                        thread: ThreadId::new(thread.ident),
                        is_asking: thread.is_current && frames.running.len() == first,
                    });
                }
            }
            let stack = frames.running[first..].iter();
            let stack: Vec<Object> = stack.map(|f| Object::from_bound(&f.frame)).collect();
            frames.add_callers(&stack);
        }
        Ok(frames)
    }

    /// Takes down the callers in a stack, the innermost frame first.
    fn add_callers(&mut self, stack: &[Object]) {
        let callers = stack.iter().copied().map(Some).skip(1).chain([None]);
        self.callers.extend(stack.iter().copied().zip(callers));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Object> {
        (self.running.iter()).map(|running| Object::from_bound(&running.frame))
    }

    /// Each frame that is executed with its thread, and whether it is the one that asks.
    pub(super) fn with_threads(&self) -> impl Iterator<Item = (Object, ThreadId, bool)> {
        (self.iter().zip(&self.running))
            .map(|(frame, running)| (frame, running.thread, running.is_asking))
    }

    /// Every object to which a reference exists only because the frames were read, once for each
    /// such reference.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        self.iter()
            .chain(self.suspended.iter().map(Object::from_bound))
    }

    /// Calls `visit` with what a frame holds that no traverse shows: with nothing unless it is one
    /// of these.
    pub(super) fn for_each_hidden(
        &self,
        types: &Introspection<'py>,
        frame: Object,
        mut visit: impl FnMut(Object),
    ) {
        if self.callers.contains_key(&frame) {
            self.for_each(types, &frame.lent(types.py), |_, referent| visit(referent));
        }
    }

    /// What a frame holds, with names: its attributes, then its variables in their own order. Of one
    /// whose variables may not be there any more only the attributes.
    pub(super) fn referents(
        &self,
        types: &Introspection<'py>,
        frame: &Bound<'py, PyAny>,
    ) -> Vec<(Object, EdgeLabel)> {
        let mut referents = Vec::new();
        self.for_each(types, frame, |slot, referent| {
            let label = match slot {
                FrameSlot::Attribute(name) => EdgeLabel::attribute(name),
                FrameSlot::Variable(name) => EdgeLabel::Local(name.to_owned()),
            };
            referents.push((referent, label));
        });
        referents
    }

    fn for_each(
        &self,
        types: &Introspection<'py>,
        frame: &Bound<'py, PyAny>,
        mut visit: impl FnMut(FrameSlot<'_>, Object),
    ) {
        let object = Object::from_bound(frame);
        let code = ffi::code_of_frame(frame);
        visit(FrameSlot::Attribute("f_code"), Object::from_bound(&code));
        let globals = globals_of(frame).ok();
        let builtins = read(frame, FrameGetter::Builtins).ok();
        let trace = read(frame, FrameGetter::Trace).ok();
        let attributes = [
            ("f_globals", &globals),
            ("f_builtins", &builtins),
            ("f_trace", &trace),
        ];
        for (name, value) in attributes {
            if let Some(value) = value.as_ref().filter(|value| !value.is_none()) {
                visit(FrameSlot::Attribute(name), Object::from_bound(value));
            }
        }
        let caller = match self.callers.get(&object) {
            Some(caller) => *caller,
            None => foreign_caller(frame),
        };
        if let Some(caller) = caller {
            visit(FrameSlot::Attribute("f_back"), caller);
        }
        // A frame that is tracked has taken over what it holds.
        if let Some(layout) = self.layout
            && (self.callers.contains_key(&object) || object.is_tracked())
        {
            let data = layout.of_frame(object);
            if let Some(namespace) = ffi::object_at(data.namespace())
                && !globals.is_some_and(|globals| Object::from_bound(&globals) == namespace)
            {
                visit(FrameSlot::Attribute("f_locals"), namespace);
            }
            let names = self.variables.of(types, &code);
            for (name, value) in names.iter().zip(data.variables(names.len())) {
                if let Some(value) = ffi::object_at(value) {
                    visit(FrameSlot::Variable(name), value);
                }
            }
        }
    }

    /// What a suspended generator or coroutine holds by being one: its variables, and its frame
    /// object if there is one. The names go with those of its references that are to the same
    /// objects; of one that has ended they mean nothing.
    pub(super) fn generator_referents(
        &self,
        types: &Introspection<'py>,
        generator: &Bound<'py, PyAny>,
        code: &Bound<'py, PyAny>,
        frame: &'static str,
    ) -> Vec<(Object, EdgeLabel)> {
        let Some(layout) = self.layout else {
            return Vec::new();
        };
        let (frame_object, variables) = match layout.of_generator(Object::from_bound(generator)) {
            GeneratorData::Object(frame) => (frame, Vec::new()),
            GeneratorData::Here(data) => {
                let names = self.variables.of(types, code);
                let set = (names.iter().zip(data.variables(names.len())))
                    .filter_map(|(name, value)| Some((name, ffi::object_at(value)?)));
                let set = set.map(|(name, value)| (value, EdgeLabel::Local(name.clone())));
                (data.frame_object(), set.collect())
            }
        };
        let frame =
            ffi::object_at(frame_object).map(|object| (object, EdgeLabel::attribute(frame)));
        variables.into_iter().chain(frame).collect()
    }

    /// What of frames could not be seen, a sentence each.
    pub(super) fn unseen(&self) -> Vec<String> {
        let mut unseen = Vec::new();
        match self.unseen_greenlets {
            0 => {}
            1 => unseen.push("the local variables of a suspended greenlet".into()),
            count => unseen.push(format!(
                "the local variables of {count} suspended greenlets"
            )),
        }
        if !self.are_all_threads_known {
            unseen.push(
                "the frames of other threads: this build of CPython does not show its threads"
                    .into(),
            );
        }
        unseen
    }
}

/// Where a frame holds something.
enum FrameSlot<'a> {
    /// An attribute of the frame, such as `f_globals`.
    Attribute(&'static str),
    /// A variable, which may be one that functions share: then a cell is there.
    Variable(&'a str),
}

/// What a getter of a frame gives. Not looked up on the type: in the middle of a walk the interpreter's
/// cache of attributes would let go of another name for it, which may be a node.
fn read<'py>(frame: &Bound<'py, PyAny>, getter: FrameGetter) -> PyResult<Bound<'py, PyAny>> {
    let getters = &Descriptors::get(frame.py())?.of_frames;
    ffi::descriptor_get(getters[getter as usize].bind(frame.py()), frame)
}

fn globals_of<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    read(frame, FrameGetter::Globals)
}

fn caller<'py>(frame: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let caller = read(frame, FrameGetter::Caller)?;
    Ok((!caller.is_none()).then_some(caller))
}

/// The nearest caller that is not part of this package.
fn foreign_caller(frame: &Bound<'_, PyAny>) -> Option<Object> {
    let mut own = OwnFrames::default();
    let mut next = caller(frame).ok()?;
    while let Some(frame) = next {
        if !own.contain(&frame).ok()? {
            return Some(Object::from_bound(&frame));
        }
        next = caller(&frame).ok()?;
    }
    None
}
