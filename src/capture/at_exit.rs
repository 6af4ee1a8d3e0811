//! The functions that the interpreter calls when it ends.

use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

use super::modules::compiled_function;

/// Equal to nothing, and takes down what it was compared with.
#[pyclass(frozen, module = "heapgraph._core")]
#[derive(Default)]
struct Listener {
    met: Mutex<Vec<Py<PyAny>>>,
}

#[pymethods]
impl Listener {
    fn __eq__(&self, other: Bound<'_, PyAny>) -> bool {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.push(other.unbind());
        false
    }
}

/// Makes the type that [`callbacks`] needs, so that no object is left when it is first called.
pub(crate) fn prepare(py: Python<'_>) {
    let _ = py.get_type::<Listener>();
}

/// True of the type that [`prepare`] has made, which no module shows.
pub(super) fn is_own_class(class: &Bound<'_, PyAny>) -> bool {
    class.is(class.py().get_type::<Listener>())
}

/// The functions that `atexit` will call.
///
/// Nothing lists them; but to unregister a function each of them is compared with it, so this
/// unregisters one that none of them is equal to. That calls the `__eq__` of the type of each:
/// callers have made sure that none is written in Python.
pub(super) fn callbacks(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyAny>>> {
    let Some(unregister) = compiled_function(py, c"atexit", c"unregister") else {
        return Ok(Vec::new());
    };
    let listener = Bound::new(py, Listener::default())?;
    unregister.call1((&listener,))?;
    let mut met = (listener.get().met.lock()).unwrap_or_else(PoisonError::into_inner);
    Ok(met
        .drain(..)
        .map(|callback| callback.into_bound(py))
        .collect())
}
