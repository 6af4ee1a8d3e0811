//! The walk: every object once, in the order in which they are met.

mod notes;
mod referents;
mod unshown;

use std::ffi::CString;

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::error::CaptureError;
use super::ffi::{self, CollectorPause, Object};
use super::frames::{Frames, FramesBelow};
use super::give_back::GiveBack;
use super::held::{HeldObjects, for_each_held};
use super::hidden::{Given, HiddenReferences, Hooks};
use super::introspection::Introspection;
use super::known_types::Known;
use super::memory::Need;
use super::modules::mark_modules;
use super::threads::ThreadId;
use super::tracked::Tracked;
use super::type_info::TypeCache;
use crate::graph::{HeapGraph, HeapGraphBuilder, NodeFlags, NodeIndex, NodeRecord, TypeIndex};
use crate::process::TooLittleMemory;

use notes::note;
use referents::Referents;
use unshown::Candidates;

/// What a walk found.
pub(crate) struct WalkedHeap<'py> {
    pub(crate) graph: HeapGraph,
    pub(crate) running: Vec<RunningFrame>,
    /// How many of the first nodes the collector has listed as tracked.
    pub(crate) listed_count: usize,
    /// How many bytes an object uses, where its size says otherwise; in the order of the nodes.
    pub(crate) used: Vec<(NodeIndex, u64)>,
    /// What functions registered for types have told.
    pub(crate) hidden: HiddenReferences,
    /// What was wrong with that, a sentence each.
    pub(crate) complaints: Vec<String>,
    /// The types without a traverse, of which there are objects.
    pub(crate) opaque_types: Vec<TypeIndex>,
    /// All objects, by node, if code of the program has run since they were met; else none.
    pub(crate) held: HeldObjects<'py>,
    /// Names that any lookup of an attribute may free.
    _cached_names: HeldObjects<'py>,
    /// Other threads may leave functions later on: these frames are held by nothing else then.
    pub(super) frames: Frames<'py>,
    _give_back: GiveBack,
}

/// A frame that is being executed.
pub(crate) struct RunningFrame {
    pub(crate) node: NodeIndex,
    pub(crate) thread: ThreadId,
    /// True if this is where the capture was asked for.
    pub(crate) is_asking: bool,
}

/// Walks the live heap into a closed graph: everything reachable from the objects that the
/// collector tracks, from `sys.modules`, from the running frames of all threads and from
/// `extra`, the objects that the caller asks about. The references that `extra` itself holds are
/// not counted.
///
/// The nodes come in the order of `gc.get_objects()`, then of discovery. One pass, O(objects +
/// references). The heap is left as it was found; the collector does not run meanwhile. Functions that
/// are registered for types run after it, with everything held; what they give and was not met
/// is walked then.
///
/// # Errors
///
/// If the heap is larger than a graph can be, if there is less memory than is likely to be `need`ed for
/// it and what follows, or if the interpreter refuses what the walk asks of it.
pub(crate) fn capture<'py>(
    introspection: &Introspection<'py>,
    extra: &[Bound<'py, PyAny>],
    sizes: Sizes,
    need: Need,
) -> Result<WalkedHeap<'py>, CaptureError> {
    let py = introspection.py;
    let pause = CollectorPause::new(py);
    // Asking the collector may run audit hooks, and so anything; it comes before the rest.
    let tracked = Tracked::new(py)?;
    let frames = Frames::of_threads(introspection)?;
    // Another thread that paused meanwhile may have lifted both pauses.
    let _pause = (CollectorPause::new(py), pause);
    need.check_before(&tracked)?;
    let walked = Walk::new(introspection, frames, sizes).run(&tracked, extra);
    let walked = walked.inspect_err(|_| ffi::give_back_free_memory())?;
    need.check_after(&walked.graph)?;
    for complaint in &walked.complaints {
        let complaint = CString::new(complaint.replace('\0', "")).unwrap_or_default();
        PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &complaint, 1)?;
    }
    Ok(walked)
}

/// How many visits ahead of its own an object's memory is asked for.
const LOOK_AHEAD: usize = 8;

/// Whether a capture asks for the size of every object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sizes {
    /// Shallow sizes are those of `sys.getsizeof`.
    Measured,
    /// All sizes are 0: a chain or a picture does not need them.
    Skipped,
}

struct Walk<'a, 'py> {
    introspection: &'a Introspection<'py>,
    types: TypeCache<'a>,
    builder: HeapGraphBuilder,
    sizes: Sizes,
    referents: Referents<'a, 'py>,
    /// How many of the first nodes the collector has listed as tracked.
    listed_count: usize,
    /// How many references the enumeration itself holds to each of them.
    held_count: u32,
    /// Instances of types with a registered function, which was not asked about them yet.
    hooked: Vec<NodeIndex>,
    used: Vec<(NodeIndex, u64)>,
    /// What may be references that no traverse shows.
    unshown: Candidates,
    hidden: HiddenReferences,
    complaints: Vec<String>,
    held: HeldObjects<'py>,
}

