//! The objects that a command is about.

use std::path::Path;
use std::str::FromStr;

use super::error::{CliError, CloseNames};
use crate::analysis::{TypePattern, samples};
use crate::graph::NodeIndex;
use crate::render::text::grouped;
use crate::snapshot::HeapSnapshot;

/// Names suggested where a name matches nothing.
const SUGGESTED: usize = 3;

/// An object by its address, or any of a type.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Address(u64),
    Type(TypePattern),
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let hexadecimal = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X"));
        let parsed = match hexadecimal {
            Some(digits) => u64::from_str_radix(digits, 16),
            None if word.starts_with(|c: char| c.is_ascii_digit()) => word.parse(),
            None => return Ok(Self::Type(TypePattern::new(word))),
        };
        let explain = |_| {
            "it is no address: write 0x and up to 16 hexadecimal digits, or a number as id() gives \
             it"
        };
        parsed.map(Self::Address).map_err(explain)
    }
}

/// Objects to answer about.
pub(super) struct Found {
    pub(super) nodes: Vec<NodeIndex>,
    /// How many objects they are a sample of.
    pub(super) candidates: usize,
}

impl Found {
    /// Says that there are others of the same type, with an empty line below.
    pub(super) fn introduction(&self) -> String {
        match (self.nodes.len(), self.candidates) {
            (shown, all) if shown == all => String::new(),
            (shown, all) => format!(
                "{} of {} objects:\n\n",
                grouped(shown as u64),
                grouped(all as u64)
            ),
        }
    }
}

impl Target {
    /// The object, or at most `count` of the objects of the type, spread over all.
    ///
    /// # Errors
    ///
    /// If there is no such object, or the name means several types.
    pub(super) fn find(
        &self,
        snapshot: &HeapSnapshot,
        path: &Path,
        count: usize,
    ) -> Result<Found, CliError> {
        let nodes = match self {
            Self::Address(address) => {
                let node = snapshot.graph().node_at(*address);
                vec![node.ok_or_else(|| CliError::NoSuchAddress {
                    path: path.to_owned(),
                    address: *address,
                })?]
            }
            Self::Type(pattern) => only_type(snapshot, path, pattern)?,
        };
        Ok(Found {
            nodes: samples(&nodes, count),
            candidates: nodes.len(),
        })
    }
}

/// The objects of the one type that `pattern` means: the one of that full name, if there is one.
fn only_type(
    snapshot: &HeapSnapshot,
    path: &Path,
    pattern: &TypePattern,
) -> Result<Vec<NodeIndex>, CliError> {
    let graph = snapshot.graph();
    let mut nodes = pattern.find(graph);
    let name = |node: &NodeIndex| graph.type_of(*node).full_name();
    if nodes.iter().any(|node| name(node) == pattern.as_str()) {
        nodes.retain(|node| name(node) == pattern.as_str());
    }
    let mut types: Vec<_> = nodes.iter().map(|&node| graph.type_index(node)).collect();
    types.sort_unstable();
    types.dedup();
    let names = types.iter().map(|&ty| graph.types()[ty].full_name());
    let mut names: Vec<String> = names.map(Into::into).collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => Err(no_such_type(snapshot, path, pattern)),
        1 => Ok(nodes),
        _ => Err(CliError::AmbiguousType {
            path: path.to_owned(),
            pattern: pattern.to_string(),
            names,
        }),
    }
}

/// Says that there is nothing of that type, and what may have been meant.
pub(super) fn no_such_type(
    snapshot: &HeapSnapshot,
    path: &Path,
    pattern: &TypePattern,
) -> CliError {
    CliError::NoSuchType {
        path: path.to_owned(),
        pattern: pattern.to_string(),
        close: CloseNames(pattern.close_names(snapshot.graph(), SUGGESTED)),
    }
}
