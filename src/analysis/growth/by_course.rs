//! What rises, sorted by how it goes on.

use rustc_hash::FxHashSet;

use super::course::{Course, fallen_back, rate};
use super::history::{Growth, Rising};
use super::judge::Judge;
use super::name_path::PathIndex;
use super::thresholds::LEAST_RATE;

/// What rises, by how it goes on.
#[derive(Default)]
pub(super) struct ByCourse {
    pub(super) grows: Vec<Rising>,
    pub(super) ended: Vec<Rising>,
    pub(super) unknown: Vec<Rising>,
}

/// What has risen and is no leak as far as is known.
#[derive(Debug, Default)]
pub struct WithoutLeak {
    /// Where that is.
    pub paths: FxHashSet<PathIndex>,
    /// True if nothing of it rises any more.
    pub has_ended: bool,
}

impl Judge<'_> {
    /// What rises, by its course; what goes together with something limited will end with it.
    pub(super) fn by_course(&self, all: &[Rising]) -> ByCourse {
        let is_on_its_way = |rising: &&Rising| {
            self.is_limited(**rising)
                && !matches!(
                    self.course(**rising),
                    Course::Levelled { .. } | Course::Saws { .. }
                )
        };
        let limited = all.iter().filter(is_on_its_way);
        let limited: Vec<Rising> = limited.copied().collect();
        let will_end = |rising| limited.iter().any(|&other| self.go_together(rising, other));
        let maybe = all.iter().filter(|&&rising| self.may_be_limited(rising));
        let maybe: Vec<Rising> = maybe.copied().collect();
        // What a part of one object takes, of which another part is known to be limited perhaps.
        let is_room_of_limited = |rising: Rising| {
            let holder = self.object_with(rising);
            rising.growth == Growth::Bytes
                && holder.is_some()
                && maybe.iter().any(|&other| holder == self.object_with(other))
        };
        let mut by_course = ByCourse::default();
        for &rising in all.iter().filter(|&&rising| !self.is_noise(rising)) {
            let alike = match self.course(rising) {
                Course::Levelled { .. } | Course::Saws { .. } => {
                    let found = self.found_in();
                    match self.history.taken_over_by(rising, all, found) {
                        Some(other) if self.has_fallen_back(rising) => {
                            if !by_course.unknown.contains(&other) {
                                by_course.unknown.push(other);
                            }
                            &mut by_course.ended
                        }
                        Some(_) => &mut by_course.unknown,
                        None => &mut by_course.ended,
                    }
                }
                _ if will_end(rising) => &mut by_course.ended,
                _ if self.may_be_limited(rising) => &mut by_course.unknown,
                _ if is_room_of_limited(rising) => &mut by_course.unknown,
                Course::Steady
                | Course::Slowing {
                    is_lawful: true, ..
                } => &mut by_course.grows,
                Course::Slowing { .. } | Course::ByClock | Course::Unknown => {
                    &mut by_course.unknown
                }
            };
            alike.push(rising);
        }
        by_course
    }

    /// What has risen and is no leak as far as is known; `None` if something is.
    pub(super) fn without_leak(&self) -> Option<WithoutLeak> {
        let rising = self.with_registries(self.by_course(&self.rising()));
        let is_over = |&rising: &Rising| {
            matches!(
                self.course(rising),
                Course::Levelled { .. } | Course::Saws { .. }
            )
        };
        let ByCourse {
            grows,
            ended,
            unknown,
        } = rising;
        let has_ended = unknown.is_empty() && ended.iter().all(is_over);
        let paths = ended.into_iter().chain(unknown).map(|rising| rising.path);
        grows.is_empty().then(|| WithoutLeak {
            paths: paths.collect(),
            has_ended,
        })
    }

    /// True if there is no more of it than at first.
    fn has_fallen_back(&self, rising: Rising) -> bool {
        let points = self.points(&self.history.series(rising));
        fallen_back(&points).is_some()
    }

    /// True for a few bytes that came while it was found: texts that are replaced, and are a digit longer
    /// from the tenth on.
    fn is_noise(&self, rising: Rising) -> bool {
        let points = self.points(&self.history.series(rising));
        let later = points.get(self.found_in().saturating_sub(1)..);
        let ends = later.and_then(|later| later.first().zip(later.last()));
        rising.growth == Growth::Bytes
            && !self.keeps_its_rate(rising)
            && ends.is_some_and(|(&found, &last)| rate(found, last) < LEAST_RATE)
    }
}
