//! What grows while a program does the same again and again, as JSON.

use serde::Serialize;

use super::outside::OutsideJson;
use crate::analysis::{GrowingPath, GrowthReport};
use crate::render::text::{evidence, growth_headline, spelled_path};
use crate::snapshot::HeapSnapshot;

/// What grows, judged.
#[derive(Debug, Serialize)]
pub struct GrowthJson<'s> {
    schema: &'static str,
    verdict: &'static str,
    headline: String,
    /// Until the last snapshot.
    iterations: u64,
    /// Of these, how many were run to see what becomes of what rose.
    watched_iterations: u64,
    /// The iterations at which there were snapshots.
    snapshots: &'s [u64],
    /// Objects alive at each snapshot.
    objects: &'s [u64],
    growing: Vec<GrowingJson<'s>>,
    /// What rose, and may have an end.
    undecided: Vec<GrowingJson<'s>>,
    bounded: Vec<GrowingJson<'s>>,
    /// References that nothing explains, to objects that stay anyway.
    remarks: Vec<GrowingJson<'s>>,
    ignored: Vec<GrowingJson<'s>>,
    /// What a collection has freed, if there was much; else `null`.
    garbage: Option<GarbageJson>,
    /// Memory that rose as well and is more than what grows explains; else `null`.
    besides: Option<BesidesJson>,
    missing: &'s [String],
}

#[derive(Debug, Serialize)]
struct GarbageJson {
    objects: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct BesidesJson {
    /// Where the memory is, in words.
    path: &'static str,
    bytes_per_iteration: f64,
    resident_bytes: u64,
    object_bytes: u64,
}

/// One path on which something grows.
#[derive(Debug, Serialize)]
struct GrowingJson<'s> {
    path: &'s str,
    type_name: &'s str,
    /// `elements`, `bytes`, `references`, `outside`, `cycles`, `blocks` or `native`.
    kind: &'static str,
    fingerprint: String,
    evidence: String,
    /// What was counted at each snapshot.
    series: &'s [u64],
    /// How much more of what is counted there is in an iteration.
    elements_per_iteration: f64,
    bytes_per_iteration: f64,
    /// What there is more of, by full type name.
    elements: Vec<ElementJson<'s>>,
    /// Where most of it is, with positions and keys; `null` if no path leads there.
    example: Option<String>,
    /// What may hold it from outside the heap; else `null`.
    outside: Option<OutsideJson>,
    also: &'s [String],
    share_bytes: u64,
    exclusive_bytes: u64,
    exclusive_objects: u64,
    limit: Option<u64>,
    location: Option<&'s str>,
    inserted: &'s [String],
    allocated: &'s [String],
    /// The calls into compiled code that make it grow, one sentence each.
    calls: &'s [String],
}

#[derive(Debug, Serialize)]
struct ElementJson<'s> {
    type_name: &'s str,
    per_iteration: f64,
}

impl<'s> GrowthJson<'s> {
    /// The answer to be written. `snapshot` is that of the last moment.
    pub fn new(snapshot: &HeapSnapshot, report: &'s GrowthReport) -> Self {
        let rows = |rows: &'s [GrowingPath]| {
            let row = |row| GrowingJson::new(snapshot, report, row);
            rows.iter().map(row).collect()
        };
        Self {
            schema: "heapgraph/growth@1",
            verdict: report.verdict.word(),
            headline: growth_headline(report),
            iterations: report.iterations,
            watched_iterations: report.watched_iterations,
            snapshots: &report.moments,
            objects: &report.objects,
            growing: rows(&report.growing),
            undecided: rows(&report.undecided),
            bounded: rows(&report.bounded),
            remarks: rows(&report.remarks),
            ignored: rows(&report.ignored),
            garbage: report.garbage.map(|garbage| GarbageJson {
                objects: garbage.count,
                bytes: garbage.bytes,
            }),
            besides: report.besides.map(|besides| BesidesJson {
                path: besides.path,
                bytes_per_iteration: besides.per_iteration,
                resident_bytes: besides.resident,
                object_bytes: besides.objects,
            }),
            missing: &report.missing,
        }
    }
}

impl<'s> GrowingJson<'s> {
    fn new(snapshot: &HeapSnapshot, report: &GrowthReport, row: &'s GrowingPath) -> Self {
        let element = |(type_name, per_iteration): &'s (String, f64)| ElementJson {
            type_name,
            per_iteration: *per_iteration,
        };
        let chain = row.chain.as_ref();
        let example = chain.map(|chain| spelled_path(snapshot, chain, &chain.steps()));
        Self {
            path: &row.path,
            type_name: &row.type_name,
            kind: row.kind,
            fingerprint: row.fingerprint.to_string(),
            evidence: evidence(report, row),
            series: &row.series,
            elements_per_iteration: row.elements_per_iteration(),
            bytes_per_iteration: row.bytes_per_iteration,
            elements: row.elements.iter().map(element).collect(),
            example,
            outside: (row.outside.as_ref()).map(|held| OutsideJson::new(snapshot, held)),
            also: &row.also,
            share_bytes: row.share.bytes,
            exclusive_bytes: row.share.exclusive.bytes,
            exclusive_objects: row.share.exclusive.count,
            limit: row.limit.as_ref().map(|limit| limit.most),
            location: row.source.location.as_deref(),
            inserted: &row.source.inserted,
            allocated: &row.source.allocated,
            calls: &row.source.calls,
        }
    }
}
