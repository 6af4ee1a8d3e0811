//! Questions asked of a heap graph or of a snapshot, one per file.

mod chain;
mod components;
mod cycles;
mod diff;
mod dominators;
mod fate;
mod find;
mod garbage;
mod growth;
mod hints;
mod histogram;
mod liveness;
mod memory;
mod neighbourhood;
mod owners;
mod retained_by_type;
mod retained_together;
mod root_chain;
mod seen_objects;
mod shortest_cycle;
mod surroundings;
mod suspects;
mod type_pattern;
mod unexplained;
mod why;

pub use chain::{ChainSearch, Direction, ReferenceChain};
pub use components::CyclicComponents;
pub use cycles::{CycleGroup, Cycles, StandingCycles};
pub use diff::{ChangeKind, HeapDiff, TypeChange};
pub use dominators::{Dominator, DominatorTree};
pub use fate::Fate;
pub use find::find_objects;
pub use garbage::Garbage;
pub use growth::{
    Allocator, Besides, Course, Delta, GrowingPath, Growth, GrowthHistory, GrowthReport,
    GrowthVerdict, LRU_CACHE, Measure, Memory, Moment, NamePaths, PathIndex, Placement, Point,
    Rising, Share, Source, Watched, course, has_grown, is_more_memory, is_settled, rate,
    rises_slowly, shares,
};
pub use hints::{Hint, HintKind, Kept};
pub use histogram::{Histogram, Tally, TypeOrder, TypeTally};
pub use liveness::{anchors, is_anchor};
pub use memory::{Effort, ensure_memory};
pub use neighbourhood::{DrawnEdge, DrawnNode, Limits, Neighbourhood};
pub use owners::{Owner, largest_first};
pub use retained_by_type::{RetainedByType, TypeRetained};
pub use retained_together::retained_together;
pub use root_chain::{RootChain, RootPreference, best_root, preferred_label};
pub use seen_objects::{ClassCounts, SeenObjects};
pub use shortest_cycle::{Cycle, is_passage};
pub use surroundings::surroundings;
pub use suspects::{Accumulation, CommonWay, Contents, Crowd, Holding, Suspect, Suspects};
pub use type_pattern::{TypePattern, samples};
pub use unexplained::{HeldAs, ReferenceLeak, Unexplained, UnexplainedTally};
pub use why::{
    Explanation, Finding, Fingerprint, Holder, Holders, PreferredPaths, Rank, Standing, Step,
    Verdict, Why, spelled_steps,
};
