//! The probes of [`Layout`]: what it expects, looked for on objects of the process.
//!
//! The classes are those of the import system, which every process has: one made for it would stay until
//! the next collection. Each probe gives `None` where it does not find its objects.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict, PyList, PyTuple, PyType, PyWeakrefReference};

use super::super::containers::{dict_entries, module_namespace, module_table, value_under};
use super::super::shared_keys::shared_names;
use super::super::type_object::TypeField;
use super::super::{
    Object, inline_values as values_of, item_count, member_offset, object_at, system_object,
    weak_referent,
};
use super::{Layout, table};

/// A new list is referred to once, and `None` is immortal where there are immortal objects.
pub(super) fn counts(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let count = |object: &Bound<'_, PyAny>| Object::from_bound(object).reference_count(layout);
    let list = PyList::empty(py);
    let once = count(&list);
    let twice = Some(list.clone()).and_then(|second| count(&second));
    let none = count(py.None().bind(py));
    let zero = count(0_u8.into_pyobject(py).ok()?.as_any());
    let is_counted = (once, twice) == (Some(1), Some(2));
    let [none, zero] = [none, zero].map(|count| count.is_none());
    Some(is_counted && Some([none, zero]) == layout.value(&table::IMMORTAL_CONSTANTS))
}

/// `sys.getsizeof` counts what is expected in front of an instance and of a type.
pub(super) fn headers(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let (class, instance) = instance(py)?;
    let kind = py.get_type::<PyType>();
    let integer = py.get_type::<pyo3::types::PyInt>();
    let plain = |object: &Bound<'_, PyAny>, ty: &Bound<'_, PyAny>| {
        let size = ty.getattr("__sizeof__").ok()?.call1((object,)).ok()?;
        size.extract::<u64>().ok()
    };
    let whole = |object: &Bound<'_, PyAny>| -> Option<u64> {
        let measure = system_object(py, c"getsizeof")?;
        measure.call1((object,)).ok()?.extract().ok()
    };
    let object = py.get_type::<PyAny>();
    let header = layout.header(Object::from_bound(&class).type_flags());
    let of_type = layout.header(Object::from_bound(&kind).type_flags());
    let of_static = if layout.counts_any_header(&kind) {
        of_type
    } else {
        0
    };
    Some(
        whole(&instance)? == plain(&instance, &object)? + header
            && whole(&class)? == plain(&class, &kind)? + of_type
            && whole(&integer)? == plain(&integer, &kind)? + of_static,
    )
}

/// A `bytearray` that was made for its bytes has room for no more.
pub(super) fn buffers(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let bytes = PyByteArray::new(py, b"three");
    let size: u64 = bytes.call_method0("__sizeof__").ok()?.extract().ok()?;
    let fixed: u64 = bytes
        .get_type()
        .getattr("__basicsize__")
        .ok()?
        .extract()
        .ok()?;
    let items = item_count(Object::from_bound(&bytes));
    Some(items == 5 && size == fixed + items + layout.bytes_besides()?)
}

/// An `io.StringIO` says how long its text is: of what is gathered, and of what was read from.
pub(super) fn text_buffers(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_io", c"StringIO")?;
    let text = class.call0().ok()?;
    let size = || Object::from_bound(&text).text_bytes(layout);
    let empty = size();
    text.call_method1("write", ("three",)).ok()?;
    let gathered = size();
    text.call_method1("seek", (0,)).ok()?;
    text.call_method1("read", (1,)).ok()?;
    let in_array = size();
    text.call_method0("close").ok()?;
    let is_object = layout.text_buffer()?.writer.is_none();
    let expected = [0, if is_object { 0 } else { 5 }, 20];
    Some([empty?, gathered?, in_array?] == expected && size()? < 20)
}

/// The name of a class stands where it is expected.
pub(super) fn type_name(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_frozen_importlib", c"ModuleSpec")?;
    let name = Object::from_bound(&class).compiled_name(layout)?;
    let static_name = Object::from_bound(&py.get_type::<PyDict>()).compiled_name(layout)?;
    Some(name == "ModuleSpec" && static_name == "dict")
}

/// So do what its `__name__`, `__qualname__`, `__bases__`, `__mro__` and `__dict__` hand out.
pub(super) fn heap_types(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_frozen_importlib_external", c"SourceFileLoader")?;
    let namespace = Object::from_bound(&class.getattr("__dict__").ok()?).visited();
    let given = [
        (TypeField::Name, class.getattr("__name__")),
        (TypeField::QualifiedName, class.getattr("__qualname__")),
        (TypeField::Bases, class.getattr("__bases__")),
        (TypeField::Mro, class.getattr("__mro__")),
    ];
    let class = Object::from_bound(&class);
    let is_there = |field, object: Object| class.type_field(field, layout) == Some(object);
    let are_there = (given.into_iter())
        .all(|(field, given)| given.is_ok_and(|given| is_there(field, Object::from_bound(&given))));
    Some(are_there && is_there(TypeField::Namespace, *namespace.first()?))
}

/// A class has a dict whose values are weak references to its subclasses.
pub(super) fn subclasses(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let base = class(py, c"_frozen_importlib_external", c"FileLoader")?;
    let derived = class(py, c"_frozen_importlib_external", c"SourceFileLoader")?;
    let table = object_at(Object::from_bound(&base).subclasses_address(layout))?;
    if table.type_object() != Object::from_bound(&py.get_type::<PyDict>()) {
        return Some(false);
    }
    let leads_to_derived = dict_entries(table)
        .filter_map(|(_, reference)| reference.bound(py).call0().ok())
        .any(|class| class.is(&derived));
    Some(leads_to_derived)
}

