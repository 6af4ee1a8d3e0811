//! Growth that goes on under another name than at first: what one object has held, another has taken over.

use super::course::rate;
use super::history::{Growth, GrowthHistory, Rising};
use super::thresholds::LEAST_OF_RATE;

impl GrowthHistory {
    /// Another path than those of `rising`, if there is one, that has come to hold about as much since the
    /// first `found` moments as `ended` would if it had gone on. Then that is no end.
    pub fn taken_over_by(&self, ended: Rising, rising: &[Rising], found: usize) -> Option<Rising> {
        let moments = self.moments();
        let (then, end) = (found.checked_sub(1)?, moments.len().checked_sub(1)?);
        if then >= end {
            return None;
        }
        let rate_of = |rising: Rising, from: usize, to: usize| {
            let series = self.series(rising);
            rate(
                (moments[from].iteration, series[from]),
                (moments[to].iteration, series[to]),
            )
        };
        let rate_before = rate_of(ended, 0, then);
        let has_taken_over = |other: &Rising| {
            other.growth == Growth::Elements
                && rising.iter().all(|known| known.path != other.path)
                && rate_of(*other, then, end) >= rate_before * LEAST_OF_RATE
        };
        let others = self.risen_since(found);
        others
            .into_iter()
            .find(|other| rate_before > 0.0 && has_taken_over(other))
    }
}
