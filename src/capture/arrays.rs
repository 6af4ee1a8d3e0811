//! What numpy's arrays hold. They have no traverse: the collector does not see it.

use std::cell::OnceCell;
use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::ffi::{self, Object};
use super::introspection::Introspection;
use super::known_types::Known;
use crate::graph::EdgeLabel;

/// The number of the dtype `object`, the same in all versions of numpy (`NPY_OBJECT`).
const OBJECT: i32 = 17;

/// The descriptors of `numpy.ndarray`, which its class holds.
pub(super) struct ArrayFields {
    base: Object,
    dtype: Object,
    flags: Object,
    flat: Object,
    shape: Object,
    /// Those of dtypes and of flags, looked up at the first array.
    number_of_dtype: OnceCell<Option<Object>>,
    owndata_of_flags: OnceCell<Option<Object>>,
}

impl ArrayFields {
    /// The descriptors, if `class` is `numpy.ndarray` or derived from it. Imports nothing.
    pub(super) fn of(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> Option<Self> {
        let mro = types.type_mro(class);
        let is_array = |class: &&Borrowed<'_, '_, PyAny>| {
            types.known(Object::from_bound(class)) == Some(Known::NumpyArray)
        };
        let namespace = types.type_namespace(mro.iter().find(is_array)?)?;
        let descriptor = |name| {
            let found = ffi::value_under(&namespace, name)?;
            (types.is_exactly(found, Known::GetSetDescriptor)).then_some(found)
        };
        Some(Self {
            base: descriptor(c"base")?,
            dtype: descriptor(c"dtype")?,
            flags: descriptor(c"flags")?,
            flat: descriptor(c"flat")?,
            shape: descriptor(c"shape")?,
            number_of_dtype: OnceCell::new(),
            owndata_of_flags: OnceCell::new(),
        })
    }

    /// Calls `found` with what an array holds: its base, then its elements with their numbers, in C
    /// order, if they are objects and its own. Compiled code of numpy reads them; it runs no code of
    /// the program.
    pub(super) fn for_each(
        &self,
        types: &Introspection<'_>,
        array: Object,
        mut found: impl FnMut(Option<usize>, Object),
    ) {
        let array = &array.lent(types.py);
        let read = |field| read_field(field, array);
        if let Some(base) = read(self.base).filter(|base| !base.is_none()) {
            found(None, Object::from_bound(&base));
        }
        let number = read(self.dtype).and_then(|dtype| {
            let known = &self.number_of_dtype;
            let number = *known.get_or_init(|| compiled_field(types, &dtype, c"num"));
            read_field(number?, &dtype)?.extract().ok()
        });
        if number != Some(OBJECT) {
            return;
        }
        // A view counts no references to the elements of its base.
        let owns = read(self.flags).and_then(|flags| {
            let known = &self.owndata_of_flags;
            let owndata = *known.get_or_init(|| compiled_field(types, &flags, c"owndata"));
            read_field(owndata?, &flags)?.extract().ok()
        });
        if owns != Some(true) {
            return;
        }
        let elements = read(self.flat).and_then(|flat| flat.cast_into::<PyIterator>().ok());
        for (number, element) in elements.into_iter().flatten().flatten().enumerate() {
            found(Some(number), Object::from_bound(&element));
        }
    }

    /// What an array holds, with the names: `.base`, `[3]`, `[1, 2]`.
    pub(super) fn named(
        &self,
        types: &Introspection<'_>,
        array: Object,
    ) -> Vec<(Object, EdgeLabel)> {
        let bound = array.lent(types.py);
        let shape = ffi::descriptor_get(&self.shape.lent(types.py), &bound);
        let shape: Vec<usize> = (shape.and_then(|shape| shape.extract())).unwrap_or_default();
        let mut named = Vec::new();
        self.for_each(types, array, |number, object| {
            let label =
                number.map_or_else(|| EdgeLabel::attribute("base"), |n| position(n, &shape));
            named.push((object, label));
        });
        named
    }
}

fn read_field<'py>(descriptor: Object, object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    ffi::descriptor_get(&descriptor.lent(object.py()), object).ok()
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
