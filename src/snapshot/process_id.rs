//! Which process a heap is of.

use std::time::SystemTime;

use super::Metadata;

/// A process. Its number alone would not do: in containers every program is process 1, and numbers are
/// given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProcessId {
    /// The number that the system has given it.
    pub pid: u32,
    /// When its first heap was captured; `None` in files that were written before that was noted.
    pub first_captured_at: Option<SystemTime>,
}

impl Metadata {
    /// The process that the heap is of, if that is known.
    pub fn process(&self) -> Option<ProcessId> {
        (self.pid != 0).then_some(ProcessId {
            pid: self.pid,
            first_captured_at: self.first_captured_at,
        })
    }
}

/// Some snapshots by process, as positions among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByProcess {
    /// Snapshots that are to be compared with each other, in their order; the processes in that of their
    /// first snapshots.
    pub series: Vec<Vec<usize>>,
    /// Those that can be compared with none: the only ones of their processes, where others have several.
    pub alone: Vec<usize>,
}

impl ByProcess {
    /// Puts snapshots of these processes together.
    ///
    /// Where no process has several, they are compared over the processes: a program that saves its
    /// heap once in each run. What is of no known process is of one with all others of the kind.
    pub fn of(processes: &[Option<ProcessId>]) -> Self {
        let mut series: Vec<(Option<ProcessId>, Vec<usize>)> = Vec::new();
        for (position, &process) in processes.iter().enumerate() {
            match series.iter_mut().find(|(other, _)| *other == process) {
                Some((_, positions)) => positions.push(position),
                None => series.push((process, vec![position])),
            }
        }
        let (several, alone): (Vec<_>, Vec<_>) =
            (series.into_iter().map(|(_, positions)| positions))
                .partition(|positions| positions.len() > 1);
        if several.is_empty() {
            return Self {
                series: vec![alone.concat()],
                alone: Vec::new(),
            };
        }
        Self {
            series: several,
            alone: alone.concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{ByProcess, ProcessId};

    fn process(pid: u32, first: Option<u64>) -> ProcessId {
        ProcessId {
            pid,
            first_captured_at: first.map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s)),
        }
    }

    fn by_process(
        processes: impl IntoIterator<Item = impl Into<Option<ProcessId>>>,
    ) -> (Vec<Vec<usize>>, Vec<usize>) {
        let processes: Vec<_> = processes.into_iter().map(Into::into).collect();
        let ByProcess { series, alone } = ByProcess::of(&processes);
        (series, alone)
    }

    #[test]
    fn each_process_with_several_snapshots_is_a_series() {
        let (one, other) = (process(7, Some(1)), process(8, Some(1)));
        assert_eq!(
            by_process([one, other, one, other, one]),
            (vec![vec![0, 2, 4], vec![1, 3]], vec![])
        );
        assert_eq!(by_process([one, one, one]), (vec![vec![0, 1, 2]], vec![]));
    }

    #[test]
    fn one_number_may_be_that_of_several_processes() {
        let (monday, tuesday) = (process(1, Some(1)), process(1, Some(2)));
        assert_eq!(
            by_process([monday, monday, tuesday, tuesday]),
            (vec![vec![0, 1], vec![2, 3]], vec![])
        );
        // Of older files only the number is known.
        let old = process(1, None);
        assert_eq!(by_process([old, old, old]), (vec![vec![0, 1, 2]], vec![]));
    }

    #[test]
    fn a_snapshot_a_process_is_compared_over_processes() {
        let runs: Vec<_> = (1..=3).map(|pid| process(pid, Some(1))).collect();
        assert_eq!(by_process(runs.clone()), (vec![vec![0, 1, 2]], vec![]));
        assert_eq!(
            by_process([None::<ProcessId>, None]),
            (vec![vec![0, 1]], vec![])
        );
        assert_eq!(
            by_process([Some(runs[0]), None, Some(runs[1])]),
            (vec![vec![0, 1, 2]], vec![])
        );
    }

    #[test]
    fn the_only_snapshot_of_a_process_is_left_out_beside_another_with_several() {
        let (one, other, third) = (process(7, None), process(8, None), process(9, None));
        assert_eq!(
            by_process([other, one, one, third]),
            (vec![vec![1, 2]], vec![0, 3])
        );
    }
}
