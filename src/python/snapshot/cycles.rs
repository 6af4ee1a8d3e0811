//! Cycles and garbage of a snapshot.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::analysed_heap::AnalysedHeap;
use super::answers::{ROWS, TypeTotal, as_dict, preformatted};
use super::held_by_cycle::HeldByCycle;
use super::node::Node;
use crate::analysis::{self, Histogram, TypePattern};
use crate::graph::{NodeIndex, NodeSet};
use crate::python::picture::Picture;
use crate::render;
use crate::render::json::{CyclesJson, GarbageJson};
use crate::render::text::{Style, cycles_text, garbage_text};

/// The cycles of references in a snapshot: `snapshot.cycles()`.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Cycles {
    snapshot: Arc<AnalysedHeap>,
    found: analysis::Cycles,
}

/// What nothing leads to any more in a snapshot: `snapshot.garbage()`.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct Garbage {
    snapshot: Arc<AnalysedHeap>,
    found: analysis::Garbage,
}

/// Cycles that are alike: of objects of the same types, and with the same state.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct CycleGroup {
    snapshot: Arc<AnalysedHeap>,
    group: analysis::CycleGroup,
}

impl Cycles {
    pub(super) fn find(
        py: Python<'_>,
        snapshot: &Arc<AnalysedHeap>,
        pattern: Option<&TypePattern>,
    ) -> PyResult<Self> {
        let mut found = snapshot.ask(py, analysis::Cycles::find)?;
        if let Some(pattern) = pattern {
            found.keep(pattern);
        }
        Ok(Self {
            snapshot: Arc::clone(snapshot),
            found,
        })
    }
}

#[pymethods]
impl Cycles {
    /// The cycles, those that are alike taken together, garbage first: a list of `CycleGroup`.
    #[getter]
    fn groups(&self) -> Vec<CycleGroup> {
        views(&self.snapshot, &self.found.groups)
    }

    /// The objects that hang together by modules and classes only, as in every program.
    #[getter]
    fn standing(&self) -> TypeTotal {
        TypeTotal::new(self.found.standing.tally)
    }

    /// Draw a cycle of each of the first groups, with the objects that lead from it back to it.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    fn draw(&self, py: Python<'_>) -> Picture {
        py.detach(|| draw(&self.snapshot, &self.found.groups, None))
    }

    /// The answer as dicts and lists, as `heapgraph cycles --json` has it.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = usize::MAX;
        as_dict(py, &CyclesJson::new(&self.snapshot, &self.found, all))
    }

    fn __len__(&self) -> usize {
        self.found.groups.len()
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| cycles_text(&self.snapshot, &self.found, ROWS, Style::Plain))
    }

    fn __repr__(&self) -> String {
        let (components, tally) = self.found.total();
        format!(
            "<heapgraph.Cycles: {components} of {} objects>",
            tally.count
        )
    }

    fn _repr_html_(&self, py: Python<'_>) -> String {
        preformatted(&self.__str__(py))
    }
}

impl Garbage {
    pub(super) fn find(py: Python<'_>, snapshot: &Arc<AnalysedHeap>) -> PyResult<Self> {
        Ok(Self {
            found: snapshot.ask(py, analysis::Garbage::find)?,
            snapshot: Arc::clone(snapshot),
        })
    }

    fn nodes_of(&self, nodes: &[NodeIndex]) -> Vec<Node> {
        let node = |&node| Node::new(Arc::clone(&self.snapshot), node);
        nodes.iter().map(node).collect()
    }
}

#[pymethods]
impl Garbage {
    /// Number of objects.
    #[getter]
    fn node_count(&self) -> usize {
        self.found.nodes.len()
    }

    /// Bytes of all of them.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.found.total().bytes
    }

    /// What cycles keep that the collector cannot free, most objects first: a list of `HeldByCycle`.
    #[getter]
    fn uncollectable_cycles(&self, py: Python<'_>) -> PyResult<Vec<HeldByCycle>> {
        let held = (self.snapshot).ask(py, |heap| {
            analysis::HeldByCycle::find(heap, &self.found.nodes)
        })?;
        Ok(HeldByCycle::all(&self.snapshot, &held))
    }

    /// The objects, in the order of capture: a list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        self.nodes_of(&self.found.nodes)
    }

    /// Those that lie on cycles.
    #[getter]
    fn in_cycles(&self) -> TypeTotal {
        TypeTotal::new(self.found.in_cycles)
    }

    /// The others, which only cycles hold.
    #[getter]
    fn held_by_cycles(&self) -> TypeTotal {
        TypeTotal::new(self.found.held_by_cycles)
    }

    /// Those that the collector can not free: an object in their cycle is not tracked.
    #[getter]
    fn uncollectable(&self) -> TypeTotal {
        TypeTotal::new(self.found.uncollectable)
    }

    /// The cycles, those that are alike taken together: a list of `CycleGroup`.
    #[getter]
    fn cycles(&self) -> Vec<CycleGroup> {
        views(&self.snapshot, &self.found.groups)
    }

    /// What the list `gc.garbage` holds, and so keeps alive: a list of `Node`, which are not counted
    /// as garbage; `None` if names were not recorded.
    #[getter]
    fn gc_garbage(&self) -> Option<Vec<Node>> {
        let listed = self.found.listed.as_ref();
        listed.map(|listed| self.nodes_of(listed))
    }

    /// Count the objects by full type name, most bytes first.
    ///
    /// Returns:
    ///     A dict of type names to `TypeTotal`.
    fn histogram<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        by_type(py, &self.found.types)
    }

    /// Draw a cycle of each of the first groups, and what hangs on it.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    fn draw(&self, py: Python<'_>) -> Picture {
        let shown = self.found.set(self.snapshot.graph());
        py.detach(|| draw(&self.snapshot, &self.found.groups, Some(shown)))
    }

    /// The answer as dicts and lists, as `heapgraph garbage --json` has it.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let all = usize::MAX;
        as_dict(py, &GarbageJson::new(&self.snapshot, &self.found, all))
    }

    fn __len__(&self) -> usize {
        self.found.nodes.len()
    }

    fn __str__(&self, py: Python<'_>) -> String {
        py.detach(|| garbage_text(&self.snapshot, &self.found, ROWS, Style::Plain))
    }

    fn __repr__(&self) -> String {
        let total = self.found.total();
        format!(
            "<heapgraph.Garbage: {} objects, {} bytes>",
            total.count, total.bytes
        )
    }

    fn _repr_html_(&self, py: Python<'_>) -> String {
        preformatted(&self.__str__(py))
    }
}

