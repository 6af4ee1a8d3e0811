//! Growth that goes on under another name than at first: what one object has held, another has taken over.

use super::course::rate;
use super::history::{Growth, GrowthHistory, Rising};
use super::thresholds::LEAST_OF_RATE;

impl GrowthHistory {
    /// True if another path than those of `rising` has come to hold about as much since the first `found`
    /// moments as `ended` would if it had gone on. Then that is no end.
    pub fn goes_on_elsewhere(&self, ended: Rising, rising: &[Rising], found: usize) -> bool {
        let moments = self.moments();
        let (Some(then), Some(end)) = (found.checked_sub(1), moments.len().checked_sub(1)) else {
            return false;
        };
        if then >= end {
            return false;
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
        rate_before > 0.0 && self.risen_since(found).iter().any(has_taken_over)
    }
}