impl<'a, 'py> Walk<'a, 'py> {
    fn new(introspection: &'a Introspection<'py>, frames: Frames<'py>, sizes: Sizes) -> Self {
        Self {
            introspection,
            sizes,
            types: TypeCache::new(introspection, Hooks::registered(introspection.py)),
            builder: HeapGraphBuilder::default(),
            referents: Referents {
                introspection,
                frames,
                below: FramesBelow::new(introspection),
            },
            listed_count: 0,
            held_count: 0,
            hooked: Vec::new(),
            used: Vec::new(),
            unshown: Candidates::default(),
            hidden: HiddenReferences::default(),
            complaints: Vec::new(),
            held: HeldObjects::default(),
        }
    }

    fn run(
        mut self,
        tracked: &Tracked<'_>,
        extra: &[Bound<'_, PyAny>],
    ) -> Result<WalkedHeap<'py>, CaptureError> {
        self.visit_known(tracked, extra)?;
        self.show_hidden()?;
        mark_modules(self.introspection.py, &mut self.builder);
        let unshown = std::mem::take(&mut self.unshown);
        unshown.show(&self.types, &mut self.builder, &mut self.hidden);
        let running = self.running_frames();
        let graph = self.builder.build()?;
        let mut cached_names = HeldObjects::default();
        cached_names.extend(cached_names_of(self.introspection, &graph))?;
        Ok(WalkedHeap {
            _give_back: GiveBack::after(&graph),
            graph,
            _cached_names: cached_names,
            running,
            listed_count: self.listed_count,
            opaque_types: self.types.opaque(),
            used: self.used,
            hidden: self.hidden,
            complaints: self.complaints,
            held: self.held,
            frames: self.referents.frames,
        })
    }

