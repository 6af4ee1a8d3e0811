//! What a finalizer (`weakref.finalize`) calls, and when which object is gone.

use pyo3::prelude::*;

use super::super::interned::intern;
use super::super::names::object_name;
use super::{Describer, Known, ffi, text};
use crate::capture::ffi::Object;
use crate::graph::{EdgeLabel, FINALIZER};

impl<'py> Describer<'py, '_> {
    /// What stands for a finalizer as the key of the registry of all, where `info` is what is registered:
    /// `<a finalizer of class Job: calls shop.close>`. A finalizer itself holds nothing.
    pub(super) fn finalizer(&self, key: Object, info: Object) -> Option<String> {
        if !self.types.is_exactly(key, Known::Finalizer) {
            return None;
        }
        let fields = self.members(info);
        let field = |name: &str| {
            let is_it =
                |label: &EdgeLabel| matches!(label, EdgeLabel::Attribute(text) if text == name);
            let found = fields.iter().find(|(_, label)| is_it(label));
            found.map(|&(held, _)| held)
        };
        let called = self.called(field("func")?);
        let owner = field("weakref").and_then(|reference| self.class_of_referent(reference));
        let of_class = owner.map(|class| format!(" of class {class}"));
        let of_class = of_class.unwrap_or_default();
        Some(format!("{FINALIZER}{of_class}: calls {called}>"))
    }

    /// The name of the class of what a weak reference leads to.
    fn class_of_referent(&self, reference: Object) -> Option<String> {
        let types = self.types;
        let is_weak = types.known_base(reference.type_object()) == Some(Known::WeakReference);
        let referent = is_weak.then(|| ffi::weak_referent(reference, types.py, types.layout))??;
        Some(types.type_name(&referent.type_object().lent(types.py)))
    }

    /// What is called, by its module and name; the type of what has no name.
    fn called(&self, function: Object) -> String {
        let types = self.types;
        let function = function.lent(types.py);
        let Some(name) = object_name(types, &function) else {
            return format!(
                "a {}",
                types.type_name(&Object::from_bound(&function).type_object().lent(types.py))
            );
        };
        let module = |function: &Bound<'py, PyAny>| {
            ffi::attribute(function, intern!(types.py, "__module__")).ok()
        };
        let known = types.known(Object::from_bound(&function).type_object());
        let module = match known {
            Some(Known::Method) => ffi::attribute(&function, intern!(types.py, "__func__"))
                .ok()
                .filter(|function| types.is_exactly(Object::from_bound(function), Known::Function))
                .and_then(|function| module(&function)),
            Some(Known::Function | Known::Builtin) => module(&function),
            _ => None,
        };
        match module.and_then(|module| text(&module)) {
            Some(module) if module != "builtins" => format!("{module}.{name}"),
            _ => name,
        }
    }
}
