//! What is around objects of a snapshot, drawn.

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::HeapSnapshot;
use super::arguments::Limit;
use crate::analysis::{Direction, Limits, Neighbourhood};
use crate::graph::NodeIndex;
use crate::process::TooLittleMemory;
use crate::python::picture::Picture;
use crate::render;

impl HeapSnapshot {
    /// Draws what leads to one object or a list of objects, or what these lead to.
    pub(super) fn draw(
        &self,
        py: Python<'_>,
        targets: &Bound<'_, PyAny>,
        direction: Direction,
        max_depth: Limit,
        too_many: Limit,
    ) -> PyResult<Picture> {
        let targets: Vec<NodeIndex> = match targets.cast_exact::<PyList>() {
            Ok(list) => list
                .iter()
                .map(|t| self.target(&t))
                .collect::<PyResult<_>>()?,
            Err(_) => vec![self.target(targets)?],
        };
        let limits = Limits {
            max_depth: max_depth.0,
            too_many: too_many.0,
        };
        let picture = self.inner.ask(py, |snapshot| {
            let found = Neighbourhood::around(snapshot.graph(), &targets, direction, limits);
            found.ensure_memory()?;
            Ok::<_, TooLittleMemory>(Picture {
                node_count: found.nodes.len(),
                view: render::neighbourhood_view(snapshot, &found, direction, limits.max_depth),
            })
        });
        Ok(picture??)
    }
}
