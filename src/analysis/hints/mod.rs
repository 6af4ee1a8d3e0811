//! Mistakes that often make a heap large, found by their shape. A hint explains; it accuses nobody.

mod cached_methods;
mod callbacks;
mod heap;
mod history;
mod log;
mod tracebacks;
mod weak_keys;

use std::cmp::Reverse;

use indexmap::IndexMap;

use super::{DominatorTree, PreferredPaths, RootChain, Tally};
use crate::graph::NodeIndex;
use crate::snapshot::HeapSnapshot;
use heap::Heap;

/// So many of a kind are no accident.
const MANY: usize = 10;

/// A shape of the heap that is often a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HintKind {
    /// The keys of an `lru_cache` on a method keep instances of its class, as `self`.
    CachedMethod,
    /// An exception keeps frames by its traceback, and these their local variables.
    Traceback,
    /// A container keeps callables that each keep an object: bound methods, closures, partials.
    Callbacks,
    /// The values of a `WeakKeyDictionary` keep its keys.
    WeakKeys,
    /// The history of an `IPython` session keeps results that have no other name.
    OutputHistory,
    /// A container keeps records of `logging`.
    LogRecords,
    /// A logger has many handlers of one class.
    RepeatedHandlers,
}

/// What looks like such a mistake.
#[derive(Debug)]
pub struct Hint {
    /// What it looks like.
    pub kind: HintKind,
    /// The object that keeps others; of several that are held alike the first.
    pub holder: NodeIndex,
    /// The chain that explains best why the holder is alive.
    pub chain: RootChain,
    /// How many holders are held alike, this one included.
    pub alike: u64,
    /// What they keep.
    pub kept: Kept,
}

/// What goes with one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Full name of the type of most of the objects.
    pub type_name: String,
    /// Number of objects: see [`HintKind`].
    pub count: u64,
    /// What they retain.
    pub retained: Tally,
}

/// A holder and what it keeps, before it has a name.
pub(super) struct Finding {
    kind: HintKind,
    holder: NodeIndex,
    kept: Kept,
}

impl HintKind {
    /// The kind in one word, as in JSON and Python.
    pub fn word(self) -> &'static str {
        match self {
            Self::CachedMethod => "cached_method",
            Self::Traceback => "traceback",
            Self::Callbacks => "callbacks",
            Self::WeakKeys => "weak_keys",
            Self::OutputHistory => "output_history",
            Self::LogRecords => "log_records",
            Self::RepeatedHandlers => "repeated_handlers",
        }
    }

    /// True if it counts however little it keeps: what it does is wrong by number.
    fn is_by_number(self) -> bool {
        self == Self::RepeatedHandlers
    }
}

/// What the heap has of each kind, if all of one kind keep `least` bytes.
///
/// What a holder keeps is what it dominates: an object that is alive by something else too is not
/// counted. O(nodes + references of containers); nothing where names were not recorded.
pub(super) fn findings(snapshot: &HeapSnapshot, tree: &DominatorTree, least: u64) -> Vec<Finding> {
    let heap = Heap { snapshot, tree };
    let mut all = Vec::new();
    for find in [
        cached_methods::find,
        tracebacks::find,
        callbacks::find,
        weak_keys::find,
        history::find,
        log::find_records,
        log::find_handlers,
    ] {
        let found = find(&heap);
        let bytes = found.iter().map(|finding| finding.kept.retained.bytes);
        let bytes = bytes.fold(0, u64::saturating_add);
        let is_enough = |finding: &Finding| bytes >= least || finding.kind.is_by_number();
        all.extend(found.into_iter().filter(is_enough));
    }
    all
}

/// The hints about `findings`, those that keep most first: holders of one kind that are held alike are
/// one hint, and one that keeps less than `least` bytes is none.
pub(super) fn hints(findings: Vec<Finding>, paths: &PreferredPaths<'_>, least: u64) -> Vec<Hint> {
    let holders: Vec<NodeIndex> = findings.iter().map(|finding| finding.holder).collect();
    let fingerprints = paths.fingerprints(&holders);
    let mut alike: IndexMap<_, Vec<Finding>> = IndexMap::new();
    for (finding, fingerprint) in findings.into_iter().zip(fingerprints) {
        let group = alike.entry((finding.kind, fingerprint)).or_default();
        group.push(finding);
    }
    let hints = alike.into_values();
    let mut hints: Vec<Hint> = hints
        .filter_map(|findings| Hint::about(findings, paths))
        .filter(|hint| hint.kept.retained.bytes >= least || hint.kind.is_by_number())
        .collect();
    hints.sort_by_key(|hint| (Reverse(hint.kept.retained.bytes), hint.kind, hint.holder));
    hints
}

impl Hint {
    /// The hint about findings of one kind whose holders are held alike.
    fn about(findings: Vec<Finding>, paths: &PreferredPaths<'_>) -> Option<Self> {
        let alike = findings.len() as u64;
        let first = (findings.iter()).min_by_key(|finding| paths.places(finding.holder))?;
        let (kind, holder) = (first.kind, first.holder);
        let kept = findings.into_iter().map(|finding| finding.kept);
        let kept = kept.reduce(|mut all, kept| {
            all.count += kept.count;
            all.retained.add(kept.retained);
            all
        });
        Some(Self {
            kind,
            holder,
            chain: paths.chain_to(holder)?,
            alike,
            kept: kept?,
        })
    }
}
