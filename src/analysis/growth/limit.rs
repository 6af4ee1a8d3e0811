//! How much a container may hold, and when that is believed.

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
