//! The types that the interpreter makes before any code runs. Most have no name in any module.

use pyo3::prelude::*;
use pyo3::types::PyType;

use super::super::ffi::{self, Object};
use super::Known;

/// Those of them that are asked for and that no module shows, or none that is always loaded, by full name.
const NOT_SHOWN: [(&str, Known); 8] = [
    ("_contextvars.Context", Known::Context),
    ("_contextvars.ContextVar", Known::ContextVar),
    ("builtins.hamt", Known::ContextPart),
    ("builtins.hamt_array_node", Known::ContextPart),
    ("builtins.hamt_bitmap_node", Known::ContextPart),
    ("builtins.hamt_collision_node", Known::ContextPart),
    ("builtins.moduledef", Known::ModuleDefinition),
    ("Token.MISSING", Known::MissingToken),
];

/// The direct subclasses of `object` that were there before the import system, and so before anything
/// could be imported: `object` has them in the order in which they were made.
///
/// # Errors
///
/// If the interpreter does not give the subclasses.
pub(in crate::capture) fn core_types(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyAny>>> {
    let subclasses = py
        .get_type::<PyType>()
        .call_method1("__subclasses__", (py.get_type::<PyAny>(),))?;
    let mut types = Vec::new();
    for class in subclasses.try_iter()? {
        let class = class?;
        if is_of_import_system(&class) {
            return Ok(types);
        }
        types.push(class);
    }
    Ok(Vec::new())
}

fn is_of_import_system(class: &Bound<'_, PyAny>) -> bool {
    let class_object = Object::from_bound(class);
    let shown = || {
        let modules = ffi::module_table(class.py())?;
        let module = ffi::value_under(&modules, c"_frozen_importlib")?.bound(class.py());
        let namespace = ffi::module_namespace(&module)?;
        let mut values = ffi::dict_entries(Object::from_bound(namespace.as_any()));
        Some(values.any(|(_, value)| value == class_object))
    };
    class_object.type_flags().is_heap_type() && shown() == Some(true)
}

/// Which of the known types a core type is that no module shows.
pub(super) fn not_shown(full_name: &str) -> Option<Known> {
    let found = NOT_SHOWN.iter().find(|(name, _)| *name == full_name);
    found.map(|(_, known)| *known)
}
