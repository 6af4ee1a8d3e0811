//! Modules: the roots that chains of names start from.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

use super::ffi::{self, Object};
use super::interned::intern;
use super::introspection::text;
use crate::graph::{HeapGraphBuilder, NodeFlags};

/// The `__name__` in a module's namespace, where it is a string. Asks no module class and no
/// `__getattr__`, so a lazy module stays unloaded.
pub(crate) fn module_name(module: &Bound<'_, PyAny>) -> Option<String> {
    let namespace = ffi::module_namespace(module)?;
    text(&ffi::value_under(&namespace, c"__name__")?.lent(module.py()))
}

/// What a module has under a name, if it is loaded. Runs no code of the program.
pub(super) fn value_in_module(py: Python<'_>, module: &CStr, name: &CStr) -> Option<Object> {
    let modules = ffi::module_table(py)?;
    let module = ffi::value_under(&modules, module)?.lent(py);
    let namespace = ffi::module_namespace(&module)?;
    ffi::value_under(&namespace, name)
}

/// A function of a compiled module, if that is loaded and the program has put nothing else in the
/// place of the function.
pub(super) fn compiled_function<'py>(
    py: Python<'py>,
    module: &CStr,
    name: &CStr,
) -> Option<Bound<'py, PyAny>> {
    let modules = ffi::module_table(py)?;
    let module = ffi::value_under(&modules, module)?.bound(py);
    let namespace = ffi::module_namespace(&module)?;
    let function = ffi::value_under(&namespace, name)?.bound(py);
    let is_original = function.is_exact_instance_of::<PyCFunction>()
        && (function.getattr(intern!(py, "__self__"))).is_ok_and(|owner| owner.is(&module));
    is_original.then_some(function)
}

/// True if and only if `object` is a module and `sys.modules` holds it under its own name.
pub(crate) fn is_proper_module(object: &Bound<'_, PyAny>) -> bool {
    let py = object.py();
    module_name(object).is_some_and(|name| {
        let registered = ffi::module_table(py).and_then(|modules| modules.get_item(name).ok()?);
        registered.is_some_and(|registered| registered.is(object))
    })
}

/// Marks the modules that `sys.modules` holds under their own names, and the namespaces of all
/// that it holds.
pub(super) fn mark_modules(py: Python<'_>, builder: &mut HeapGraphBuilder) {
    let Some(modules) = ffi::module_table(py) else {
        return;
    };
    for (key, module) in ffi::dict_entries(Object::from_bound(&modules)) {
        let module = module.lent(py);
        let Some(namespace) = ffi::module_namespace(&module) else {
            continue;
        };
        let namespace = Object::from_bound(&namespace).address();
        if let Some(node) = builder.known_node(namespace) {
            builder.add_flags(node, NodeFlags::MODULE_NAMESPACE);
        }
        let name = module_name(&module);
        if name.is_some() && name == text(&key.lent(py)) {
            let address = Object::from_bound(&module).address();
            if let Some(node) = builder.known_node(address) {
                builder.add_flags(node, NodeFlags::PROPER_MODULE);
            }
        }
    }
}
