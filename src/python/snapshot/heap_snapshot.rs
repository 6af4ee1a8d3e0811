//! The class `heapgraph.HeapSnapshot`: one thin method for each question, whose answer is in the
//! file of its subject.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::analysed_heap::AnalysedHeap;
use super::answers::{self, HeapDiff, RootChain};
use super::arguments::{Limit, type_pattern};
use super::cycles::{Cycles, Garbage};
use super::metadata;
use super::node::Node;
use super::progress::Progress;
use super::retained::{Owner, TypeRetained};
use super::suspects::Suspects;
use super::unexplained::UnexplainedReferences;
use super::why::Why;
use crate::analysis::{Direction, Histogram, TypeOrder, Unexplained};
use crate::graph::NodeIndex;
use crate::python::file_path::FilePath;
use crate::python::picture::Picture;
use crate::render;
use crate::snapshot;

/// A heap at one moment, detached from the program: it holds no object, keeps nothing alive and
/// can be asked in any thread. Made by `heapgraph.take_snapshot` or `heapgraph.load_snapshot`; a
/// snapshot that was saved and loaded gives the same answers.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct HeapSnapshot {
    pub(super) inner: Arc<AnalysedHeap>,
    /// The process whose objects the addresses are of; `None` if the snapshot was loaded. The number
    /// in a file would not do: in containers every program is process 1.
    pub(super) process: Option<u32>,
}

#[pymethods]
impl HeapSnapshot {
    /// Number of objects.
    #[getter]
    fn node_count(&self) -> usize {
        self.inner.graph().node_count()
    }

    /// Number of references.
    #[getter]
    fn edge_count(&self) -> usize {
        self.inner.graph().edge_count()
    }

    /// Bytes of all objects together.
    #[getter]
    fn shallow_size(&self, py: Python<'_>) -> u64 {
        let total = || Histogram::new(self.inner.graph()).total().bytes;
        py.detach(total)
    }

