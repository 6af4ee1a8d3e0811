//! Types of a heap and what became of them, as JSON.

use serde::Serialize;

use crate::analysis::{
    ChangeKind, HeapDiff, Histogram, ReferenceLeak, Tally, TypeChange, TypeTally,
};

/// A histogram.
#[derive(Debug, Serialize)]
pub struct TypesJson<'a> {
    schema: &'static str,
    types: Vec<TypeJson<'a>>,
    total: TotalJson,
}

/// One type of a histogram.
#[derive(Debug, Serialize)]
pub(super) struct TypeJson<'a> {
    r#type: &'a str,
    count: u64,
    bytes: u64,
}

impl<'a> TypeJson<'a> {
    pub(super) fn new(row: &'a TypeTally) -> Self {
        Self {
            r#type: &row.type_name,
            count: row.tally.count,
            bytes: row.tally.bytes,
        }
    }
}

#[derive(Debug, Serialize)]
struct TotalJson {
    types: usize,
    count: u64,
    bytes: u64,
}

impl<'a> TypesJson<'a> {
    /// The first `limit` types of a histogram, and the total of all.
    pub fn new(histogram: &'a Histogram, limit: usize) -> Self {
        let Tally { count, bytes } = histogram.total();
        Self {
            schema: "heapgraph/types@1",
            types: histogram
                .types
                .iter()
                .take(limit)
                .map(TypeJson::new)
                .collect(),
            total: TotalJson {
                types: histogram.types.len(),
                count,
                bytes,
            },
        }
    }
}

/// Two heaps compared.
#[derive(Debug, Serialize)]
pub struct DiffJson<'a> {
    schema: &'static str,
    types: Vec<ChangeJson<'a>>,
    total: ChangeJson<'a>,
    reference_leaks: Vec<LeakJson<'a>>,
    /// `forward`, `reversed` or `doubtful`.
    order: &'static str,
}

#[derive(Debug, Serialize)]
struct LeakJson<'a> {
    r#type: &'a str,
    held: &'static str,
    rise: u64,
    more_objects: u64,
    loaded_modules: u64,
}

impl<'a> LeakJson<'a> {
    fn new(leak: &'a ReferenceLeak) -> Self {
        Self {
            r#type: &leak.type_name,
            held: leak.held.word(),
            rise: leak.rise,
            more_objects: leak.more_objects,
            loaded_modules: leak.loaded_modules,
        }
    }
}

#[derive(Debug, Serialize)]
struct ChangeJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    base_count: u64,
    count: u64,
    count_change: i128,
    base_bytes: u64,
    bytes: u64,
    bytes_change: i128,
}

impl<'a> ChangeJson<'a> {
    fn new(change: &TypeChange, type_name: Option<&'a str>) -> Self {
        Self {
            r#type: type_name,
            change: type_name.and(change.kind()).map(ChangeKind::word),
            base_count: change.base.count,
            count: change.current.count,
            count_change: change.count_change(),
            base_bytes: change.base.bytes,
            bytes: change.current.bytes,
            bytes_change: change.bytes_change(),
        }
    }
}

impl<'a> DiffJson<'a> {
    /// The first `limit` changes of a diff, the total of both heaps, and the first probable leaks.
    pub fn new(diff: &'a HeapDiff, limit: usize) -> Self {
        let shown = diff.changes.iter().take(limit);
        Self {
            schema: "heapgraph/diff@1",
            types: shown
                .map(|change| ChangeJson::new(change, Some(&change.type_name)))
                .collect(),
            total: ChangeJson::new(&diff.total, None),
            reference_leaks: diff.leaks.iter().take(limit).map(LeakJson::new).collect(),
            order: diff.order.word(),
        }
    }
}
