//! The live CPython heap into a graph. The only home of `unsafe`, all of it in [`ffi`].

mod at_exit;
mod buffers;
mod by_type;
mod compiled_fields;
mod describe;
mod descriptors;
mod error;
mod ffi;
mod frames;
mod functions;
mod give_back;
mod held;
mod hidden;
mod inspect;
mod interned;
mod interpreter_state;
mod introspection;
mod known_types;
mod memory;
mod modules;
mod names;
mod namespaces;
mod numpy;
mod object_list;
mod own_attributes;
mod roots;
mod snapshot;
mod stored;
mod threads;
mod totals;
mod tracked;
mod type_info;
mod walk;

pub(crate) use at_exit::prepare as prepare_at_exit;
pub(crate) use by_type::{TypePattern, count_by_type, objects_of_type, tracked_at};
pub(crate) use describe::{Describer, Searches, spell_atom};
pub(crate) use error::CaptureError;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) use ffi::bytes_in_use;
#[cfg(target_os = "linux")]
pub(crate) use ffi::prepare_for_fork;
pub(crate) use ffi::{
    CollectorPause, Layout, allocator_bytes, begin_anew, call, give_back_free_memory, hand_on,
    is_audited, is_main_interpreter, is_truthy, may_have_others, untrack,
};
pub(crate) use frames::announce_program;
pub(crate) use give_back::GiveBack;
pub(crate) use held::HeldObjects;
pub(crate) use hidden::set_registry;
pub(crate) use inspect::use_is_over;
pub(crate) use introspection::{Introspection, text};
pub(crate) use memory::Need;
pub(crate) use modules::{is_proper_module, module_name};
pub(crate) use names::{object_name, shown_name};
pub(crate) use object_list::{list_captured, list_tracked};
pub(crate) use roots::Roots;
pub(crate) use snapshot::{
    LiveObjects, LiveSnapshot, SnapshotOptions, take_live_snapshot, take_snapshot,
};
pub(crate) use totals::count_tracked;
pub(crate) use walk::{Sizes, WalkedHeap, capture};

use std::ops::ControlFlow;

use pyo3::prelude::*;

use crate::graph::{HeapGraph, NodeIndex};

/// The object of a node of a graph that was captured in this attachment. The caller vouches that
/// no Python code has run since, or that it has held the object from then on.
///
/// # Panics
///
/// If the address is null, which no node's is.
pub(crate) fn live_object<'py>(
    py: Python<'py>,
    graph: &HeapGraph,
    node: NodeIndex,
) -> Bound<'py, PyAny> {
    object_of(graph, node).bound(py)
}

/// As [`live_object`], uncounted: for a look at which no code runs.
fn lent_object<'py>(
    py: Python<'py>,
    graph: &HeapGraph,
    node: NodeIndex,
) -> Borrowed<'py, 'py, PyAny> {
    object_of(graph, node).lent(py)
}

fn object_of(graph: &HeapGraph, node: NodeIndex) -> ffi::Object {
    ffi::object_at(graph.address(node)).expect("a node has an address")
}

/// True if only one reference is held to the object: by whoever asks.
pub(crate) fn is_held_once(object: &Bound<'_, PyAny>) -> bool {
    let layout = ffi::Layout::get(object.py());
    ffi::Object::from_bound(object).reference_count(layout) == Some(1)
}

/// How many objects the object visits, if the collector tracks it: what `gc.get_referents` would give
/// as a list. Runs no Python code.
pub(crate) fn referent_count(object: &Bound<'_, PyAny>) -> usize {
    let object = ffi::Object::from_bound(object);
    let mut count = 0;
    if object.is_tracked() {
        object.for_each_visited(|_| {
            count += 1;
            ControlFlow::Continue(())
        });
    }
    count
}
