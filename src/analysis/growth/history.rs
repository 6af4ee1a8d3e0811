//! What was counted on each path of names at several moments, and what has risen from each to the
//! next.

use indexmap::IndexMap;
use rustc_hash::FxHashSet;

use super::measure::Measure;
use super::moment::{Memory, Moment};
use super::name_path::{NamePaths, PathIndex};
use super::placement::Placement;
use super::thresholds::{FEWEST_LOST, PAUSING_OF, PAUSING_RISES};
use crate::analysis::fate::Fates;
use crate::analysis::{Excuse, Tally};
use crate::snapshot::HeapSnapshot;

/// The type of code, which notes of itself what makes it faster.
const CODE: &str = "builtins.code";

/// What of the objects on a path has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Growth {
    /// There are more of them, and no container that holds them all.
    Objects,
    /// They hold more: the elements of a container, the attributes of an object.
    Elements,
    /// They are larger and hold no more.
    Bytes,
    /// More references to them that the graph cannot explain.
    References,
    /// They hold more under keys that are weak references: what lives because of that may be the
    /// keys themselves.
    WeaklyKeyed,
}

impl Growth {
    /// Every kind, that which explains best first.
    pub const ALL: [Self; 5] = [
        Self::Objects,
        Self::Elements,
        Self::Bytes,
        Self::References,
        Self::WeaklyKeyed,
    ];

    /// The kind in one word, as JSON has it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Elements | Self::WeaklyKeyed => "elements",
            Self::Objects => "objects",
            Self::Bytes => "bytes",
            Self::References => "references",
        }
    }

    fn of(self, measure: Measure) -> u64 {
        match self {
            Self::Elements => measure.entries,
            Self::Objects => measure.objects,
            Self::Bytes => measure.bytes - measure.idle_bytes,
            Self::References => measure.unexplained,
            Self::WeaklyKeyed => measure.weakly_keyed,
        }
    }
}

/// One path on which something has risen at every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rising {
    /// The path.
    pub path: PathIndex,
    /// What has risen.
    pub growth: Growth,
}

/// Where bytes are that were not there before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delta {
    /// The first two names of the paths: a module and its attribute.
    pub owner: String,
    /// How many more bytes; negative if fewer.
    pub bytes: i128,
    /// How many more objects.
    pub objects: i128,
}

/// Several snapshots of one program, each as what is counted on its paths of names.
#[derive(Debug, Default)]
pub struct GrowthHistory {
    paths: NamePaths,
    moments: Vec<Moment>,
    /// What tools of tests keep may grow.
    excuses_tools: bool,
}

impl GrowthHistory {
    /// Excuses from now on what tools of tests keep.
    pub fn excuse_tools(&mut self) {
        self.excuses_tools = true;
    }

