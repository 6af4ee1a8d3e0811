//! From nodes of a captured heap to live objects.
//!
//! A graph holds addresses only. They may be turned into objects while no Python code has run
//! since the capture; whoever is about to let some run holds everything first.

use std::cell::{Cell, OnceCell};

use pyo3::prelude::*;

use crate::capture::{
    CaptureError, CollectorPause, Describer, HeldObjects, Introspection, Need, Roots, Searches,
    Sizes, WalkedHeap, begin_anew, capture, hand_on, is_audited, live_object, module_name,
    object_name,
};
use crate::graph::{HeapGraph, NodeIndex, NodeSet};

/// A captured heap whose objects are alive: either because no Python code has run since the
/// capture, or because all of them are held.
pub(super) struct LiveHeap<'py> {
    py: Python<'py>,
    /// Made before the capture: an import afterwards could run anything.
    types: Introspection<'py>,
    heap: WalkedHeap<'py>,
    /// A collection could run finalizers; lifted once everything is held.
    pause: Cell<Option<CollectorPause>>,
    held: OnceCell<HeldObjects<'py>>,
}

impl<'py> LiveHeap<'py> {
    /// Captures the heap, without sizes; `asked_about` are nodes of it even if nothing else holds them.
    pub(super) fn capture(
        py: Python<'py>,
        asked_about: &[Bound<'py, PyAny>],
    ) -> Result<Self, CaptureError> {
        begin_anew();
        let pause = Cell::new(Some(CollectorPause::new(py)));
        let types = Introspection::new(py)?;
        let mut heap = capture(&types, asked_about, Sizes::Skipped, Need::Answer)?;
        let held = std::mem::take(&mut heap.held);
        Ok(Self {
            py,
            types,
            heap,
            pause,
            held: if held.is_empty() {
                OnceCell::new()
            } else {
                OnceCell::from(held)
            },
        })
    }

    /// Holds every object of the heap until the end, so that Python code may run from now on.
    ///
    /// # Errors
    ///
    /// If there is no memory for that.
    pub(super) fn hold_all(&self) -> Result<(), CaptureError> {
        if self.held.get().is_none() {
            let mut held = HeldObjects::default();
            held.extend(self.graph().nodes().map(|node| self.object(node)))?;
            self.held.get_or_init(|| held);
        }
        self.pause.take();
        Ok(())
    }

    /// Holds every object if reading an attribute may run code of the program: an audit hook.
    fn hold_if_audited(&self) -> Result<(), CaptureError> {
        if is_audited(self.py) {
            self.hold_all()?;
        }
        Ok(())
    }

    /// Ends the life of the heap.
    ///
    /// # Errors
    ///
    /// What a handler of a signal raises that came meanwhile.
    pub(super) fn let_go(self) -> PyResult<()> {
        let held = self.held.into_inner();
        held.map_or_else(hand_on, |held| held.let_go(self.py))
    }

    pub(super) fn graph(&self) -> &HeapGraph {
        &self.heap.graph
    }

    /// The node of a live object.
    pub(super) fn node_of(&self, object: &Bound<'py, PyAny>) -> Option<NodeIndex> {
        self.graph().node_at(object.as_ptr().addr() as u64)
    }

    /// The nodes at the given addresses; those that are none are left out.
    pub(super) fn nodes_at(&self, addresses: &[u64]) -> NodeSet {
        let mut nodes = NodeSet::new(self.graph());
        for &address in addresses {
            if let Some(node) = self.graph().node_at(address) {
                nodes.insert(node);
            }
        }
        nodes
    }

    /// The object of a node.
    pub(super) fn object(&self, node: NodeIndex) -> Bound<'py, PyAny> {
        live_object(self.py, self.graph(), node)
    }

    /// The objects of some nodes.
    pub(super) fn objects(&self, nodes: &[NodeIndex]) -> Vec<Bound<'py, PyAny>> {
        nodes.iter().map(|&node| self.object(node)).collect()
    }

    /// Names the references of the heap.
    ///
    /// # Errors
    ///
    /// If all objects have to be held for that, and there is no memory to do so.
    pub(super) fn describer(&self) -> Result<Describer<'py, '_>, CaptureError> {
        self.hold_if_audited()?;
        Ok(Describer::new(&self.types, &self.heap, Searches::Thorough))
    }

    /// Finds where chains start. No Python code may have run since the capture.
    pub(super) fn roots(&self) -> PyResult<Roots<'_, 'py>> {
        self.hold_if_audited()?;
        Roots::find(&self.types, &self.heap)
    }

    /// An object as the start of a path: the name of a module or function in a frame, otherwise
    /// the type.
    pub(super) fn spelled(&self, object: &Bound<'py, PyAny>) -> String {
        if let Some(name) = module_name(object) {
            return name;
        }
        let node = self.node_of(object);
        let ty = node.map_or("", |node| &self.graph().type_of(node).name);
        match object_name(&self.types, object)
            .as_deref()
            .and_then(|name| name.split_once(" in "))
        {
            Some((function, _)) => format!("<{ty} {function}>"),
            None => format!("<{ty}>"),
        }
    }

    /// Full name of a class, whatever its metaclass says.
    pub(super) fn class_name(&self, class: &Bound<'py, PyAny>) -> String {
        self.types.class_name(class)
    }

    /// True if and only if a class of the object defines `__del__`.
    pub(super) fn has_finalizer(&self, object: &Bound<'py, PyAny>) -> bool {
        self.types.has_finalizer(object)
    }
}