    /// Where the snapshot comes from: program, process, versions, time, what it has.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        metadata::as_dict(py, &self.inner)
    }

    /// Count the objects by full type name, most bytes first.
    ///
    /// Returns:
    ///     A dict of type names to `TypeTotal`, each with a `count` and a `shallow_size` in bytes.
    fn histogram<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let histogram = self.inner.ask(py, |snapshot| {
            let mut histogram = Histogram::new(snapshot.graph());
            histogram.sort(TypeOrder::Bytes);
            histogram
        })?;
        answers::by_name(py, histogram)
    }

    /// Count the objects of compiled types that have no traverse function: they may own memory and
    /// hold objects, and nobody sees which. `heapgraph.register_referents` makes them visible.
    ///
    /// Returns:
    ///     A dict of type names to `TypeTotal`, most bytes first. Types that are known to hold no
    ///     objects, such as those of numbers and texts, are left out.
    fn opaque_types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let histogram = self.inner.ask(py, Histogram::opaque)?;
        answers::by_name(py, histogram)
    }

    /// Find objects.
    ///
    /// Args:
    ///     type_name: A type name, full or short, with `*` and `?` as wildcards; or a class.
    ///     address: What `id` gave for an object.
    ///     obj: An object of this process.
    ///
    /// Returns:
    ///     A list of `Node`: those of the type, the largest first; or the one at the address, or
    ///     none.
    ///
    /// Raises:
    ///     TypeError: If not exactly one of the arguments is given.
    ///     ValueError: If `obj` is given and the snapshot was not taken by this process.
    #[pyo3(signature = (type_name=None, *, address=None, obj=None))]
    fn find(
        &self,
        py: Python<'_>,
        type_name: Option<&Bound<'_, PyAny>>,
        address: Option<&Bound<'_, PyAny>>,
        obj: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Vec<Node>> {
        let nodes = self.matching(py, type_name, address, obj)?;
        Ok(nodes.into_iter().map(|node| self.view(node)).collect())
    }

    /// Find out why an object is alive: a shortest chain of references from a root.
    ///
    /// A module is preferred, however far it is, then a running frame or another named root, then
    /// an object that is held from outside the heap.
    ///
    /// Args:
    ///     target: A `Node`, an address, or an object of this process.
    ///
    /// Returns:
    ///     The `RootChain`, or `None` if no root leads to the object: then it is garbage, or held
    ///     by what a capture can not see.
    ///
    /// Raises:
    ///     KeyError: If there is no such object in the snapshot.
    fn find_chain(&self, py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<Option<RootChain>> {
        let target = self.target(target)?;
        RootChain::find(py, &self.inner, target)
    }

    /// Explain why objects are alive: the chains that explain best, and everything that holds them.
    ///
    /// Args:
    ///     target: A `Node`, an address, an object of this process; or a type name or a class, and
    ///         then all of its objects: those that are held in the same way are one explanation.
    ///     limit: How many explanations to give.
    ///
    /// Returns:
    ///     A `Why`, whose `str` is the answer and whose `chains` are the data.
    ///
    /// Raises:
    ///     KeyError: If there is no such object, or none of the type, in the snapshot.
    #[pyo3(signature = (target, limit=Limit(3)), text_signature = "($self, target, limit=3)")]
    fn why(&self, py: Python<'_>, target: &Bound<'_, PyAny>, limit: Limit) -> PyResult<Why> {
        self.explain(py, target, limit.0)
    }

    /// Find out what would go if an object went: itself, and all that every chain from a root reaches
    /// through it.
    ///
    /// The first such question about a snapshot is answered for all its objects at once, in less
    /// time than a collection takes; 24 bytes for each object are kept with the snapshot.
    ///
    /// Args:
    ///     target: A `Node`, an address, or an object of this process.
    ///
    /// Returns:
    ///     The bytes of all that would go, or `None` if no root leads to the object: then it is
    ///     garbage, or held by what a capture can not see.
    ///
    /// Raises:
    ///     KeyError: If there is no such object in the snapshot.
    fn retained_size(&self, py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<Option<u64>> {
        let target = self.target(target)?;
        let retained = self.inner.dominators(py)?.retained(target);
        Ok(retained.map(|tally| tally.bytes))
    }

    /// List the objects through which every chain from a root to an object passes.
    ///
    /// Args:
    ///     target: A `Node`, an address, or an object of this process.
    ///
    /// Returns:
    ///     A list of `Node`, the immediate dominator first; it is empty if chains lead to the object
    ///     that share nothing, or the object is a root. `None` if no root leads to it.
    ///
    /// Raises:
    ///     KeyError: If there is no such object in the snapshot.
    fn dominators(&self, py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Node>>> {
        let target = self.target(target)?;
        let tree = self.inner.dominators(py)?;
        let is_alive = tree.immediate_dominator(target).is_some();
        let nodes = tree.dominators(target).map(|node| self.view(node));
        Ok(is_alive.then(|| nodes.collect()))
    }

    /// Find the objects that retain most. Each object that is alive is retained by one owner, and
    /// is counted there only.
    ///
    /// Args:
    ///     limit: How many.
    ///
    /// Returns:
    ///     A list of `Owner`, the largest first.
    #[pyo3(signature = (limit=Limit(10)), text_signature = "($self, limit=10)")]
    fn owners(&self, py: Python<'_>, limit: Limit) -> PyResult<Vec<Owner>> {
        Owner::largest(py, &self.inner, limit.0)
    }

    /// Find out what the objects of each type retain. An object that goes with another of its type
    /// is not counted again. Objects of one type retain objects of others, so that the sum of all
    /// types means nothing.
    ///
    /// Returns:
    ///     A dict of type names to `TypeRetained`, the most bytes retained first.
    fn retained_by_type<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        TypeRetained::by_name(py, &self.inner)
    }

    /// Name what holds much of the heap: single objects, and all objects of one type together, with
    /// at least a tenth of the data. Modules, classes, functions and code are no data.
    ///
    /// Whether a suspect is a leak, only the author of the program knows.
    ///
    /// Args:
    ///     min_size: Only what holds at least so many bytes. Less than a megabyte the library alone
    ///         may hold.
    ///
    /// Returns:
    ///     The `Suspects`, whose `str` is sentences and whose `suspects` is a list. Its `hints` are
    ///     what looks like a mistake that is made often, and holds `min_size` too.
    #[pyo3(signature = (min_size=Limit(1 << 20)), text_signature = "($self, min_size=1048576)")]
    fn suspects(&self, py: Python<'_>, min_size: Limit) -> PyResult<Suspects> {
        Suspects::find(py, &self.inner, min_size.0 as u64)
    }

    /// Draw what refers to some objects. Modules are drawn and not searched further.
    ///
    /// Args:
    ///     targets: A `Node`, an address, an object of this process, or a list of such.
    ///     max_depth: How many references away to look.
    ///     too_many: How many referrers of one object to draw; the others are counted.
    ///
    /// Returns:
    ///     A `Picture`, with `to_dot`, `to_svg`, `to_png` and `save`, that notebooks show.
    ///
    /// Raises:
    ///     KeyError: If there is no such object in the snapshot.
    #[pyo3(signature = (targets, max_depth=Limit(3), too_many=Limit(10)), text_signature = "($self, targets, max_depth=3, too_many=10)")]
    fn draw_backrefs(
        &self,
        py: Python<'_>,
        targets: &Bound<'_, PyAny>,
        max_depth: Limit,
        too_many: Limit,
    ) -> PyResult<Picture> {
        self.draw(py, targets, Direction::Referrers, max_depth, too_many)
    }

    /// Draw what some objects refer to.
    ///
    /// Args:
    ///     targets: As for `draw_backrefs`.
    ///     max_depth: How many references away to look.
    ///     too_many: How many referents of one object to draw; the others are counted.
    ///
    /// Returns:
    ///     As `draw_backrefs`.
    ///
    /// Raises:
    ///     KeyError: If there is no such object in the snapshot.
    #[pyo3(signature = (targets, max_depth=Limit(3), too_many=Limit(10)), text_signature = "($self, targets, max_depth=3, too_many=10)")]
    fn draw_refs(
        &self,
        py: Python<'_>,
        targets: &Bound<'_, PyAny>,
        max_depth: Limit,
        too_many: Limit,
    ) -> PyResult<Picture> {
        self.draw(py, targets, Direction::Referents, max_depth, too_many)
    }

    /// Find the cycles of references: strongly connected components, those that are alike taken
    /// together.
    ///
    /// Garbage comes first, then what only an object held from outside leads to, then what is
    /// alive. In what is alive, references to modules and to classes are passed over: these stay,
    /// whatever refers to them.
    ///
    /// Args:
    ///     type_name: Only cycles with an object of this type: a name, full or short, with `*` and
    ///         `?` as wildcards; or a class.
    ///
    /// Returns:
    ///     The `Cycles`: its `groups` each have a `state`, a histogram and a shortest cycle in
    ///     names; its `str` is a table.
    #[pyo3(signature = (type_name=None))]
    fn cycles(&self, py: Python<'_>, type_name: Option<&Bound<'_, PyAny>>) -> PyResult<Cycles> {
        let pattern = type_name.map(type_pattern).transpose()?;
        Cycles::find(py, &self.inner, pattern.as_ref())
    }

    /// Find the garbage: what nothing leads to any more, and what waits for the collector only.
    ///
    /// A snapshot that was taken after a collection, as by default, has next to none.
    ///
    /// Returns:
    ///     The `Garbage`: objects and bytes, by type and by cycle; its `str` is a report.
    fn garbage(&self, py: Python<'_>) -> PyResult<Garbage> {
        Garbage::find(py, &self.inner)
    }

    /// Compare with an earlier snapshot, by type.
    ///
    /// Args:
    ///     base: The earlier snapshot, of this or another process. If it is the later one of the same
    ///         process, the two are compared the other way round, and the answer says so.
    ///
    /// Returns:
    ///     A `HeapDiff`: its `changes` are the types that are not as they were, what has grown
    ///     most first; its `reference_leaks` are what compiled code probably leaks; its `str` is a
    ///     table.
    fn diff(&self, py: Python<'_>, base: &Self) -> PyResult<HeapDiff> {
        HeapDiff::between(py, &base.inner, &self.inner)
    }

    /// Count the references that were not found in the heap, by class: those of compiled code, of
    /// the value stacks of running functions, of the interpreter.
    ///
    /// Left out are immortal objects, what the interpreter itself holds, what belongs to heapgraph,
    /// and of another root with a name the one reference that makes it a root.
    ///
    /// Returns:
    ///     `UnexplainedReferences`: its `totals` is a list, its `str` a table.
    fn unexplained(&self, py: Python<'_>) -> PyResult<UnexplainedReferences> {
        let unexplained = self.inner.ask(py, Unexplained::new)?;
        Ok(UnexplainedReferences { unexplained })
    }

    /// Save the snapshot, whole or not at all. An existing file is replaced. Only the user may read the
    /// file, which has names and keys of the program in it; docs/snapshot-format.md says which.
    ///
    /// Args:
    ///     path: The file, by custom one that ends in `.parquet`: any program that reads Parquet
    ///         can query it.
    ///
    /// Raises:
    ///     SnapshotError: If the file can not be written, or is a device, a pipe or a symbolic link in a
    ///         folder that others can write to; an existing one is then unchanged.
    fn save(&self, py: Python<'_>, path: FilePath) -> PyResult<()> {
        let _progress = Progress::start("saving a snapshot");
        Ok(py.detach(|| snapshot::save(&self.inner, &path.0))?)
    }

    fn __repr__(&self) -> String {
        format!(
            "<heapgraph.HeapSnapshot of {} objects, {} references>",
            self.node_count(),
            self.edge_count()
        )
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        let text = |snapshot: &_| render::text::summary_text(snapshot, render::text::Style::Plain);
        Ok(self.inner.ask(py, text)?)
    }

    fn _repr_html_(&self, py: Python<'_>) -> PyResult<String> {
        Ok(answers::preformatted(&self.__str__(py)?))
    }
}

impl HeapSnapshot {
    /// A snapshot whose objects are those of this process.
    pub(in crate::python) fn of_this_process(inner: Arc<AnalysedHeap>) -> Self {
        Self {
            inner,
            process: Some(std::process::id()),
        }
    }

    /// A snapshot that was read from a file.
    pub(super) fn loaded(inner: Arc<AnalysedHeap>) -> Self {
        Self {
            inner,
            process: None,
        }
    }

    /// The heap, and what was found out about it.
    pub(in crate::python) fn analysed(&self) -> Arc<AnalysedHeap> {
        Arc::clone(&self.inner)
    }

    fn view(&self, node: NodeIndex) -> Node {
        Node::new(Arc::clone(&self.inner), node)
    }
}