    /// Visits all that can be known without running code of the program.
    fn visit_known(
        &mut self,
        tracked: &Tracked<'_>,
        extra: &[Bound<'_, PyAny>],
    ) -> Result<(), CaptureError> {
        if self.referents.below.can_be() {
            tracked.for_each(|object| {
                if !self.referents.below.contain(object) {
                    self.builder.node_for_address(object.address());
                }
            });
        } else {
            tracked.for_each_unseen(|object| {
                self.builder.node_for_address(object.address());
            });
        }
        self.listed_count = self.builder.node_count();
        self.held_count = tracked.held_count();
        let py = self.introspection.py;
        if let Some(modules) = ffi::module_table(py) {
            self.builder
                .node_for_address(Object::from_bound(&modules).address());
        }
        for frame in self.referents.frames.iter() {
            self.builder.node_for_address(frame.address());
        }
        for object in extra {
            self.builder
                .node_for_address(Object::from_bound(object).address());
        }
        self.builder.reserve();
        self.visit_all()?;
        self.discount_held(0);
        for object in extra {
            self.builder
                .discount_reference(Object::from_bound(object).address());
        }
        Ok(())
    }

    /// Counts off what is held only to look at the heap, by this walk or by another one, of the
    /// nodes from `first` on.
    fn discount_held(&mut self, first: usize) {
        let known = self.introspection.held().chain(self.types.held());
        let builder = &mut self.builder;
        let mut discount = |address| {
            let node = builder.known_node(address);
            if node.is_some_and(|node| node.index() >= first) {
                builder.discount_reference(address);
            }
        };
        for held in self.referents.frames.held().chain(known) {
            discount(held.address());
        }
        for_each_held(discount);
    }

    /// Visits what was met and not visited yet, and what that leads to.
    fn visit_all(&mut self) -> Result<(), CaptureError> {
        while let Some(node) = self.builder.next_node() {
            if let Some(address) = self.builder.address_ahead(LOOK_AHEAD) {
                ffi::prefetch(address);
            }
            if let Some(object) = ffi::object_at(self.builder.address(node)) {
                self.visit(object, node.index() < self.listed_count);
            }
        }
        Ok(self.builder.check()?)
    }

    /// Adds what instances of types with a registered function hold, and what that leads to.
    fn show_hidden(&mut self) -> Result<(), CaptureError> {
        while !self.hooked.is_empty() {
            // From here on code of the program runs.
            self.hold_all()?;
            let hooked = std::mem::take(&mut self.hooked);
            let objects: Vec<&Bound<'_, PyAny>> =
                (hooked.iter().map(|node| &self.held[node.index()])).collect();
            let given = Hooks::ask(&objects, self.introspection.py)?;
            // The functions may have switched the collector on.
            let _pause = CollectorPause::new(self.introspection.py);
            self.add_hidden(&hooked, given)?;
            self.hold_all()?;
        }
        Ok(())
    }

    /// Holds what is not held yet, if the rest is or is going to be.
    fn hold_all(&mut self) -> Result<(), TooLittleMemory> {
        let py = self.introspection.py;
        let new = (self.held.len()..self.builder.node_count()).filter_map(|node| {
            let address = self.builder.address(NodeIndex::new(node));
            Some(ffi::object_at(address)?.bound(py))
        });
        self.held.extend(new)
    }

    /// Adds references that `hooked` objects were said to hold.
    fn add_hidden(&mut self, hooked: &[NodeIndex], given: Given<'py>) -> Result<(), CaptureError> {
        let first_new = self.builder.node_count();
        let mut given_counts: FxHashMap<Object, u32> = FxHashMap::default();
        for (_, _, object) in &given.references {
            *given_counts.entry(Object::from_bound(object)).or_default() += 1;
        }
        let mut made_up = 0;
        for (position, label, object) in &given.references {
            let object = Object::from_bound(object);
            let count = object.reference_count(self.introspection.layout);
            if count == given_counts.get(&object).copied() {
                made_up += 1;
            } else if let Some(target) = self.builder.node_for_address(object.address()) {
                let holder = hooked[*position];
                self.builder.add_late_edge(holder, target);
                let hidden = self.hidden.entry(holder).or_default();
                hidden.push((target, label.clone()));
            }
        }
        self.visit_all()?;
        self.discount_held(first_new);
        for (_, _, object) in &given.references {
            let address = Object::from_bound(object).address();
            let node = self.builder.known_node(address);
            if node.is_some_and(|node| node.index() >= first_new) {
                self.builder.discount_reference(address);
            }
        }
        self.complaints.extend(given.complaints);
        if made_up > 0 {
            self.complaints.push(format!(
                "{made_up} objects given by functions for hidden references are left out: nothing \
                 else holds them, so they were made when the functions were asked"
            ));
        }
        Ok(())
    }

    fn running_frames(&self) -> Vec<RunningFrame> {
        let frames = self.referents.frames.with_threads();
        let known = frames.filter_map(|(frame, thread, is_asking)| {
            Some(RunningFrame {
                node: self.builder.known_node(frame.address())?,
                thread,
                is_asking,
            })
        });
        known.collect()
    }

    /// Visits one object: its edges, then its record.
    #[inline]
    fn visit(&mut self, object: Object, is_listed: bool) {
        let info = self.types.get(object.type_object(), &mut self.builder);
        let is_tracked = info.has_gc && (is_listed || object.is_tracked());
        self.referents
            .add(info, object, is_tracked, &mut self.builder);
        self.unshown.note(info, object, &mut self.builder);
        if info.is_hooked
            && let Some(node) = self.builder.next_node()
        {
            note(&mut self.hooked, node, &mut self.builder);
        }
        let held_by_us = if is_listed { self.held_count } else { 0 };
        let reference_count = object.reference_count(self.introspection.layout);
        let mut flags = info.kind.flags();
        if is_tracked {
            flags.insert(NodeFlags::TRACKED);
        }
        if reference_count.is_none() {
            flags.insert(NodeFlags::IMMORTAL);
        }
        let shallow_size = match self.sizes {
            Sizes::Measured => info.shallow_size(object),
            Sizes::Skipped => 0,
        };
        if let Some(used) = info.used(self.introspection.py, object, shallow_size)
            && let Some(node) = self.builder.next_node()
        {
            note(&mut self.used, (node, used), &mut self.builder);
        }
        self.builder.finish_node(NodeRecord {
            type_index: info.index,
            shallow_size,
            reference_count: reference_count
                .unwrap_or(u32::MAX)
                .saturating_sub(held_by_us),
            flags,
        });
    }
}

/// Strings that no object of the heap holds, and that are nodes all the same: the dict of interned
/// strings, which is seen from 3.14 on, does not count its references. The interpreter's cache of
/// attributes may have the only one that is counted, and any lookup may put another name there.
fn cached_names_of<'py>(
    types: &Introspection<'py>,
    graph: &HeapGraph,
) -> impl Iterator<Item = Bound<'py, PyAny>> {
    let py = types.py;
    let is_string = types.which(graph, |known| known == Known::Str);
    let is_cached = move |node: &NodeIndex| {
        let is_mortal = !graph.flags(*node).contains(NodeFlags::IMMORTAL);
        let is_counted = |holder: &NodeIndex| !graph.referrers(*holder).is_empty();
        is_string[graph.type_index(*node).index()]
            && is_mortal
            && !graph.referrers(*node).iter().any(is_counted)
    };
    let cached = graph.nodes().filter(is_cached);
    cached.filter_map(move |node| Some(ffi::object_at(graph.address(node))?.bound(py)))
}
