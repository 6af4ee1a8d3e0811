//! Questions asked of a heap graph or of a snapshot, one per file.

mod advice;
mod asker;
mod chain;
mod compiled_holders;
mod components;
mod cycles;
mod diff;
mod dominators;
mod excuses;
mod fate;
mod find;
mod garbage;
mod growth;
mod hints;
mod histogram;
mod liveness;
mod memory;
mod neighbourhood;
mod owned;
mod owners;
mod path_pattern;
mod retained_by_type;
mod retained_together;
mod root_chain;
mod seen_objects;
mod shortest_cycle;
mod surroundings;
mod suspects;
mod type_pattern;
mod uncollectable;
mod unexplained;
mod why;
mod wildcard;

pub use advice::advice;
pub use asker::{Asker, HandTally, Hands, Tool};
pub use chain::{ChainSearch, Direction, HiddenReferences, ReferenceChain};
pub use compiled_holders::{Candidate, CompiledHolders, Reason};
pub use components::CyclicComponents;
pub use cycles::{CycleGroup, Cycles, StandingCycles};
pub use diff::{ChangeKind, GivenOrder, HeapDiff, TypeChange};
pub use dominators::{Dominator, DominatorTree};
pub use excuses::{EXCUSES_JSON, Excuse, ExcuseKind, excuse_of_chain, excuses};
pub use fate::Fate;
pub use find::find_objects;
pub use garbage::Garbage;
pub use growth::{
    Allocator, Besides, Cause, Course, Delta, GrowingPath, Growth, GrowthHistory, GrowthReport,
    GrowthVerdict, LRU_CACHE, Limit, Measure, Memory, Moment, NamePaths, NewObjects, NewPlace,
    Pace, PathIndex, Placement, Point, ProcessReports, Rising, Share, SharedPath, Source, Watched,
    WithoutLeak, course, has_grown, is_more_memory, is_settled, is_straight, left_out, looks_agree,
    rate, rises_slowly, shares, thresholds, without_leak,
};
pub use hints::{Hint, HintKind, Kept};
pub use histogram::{Histogram, Tally, TypeOrder, TypeTally};
pub use liveness::{anchors, is_anchor};
pub use memory::{Effort, ensure_memory};
pub use neighbourhood::{DrawnEdge, DrawnNode, Limits, Neighbourhood};
pub use owners::{Owner, largest_first};
pub use path_pattern::{PathPattern, generic_path};
pub use retained_by_type::{RetainedByType, TypeRetained};
pub use retained_together::retained_together;
pub use root_chain::{RootChain, RootPreference, best_root, preferred_label};
pub use seen_objects::{ClassCounts, SeenObjects};
pub use shortest_cycle::{Cycle, is_passage};
pub use surroundings::surroundings;
pub use suspects::{Accumulation, CommonWay, Contents, Crowd, Holding, Suspect, Suspects};
pub use type_pattern::{TypePattern, samples};
pub use uncollectable::{KeptObject, UncollectableCycles, UncollectableGroup};
pub use unexplained::{HeldAs, ReferenceLeak, Unexplained, UnexplainedTally};
pub use why::{
    Explanation, Finding, Fingerprint, HeldByCycle, Holder, Holders, PreferredPaths, Rank,
    Standing, Step, Verdict, Why, path_start, spelled_steps,
};
