//! How much a container may hold, and when that is believed.

use super::history::{Growth, Rising};
use super::judge::Judge;
use super::name_path::PathIndex;
use super::thresholds::NEAR_LIMIT;

/// How much a container may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// So many elements.
    pub most: u64,
    /// Where that is from, in words.
    pub source: String,
    /// True if the class keeps to it; an attribute only sounds so.
    pub is_kept: bool,
}

impl Limit {
    /// True if a container that holds `now` will hold no more than the limit says.
    pub fn is_believed(&self, now: u64) -> bool {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a part, which need not be exact"
        )]
        let part = now as f64 / self.most.max(1) as f64;
        now <= self.most && (self.is_kept || part >= NEAR_LIMIT)
    }
}

/// The type of what holds the globals of a module.
const MODULE: &str = "builtins.module";

impl Judge<'_> {
    /// True if it is known to end later, and nothing speaks against that: its class keeps to a limit, or it
    /// has come near one that an attribute names.
    pub(super) fn is_limited(&self, rising: Rising) -> bool {
        self.limit_ahead(rising)
            .is_some_and(|(limit, now)| limit.is_believed(now))
    }

    /// True if an attribute names a limit that is far away.
    pub(super) fn may_be_limited(&self, rising: Rising) -> bool {
        self.limit_ahead(rising).is_some()
    }

    /// A limit that is not exceeded, and how much there is.
    fn limit_ahead(&self, rising: Rising) -> Option<(&Limit, u64)> {
        let limit = self.watched.limits.get(&rising.path)?;
        let now = self.history.series(rising).last().copied().unwrap_or(0);
        (rising.growth == Growth::Elements && now <= limit.most).then_some((limit, now))
    }

    /// True if two paths are one, or parts of one object that rose by as much before the watch: the
    /// index of a cache and its order. What one module has is not part of one object.
    pub(super) fn go_together(&self, one: Rising, other: Rising) -> bool {
        let holder = self.object_with(one);
        let before = |rising| {
            let mut steps = self.steps(rising);
            steps.truncate(self.watched.moments_before.saturating_sub(1));
            steps
        };
        one == other
            || (holder.is_some()
                && holder == self.object_with(other)
                && before(one) == before(other))
    }

    /// The path to the object of which something is a part. A module is none: it has much that has nothing to
    /// do with each other.
    pub(super) fn object_with(&self, rising: Rising) -> Option<PathIndex> {
        self.unless_module(self.history.paths().holder(rising.path))
    }

    /// The path to the object that has something in an attribute, or in containers in one.
    pub(super) fn object_that_owns(&self, rising: Rising) -> Option<PathIndex> {
        self.unless_module(self.history.paths().owner(rising.path))
    }

    fn unless_module(&self, path: Option<PathIndex>) -> Option<PathIndex> {
        path.filter(|&path| self.history.paths().type_name(path) != MODULE)
    }
}
