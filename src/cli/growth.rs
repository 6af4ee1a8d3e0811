//! `heapgraph growth`

use std::cell::OnceCell;
use std::path::PathBuf;

use clap::Args;

use super::console::Console;
use super::error::CliError;
use crate::analysis::{
    GrowthHistory, GrowthReport, Memory, PathPattern, ProcessReports, Watched, left_out,
};
use crate::render::json::{GrowthJson, GrowthOfProcessesJson};
use crate::render::text::{
    growth_headline, growth_of_processes_headline, growth_of_processes_text, growth_text,
};
use crate::snapshot::{self, ByProcess, HeapSnapshot, SavedHeap};

/// Show under which names more and more is held in several snapshots of one program
///
/// The snapshots are compared by paths of names, in the order of their capture. Three or more tell what goes on
/// growing from what comes to an end, the more the surer; two can not. Each process is judged by itself, unless there
/// is but one snapshot of each.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  heapgraph growth monday.parquet tuesday.parquet \
                        wednesday.parquet --fail-on-growth\n  \
                        heapgraph growth snapshots/ --loops 1000"
)]
pub(super) struct Growth {
    /// The snapshots, in any order; a folder stands for those in it
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// How often the program did the same between two snapshots
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    loops: u32,

    /// A pattern of paths that may grow, such as `app.cache*` [may be repeated]
    #[arg(long, value_name = "PATTERN")]
    ignore: Vec<PathPattern>,

    /// End with exit code 1 if something goes on growing
    #[arg(long = "fail-on-growth")]
    fails: bool,
}

impl Growth {
    pub(super) fn carry_out(self, console: &mut Console<'_>) -> Result<(), CliError> {
        let heaps = snapshot::series(&self.files)?;
        if heaps.len() < 2 {
            return Err(CliError::TooFewSnapshots(heaps.len()));
        }
        let processes: Vec<_> = heaps.iter().map(|heap| heap.process).collect();
        let ByProcess { series, alone } = ByProcess::of(&processes);
        let missing = left_out(alone.len()).into_iter().collect();
        match &series[..] {
            [only] => self.one(&heaps, only, missing, console),
            _ => self.several(&heaps, &series, missing, console),
        }
    }

    /// What grows in one series of snapshots.
    fn one(
        &self,
        heaps: &[SavedHeap],
        positions: &[usize],
        missing: Vec<String>,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        let watched = Watched {
            missing,
            ..Watched::default()
        };
        let (snapshot, report) = self.judged(heaps, positions, &watched)?;
        if self.fails && report.is_leak() {
            console.findings.push(growth_headline(&report));
        }
        if console.is_json {
            console.json(&GrowthJson::new(&snapshot, &report))?;
        } else {
            console.text(&growth_text(&snapshot, &report, console.style))?;
        }
        Ok(())
    }

    /// What grows in each of several processes.
    fn several(
        &self,
        heaps: &[SavedHeap],
        series: &[Vec<usize>],
        missing: Vec<String>,
        console: &mut Console<'_>,
    ) -> Result<(), CliError> {
        let judged: Vec<OnceCell<GrowthReport>> = series.iter().map(|_| OnceCell::new()).collect();
        let mut reports = ProcessReports {
            processes: Vec::new(),
            missing,
        };
        let (mut texts, mut answers) = (Vec::new(), Vec::new());
        for (cell, positions) in judged.iter().zip(series) {
            // Of each process one heap is in memory, and only until its report is written.
            let (snapshot, report) = self.judged(heaps, positions, &Watched::default())?;
            let report = cell.get_or_init(|| report);
            if console.is_json {
                answers.push(GrowthJson::new(&snapshot, report));
            } else {
                texts.push(growth_text(&snapshot, report, console.style));
            }
            let process = heaps[positions[0]].process;
            reports.processes.push((process, report));
        }
        if self.fails && reports.is_leak() {
            let headline = growth_of_processes_headline(&reports);
            console.findings.push(headline);
        }
        if console.is_json {
            console.json(&GrowthOfProcessesJson::new(&reports, answers))?;
        } else {
            console.text(&growth_of_processes_text(&reports, &texts, console.style))?;
        }
        Ok(())
    }

    /// What grows in some of the snapshots, and the last of them.
    fn judged(
        &self,
        heaps: &[SavedHeap],
        positions: &[usize],
        watched: &Watched,
    ) -> Result<(HeapSnapshot, GrowthReport), CliError> {
        let mut history = GrowthHistory::default();
        let mut last = None;
        for (number, &position) in positions.iter().enumerate() {
            // One after the other: the heaps need not be in memory together.
            drop(last.take());
            let file = &heaps[position].path;
            let snapshot = super::open(file)?;
            let iteration = u64::from(self.loops) * number as u64;
            let placement = history.add(&snapshot, iteration, Memory::default());
            let placement = placement.ok_or_else(|| CliError::NoNames(file.clone()))?;
            last = Some((snapshot, placement));
        }
        let (snapshot, placement) = last.ok_or(CliError::TooFewSnapshots(0))?;
        let report = GrowthReport::new(&history, watched, &snapshot, &placement, &self.ignore);
        Ok((snapshot, report))
    }
}