#[pymethods]
impl CycleGroup {
    /// `uncollectable` or `garbage`; `outside` if only an object that is held from outside the heap
    /// leads to it; otherwise `alive`.
    #[getter]
    fn state(&self) -> &'static str {
        self.group.fate.word()
    }

    /// How many strongly connected components there are of this kind.
    #[getter]
    fn component_count(&self) -> usize {
        self.group.component_count
    }

    /// Number of objects in all of them.
    #[getter]
    fn node_count(&self) -> u64 {
        self.group.tally.count
    }

    /// Bytes of these objects.
    #[getter]
    fn shallow_size(&self) -> u64 {
        self.group.tally.bytes
    }

    /// A shortest cycle in the smallest of the components, in Python's spelling.
    #[getter]
    fn path(&self) -> String {
        render::cycle_text(&self.snapshot, &self.group.cycle)
    }

    /// The objects of that cycle, each of which refers to the next and the last to the first: a
    /// list of `Node`.
    #[getter]
    fn nodes(&self) -> Vec<Node> {
        let nodes = self.group.cycle.nodes.iter();
        let view = |&node| Node::new(Arc::clone(&self.snapshot), node);
        nodes.map(view).collect()
    }

    /// The names of the references from each of them to the next, and from the last to the first.
    #[getter]
    fn references(&self) -> Vec<String> {
        let labels = self.group.cycle.labels.iter();
        labels.map(ToString::to_string).collect()
    }

    /// The references of an `uncollectable` cycle that the collector does not see: `Table.base`.
    #[getter]
    fn unseen_references(&self) -> Vec<String> {
        match self.group.fate {
            analysis::Fate::Uncollectable => self.group.cycle.unseen_references(&self.snapshot),
            _ => Vec::new(),
        }
    }

    /// Count the objects of all components by full type name, most bytes first.
    ///
    /// Returns:
    ///     A dict of type names to `TypeTotal`.
    fn histogram<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        by_type(py, &self.group.types)
    }

    /// Draw the cycle, with the other objects of the smallest component around it.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    fn draw(&self, py: Python<'_>) -> Picture {
        py.detach(|| draw(&self.snapshot, std::slice::from_ref(&self.group), None))
    }

    fn __repr__(&self) -> String {
        format!("<heapgraph.CycleGroup {}: {}>", self.state(), self.path())
    }
}

fn views(snapshot: &Arc<AnalysedHeap>, groups: &[analysis::CycleGroup]) -> Vec<CycleGroup> {
    let view = |group: &analysis::CycleGroup| CycleGroup {
        snapshot: Arc::clone(snapshot),
        group: group.clone(),
    };
    groups.iter().map(view).collect()
}

/// The first cycles, with what is in `shown` around them; the members of their components by
/// default.
fn draw(
    snapshot: &AnalysedHeap,
    groups: &[analysis::CycleGroup],
    shown: Option<NodeSet>,
) -> Picture {
    let shown = shown.unwrap_or_else(|| {
        let mut members = NodeSet::new(snapshot.graph());
        for &node in groups.iter().flat_map(|group| &group.example) {
            members.insert(node);
        }
        members
    });
    let view = render::cycles_view(snapshot, groups, &shown);
    let is_object = |node: &&render::ViewNode| !matches!(node.kind, render::ViewNodeKind::More(_));
    Picture {
        node_count: view.graph.node_weights().filter(is_object).count(),
        view,
    }
}

fn by_type<'py>(py: Python<'py>, types: &Histogram) -> PyResult<Bound<'py, PyDict>> {
    let by_name = PyDict::new(py);
    for row in &types.types {
        by_name.set_item(&row.type_name, TypeTotal::new(row.tally))?;
    }
    Ok(by_name)
}
