//! What grows in several processes of a program, each judged by itself.

use indexmap::IndexMap;

use super::report::{GrowingPath, GrowthReport, Verdict};
use crate::snapshot::ProcessId;

/// What grows in each of several processes.
#[derive(Debug)]
pub struct ProcessReports<'r> {
    /// The processes, each with what was found in its snapshots; `None` for those of which nobody knows
    /// the process.
    pub processes: Vec<(Option<ProcessId>, &'r GrowthReport)>,
    /// What would make the verdict surer, for all of them.
    pub missing: Vec<String>,
}

/// A path on which something grows in one or several processes.
#[derive(Debug)]
pub struct SharedPath<'r> {
    /// Each process in which it grows, as its position among all, with what grows there.
    pub rows: Vec<(usize, &'r GrowingPath)>,
}

impl<'r> ProcessReports<'r> {
    /// The verdict on all: that of the process about which most is to be said.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.processes.iter().map(|(_, report)| report.verdict);
        verdicts
            .min_by_key(|verdict| rank(*verdict))
            .unwrap_or(Verdict::Nothing)
    }

    /// True if something goes on growing in one of them.
    pub fn is_leak(&self) -> bool {
        self.processes.iter().any(|(_, report)| report.is_leak())
    }

    /// How many have the verdict on all.
    pub fn count(&self) -> usize {
        let verdict = self.verdict();
        let processes = self.processes.iter();
        processes
            .filter(|(_, report)| report.verdict == verdict)
            .count()
    }

    /// The paths on which something grows, those of most processes first; of as many, that which keeps
    /// most bytes alive.
    pub fn paths(&self) -> Vec<SharedPath<'r>> {
        let mut paths: IndexMap<(&str, &str, &str), SharedPath<'r>> = IndexMap::new();
        for (position, (_, report)) in self.processes.iter().enumerate() {
            for row in report.told() {
                let key = (&*row.path, &*row.type_name, row.kind);
                let shared = paths.entry(key);
                let shared = shared.or_insert_with(|| SharedPath { rows: Vec::new() });
                shared.rows.push((position, row));
            }
        }
        let mut paths: Vec<SharedPath<'r>> = paths.into_values().collect();
        paths.sort_by_key(|path| std::cmp::Reverse((path.rows.len(), path.share_bytes())));
        paths
    }

    /// The first process before that at `position` in which the same paths grow, and no other, as its
    /// position; `None` if nothing grows there.
    pub fn first_alike(&self, position: usize) -> Option<usize> {
        let places = |report: &'r GrowthReport| {
            let mut places: Vec<_> = (report.told().iter())
                .map(|row| (&row.path, &row.type_name, row.kind))
                .collect();
            places.sort_unstable();
            (report.verdict, places)
        };
        let (before, rest) = self.processes.split_at(position);
        let wanted = places(rest.first()?.1);
        let found = before
            .iter()
            .position(|(_, report)| places(report) == wanted);
        found.filter(|_| !wanted.1.is_empty())
    }
}

impl SharedPath<'_> {
    fn share_bytes(&self) -> u64 {
        let bytes = self.rows.iter().map(|(_, row)| row.share.bytes);
        bytes.fold(0, u64::saturating_add)
    }
}

/// What is said of snapshots that can be compared with none; `None` if there are none.
pub fn left_out(count: usize) -> Option<String> {
    let snapshots = match count {
        0 => return None,
        1 => "1 snapshot was left out, which is the only one of its process".into(),
        count => format!("{count} snapshots were left out, each the only one of its process"),
    };
    Some(format!("{snapshots}: save two or more of each process"))
}

/// The verdicts by how much there is to be done, most first.
fn rank(verdict: Verdict) -> usize {
    match verdict {
        Verdict::Leaking => 0,
        Verdict::Slowing => 1,
        Verdict::Native => 2,
        Verdict::Undecided => 3,
        Verdict::Garbage => 4,
        Verdict::Draining => 5,
        Verdict::WarmUp => 6,
        Verdict::Bounded => 7,
        Verdict::Nothing => 8,
    }
}