    /// The rule by which what is on a path may grow.
    pub fn excuse(&self, path: PathIndex) -> Option<&'static Excuse> {
        self.excuses_tools.then(|| self.paths.test_tool(path))?
    }

    /// Counts another snapshot, taken when the scenario had run `iteration` times; `None`, and
    /// nothing is counted, if its references have no names.
    ///
    /// Takes what [`Placement::new`] takes, and 56 bytes for each path afterwards.
    pub fn add(
        &mut self,
        snapshot: &HeapSnapshot,
        iteration: u64,
        memory: Memory,
    ) -> Option<Placement> {
        let names = snapshot.edge_names()?;
        let mut placement = Placement::new(snapshot, names, &mut self.paths);
        let measures = std::mem::take(&mut placement.measures);
        let unplaced = placement.unplaced(snapshot);
        let mut moment = Moment::new(iteration, measures, &self.paths, memory, unplaced);
        if !snapshot.metadata().collected {
            let fates = Fates::of_garbage(snapshot);
            moment.uncollected = fates.collectable(snapshot.graph());
        }
        self.moments.push(moment);
        Some(placement)
    }

    /// All paths met.
    pub fn paths(&self) -> &NamePaths {
        &self.paths
    }

    /// The moments, in order.
    pub fn moments(&self) -> &[Moment] {
        &self.moments
    }

    /// What was counted on a path at each moment.
    pub fn series(&self, rising: Rising) -> Vec<u64> {
        let amount = |moment: &Moment| rising.growth.of(moment.measure(rising.path));
        self.moments.iter().map(amount).collect()
    }

    /// The bytes on a path, and on all that go on from it, at each moment.
    pub fn bytes_below(&self, path: PathIndex) -> Vec<u64> {
        let moments = self.moments.iter();
        moments.map(|moment| moment.bytes_below(path)).collect()
    }

    /// What has risen from each of the first `count` moments to the next; at most one growth for a
    /// path, in the order of the paths. O(paths x moments).
    pub fn rising(&self, count: usize) -> Vec<Rising> {
        let moments: Vec<&Moment> = self.moments.iter().take(count).collect();
        let all = moments.len().saturating_sub(1);
        self.told(&moments, |rises| all > 0 && rises == all)
    }

    /// What has risen from the last moment but one to the last.
    pub fn rising_lately(&self) -> Vec<Rising> {
        self.risen_since(self.moments.len().saturating_sub(1))
    }

    /// What there is more of at the last moment than at the last of the first `count`.
    pub(super) fn risen_since(&self, count: usize) -> Vec<Rising> {
        let then = count.checked_sub(1).and_then(|then| self.moments.get(then));
        let ends: Vec<&Moment> = then.into_iter().chain(self.moments.last()).collect();
        self.told(&ends, |rises| rises == 1)
    }

    /// True if what has come between the last two moments is more than a first use leaves: an object or two
    /// that compiled code holds, a few bytes, or what code notes of itself when it is called often.
    pub fn is_more_than_noise(&self, rising: Rising) -> bool {
        let series = self.series(rising);
        let [.., before, last] = series[..] else {
            return true;
        };
        let more = last.saturating_sub(before);
        match rising.growth {
            Growth::Objects => more >= FEWEST_LOST,
            Growth::Bytes => {
                let moments = self.moments.iter().rev().map(|moment| moment.iteration);
                let ends: Vec<u64> = moments.take(2).collect();
                let iterations = ends[0].saturating_sub(ends[1]);
                more > iterations && self.paths.type_name(rising.path) != CODE
            }
            _ => true,
        }
    }

    /// Forgets all moments but the last two.
    pub fn forget_earlier(&mut self) {
        self.moments.drain(..self.moments.len().saturating_sub(2));
    }

    /// Containers that held more at all of the first `count` moments but one, as what fills up and is
    /// emptied now and then. None of fewer than four moments.
    pub fn wavering(&self, count: usize) -> Vec<Rising> {
        let moments: Vec<&Moment> = self.moments.iter().take(count).collect();
        let all = moments.len().saturating_sub(1);
        let mut wavering = self.told(&moments, |rises| all > 2 && rises + 1 >= all);
        let rises_always = |rising: &Rising| {
            let series = self.series(*rising);
            series[..moments.len()]
                .windows(2)
                .all(|pair| pair[0] < pair[1])
        };
        wavering.retain(|rising| rising.growth == Growth::Elements && !rises_always(rising));
        wavering
    }

    /// Containers that held more at most moments and never less, as those of a service that has nothing
    /// to do at times. None of fewer than five moments.
    pub fn pausing(&self) -> Vec<Rising> {
        let all = self.moments.len().saturating_sub(1);
        let moments: Vec<&Moment> = self.moments.iter().collect();
        let mut pausing = self.told(&moments, |rises| {
            all > 3 && rises < all && rises * PAUSING_OF >= all * PAUSING_RISES
        });
        pausing
            .retain(|rising| rising.growth == Growth::Elements && self.series(*rising).is_sorted());
        pausing
    }

    /// What has risen in so many of the intervals between some moments that `is_enough`.
    fn told(&self, moments: &[&Moment], is_enough: impl Fn(usize) -> bool) -> Vec<Rising> {
        let rises = |path: PathIndex, growth: Growth| {
            let amount = |moment: &Moment| growth.of(moment.measure(path));
            let pairs = moments.windows(2);
            is_enough(
                pairs
                    .filter(|pair| amount(pair[0]) < amount(pair[1]))
                    .count(),
            )
        };
        let growth = |path: PathIndex| {
            let holder = self.paths.holder(path);
            let is_start = holder.is_none();
            if rises(path, Growth::Objects) {
                let is_atom = || ATOMS.contains(&self.paths.type_name(path));
                if (is_start && !is_atom()) || self.paths.is_repeated(path) {
                    return Some(Growth::Objects);
                }
                // What holds them is told instead; unless there were none, and they have replaced
                // something, as a cache that was `None`.
                let were_none =
                    (moments.first()).is_some_and(|first| first.measure(path).objects == 0);
                let holds_more =
                    |holder| rises(holder, Growth::Objects) || rises(holder, Growth::Elements);
                let is_told = were_none && holder.is_some_and(|holder| !holds_more(holder));
                return (is_told && rises(path, Growth::Elements)).then_some(Growth::Elements);
            }
            Growth::ALL[1..].iter().copied().find(|&growth| {
                let is_atom = || ATOMS.contains(&self.paths.type_name(path));
                let is_told = match growth {
                    Growth::References => !is_atom(),
                    // What nothing in the heap holds has no name to tell.
                    Growth::Bytes => !is_start,
                    _ => true,
                };
                is_told && rises(path, growth)
            })
        };
        let changes = |&path: &PathIndex| {
            let mut pairs = moments.windows(2);
            pairs.any(|pair| pair[0].measure(path) != pair[1].measure(path))
        };
        // Nearly no path changes.
        let paths = (0..self.paths.len()).map(PathIndex::new).filter(changes);
        let rising = paths.filter_map(|path| {
            let growth = growth(path)?;
            Some(Rising { path, growth })
        });
        rising.collect()
    }

    /// Where the bytes of the last moment are that were not at the first, by the first two names of the
    /// paths, most bytes first. The rows add up to the difference of the heaps; what no path leads to
    /// is one of them. O(paths).
    pub fn delta(&self) -> Vec<Delta> {
        let (Some(base), Some(current)) = (self.moments.first(), self.moments.last()) else {
            return Vec::new();
        };
        let mut by_owner: IndexMap<String, Delta> = IndexMap::new();
        let mut add = |owner: String, before: (u64, u64), after: (u64, u64)| {
            let delta = by_owner.entry(owner).or_default();
            delta.bytes += i128::from(after.0) - i128::from(before.0);
            delta.objects += i128::from(after.1) - i128::from(before.1);
        };
        let of = |measure: Measure| (measure.bytes, measure.objects);
        for path in (0..self.paths.len()).map(PathIndex::new) {
            let (before, after) = (base.measure(path), current.measure(path));
            if of(before) != of(after) {
                let above: Vec<PathIndex> = self.paths.ancestors(path).collect();
                let owner = above[above.len().saturating_sub(2)];
                add(self.paths.spelled(owner), of(before), of(after));
            }
        }
        let unplaced = |moment: &Moment| (moment.unplaced().bytes, moment.unplaced().count);
        if unplaced(base) != unplaced(current) {
            add("<garbage>".into(), unplaced(base), unplaced(current));
        }
        let mut rows: Vec<Delta> = by_owner
            .into_iter()
            .map(|(owner, delta)| Delta { owner, ..delta })
            .filter(|row| row.bytes != 0 || row.objects != 0)
            .collect();
        rows.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.owner.cmp(&b.owner)));
        rows
    }

    /// True if there are fewer objects at each moment, by one for each iteration at least.
    pub fn is_draining(&self) -> bool {
        let mut pairs = self.moments.windows(2);
        self.moments.len() > 1
            && pairs.all(|pair| {
                let gone = pair[0].objects.saturating_sub(pair[1].objects);
                gone >= (pair[1].iteration - pair[0].iteration).max(1)
            })
    }

    /// True if collections between the moments have found an object of garbage for each iteration, or
    /// so many more wait for one.
    pub fn is_much_garbage(&self) -> bool {
        let (Some(first), Some(last)) = (self.moments.first(), self.moments.last()) else {
            return false;
        };
        let moments = self.moments.iter().skip(1);
        let garbage: u64 = moments.map(|moment| moment.memory.garbage).sum();
        let iterations = (last.iteration - first.iteration).max(1);
        garbage >= iterations || self.growing_garbage().is_some()
    }

    /// What waits for the collector at the last moment, if that is more at each moment than at the one
    /// before, by one object for each iteration.
    pub fn growing_garbage(&self) -> Option<Tally> {
        let last = self.moments.last()?.uncollected;
        let mut pairs = self.moments.windows(2);
        let rises = pairs.all(|pair| {
            let (before, after) = (pair[0].uncollected, pair[1].uncollected);
            let iterations = (pair[1].iteration - pair[0].iteration).max(1);
            after.count >= before.count + iterations && after.bytes > before.bytes
        });
        (self.moments.len() > 1 && rises).then_some(last)
    }

    /// Those of `rising` whose growth is not that of something above them: what holds them grows by
    /// its elements, and they are among these.
    pub fn topmost(&self, rising: &[Rising]) -> Vec<Rising> {
        let growing: FxHashSet<PathIndex> = rising
            .iter()
            .filter(|rising| matches!(rising.growth, Growth::Elements | Growth::Objects))
            .map(|rising| rising.path)
            .collect();
        let is_topmost = |rising: &&Rising| {
            let mut above = self.paths.ancestors(rising.path).skip(1);
            !above.any(|path| growing.contains(&path))
        };
        rising.iter().filter(is_topmost).copied().collect()
    }
}

/// Compiled code holds numbers and texts in places that no walk sees.
pub(super) const ATOMS: [&str; 5] = [
    "builtins.str",
    "builtins.bytes",
    "builtins.int",
    "builtins.NoneType",
    "builtins.tuple",
];