/// The dict of an instance stands before it, once it is asked for.
pub(super) fn managed_dict(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let (class, instance) = instance(py)?;
    if !layout.has_managed_dict(Object::from_bound(&class).type_flags()) {
        return Some(false);
    }
    instance.setattr("name", "probe").ok()?;
    let dict = instance.getattr("__dict__").ok()?;
    let held = Object::from_bound(&dict).address();
    Some(Object::from_bound(&instance).hidden_dict_address() == held)
}

/// A code object has a tuple of names and the bytes of their kinds before its file.
pub(super) fn code_variables(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_frozen_importlib", c"ModuleSpec")?;
    let code = class.getattr("__init__").ok()?.getattr("__code__").ok()?;
    let file = code.getattr("co_filename").ok()?;
    let [names, kinds] =
        Object::from_bound(&code).variables_of_code(Object::from_bound(&file), layout)?;
    let names = names.bound(py).cast_into::<PyTuple>().ok()?;
    let kinds = kinds.bound(py);
    let first = names.get_item(0).ok()?;
    Some(first.eq("self").ok()? && kinds.len().ok()? == names.len())
}

/// Lists and tuples are traversed from the last item to the first.
pub(super) fn sequence_order(py: Python<'_>, _: &Layout) -> Option<bool> {
    let items = [PyList::empty(py), PyList::empty(py)];
    let expected: Vec<Object> = items
        .iter()
        .rev()
        .map(|item| Object::from_bound(item))
        .collect();
    let list = PyList::new(py, &items).ok()?;
    let tuple = PyTuple::new(py, &items).ok()?;
    let visited = [list.as_any(), tuple.as_any()].map(|held| Object::from_bound(held).visited());
    Some(visited.iter().all(|visited| *visited == expected))
}

/// An instance has the values of its attributes and no other, each at the position of its name among those
/// that its class has.
pub(super) fn inline_values(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let (class, instance) = instance(py)?;
    let size = class.getattr("__basicsize__").ok()?.extract().ok()?;
    let values = || values_of(Object::from_bound(&instance), size, layout);
    let before = values();
    let names = ["name", "loader"];
    let given = names.map(|name| (name, PyList::empty(py)));
    for (name, value) in &given {
        instance.setattr(*name, value).ok()?;
    }
    let after = values();
    let shared = shared_names(Object::from_bound(&class), layout);
    let is_found = |(name, value): &(&str, Bound<'_, PyList>)| {
        let mut found = after.iter();
        let place = found.find(|(_, found)| *found == Object::from_bound(value));
        let shown = place.and_then(|(position, _)| shared.get(usize::from(*position)));
        shown.is_some_and(|shown| shown.bound(py).eq(*name).unwrap_or(false))
    };
    Some(before.is_empty() && after.len() == given.len() && given.iter().all(is_found))
}

/// A code object has its file where the descriptor of that member says.
pub(super) fn member_descriptors(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_frozen_importlib", c"ModuleSpec")?;
    let code = class.getattr("__init__").ok()?.getattr("__code__").ok()?;
    let file = code.getattr("co_filename").ok()?;
    let code_type = code.get_type();
    let member = code_type.getattr("co_filename").ok()?;
    let [member, owner] = [member.as_any(), code_type.as_any()].map(Object::from_bound);
    let offset = member_offset(member, owner, layout)?;
    Some(Object::from_bound(&code).reference_at(offset) == Some(Object::from_bound(&file)))
}

/// A weak reference has the address of what it refers to.
pub(super) fn weak_references(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let class = class(py, c"_frozen_importlib", c"ModuleSpec")?;
    let reference = PyWeakrefReference::new(&class).ok()?;
    let referent = weak_referent(Object::from_bound(&reference), py, layout);
    Some(referent == Some(Object::from_bound(&class)))
}

/// A link of an `lru_cache` has the key that stands for it in the cache, and what the call has given.
pub(super) fn cached_calls(py: Python<'_>, layout: &Layout) -> Option<bool> {
    let functools = py.import("_functools").ok()?;
    let function = py.get_type::<PyByteArray>();
    let info = py.get_type::<PyTuple>();
    let cached = (functools.getattr("_lru_cache_wrapper").ok()?)
        .call1((function, 2, false, info))
        .ok()?;
    let result = cached.call1((3,)).ok()?;
    let visited = Object::from_bound(&cached).visited();
    let is_dict =
        |object: &&Object| object.type_object() == Object::from_bound(&py.get_type::<PyDict>());
    let (key, link) = dict_entries(*visited.iter().find(is_dict)?).next()?;
    Some(link.cached_call(layout)? == [key, Object::from_bound(&result)])
}

/// A class of the import system.
fn class<'py>(py: Python<'py>, module: &CStr, name: &CStr) -> Option<Bound<'py, PyAny>> {
    let module = value_under(&module_table(py)?, module)?.bound(py);
    let namespace = module_namespace(&module)?;
    let class = value_under(&namespace, name)?;
    let is_plain = class.type_object() == Object::from_bound(&py.get_type::<PyType>());
    (is_plain && class.is_marked_ready()).then(|| class.bound(py))
}

/// A class whose instances have attributes, and an instance without any.
fn instance(py: Python<'_>) -> Option<(Bound<'_, PyAny>, Bound<'_, PyAny>)> {
    let class = class(py, c"_frozen_importlib", c"ModuleSpec")?;
    let new = py.get_type::<PyAny>().getattr("__new__").ok()?;
    let instance = new.call1((&class,)).ok()?;
    Some((class, instance))
}
