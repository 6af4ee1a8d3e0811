//! What chains to different objects have in common.

use std::fmt;
use std::hash::Hasher;

use rustc_hash::FxHashMap;
use twox_hash::XxHash64;

use super::PreferredPaths;
use super::rank::PASSED_OVER;
use super::verdict::staying;
use crate::graph::{CONTEXT_VARIABLES, EdgeLabel, FINALIZER, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// The suspect references of a chain in one number: the types that hold them and their names
/// without positions and keys. It is the same in every process that runs the same program, whatever
/// the hash seed and wherever in a list the object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of some texts in that order.
    pub(in crate::analysis) fn of_texts(texts: &[&str]) -> Self {
        Self(hash(0, texts))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The fingerprint of the chain as far as one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    fingerprint: Fingerprint,
    /// The step before: a linked list of any length is one step.
    last: u64,
    /// The object that the passed-over namespace or cell belongs to.
    owner: Option<NodeIndex>,
}

/// The fingerprint of the chain to `node`. What is found on the way is put into `known`, so that
/// chains that begin alike are read once: O(length of the chain) at most.
pub(super) fn of_path(
    snapshot: &HeapSnapshot,
    paths: &PreferredPaths<'_>,
    node: NodeIndex,
    known: &mut FxHashMap<NodeIndex, Prefix>,
) -> Fingerprint {
    let mut behind = Vec::new();
    let mut holder = node;
    let mut prefix = loop {
        if let Some(prefix) = known.get(&holder) {
            break *prefix;
        }
        let Some((next, reference)) = paths.step_to(holder) else {
            let start = start(snapshot, holder);
            known.insert(holder, start);
            break start;
        };
        behind.push((holder, reference));
        holder = next;
    };
    for (held, reference) in behind.into_iter().rev() {
        // The object asked about is not what keeps itself alive.
        let stays = held != node && staying(snapshot, holder, held).is_some();
        prefix = match (stays, snapshot.node_names().get(held)) {
            (true, Some(name)) => Prefix::of(&[name]),
            _ => prefix.and(snapshot, holder, &snapshot.label(reference)),
        };
        if held != node {
            known.insert(held, prefix);
        }
        holder = held;
    }
    prefix.fingerprint
}

fn start(snapshot: &HeapSnapshot, node: NodeIndex) -> Prefix {
    let type_name = snapshot.graph().type_of(node).full_name();
    let (kind, name) = match snapshot.root(node) {
        // The line and the thread differ between one moment and another.
        Some(root) if root.kind == RootKind::Frame => {
            let place = root
                .name
                .split_once(':')
                .map_or(&*root.name, |(place, _)| place);
            (root.kind.word(), place)
        }
        Some(root) if root.kind == RootKind::External => (root.kind.word(), &*type_name),
        Some(root) => (root.kind.word(), &*root.name),
        None => (RootKind::External.word(), &*type_name),
    };
    Prefix::of(&[kind, name])
}

impl Prefix {
    /// The prefix of a chain whose suspects begin here.
    fn of(texts: &[&str]) -> Self {
        Self {
            fingerprint: Fingerprint::of_texts(texts),
            last: 0,
            owner: None,
        }
    }

    /// The prefix with one more reference, which `holder` has under `label`.
    fn and(self, snapshot: &HeapSnapshot, holder: NodeIndex, label: &EdgeLabel) -> Self {
        let owner = self.owner.unwrap_or(holder);
        let name = match (label, self.owner) {
            (EdgeLabel::Attribute(name), _) if PASSED_OVER.contains(&name.as_str()) => {
                return Self {
                    owner: Some(owner),
                    ..self
                };
            }
            (EdgeLabel::Internal(part), _) if part == CONTEXT_VARIABLES => return self,
            (EdgeLabel::Key(key), _) if key.starts_with(FINALIZER) => format!("[{key}]"),
            (EdgeLabel::Key(key), Some(_)) => format!(".{}", key.trim_matches('\'')),
            (EdgeLabel::Key(_), None) => "['…']".into(),
            (EdgeLabel::KeyObject(_), _) => "<key>".into(),
            (EdgeLabel::Index(_), _) => "[x]".into(),
            (label, _) => label.to_string(),
        };
        let type_name = snapshot.graph().type_of(owner).full_name();
        let last = hash(0, &[&type_name, &name]);
        let Fingerprint(before) = self.fingerprint;
        Self {
            fingerprint: if last == self.last {
                self.fingerprint
            } else {
                Fingerprint(hash(before, &[&type_name, &name]))
            },
            last,
            owner: None,
        }
    }
}

fn hash(seed: u64, texts: &[&str]) -> u64 {
    let mut hasher = XxHash64::with_seed(seed);
    for text in texts {
        hasher.write(text.as_bytes());
        hasher.write(&[0]);
    }
    hasher.finish()
}
