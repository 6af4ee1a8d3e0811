//! What the C allocator says of its memory.

use std::sync::OnceLock;

use pyo3::prelude::*;

use crate::analysis::Allocator;
use crate::capture;

/// What the C allocator gives out and holds while the program runs, and not while it is looked at.
#[derive(Default)]
pub(super) struct AllocatorOfProgram {
    started: Option<Allocator>,
    sum: Option<Allocator>,
}

impl AllocatorOfProgram {
    /// The sum of all changes while the program ran.
    pub(super) fn sum(&self) -> Option<Allocator> {
        self.sum
    }

    fn now() -> Option<Allocator> {
        let [given_out, held] = capture::allocator_bytes()?;
        Some(Allocator { given_out, held })
    }

    /// The program runs from now on.
    pub(super) fn start(&mut self) {
        self.started = Self::now();
    }

    /// It is looked at from now on.
    pub(super) fn stop(&mut self) {
        let Some(now) = Self::now() else {
            return;
        };
        let change = self.started.take().map(|started| now.since(started));
        self.sum = Some(self.sum.unwrap_or_default().and(change.unwrap_or_default()));
    }
}

/// True if `tracemalloc` runs, whose tables are among what the C allocator gives out.
pub(super) fn is_traced(py: Python<'_>) -> PyResult<bool> {
    // The compiled part of it, which is there already.
    py.import("_tracemalloc")?
        .call_method0("is_tracing")?
        .extract()
}

/// Gives what the C allocator keeps free back to the system.
#[pyfunction]
pub(crate) fn give_back_free_memory() {
    capture::give_back_free_memory();
}

/// Blocks that the interpreter has given out. `None` beside another interpreter, whose blocks it would count
/// without stopping it: a crash from CPython 3.12 on, seen on 3.15.
#[pyfunction]
pub(crate) fn allocated_blocks(py: Python<'_>) -> PyResult<Option<usize>> {
    // Asked for once: an import takes blocks, which a reading would count.
    static COUNT: OnceLock<Py<PyAny>> = OnceLock::new();
    let count = if let Some(count) = COUNT.get() {
        count
    } else {
        let count = py.import("sys")?.getattr("getallocatedblocks")?.unbind();
        COUNT.get_or_init(|| count)
    };
    let count = count.bind(py);
    if capture::may_have_others(py) {
        return Ok(None);
    }
    Ok(Some(count.call0()?.extract()?))
}

/// Bytes that the C allocator has given out, modulo 4 GiB; 0 where that is not known.
#[pyfunction]
pub(crate) fn allocated_bytes() -> u32 {
    capture::allocator_bytes().map_or(0, |[given_out, _]| given_out)
}

/// Bytes that the C allocator has given out to the program, modulo 4 GiB, without what it keeps for this
/// thread; 0 where that is not known. Slow: for single readings.
#[pyfunction]
pub(crate) fn bytes_in_use() -> u32 {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    return capture::bytes_in_use().unwrap_or(0);
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    return 0;
}
