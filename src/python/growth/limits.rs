//! How much a container may hold, as the attributes of what holds it say.

use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::analysis::{Limit, PathIndex, Rising};
use crate::capture::LiveObjects;
use crate::graph::{EdgeName, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Names of attributes that say it, in small letters and without underscores.
const NAMES: [&str; 11] = [
    "cachesize",
    "capacity",
    "maxcount",
    "maxentries",
    "maximumsize",
    "maxitems",
    "maxkeys",
    "maxlen",
    "maxlength",
    "maxsize",
    "sizelimit",
];

/// The largest limit that is believed: nobody waits until there are more.
const LARGEST: u64 = 1_000_000;

/// A path whose containers are watched.
pub(super) struct Candidate {
    pub(super) rising: Rising,
    pub(super) series: Vec<u64>,
    pub(super) containers: Vec<NodeIndex>,
    /// What refers to the containers.
    pub(super) owners: Vec<NodeIndex>,
}

/// The limits of some paths, and the attributes they are from.
///
/// An attribute of an object that holds several containers, which grow differently, is no limit: it
/// does not say whose. Reads what the snapshot knows, and runs no code of the program.
pub(super) fn named_limits(
    snapshot: &HeapSnapshot,
    objects: &LiveObjects<'_>,
    candidates: &[Candidate],
) -> Vec<(PathIndex, Limit)> {
    let mut limits = Vec::new();
    for candidate in candidates {
        let is_alone = |owner: &&NodeIndex| {
            let mut others = candidates.iter();
            others.all(|other| other.series == candidate.series || !other.owners.contains(owner))
        };
        let owners = candidate.owners.iter().filter(is_alone);
        let mut holders = candidate.containers.iter().chain(owners);
        let found = holders.find_map(|&node| {
            named_limit(
                snapshot,
                objects,
                node,
                candidate.containers.contains(&node),
            )
        });
        limits.extend(found.map(|limit| (candidate.rising.path, limit)));
    }
    limits
}

/// The limit among the attributes of `node`, or among the keys of a dict of attributes.
fn named_limit(
    snapshot: &HeapSnapshot,
    objects: &LiveObjects<'_>,
    node: NodeIndex,
    is_container: bool,
) -> Option<Limit> {
    let (graph, names) = (snapshot.graph(), snapshot.edge_names()?);
    let texts = names.texts();
    let references = || graph.edge_positions(node).zip(graph.referents(node));
    let is_of_module = |name: EdgeName| match name {
        EdgeName::Key(text) => texts.text(text) == "'__name__'",
        _ => false,
    };
    if graph.flags(node).contains(NodeFlags::MODULE)
        || references().any(|(reference, _)| is_of_module(names.name(reference)))
    {
        // `sys.maxsize` is no limit.
        return None;
    }
    references().find_map(|(reference, &held)| {
        let name = match names.name(reference) {
            EdgeName::Attribute(text) => texts.text(text),
            // The keys of what is watched are what it holds.
            EdgeName::Key(text) if !is_container => texts.text(text).trim_matches('\''),
            _ => return None,
        };
        let value = objects.object(graph, held);
        let value = value.cast_exact::<PyInt>().ok()?;
        let most = value.extract().ok().filter(|most| *most <= LARGEST)?;
        is_limit(name).then(|| Limit {
            most,
            source: format!("attribute {name}"),
            is_kept: false,
        })
    })
}

fn is_limit(name: &str) -> bool {
    // A private name has that of its class before it: `_Cache__maxsize`.
    let own = name.trim_matches('_').rsplit("__").next().unwrap_or(name);
    let plain: String = own.chars().filter(|&letter| letter != '_').collect();
    NAMES.contains(&plain.to_ascii_lowercase().as_str())
}
