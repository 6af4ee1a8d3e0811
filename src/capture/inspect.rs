//! Objects whose use is over: what is still there of a closed file, a finished task, a dead thread.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use super::ffi::{self, Object};
use super::interned::intern;
use super::introspection::{Introspection, text};
use super::known_types::Known;

/// Why `object` should be gone, if its use is over for good.
///
/// Reads the fields of compiled types, and attributes that instances of the library's own classes
/// have in their dicts. No code of the program runs.
pub(crate) fn use_is_over<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
) -> Option<&'static str> {
    let ty = Object::from_bound(object).type_object();
    let classes = types.type_mro(&ty.lent(types.py));
    let known = |class| types.known(Object::from_bound(class));
    let is_task = |class| matches!(known(class), Some(Known::Task | Known::PythonTask));
    classes.iter().find_map(|class| {
        let instance = Instance {
            types,
            object,
            class,
        };
        match known(class)? {
            known @ (Known::FileIo
            | Known::MemoryFile
            | Known::StringIo
            | Known::Buffered
            | Known::TextFile) => (instance.is_closed_file(known)).then_some("the file is closed"),
            Known::Socket => instance
                .is_closed_socket()
                .then_some("the socket is closed"),
            Known::Future | Known::PythonFuture => {
                let is_task = classes.iter().any(|class| is_task(class));
                let reason = if is_task {
                    "the task is finished"
                } else {
                    "the future is finished"
                };
                instance.is_finished().then_some(reason)
            }
            Known::EventLoop => {
                (instance.is_set(intern!(types.py, "_closed"))).then_some("the loop is closed")
            }
            Known::Thread => instance.is_dead_thread().then_some("the thread has ended"),
            known => instance.finished_function(known),
        }
    })
}

/// An object, and one of its classes.
struct Instance<'a, 'py> {
    types: &'a Introspection<'py>,
    object: &'a Bound<'py, PyAny>,
    class: &'a Bound<'py, PyAny>,
}

impl<'py> Instance<'_, 'py> {
    /// What the class itself has under a name.
    fn on_class(&self, name: &CStr) -> Option<Bound<'py, PyAny>> {
        let namespace = self.types.type_namespace(self.class)?;
        Some(ffi::value_under(&namespace, name)?.bound(self.types.py))
    }

    /// A field of a compiled class.
    fn field(&self, name: &CStr) -> Option<Bound<'py, PyAny>> {
        let descriptor = self.on_class(name)?;
        let kind = Object::from_bound(&descriptor).type_object();
        let is_compiled = matches!(
            self.types.known(kind),
            Some(Known::MemberDescriptor | Known::GetSetDescriptor)
        );
        is_compiled.then(|| ffi::descriptor_get(&descriptor, self.object).ok())?
    }

    /// What a method of a compiled class says, called without arguments.
    fn answer(&self, method: &CStr) -> Option<Bound<'py, PyAny>> {
        let method = self.on_class(method)?;
        let is_compiled =
            (self.types).is_exactly(Object::from_bound(&method), Known::MethodDescriptor);
        is_compiled.then(|| method.call1((self.object,)).ok())?
    }

    /// An attribute of the instance, unless a class has a property or the like of that name.
    fn attribute(&self, name: &Bound<'py, PyString>) -> Option<Bound<'py, PyAny>> {
        let value = self.types.own_attribute(self.object, name)?;
        Some(value.bound(self.types.py))
    }

    fn is_set(&self, name: &Bound<'py, PyString>) -> bool {
        self.attribute(name).is_some_and(|value| is_true(&value))
    }

    /// Of a file that reads or writes through another, whether that one is closed, as the others may
    /// be of any class.
    fn is_closed_file(&self, class: Known) -> bool {
        let beneath = match class {
            Known::FileIo | Known::MemoryFile | Known::StringIo => {
                return self.field(c"closed").is_some_and(|closed| is_true(&closed));
            }
            Known::Buffered => self.field(c"raw"),
            Known::TextFile => self.field(c"buffer"),
            _ => None,
        };
        beneath
            .is_some_and(|beneath| use_is_over(self.types, &beneath) == Some("the file is closed"))
    }

    /// Closed, or its connection given away to another socket.
    fn is_closed_socket(&self) -> bool {
        let number = self
            .answer(c"fileno")
            .and_then(|number| number.extract().ok());
        number == Some(-1_i64)
    }

    /// Of a future or task.
    fn is_finished(&self) -> bool {
        let state = self
            .field(c"_state")
            .or_else(|| self.attribute(intern!(self.types.py, "_state")));
        let state = state.and_then(|state| text(&state));
        state.is_some_and(|state| state == "FINISHED" || state == "CANCELLED")
    }

    /// A thread that was started and has stopped.
    fn is_dead_thread(&self) -> bool {
        let py = self.types.py;
        let was_started = self
            .attribute(intern!(py, "_started"))
            .is_some_and(|event| {
                let event = Instance {
                    object: &event,
                    ..*self
                };
                event.is_set(intern!(py, "_flag"))
            });
        let says = |held: &Bound<'py, PyAny>, known, method| {
            let held = Instance {
                object: held,
                class: &held.get_type().into_any(),
                ..*self
            };
            let is_known = (self.types).is_exactly(Object::from_bound(held.object), known);
            is_known.then(|| held.answer(method)?.extract().ok())?
        };
        // Before 3.13 a thread holds a lock while it runs; later it has a handle.
        let handle = self
            .attribute(intern!(py, "_handle"))
            .or_else(|| self.attribute(intern!(py, "_os_thread_handle")));
        let lock = self.attribute(intern!(py, "_tstate_lock"));
        let has_stopped = match (handle, lock) {
            (Some(handle), _) => says(&handle, Known::ThreadHandle, c"is_done") == Some(true),
            (None, Some(lock)) if !lock.is_none() => {
                says(&lock, Known::Lock, c"locked") == Some(false)
            }
            _ => self.is_set(intern!(py, "_is_stopped")),
        };
        was_started && has_stopped
    }

    /// A generator or coroutine that has run to its end or was closed: it has no frame any more.
    fn finished_function(&self, known: Known) -> Option<&'static str> {
        let (frame, reason) = match known {
            Known::Generator => (c"gi_frame", "the generator is exhausted or closed"),
            Known::Coroutine => (c"cr_frame", "the coroutine is finished or closed"),
            Known::AsyncGenerator => (c"ag_frame", "the generator is exhausted or closed"),
            _ => return None,
        };
        self.field(frame)?.is_none().then_some(reason)
    }
}

fn is_true(value: &Bound<'_, PyAny>) -> bool {
    value.is(PyBool::new(value.py(), true))
}
