//! What numpy's arrays, records and dtypes hold. They have no traverse: the collector does not see it.
//!
//! Compiled code of numpy is asked, through the descriptors of its types. It runs no code of the program.

mod records;

use std::cell::OnceCell;
use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::known_types::Known;
use crate::graph::EdgeLabel;
use records::Elements;

/// The numbers of the dtype `object` and of those with fields, the same in all versions of numpy
/// (`NPY_OBJECT`, `NPY_VOID`).
const OBJECT: i32 = 17;
const VOID: i32 = 20;
/// The scalar that is a row of an array with fields. It shows the descriptors of no other type of numpy.
const RECORD: &str = "void";

/// What an array holds that no attribute shows.
const MEMORY: &str = "memory handler";

/// How to read what the instances of one type hold.
pub(super) enum NumpyFields {
    Array(ArrayFields),
    /// Those of a row of an array, which holds the array and the dtype, or of an iterator over one.
    Plain(Vec<(&'static str, Object)>),
    Dtype(DtypeFields),
}

/// The descriptors of `numpy.ndarray`.
pub(super) struct ArrayFields {
    base: Object,
    dtype: Object,
    flags: Object,
    flat: Object,
    item: Object,
    shape: Object,
    number_of_elements: Object,
    /// Bytes of an array without its elements.
    size: usize,
    /// Those of dtypes and of flags, looked up at the first array.
    number_of_dtype: OnceCell<Option<Object>>,
    owndata_of_flags: OnceCell<Option<Object>>,
}

/// The descriptors of `numpy.dtype`.
pub(super) struct DtypeFields {
    names: Object,
    fields: Object,
    metadata: Object,
    subdtype: Object,
    scalar: Object,
}

/// A reference of one of numpy's objects.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Attribute(&'static str),
    /// An element of an array, by its number in C order.
    Element(usize),
    /// What the elements of an array have in a field with that name.
    Field(&'a str),
}

impl NumpyFields {
    /// The descriptors, if `class` is one of those types or derived from it. Imports nothing.
    pub(super) fn of(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> Option<Self> {
        let mro = types.type_mro(class);
        let known = |class: &Borrowed<'_, '_, PyAny>| types.known(Object::from_bound(class));
        let (ty, kind) = mro.iter().find_map(|class| match known(class)? {
            kind @ (Known::NumpyArray
            | Known::NumpyDtype
            | Known::NumpyFlatIterator
            | Known::NumpyScalar) => Some((class, kind)),
            _ => None,
        })?;
        let in_class = |class: &Borrowed<'_, '_, PyAny>, name| {
            let namespace = types.type_namespace(class)?;
            let found = ffi::value_under(&namespace, name)?;
            let is_compiled = matches!(
                types.known(found.type_object()),
                Some(Known::GetSetDescriptor | Known::MemberDescriptor | Known::MethodDescriptor)
            );
            is_compiled.then_some(found)
        };
        let descriptor = |name| in_class(ty, name);
        match kind {
            Known::NumpyArray => Some(Self::Array(ArrayFields {
                base: descriptor(c"base")?,
                dtype: descriptor(c"dtype")?,
                flags: descriptor(c"flags")?,
                flat: descriptor(c"flat")?,
                item: descriptor(c"item")?,
                shape: descriptor(c"shape")?,
                number_of_elements: descriptor(c"size")?,
                size: usize::try_from(types.instance_sizes(ty).0).ok()?,
                number_of_dtype: OnceCell::new(),
                owndata_of_flags: OnceCell::new(),
            })),
            Known::NumpyDtype => Some(Self::Dtype(DtypeFields {
                names: descriptor(c"names")?,
                fields: descriptor(c"fields")?,
                metadata: descriptor(c"metadata")?,
                subdtype: descriptor(c"subdtype")?,
                scalar: descriptor(c"type")?,
            })),
            Known::NumpyFlatIterator => Some(Self::Plain(vec![("base", descriptor(c"base")?)])),
            _ => {
                let record = mro.iter().find(|class| {
                    let is_static = !Object::from_bound(class).type_flags().is_heap_type();
                    is_static && types.type_name(class) == RECORD
                })?;
                Some(Self::Plain(vec![
                    ("base", in_class(record, c"base")?),
                    ("dtype", in_class(record, c"dtype")?),
                ]))
            }
        }
    }

    /// Calls `found` with each reference that an object holds: its base and its dtype, and the elements of
    /// an array if they are objects and its own.
    pub(super) fn for_each(
        &self,
        types: &Introspection<'_>,
        object: Object,
        mut found: impl FnMut(Part<'_>, Object),
    ) {
        let object = &object.lent(types.py);
        match self {
            Self::Array(fields) => fields.for_each(types, object, found),
            Self::Plain(fields) => {
                for &(name, field) in fields {
                    if let Some(held) = read(field, object) {
                        found(Part::Attribute(name), Object::from_bound(&held));
                    }
                }
            }
            Self::Dtype(fields) => fields.for_each(object, found),
        }
    }

    /// The address of an object that an array holds because its memory is from there, if it may have one.
    /// Nobody vouches for it: it is to be compared with known ones.
    pub(super) fn memory_handler(&self, types: &Introspection<'_>, object: Object) -> Option<u64> {
        let Self::Array(fields) = self else {
            return None;
        };
        let dtype = read(fields.dtype, &object.lent(types.py))?;
        object.memory_handler_of_array(Object::from_bound(&dtype), fields.size)
    }

    /// What an object holds, with the names: `.base`, `.dtype`, `[3]`, `[1, 2]`.
    pub(super) fn named(
        &self,
        types: &Introspection<'_>,
        object: Object,
    ) -> Vec<(Object, EdgeLabel)> {
        let shape: Vec<usize> = match self {
            Self::Array(fields) => read(fields.shape, &object.lent(types.py))
                .and_then(|shape| shape.extract().ok())
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut named = Vec::new();
        self.for_each(types, object, |part, held| {
            named.push((
                held,
                match part {
                    Part::Attribute(name) => EdgeLabel::attribute(name),
                    Part::Element(number) => position(number, &shape),
                    Part::Field(name) => EdgeLabel::Key(name.to_owned()),
                },
            ));
        });
        let handler = self.memory_handler(types, object).and_then(ffi::object_at);
        named.extend(handler.map(|held| (held, EdgeLabel::Internal(MEMORY.into()))));
        named
    }
}

impl ArrayFields {
    fn for_each(
        &self,
        types: &Introspection<'_>,
        array: &Bound<'_, PyAny>,
        mut found: impl FnMut(Part<'_>, Object),
    ) {
        if let Some(base) = read(self.base, array) {
            found(Part::Attribute("base"), Object::from_bound(&base));
        }
        let dtype = read(self.dtype, array);
        if let Some(dtype) = &dtype {
            found(Part::Attribute("dtype"), Object::from_bound(dtype));
        }
        let Some(dtype) = dtype else { return };
        let known = &self.number_of_dtype;
        let number = *known.get_or_init(|| compiled_field(types, &dtype, c"num"));
        let number = number.and_then(|number| read(number, &dtype)?.extract().ok());
        if ![Some(OBJECT), Some(VOID)].contains(&number) {
            return;
        }
        // A view counts no references to the elements of its base.
        let owns = read(self.flags, array).and_then(|flags| {
            let known = &self.owndata_of_flags;
            let owndata = *known.get_or_init(|| compiled_field(types, &flags, c"owndata"));
            read(owndata?, &flags)?.extract().ok()
        });
        if owns != Some(true) {
            return;
        }
        if number == Some(VOID) {
            let count = read(self.number_of_elements, array);
            let elements = Elements {
                item: self.item,
                flat: self.flat,
                count: count.and_then(|count| count.extract().ok()).unwrap_or(0),
            };
            elements.for_each(types, array, &dtype, |name, held| {
                found(Part::Field(name), held);
            });
            return;
        }
        let elements = read(self.flat, array).and_then(|flat| flat.cast_into::<PyIterator>().ok());
        for (number, element) in elements.into_iter().flatten().flatten().enumerate() {
            found(Part::Element(number), Object::from_bound(&element));
        }
    }
}

impl DtypeFields {
    fn for_each(&self, dtype: &Bound<'_, PyAny>, mut found: impl FnMut(Part<'_>, Object)) {
        let mut give = |name, held: Object| found(Part::Attribute(name), held);
        for (name, field) in [("type", self.scalar), ("names", self.names)] {
            if let Some(held) = read(field, dtype) {
                give(name, Object::from_bound(&held));
            }
        }
        // These are given as proxies, which are made for that and hold the mapping itself.
        for (name, field) in [("fields", self.fields), ("metadata", self.metadata)] {
            let proxy = read(field, dtype);
            let held = proxy.and_then(|proxy| Object::from_bound(&proxy).visited().pop());
            if let Some(held) = held {
                give(name, held);
            }
        }
        // A pair that is made for that, of what a dtype of arrays holds.
        let pair = read(self.subdtype, dtype).and_then(|pair| pair.cast_into::<PyTuple>().ok());
        for (name, held) in ["base", "shape"].into_iter().zip(pair.iter().flatten()) {
            give(name, Object::from_bound(&held));
        }
    }
}

/// What a field has; nothing if it is `None`.
fn read<'py>(descriptor: Object, object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let value = ffi::descriptor_get(&descriptor.lent(object.py()), object).ok();
    value.filter(|value| !value.is_none())
}
/// The descriptor of a field of what an array gives: its flags, which are of a type of numpy's own, or
/// its dtype, which may be of one derived from that.
fn compiled_field<'py>(
    types: &Introspection<'py>,
    object: &Bound<'py, PyAny>,
    name: &CStr,
) -> Option<Object> {
    let classes = types.type_mro(&object.get_type());
    let is_dtype = |class: &&Borrowed<'_, '_, PyAny>| {
        types.known(Object::from_bound(class)) == Some(Known::NumpyDtype)
    };
    let class = classes.iter().find(is_dtype).or(classes.first())?;
    let namespace = types.type_namespace(class)?;
    let descriptor = ffi::value_under(&namespace, name)?;
    let is_compiled = matches!(
        types.known(descriptor.type_object()),
        Some(Known::GetSetDescriptor | Known::MemberDescriptor)
    );
    is_compiled.then_some(descriptor)
}

/// The place of an element of an array of that shape.
fn position(mut number: usize, shape: &[usize]) -> EdgeLabel {
    if let [_] = shape[..] {
        return EdgeLabel::Index(number);
    }
    let mut places = Vec::new();
    for &length in shape.iter().rev() {
        places.push((number % length).to_string());
        number /= length;
    }
    places.reverse();
    // The only element of an array without dimensions is `array[()]`.
    EdgeLabel::Key(if places.is_empty() {
        "()".into()
    } else {
        places.join(", ")
    })
}
