//! Interned names, made without letting go of the interpreter.
//!
//! `pyo3::intern!` lets other threads run while it makes a string, the first time it is met. In
//! the middle of a walk they would free objects whose addresses are in use.

/// As `pyo3::intern!`, but the interpreter is held throughout.
macro_rules! intern {
    ($py:expr, $text:expr) => {{
        static NAME: std::sync::OnceLock<pyo3::Py<pyo3::types::PyString>> =
            std::sync::OnceLock::new();
        // No thread waits here for another, as only the one that holds the interpreter is here.
        NAME.get_or_init(|| pyo3::types::PyString::intern($py, $text).unbind())
            .bind($py)
    }};
}

pub(crate) use intern;
