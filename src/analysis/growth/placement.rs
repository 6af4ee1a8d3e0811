//! Every object of a snapshot on its path of names, and what is counted there.

use super::backing::backing_types;
use super::measure::{Counting, Measure};
use super::name_path::{NamePaths, PathIndex};
use super::placing::Placing;
use crate::analysis::{PreferredPaths, Tally};
use crate::graph::{EdgeNames, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// The path of every object that is alive.
#[derive(Debug)]
pub struct Placement {
    places: Vec<Place>,
    /// What is counted on each path, in the order of the paths.
    pub measures: Vec<Measure>,
}

/// Where an object is: on a path, as one of its objects or inside of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Unknown,
    At(PathIndex),
    /// The dict of an object's attributes.
    Namespace(PathIndex),
    /// Another part of an object that has no name.
    Inside(PathIndex),
}

impl Placement {
    /// Places the objects of a snapshot; new paths are added to `paths`.
    ///
    /// One walk of [`PreferredPaths`] and O(nodes + edges) after it; 8 bytes a node, and for each
    /// path of any snapshot 48.
    pub fn new(snapshot: &HeapSnapshot, names: &EdgeNames, paths: &mut NamePaths) -> Self {
        let chains = PreferredPaths::new(snapshot, |_| false);
        let graph = snapshot.graph();
        let is_backing = backing_types(snapshot);
        let mut placing = Placing::new(snapshot, names, paths, &is_backing);
        let mut behind = Vec::new();
        for node in graph.nodes() {
            let mut first = node;
            while placing.places[first.index()] == Place::Unknown {
                match chains.step_to(first) {
                    Some((holder, reference)) => {
                        behind.push((holder, reference, first));
                        first = holder;
                    }
                    None if chains.is_met(first) => placing.start(first),
                    // Garbage.
                    None => break,
                }
            }
            while let Some((holder, reference, held)) = behind.pop() {
                placing.place(holder, reference, held);
            }
        }
        drop(chains);
        placing.place_uncollectable();
        let places = placing.places;
        let counting = Counting::new(snapshot, names, &is_backing);
        let mut measures = vec![Measure::default(); paths.len()];
        for node in graph.nodes() {
            let place = places[node.index()];
            if let Some(path) = place.path() {
                let measure = counting.measure(node, place, paths.type_name(path));
                measures[path.index()].add(measure);
            }
        }
        Self { places, measures }
    }

    /// The objects on `path`, or inside of one, in the order of capture. O(nodes).
    pub fn objects_at(&self, path: PathIndex) -> Vec<NodeIndex> {
        let places = self.places.iter().enumerate();
        let here = places.filter(|&(_, &place)| place.path() == Some(path));
        here.map(|(position, _)| NodeIndex::new(position)).collect()
    }

    /// The objects that nothing alive leads to. O(nodes).
    pub fn unplaced(&self, snapshot: &HeapSnapshot) -> Tally {
        let mut unplaced = Tally::default();
        for node in snapshot.graph().nodes() {
            if self.places[node.index()] == Place::Unknown {
                unplaced.add(Tally {
                    count: 1,
                    bytes: snapshot.graph().shallow_size(node),
                });
            }
        }
        unplaced
    }

    /// The path of an object, unless nothing alive leads to it.
    pub fn path_of(&self, node: NodeIndex) -> Option<PathIndex> {
        self.places[node.index()].path()
    }
}

impl Place {
    pub(super) fn path(self) -> Option<PathIndex> {
        match self {
            Self::Unknown => None,
            Self::At(path) | Self::Namespace(path) | Self::Inside(path) => Some(path),
        }
    }
}
