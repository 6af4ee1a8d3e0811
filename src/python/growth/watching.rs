//! Which paths of a history are watched while a scenario runs on.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::GrowthHistory;
use super::limits::{Candidate, named_limits};
use super::watched_path::WatchedPath;
use crate::analysis::thresholds::{MOST_CONTAINERS, MOST_PATHS};
use crate::analysis::{
    Growth, LRU_CACHE, PathIndex, Placement, Point, Rising, looks_agree, rises_slowly,
};
use crate::capture::LiveObjects;
use crate::graph::{NodeFlags, NodeIndex};
use crate::snapshot;

/// True for what takes memory: a reference that nothing explains takes none, and is not worth a watch.
pub(super) fn is_of_memory(rising: Rising) -> bool {
    rising.growth != Growth::References
}

impl GrowthHistory {
    /// Holds the containers of what rises, to look at them.
    pub(super) fn hold(
        &mut self,
        py: Python<'_>,
        snapshot: &snapshot::HeapSnapshot,
        placement: &Placement,
        objects: &LiveObjects<'_>,
        first: usize,
        iteration: u64,
    ) {
        let graph = snapshot.graph();
        let mut rising = self.rising(first);
        rising.extend(self.wavering(first));
        rising.retain(|rising| {
            rising.growth == Growth::Elements && !self.replaced.contains(&rising.path)
        });
        let mut candidates = Vec::new();
        for &rising in rising.iter().take(MOST_PATHS) {
            let is_looked_at = |node: &NodeIndex| {
                // What a module or a cache holds is in a dict, which is at the same path.
                let ty = graph.type_of(*node).full_name();
                !graph.flags(*node).contains(NodeFlags::MODULE) && !LRU_CACHE.contains(&&*ty)
            };
            let mut containers = placement.objects_at(rising.path);
            containers.retain(is_looked_at);
            if containers.len() > MOST_CONTAINERS {
                continue;
            }
            let owners = (containers.iter())
                .flat_map(|&node| graph.referrers(node).iter().take(MOST_CONTAINERS));
            candidates.push(Candidate {
                rising,
                series: self.history.series(rising),
                owners: owners.take(MOST_CONTAINERS).copied().collect(),
                containers,
            });
        }
        (self.watched.limits).extend(named_limits(snapshot, objects, &candidates));
        let candidates = candidates.iter();
        self.containers.extend(
            candidates.filter_map(|one| WatchedPath::new(py, one, graph, objects, iteration)),
        );
    }

    /// What has risen at the first `count` moments, without that which may: what is ignored is not
    /// worth a look, and keeps nobody waiting.
    pub(super) fn rising(&self, count: usize) -> Vec<Rising> {
        let mut rising = self.history.rising(count);
        let mut ignored = self.history.topmost(&rising);
        ignored.retain(|rising| self.is_ignored(rising.path));
        rising.retain(|rising| {
            let mut above = self.history.paths().ancestors(rising.path);
            !above.any(|path| ignored.iter().any(|ignored| ignored.path == path))
        });
        rising
    }

    pub(super) fn wavering(&self, count: usize) -> Vec<Rising> {
        let mut wavering = self.history.wavering(count);
        wavering.retain(|rising| !self.is_ignored(rising.path));
        wavering
    }

    pub(super) fn is_ignored(&self, path: PathIndex) -> bool {
        if self.history.excuse(path).is_some() {
            return true;
        }
        let spelled = self.history.paths().spelled(path);
        self.ignored.iter().any(|pattern| pattern.matches(&spelled))
    }

    /// What rises and can not be looked at.
    pub(super) fn unwatched(&self) -> Vec<Rising> {
        let mut unwatched = self.rising(self.watched.moments_before);
        unwatched.extend(self.wavering(self.watched.moments_before));
        unwatched.retain(|rising| {
            let mut watched = self.containers.iter();
            is_of_memory(*rising) && watched.all(|watched| watched.path != rising.path)
        });
        unwatched
    }

    /// The iteration of the first moment.
    pub(super) fn start(&self) -> u64 {
        let first = self.history.moments().first();
        first.map_or(0, |moment| moment.iteration)
    }

    /// True if what is watched still rises, but slowly.
    pub(super) fn is_slow(&self, watched: &WatchedPath) -> bool {
        // A snapshot during the watch begins other looks; what comes by the clock may pause since.
        let before = self.watched.looks.get(&watched.path).into_iter().flatten();
        let looks: Vec<Point> = before.chain(&watched.looks).copied().collect();
        rises_slowly(&looks, self.start())
    }

    /// Forgets the looks at what is not what the last snapshot has counted: the program has put another
    /// object in its place.
    pub(super) fn drop_refuted(&mut self) {
        let history = &self.history;
        let counted = |path| {
            let growth = Growth::Elements;
            let series = history.series(Rising { path, growth });
            series.last().copied().unwrap_or(0)
        };
        let now = history.moments().last().map(|moment| moment.iteration);
        let looks = self.watched.looks.iter();
        let refuted = looks.filter(|(path, looks)| {
            let look = looks.last();
            // An earlier one says nothing of what is there now.
            let look = look.filter(|look| Some(look.0) == now);
            !self.replaced.contains(path)
                && look.is_some_and(|look| !looks_agree(look.1, counted(**path)))
        });
        let refuted: Vec<PathIndex> = refuted.map(|(&path, _)| path).collect();
        self.was_refuted = !refuted.is_empty();
        for path in refuted {
            self.watched.looks.remove(&path);
            self.replaced.insert(path);
        }
    }

    /// Lets go of what was watched, and keeps what was seen.
    pub(super) fn let_go(&mut self) {
        for watched in self.containers.drain(..) {
            let looks = self.watched.looks.entry(watched.path).or_default();
            looks.extend(watched.looks);
            let pace = watched.pace.map(|pace| (watched.path, pace));
            self.watched.paces.extend(pace);
        }
    }

    pub(super) fn watched_path(&mut self, number: usize) -> PyResult<&mut WatchedPath> {
        let mut watched = self.containers.iter_mut();
        watched
            .find(|watched| watched.path.index() == number)
            .ok_or_else(|| PyValueError::new_err(format!("path {number} is not watched")))
    }
}
