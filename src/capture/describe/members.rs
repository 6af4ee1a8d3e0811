//! References held in the fields of compiled types and in `__slots__`.

use pyo3::prelude::*;

use super::super::ffi::{self, Object};
use super::super::introspection::text;
use super::{Describer, Named};
use crate::graph::EdgeLabel;

/// Attributes of compiled types that are computed, yet only hand out a reference that is there:
/// reading them makes nothing and runs nothing.
const GETTERS: [(&str, &[&str]); 11] = [
    (
        "function",
        &[
            "__code__",
            "__defaults__",
            "__kwdefaults__",
            "__name__",
            "__qualname__",
        ],
    ),
    ("cell", &["cell_contents"]),
    (
        "BaseException",
        &["__traceback__", "__context__", "__cause__", "args"],
    ),
    ("traceback", &["tb_next"]),
    (
        "generator",
        &["gi_code", "gi_yieldfrom", "__name__", "__qualname__"],
    ),
    (
        "coroutine",
        &["cr_code", "cr_await", "__name__", "__qualname__"],
    ),
    (
        "async_generator",
        &["ag_code", "ag_await", "__name__", "__qualname__"],
    ),
    ("builtin_function_or_method", &["__self__"]),
    ("memoryview", &["obj"]),
    (
        "Future",
        &["_loop", "_result", "_exception", "_source_traceback"],
    ),
    ("Task", &["_coro", "_fut_waiter"]),
];

impl<'py> Describer<'py, '_> {
    /// Slots and members of all classes of the object, and the getters that are known to be safe.
    pub(super) fn members(&self, object: Object) -> Vec<Named> {
        let object = object.bound(self.types.py);
        let mut named = Vec::new();
        for class in self.types.type_mro(&object.get_type()) {
            let Some(namespace) = self.types.type_namespace(&class) else {
                continue;
            };
            let is_heap_type = Object::from_bound(&class).type_flags().is_heap_type();
            // The types of `_asyncio` are heap types from 3.12, and can not be changed.
            let is_compiled =
                !is_heap_type || self.types.type_module(&class).as_deref() == Some("_asyncio");
            let getters = is_compiled.then(|| self.getters(&class)).flatten();
            for (name, descriptor) in ffi::dict_entries(Object::from_bound(&namespace)) {
                let descriptor = descriptor.bound(self.types.py);
                let Some(name) = text(&name.bound(self.types.py)) else {
                    continue;
                };
                let is_member = descriptor.get_type().is(&self.types.member_descriptor_type);
                if is_member || getters.is_some_and(|names| names.contains(&name.as_str())) {
                    // A slot that is not set raises; it holds nothing then.
                    if let Ok(value) = ffi::descriptor_get(&descriptor, &object) {
                        named.push((Object::from_bound(&value), EdgeLabel::Attribute(name)));
                    }
                }
            }
        }
        named
    }

    fn getters(&self, class: &Bound<'py, PyAny>) -> Option<&'static [&'static str]> {
        let name = self.types.type_name(class);
        GETTERS
            .iter()
            .find(|(type_name, _)| *type_name == name)
            .map(|(_, getters)| *getters)
    }
}
