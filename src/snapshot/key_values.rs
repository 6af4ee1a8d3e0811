//! Everything of a snapshot that is not one row's, as texts with names in the file's footer.

use std::fmt::Display;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use super::error::Problem;
use super::schema::FORMAT_VERSION;
use super::{HeapSnapshot, Metadata};
use crate::graph::{HeapType, NodeIndex, TypeTable};

const FORMAT_KEY: &str = "heapgraph.format_version";
const TOOL_KEY: &str = "heapgraph.tool_version";
const PYTHON_KEY: &str = "heapgraph.python_version";
const PLATFORM_KEY: &str = "heapgraph.platform";
const PID_KEY: &str = "heapgraph.pid";
const FIRST_CAPTURED_AT_KEY: &str = "heapgraph.first_captured_at";
const PROGRAM_KEY: &str = "heapgraph.program";
const CAPTURED_AT_KEY: &str = "heapgraph.captured_at";
const CAPTURE_TIME_KEY: &str = "heapgraph.capture_nanoseconds";
const COLLECTED_KEY: &str = "heapgraph.collected";
const UNSEEN_KEY: &str = "heapgraph.unseen";
const OPAQUE_KEY: &str = "heapgraph.opaque_types";
pub(super) const NODES_KEY: &str = "heapgraph.node_count";
pub(super) const EDGES_KEY: &str = "heapgraph.edge_count";
const NAMES_KEY: &str = "heapgraph.names_recorded";
const VALUES_KEY: &str = "heapgraph.values_recorded";
const KEYS_KEY: &str = "heapgraph.keys_recorded";
pub(super) const TYPES_KEY: &str = "heapgraph.types";

/// One type; its position is its `type_id`.
#[derive(Serialize, Deserialize)]
struct TypeEntry {
    name: String,
    module: Option<String>,
    node: Option<u32>,
    is_heap_type: bool,
}

/// What the footer says of the whole file.
pub(super) struct KeyValues {
    pub(super) metadata: Metadata,
    pub(super) types: TypeTable,
    pub(super) node_count: u64,
    pub(super) edge_count: u64,
    pub(super) has_names: bool,
    pub(super) has_values: bool,
}

/// Why the footer can not be used.
pub(super) enum Unreadable {
    NewerFormat { found: u64, tool_version: String },
    Invalid(Problem),
}

impl From<Problem> for Unreadable {
    fn from(problem: Problem) -> Self {
        Self::Invalid(problem)
    }
}

/// Names and texts, as they go into the footer.
pub(super) fn write(snapshot: &HeapSnapshot) -> Vec<(&'static str, String)> {
    let Metadata {
        tool_version,
        python_version,
        platform,
        pid,
        first_captured_at,
        program,
        captured_at,
        capture_time,
        collected,
        unseen,
        opaque_types,
        has_keys,
    } = snapshot.metadata();
    let time = |time| DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let mut entries = vec![
        (FORMAT_KEY, FORMAT_VERSION.to_string()),
        (TOOL_KEY, tool_version.clone()),
        (PYTHON_KEY, python_version.clone()),
        (PLATFORM_KEY, platform.clone()),
        (PID_KEY, pid.to_string()),
        (PROGRAM_KEY, program.clone()),
        (CAPTURED_AT_KEY, time(*captured_at)),
        (CAPTURE_TIME_KEY, capture_time.as_nanos().to_string()),
        (COLLECTED_KEY, collected.to_string()),
        (UNSEEN_KEY, json(unseen)),
        (NODES_KEY, snapshot.graph().node_count().to_string()),
        (EDGES_KEY, snapshot.graph().edge_count().to_string()),
        (NAMES_KEY, snapshot.edge_names().is_some().to_string()),
        (VALUES_KEY, (!snapshot.values().is_empty()).to_string()),
        (TYPES_KEY, json(&type_entries(snapshot.graph().types()))),
    ];
    if let Some(first_captured_at) = first_captured_at {
        entries.push((FIRST_CAPTURED_AT_KEY, time(*first_captured_at)));
    }
    if !opaque_types.is_empty() {
        entries.push((OPAQUE_KEY, json(opaque_types)));
    }
    if !has_keys {
        entries.push((KEYS_KEY, has_keys.to_string()));
    }
    entries
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists of them have a JSON form")
}

