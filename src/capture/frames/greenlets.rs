//! Suspended greenlets: functions whose stacks are switched away, and are in no thread's.

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::super::ffi::{self, Object};
use super::super::introspection::Introspection;
use super::super::known_types::Known;
use super::own::OwnFrames;
use super::{FrameSlot, Frames, caller};

/// What gives the innermost frame of a suspended greenlet; `None` where they do not show it.
fn frame_descriptor(types: &Introspection<'_>) -> Option<Object> {
    let class = types.greenlet_class()?.lent(types.py);
    let namespace = types.type_namespace(&class)?;
    let descriptor = ffi::value_under(&namespace, c"gr_frame")?;
    let kind = types.known(descriptor.type_object());
    let is_compiled = matches!(
        kind,
        Some(Known::GetSetDescriptor | Known::MemberDescriptor)
    );
    is_compiled.then_some(descriptor)
}

/// A suspended greenlet.
pub(in crate::capture) struct SuspendedGreenlet {
    pub(in crate::capture) greenlet: Object,
    /// The function that it began with.
    pub(in crate::capture) outermost: Object,
}

impl<'py> Frames<'py> {
    /// The greenlets that were met and are suspended.
    pub(in crate::capture) fn suspended_greenlets(&self) -> &[SuspendedGreenlet] {
        &self.suspended_greenlets
    }

    /// Calls `visit` with what a greenlet holds: of its suspended functions the innermost, and what
    /// its traverse shows. From 3.15 on that is also what the functions hold, which is left to them.
    pub(in crate::capture) fn for_each_in_greenlet(
        &mut self,
        types: &Introspection<'py>,
        greenlet: Object,
        mut visit: impl FnMut(Object),
    ) {
        let stack = self.stack_of(types, greenlet);
        let mut shown: FxHashMap<Object, usize> = FxHashMap::default();
        let visited = greenlet.visited();
        let code = stack.first().map(|frame| ffi::code_of_frame(frame));
        if code.is_some_and(|code| visited.contains(&Object::from_bound(&code))) {
            for frame in &stack {
                *shown.entry(Object::from_bound(frame)).or_default() += 1;
                self.for_each(types, frame, |slot, held| {
                    if !matches!(
                        slot,
                        FrameSlot::Attribute("f_globals" | "f_builtins" | "f_back")
                    ) {
                        *shown.entry(held).or_default() += 1;
                    }
                });
            }
        }
        let innermost = stack.first().map(Object::from_bound);
        let mut is_innermost_visited = false;
        for held in visited {
            match shown.get_mut(&held) {
                Some(count) if *count > 0 => *count -= 1,
                _ => {
                    is_innermost_visited |= Some(held) == innermost;
                    visit(held);
                }
            }
        }
        if let Some(innermost) = innermost.filter(|_| !is_innermost_visited) {
            visit(innermost);
        }
    }

    /// The frames of a suspended greenlet, the innermost first, which are known from now on. None
    /// of one that is running, has ended or has not begun.
    fn stack_of(&mut self, types: &Introspection<'py>, greenlet: Object) -> Vec<Bound<'py, PyAny>> {
        let descriptor = (self.frame_of_greenlets).get_or_init(|| frame_descriptor(types));
        let Some(descriptor) = *descriptor else {
            self.unseen_greenlets += 1;
            return Vec::new();
        };
        let (descriptor, greenlet_lent) = (descriptor.lent(types.py), greenlet.lent(types.py));
        let innermost = ffi::descriptor_get(&descriptor, &greenlet_lent).ok();
        let mut next =
            innermost.filter(|frame| types.is_exactly(Object::from_bound(frame), Known::Frame));
        let mut own = OwnFrames::default();
        let mut stack = Vec::new();
        while let Some(frame) = next {
            next = caller(&frame).ok().flatten();
            if !own.contain(&frame).unwrap_or(false) {
                stack.push(frame);
            }
        }
        if let Some(outermost) = stack.last() {
            self.unseen_greenlets += usize::from(self.layout.is_none());
            self.suspended_greenlets.push(SuspendedGreenlet {
                greenlet,
                outermost: Object::from_bound(outermost),
            });
        }
        let objects: Vec<Object> = stack.iter().map(Object::from_bound).collect();
        self.add_callers(&objects);
        self.suspended.extend(stack.iter().cloned());
        stack
    }
}
