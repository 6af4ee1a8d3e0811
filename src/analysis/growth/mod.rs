//! What grows while a program does the same again and again: the paths of names under which more
//! and more is held.
//!
//! The rule is that of `BLeak` (PLDI 2018) and of `LeakCanary`'s growth detector: no identity of
//! objects, only names. It differs from them in what it counts: the entries of containers and their
//! bytes, not the new objects found under them.

mod backing;
mod by_course;
mod census;
mod connections;
mod course;
mod elements;
mod grouping;
mod history;
mod judge;
mod limit;
mod measure;
mod moment;
mod moved;
mod name_path;
mod new_objects;
mod outside;
mod pace;
mod placement;
mod placing;
mod processes;
mod report;
mod shares;
pub mod thresholds;

pub use by_course::WithoutLeak;
pub use census::has_grown;
pub use course::{Course, Point, course, is_settled, is_straight, looks_agree, rate, rises_slowly};
pub use history::{Delta, Growth, GrowthHistory, Rising};
pub use limit::Limit;
pub use measure::Measure;
pub use moment::{Allocator, Memory, Moment};
pub use name_path::{NamePaths, PathIndex};
pub use new_objects::{NewObjects, NewPlace};
pub use outside::{Besides, is_more_memory};
pub use pace::{Cause, Pace};
pub use placement::Placement;
pub use placing::LRU_CACHE;
pub use processes::{ProcessReports, SharedPath, left_out};
pub use report::{
    GrowingPath, GrowthReport, Source, Verdict as GrowthVerdict, Watched, without_leak,
};
pub use shares::{Share, shares};