fn type_entries(types: &TypeTable) -> Vec<TypeEntry> {
    let entry = |ty: &HeapType| TypeEntry {
        name: ty.name.clone(),
        module: ty.module.clone(),
        node: ty.node.map(NodeIndex::to_u32),
        is_heap_type: ty.is_heap_type,
    };
    types.iter().map(|(_, ty)| entry(ty)).collect()
}

/// What the names and texts of a footer say.
pub(super) fn read(entries: &[(&str, &str)]) -> Result<KeyValues, Unreadable> {
    let footer = Footer(entries);
    let found: u64 = footer.parse(FORMAT_KEY)?;
    if found > FORMAT_VERSION {
        let tool_version = footer.text(TOOL_KEY).unwrap_or("of a later version");
        return Err(Unreadable::NewerFormat {
            found,
            tool_version: tool_version.to_owned(),
        });
    }
    if found == 0 {
        return Err(Problem::new("there is no version 0")
            .in_entry(FORMAT_KEY)
            .into());
    }
    let entries: Vec<TypeEntry> = footer.json(TYPES_KEY)?;
    let mut types = TypeTable::default();
    for entry in entries {
        types.push(HeapType {
            name: entry.name,
            module: entry.module,
            node: entry.node.map(NodeIndex::from_u32),
            is_heap_type: entry.is_heap_type,
        });
    }
    Ok(KeyValues {
        metadata: footer.metadata()?,
        types,
        node_count: footer.parse(NODES_KEY)?,
        edge_count: footer.parse(EDGES_KEY)?,
        has_names: footer.parse(NAMES_KEY)?,
        has_values: footer.parse(VALUES_KEY)?,
    })
}

struct Footer<'f>(&'f [(&'f str, &'f str)]);

impl<'f> Footer<'f> {
    fn text(&self, key: &str) -> Result<&'f str, Problem> {
        let mut found = self.0.iter().filter(|(other, _)| *other == key);
        match (found.next(), found.next()) {
            (Some((_, text)), None) => Ok(text),
            (None, _) => Err(Problem::new("is missing").in_entry(key)),
            (Some(_), Some(_)) => Err(Problem::new("is there twice").in_entry(key)),
        }
    }

    fn parse<T: FromStr<Err: Display>>(&self, key: &str) -> Result<T, Problem> {
        let text = self.text(key)?;
        text.parse()
            .map_err(|error| Problem::new(format!("{text:?}: {error}")).in_entry(key))
    }

    fn json<T: Deserialize<'f>>(&self, key: &str) -> Result<T, Problem> {
        serde_json::from_str(self.text(key)?)
            .map_err(|error| Problem::new(error.to_string()).in_entry(key))
    }

    fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(other, _)| *other == key)
    }

    fn time(&self, key: &str) -> Result<SystemTime, Problem> {
        Ok(SystemTime::from(self.parse::<DateTime<Utc>>(key)?))
    }

    fn metadata(&self) -> Result<Metadata, Problem> {
        let text = |key| self.text(key).map(str::to_owned);
        Ok(Metadata {
            tool_version: text(TOOL_KEY)?,
            python_version: text(PYTHON_KEY)?,
            platform: text(PLATFORM_KEY)?,
            pid: self.parse(PID_KEY)?,
            first_captured_at: (self.has(FIRST_CAPTURED_AT_KEY))
                .then(|| self.time(FIRST_CAPTURED_AT_KEY))
                .transpose()?,
            program: text(PROGRAM_KEY)?,
            captured_at: self.time(CAPTURED_AT_KEY)?,
            capture_time: Duration::from_nanos(self.parse(CAPTURE_TIME_KEY)?),
            collected: self.parse(COLLECTED_KEY)?,
            unseen: self.json(UNSEEN_KEY)?,
            // Files that were written before there was such a list have none.
            opaque_types: if self.has(OPAQUE_KEY) {
                self.json(OPAQUE_KEY)?
            } else {
                Vec::new()
            },
            has_keys: if self.has(KEYS_KEY) {
                self.parse(KEYS_KEY)?
            } else {
                true
            },
        })
    }
}
