//! The extension module `heapgraph._core`: thin functions over capture, analysis and render.

mod error;

use pyo3::prelude::*;

#[pymodule(name = "_core")]
mod core {
    use pyo3::prelude::*;

    #[pyfunction]
    fn probe(py: Python<'_>) -> PyResult<(usize, usize)> {
        let graph = crate::capture::capture(py)?;
        Ok((graph.node_count(), graph.edge_count()))
    }
}
