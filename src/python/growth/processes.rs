//! What grows in several processes, as Python has it.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pyo3::prelude::*;

use super::report::{GrowingPath, GrowthReport, List};
use crate::analysis::{self, GivenOrder};
use crate::python::file_path::FilePath;
use crate::python::snapshot::{HeapSnapshot, as_dict, preformatted};
use crate::render::json::{GrowthJson, GrowthOfProcessesJson};
use crate::render::text::{Style, growth_of_processes_text, growth_text};
use crate::snapshot::{self, ByProcess, ProcessId};

/// A process: its number, and when its first heap was captured, in nanoseconds since 1970.
type Process = (u32, Option<u128>);

/// What grows in several processes, each judged by itself; see `heapgraph.find_growth_in`. True if
/// something leaks in one of them; its `str` says what, and in which.
#[pyclass(frozen, module = "heapgraph")]
pub(in crate::python) struct ProcessReports {
    reports: Vec<GrowthReport>,
    missing: Vec<String>,
}

/// Puts the reports on several processes together, with what would make all of them surer.
#[pyfunction]
pub(in crate::python) fn process_reports(
    reports: Vec<PyRef<'_, GrowthReport>>,
    missing: Vec<String>,
) -> ProcessReports {
    ProcessReports {
        reports: reports.iter().map(|report| report.share()).collect(),
        missing,
    }
}

/// Where a snapshot comes from: its process, if that is known, and when it was captured, in nanoseconds since
/// 1970.
type Origin = (Option<Process>, u128);

/// The files of `paths`, of which each folder stands for the snapshots in it in the order of capture, each
/// with its origin.
#[pyfunction]
pub(in crate::python) fn snapshot_series(
    py: Python<'_>,
    paths: Vec<FilePath>,
) -> PyResult<Vec<(PathBuf, Origin)>> {
    let paths: Vec<PathBuf> = paths.into_iter().map(|path| path.0).collect();
    let heaps = py.detach(|| snapshot::series(&paths))?.into_iter();
    Ok(heaps
        .map(|heap| {
            let process = heap.process.map(as_process);
            (heap.path, (process, nanoseconds(heap.captured_at)))
        })
        .collect())
}

/// Where a snapshot comes from.
#[pyfunction]
pub(in crate::python) fn origin_of(snapshot: &HeapSnapshot) -> Origin {
    let heap = snapshot.analysed();
    let metadata = heap.metadata();
    let process = metadata.process().map(as_process);
    (process, nanoseconds(metadata.captured_at))
}

/// How the order in which two snapshots are given goes with that of their capture: `forward`, `reversed`
/// or `doubtful`.
#[pyfunction]
pub(in crate::python) fn given_order(base: &HeapSnapshot, current: &HeapSnapshot) -> &'static str {
    let (base, current) = (base.analysed(), current.analysed());
    GivenOrder::of(base.metadata(), current.metadata()).word()
}

/// Which of several snapshots of these processes are to be compared with each other, and which with none.
#[pyfunction]
pub(in crate::python) fn by_process(
    processes: Vec<Option<Process>>,
) -> (Vec<Vec<usize>>, Vec<usize>) {
    let processes: Vec<_> = (processes.into_iter())
        .map(|process| process.map(as_process_id))
        .collect();
    let ByProcess { series, alone } = ByProcess::of(&processes);
    (series, alone)
}

/// What is said of so many snapshots that can be compared with none.
#[pyfunction]
pub(in crate::python) fn left_out(count: usize) -> Option<String> {
    analysis::left_out(count)
}

fn as_process(process: ProcessId) -> Process {
    (process.pid, process.first_captured_at.map(nanoseconds))
}

fn nanoseconds(time: SystemTime) -> u128 {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH);
    since_1970.unwrap_or_default().as_nanos()
}

fn as_process_id((pid, first): Process) -> ProcessId {
    let nanoseconds = first.map(|time| u64::try_from(time).unwrap_or(u64::MAX));
    ProcessId {
        pid,
        first_captured_at: nanoseconds
            .map(|time| SystemTime::UNIX_EPOCH + Duration::from_nanos(time)),
    }
}

impl ProcessReports {
    fn analysed(&self) -> analysis::ProcessReports<'_> {
        let reports = self.reports.iter();
        analysis::ProcessReports {
            processes: reports
                .map(|report| (report.heap().metadata().process(), report.judged()))
                .collect(),
            missing: self.missing.clone(),
        }
    }

    fn rows(&self, list: List) -> Vec<GrowingPath> {
        let reports = self.reports.iter();
        reports.flat_map(|report| report.rows(list)).collect()
    }
}

#[pymethods]
impl ProcessReports {
    /// The report on each process: a list of `GrowthReport`, in the order of their first snapshots.
    #[getter]
    fn processes(&self) -> Vec<GrowthReport> {
        self.reports.iter().map(GrowthReport::share).collect()
    }

    /// What goes on growing in any of them: a list of `GrowingPath`, whose `pid` says in which.
    #[getter]
    fn growing(&self) -> Vec<GrowingPath> {
        self.rows(List::Growing)
    }

    /// What grew in any of them and came to an end.
    #[getter]
    fn bounded(&self) -> Vec<GrowingPath> {
        self.rows(List::Bounded)
    }

    /// What goes on growing in any of them and may.
    #[getter]
    fn ignored(&self) -> Vec<GrowingPath> {
        self.rows(List::Ignored)
    }

    /// The verdict on the process about which most is to be said: `leaking` comes first, `nothing` last.
    #[getter]
    fn verdict(&self) -> &'static str {
        self.analysed().verdict().word()
    }

    /// How often the scenario had run at the last snapshot of the process with the most.
    #[getter]
    fn iterations(&self) -> u64 {
        let reports = self.reports.iter();
        let iterations = reports.map(|report| report.judged().iterations);
        iterations.max().unwrap_or(0)
    }

    /// What would make the verdict surer: a list of sentences.
    #[getter]
    fn missing(&self) -> Vec<String> {
        self.missing.clone()
    }

    /// Everything that the text says, as dicts, lists, strings and numbers; docs/cli.md has the
    /// fields.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let reports = self.reports.iter();
        let growth = reports.map(|report| GrowthJson::new(report.heap(), report.judged()));
        let analysed = self.analysed();
        as_dict(py, &GrowthOfProcessesJson::new(&analysed, growth.collect()))
    }

    fn __bool__(&self) -> bool {
        self.analysed().is_leak()
    }

    fn __str__(&self) -> String {
        let text =
            |report: &GrowthReport| growth_text(report.heap(), report.judged(), Style::Plain);
        let texts: Vec<String> = self.reports.iter().map(text).collect();
        growth_of_processes_text(&self.analysed(), &texts, Style::Plain)
    }

    fn __repr__(&self) -> String {
        let analysed = self.analysed();
        let (verdict, all) = (analysed.verdict().word(), self.reports.len());
        let count = analysed.count();
        format!("<heapgraph.ProcessReports, {verdict}, {count} of {all} processes>")
    }

    fn _repr_html_(&self) -> String {
        preformatted(&self.__str__())
    }
}
