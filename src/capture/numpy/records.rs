//! The objects in arrays whose elements have fields (structured dtypes).

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::super::ffi::{self, Object};
use super::super::introspection::{Introspection, text};
use super::{OBJECT, compiled_field, read};

/// A field that holds an object, or an array of them.
#[derive(Clone, Default)]
struct ObjectField {
    /// How it is reached: `'name'`, or `'outer']['name'` where fields have fields.
    name: String,
    /// The same as positions in the tuple that an element is given as, and in the tuples in it.
    positions: Vec<usize>,
    is_array: bool,
}

/// How to read the elements of an array.
pub(super) struct Elements {
    /// The method `item`, which gives an element as a tuple.
    pub(super) item: Object,
    /// The descriptor `flat`.
    pub(super) flat: Object,
    pub(super) count: usize,
}

impl Elements {
    /// Calls `found` with every object in the fields of the elements of `array`, and the name of the field.
    pub(super) fn for_each(
        &self,
        types: &Introspection<'_>,
        array: &Bound<'_, PyAny>,
        dtype: &Bound<'_, PyAny>,
        mut found: impl FnMut(&str, Object),
    ) {
        let mut fields = Vec::new();
        add_object_fields(types, dtype, &ObjectField::default(), &mut fields);
        if fields.is_empty() {
            return;
        }
        let item = self.item.lent(types.py);
        let elements = (0..self.count).map_while(|number| item.call1((array, number)).ok());
        for element in elements {
            for field in &fields {
                let Some(value) = field.of(&element) else {
                    continue;
                };
                if !field.is_array {
                    found(&field.name, Object::from_bound(&value));
                } else if let Some(flat) = read(self.flat, &value)
                    && let Ok(values) = flat.cast_into::<PyIterator>()
                {
                    for value in values.flatten() {
                        found(&field.name, Object::from_bound(&value));
                    }
                }
            }
        }
    }
}

impl ObjectField {
    /// What an element has in the field.
    fn of<'py>(&self, element: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let mut value = element.clone();
        for &position in &self.positions {
            value = value.cast_into::<PyTuple>().ok()?.get_item(position).ok()?;
        }
        Some(value)
    }
}

/// Adds the fields of a dtype that hold objects, and those of their own fields; `outer` is what has that dtype.
fn add_object_fields(
    types: &Introspection<'_>,
    dtype: &Bound<'_, PyAny>,
    outer: &ObjectField,
    fields: &mut Vec<ObjectField>,
) {
    let part = |name| read(compiled_field(types, dtype, name)?, dtype);
    if let Some(pair) = part(c"subdtype").and_then(|pair| pair.cast_into::<PyTuple>().ok()) {
        let base = pair.get_item(0).ok();
        let is_of_objects = base.is_some_and(|base| is_object(types, &base));
        fields.extend(is_of_objects.then(|| ObjectField {
            is_array: true,
            ..outer.clone()
        }));
        return;
    }
    if is_object(types, dtype) {
        fields.push(outer.clone());
        return;
    }
    let names = part(c"names").and_then(|names| names.cast_into::<PyTuple>().ok());
    // Given as a proxy of the dict.
    let by_name = part(c"fields").and_then(|proxy| Object::from_bound(&proxy).visited().pop());
    let (Some(names), Some(by_name)) = (names, by_name) else {
        return;
    };
    for (position, name) in names.iter().enumerate() {
        let Some(name) = text(&name) else { continue };
        let mut described = ffi::dict_entries(by_name);
        let described =
            described.find(|(key, _)| text(&key.lent(types.py)).as_ref() == Some(&name));
        let described = described.map(|(_, described)| described.bound(types.py));
        let described = described.and_then(|described| described.cast_into::<PyTuple>().ok());
        if let Some(dtype) = described.and_then(|described| described.get_item(0).ok()) {
            let mut inner = outer.clone();
            inner.name = match outer.name.as_str() {
                "" => format!("'{name}'"),
                outer => format!("{outer}]['{name}'"),
            };
            inner.positions.push(position);
            add_object_fields(types, &dtype, &inner, fields);
        }
    }
}

fn is_object(types: &Introspection<'_>, dtype: &Bound<'_, PyAny>) -> bool {
    let number = compiled_field(types, dtype, c"num").and_then(|number| read(number, dtype));
    number.and_then(|number| number.extract().ok()) == Some(OBJECT)
}
