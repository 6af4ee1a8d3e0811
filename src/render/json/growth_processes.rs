//! What grows in several processes, as JSON.

use serde::Serialize;

use super::growth::GrowthJson;
use crate::analysis::ProcessReports;
use crate::render::text::{growth_of_processes_headline, utc};

/// What grows in several processes, each judged by itself.
#[derive(Debug, Serialize)]
pub struct GrowthOfProcessesJson<'r> {
    schema: &'static str,
    /// The verdict on the process about which most is to be said.
    verdict: &'static str,
    headline: String,
    /// How many processes have it.
    process_count: usize,
    processes: Vec<ProcessJson<'r>>,
    missing: &'r [String],
}

#[derive(Debug, Serialize)]
struct ProcessJson<'r> {
    /// `null` if that is not known.
    pid: Option<u32>,
    /// When its first heap was captured, in UTC; `null` if that is not known.
    first_captured_at: Option<String>,
    growth: GrowthJson<'r>,
}

impl<'r> GrowthOfProcessesJson<'r> {
    /// The answer to be written: `growth` has one for each process, in their order.
    pub fn new(reports: &'r ProcessReports<'r>, growth: Vec<GrowthJson<'r>>) -> Self {
        let processes = reports.processes.iter().zip(growth);
        Self {
            schema: "heapgraph/growth-processes@1",
            verdict: reports.verdict().word(),
            headline: growth_of_processes_headline(reports),
            process_count: reports.count(),
            processes: processes
                .map(|(&(process, _), growth)| ProcessJson {
                    pid: process.map(|process| process.pid),
                    first_captured_at: process.and_then(|it| it.first_captured_at).map(utc),
                    growth,
                })
                .collect(),
            missing: &reports.missing,
        }
    }
}
