//! References held in the fields of compiled types and in `__slots__`.

use pyo3::prelude::*;
use pyo3::types::PyBool;

use super::super::ffi::{self, GeneratorData, Object};
use super::super::introspection::text;
use super::super::known_types::Known;
use super::super::stored::StoredReference;
use super::{Describer, Named};
use crate::graph::EdgeLabel;

/// Attributes of compiled types that are computed, yet only hand out a reference that is there:
/// reading them makes nothing and runs nothing.
const GETTERS: [(Known, &[&str]); 12] = [
    (
        Known::Function,
        &[
            "__code__",
            "__defaults__",
            "__kwdefaults__",
            "__name__",
            "__qualname__",
        ],
    ),
    (Known::Cell, &["cell_contents"]),
    (
        Known::BaseException,
        &["__traceback__", "__context__", "__cause__", "args"],
    ),
    (Known::Traceback, &["tb_next"]),
    (
        Known::Generator,
        &["gi_code", "gi_yieldfrom", "__name__", "__qualname__"],
    ),
    (
        Known::Coroutine,
        &["cr_code", AWAITED, "__name__", "__qualname__"],
    ),
    (
        Known::AsyncGenerator,
        &["ag_code", "ag_await", "__name__", "__qualname__"],
    ),
    (Known::Builtin, &[OWNER]),
    (Known::MemoryView, &["obj"]),
    (
        Known::Future,
        &["_loop", "_result", "_exception", "_source_traceback"],
    ),
    (Known::Task, &["_coro", "_fut_waiter"]),
    (
        Known::Greenlet,
        &["gr_frame", "gr_context", "parent", "run"],
    ),
];

/// What compiled functions alone have.
const OWNER: &str = "__self__";

/// What a coroutine waits for: it is on top of its value stack, wherever that has come to.
const AWAITED: &str = "cr_await";

/// Those that have to be asked for each object: a generator may have something else there.
const WITHOUT_PLACE: [&str; 2] = ["gi_yieldfrom", "ag_await"];

/// Those that give `None` where that is what an object holds, and not where it holds nothing.
const MAY_BE_NONE: [&str; 2] = ["cell_contents", "_result"];

/// A field of a class that can be read without making or running anything.
pub(super) struct Field<'py> {
    pub(super) name: String,
    reference: Reference<'py>,
}

enum Reference<'py> {
    Stored(StoredReference<'py>),
    /// What a compiled function belongs to, which a static method has and does not show.
    OwnerOfFunction,
    /// What a coroutine waits for; how it says whether it is suspended, from 3.11 on, and what it waits for.
    Awaited {
        is_suspended: Option<Bound<'py, PyAny>>,
        asked: StoredReference<'py>,
    },
}

impl<'py> Field<'py> {
    /// What an instance has there. A slot that is not set holds nothing.
    pub(super) fn read(&self, py: Python<'py>, object: Object) -> Option<Object> {
        match &self.reference {
            Reference::Stored(reference) => reference.read(py, object),
            Reference::OwnerOfFunction => ffi::owner_of_function(object),
            Reference::Awaited {
                is_suspended,
                asked,
            } => match (is_suspended, ffi::Layout::get(py).frames()) {
                (Some(is_suspended), Some(layout)) => {
                    let answer = ffi::descriptor_get(is_suspended, &object.lent(py)).ok()?;
                    let GeneratorData::Here(frame) = layout.of_generator(object) else {
                        return None;
                    };
                    let is_suspended = answer.is(PyBool::new(py, true));
                    is_suspended.then(|| ffi::object_at(frame.awaited()))?
                }
                _ => asked.read(py, object),
            },
        }
    }
}

impl<'py> Describer<'py, '_> {
    /// The members of code objects, in the order in which a graph has what they hold.
    pub(super) fn code_fields(&self) -> Vec<Field<'py>> {
        let code = self.types.type_of_interpreter(Known::Code);
        let field = |(name, member): (&str, &Bound<'py, PyAny>)| {
            let code = code?.lent(self.types.py);
            Some(Field {
                name: name.to_owned(),
                reference: Reference::Stored(StoredReference::new(
                    self.types,
                    member.clone(),
                    &code,
                )),
            })
        };
        self.types.code_members().filter_map(field).collect()
    }

    /// What the object holds in its fields.
    pub(super) fn members(&self, object: Object) -> Vec<Named> {
        let py = self.types.py;
        let mut known = self.fields_of_classes.borrow_mut();
        let ty = object.type_object();
        let fields = (known.entry(ty)).or_insert_with(|| self.fields(&ty.lent(py)));
        let named = fields.iter().filter_map(|field| {
            let label = EdgeLabel::Attribute(field.name.clone());
            Some((field.read(py, object)?, label))
        });
        named.collect()
    }

    /// Slots and members of a class and all its bases, and the getters that are known to be safe.
    pub(super) fn fields(&self, class: &Bound<'py, PyAny>) -> Vec<Field<'py>> {
        let mut fields = Vec::new();
        for class in self.types.type_mro(class) {
            let Some(namespace) = self.types.type_namespace(&class) else {
                continue;
            };
            let getters = self.getters(&class);
            for (name, descriptor) in ffi::dict_entries(Object::from_bound(namespace.as_any())) {
                let is_member = self.types.is_exactly(descriptor, Known::MemberDescriptor);
                let Some(name) = text(&name.lent(self.types.py)) else {
                    continue;
                };
                if is_member || getters.is_some_and(|names| names.contains(&name.as_str())) {
                    let descriptor = descriptor.bound(self.types.py);
                    let reference = self.reference(&class, &name, is_member, descriptor);
                    fields.push(Field { name, reference });
                }
            }
        }
        fields
    }

    /// How that is read which `descriptor`, found in the namespace of `class`, hands out.
    fn reference(
        &self,
        class: &Bound<'py, PyAny>,
        name: &str,
        is_member: bool,
        descriptor: Bound<'py, PyAny>,
    ) -> Reference<'py> {
        let stored = || StoredReference::new(self.types, descriptor.clone(), class);
        match name {
            _ if is_member => Reference::Stored(stored()),
            OWNER => Reference::OwnerOfFunction,
            AWAITED => {
                let namespace = self.types.type_namespace(class);
                let descriptor_of = |name| ffi::value_under(namespace.as_deref()?, name);
                Reference::Awaited {
                    is_suspended: descriptor_of(c"cr_suspended")
                        .map(|found| found.bound(self.types.py)),
                    asked: StoredReference::without_place(descriptor),
                }
            }
            _ if WITHOUT_PLACE.contains(&name) => {
                Reference::Stored(StoredReference::without_place(descriptor))
            }
            _ if MAY_BE_NONE.contains(&name) => Reference::Stored(stored().that_may_be_none()),
            _ => Reference::Stored(stored()),
        }
    }

    fn getters(&self, class: &Bound<'py, PyAny>) -> Option<&'static [&'static str]> {
        let known = self.types.known(Object::from_bound(class))?;
        let found = GETTERS.iter().find(|(of, _)| *of == known);
        found.map(|(_, getters)| *getters)
    }
}
