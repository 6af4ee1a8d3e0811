//! Why objects are alive, as JSON.

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use super::outside::OutsideJson;
use crate::analysis::{Explanation, HeldByCycle, Holder, Holders, Standing, Tally, Verdict, Why};
use crate::graph::NodeIndex;
use crate::render::cycle_text;
use crate::render::text::spelled_path;
use crate::snapshot::HeapSnapshot;

/// Explanations, those of most objects first.
#[derive(Debug, Serialize)]
pub struct WhyJson<'s> {
    schema: &'static str,
    explanations: Vec<ExplanationJson<'s>>,
    /// Explanations that there are besides.
    more_explanations: usize,
    /// Objects to which only others of those asked about lead.
    held_by_others: usize,
    /// Kept by cycles that the collector cannot free.
    uncollectable: Vec<HeldByCycleJson>,
    /// Objects that nothing alive leads to.
    garbage: usize,
    /// What the asker holds of the objects in order to ask, which no explanation counts.
    left_out: Vec<LeftOutJson<'s>>,
}

#[derive(Debug, Serialize)]
struct LeftOutJson<'s> {
    /// What it is, in words.
    holder: &'s str,
    /// How many of the objects it holds.
    objects: usize,
}

#[derive(Debug, Serialize)]
struct HeldByCycleJson {
    /// How many of the objects asked about such cycles keep.
    count: usize,
    /// The way round one of them, and the references of it that the collector does not see.
    path: String,
    unseen_references: Vec<String>,
    /// How many such cycles there are, and what they keep.
    cycles: usize,
    objects: u64,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct ExplanationJson<'s> {
    target: ObjectJson<'s>,
    /// How many objects are held like it, itself included.
    alike: usize,
    fingerprint: String,
    root: RootJson,
    path: String,
    /// The first object of the chain and the one behind each reference.
    objects: Vec<KnownJson<'s>>,
    /// One less than there are objects.
    references: Vec<ReferenceJson<'s>>,
    /// What may hold the first object from outside the heap, or the target if it is held from there
    /// too; else `null`.
    outside: Option<OutsideJson>,
    /// What would have to be cut for the object to go; `null` if it is alive by itself.
    holders: Option<HoldersJson>,
    /// What would have to be cut for it and little else to go, if one cut nearer to the root would
    /// do; else `null`.
    nearest_holders: Option<HoldersJson>,
    /// What would have to be cut for all that are held like it to go; `null` if there is only one, or
    /// nearly every one is held by itself.
    common_holders: Option<HoldersJson>,
    /// What of the asker's alone leads to the object; empty if something else does.
    asker: &'s [String],
}

#[derive(Debug, Serialize)]
struct KnownJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    /// What would go if it went, itself included.
    retained: FreedJson,
    /// `alive`, `unknown` or `gone`.
    verdict: &'static str,
    reason: Option<String>,
    /// Reasons for the opposite, which are overruled.
    conflicts: &'s [String],
    /// Inspectors that failed, and how.
    failures: &'s [String],
}

#[derive(Debug, Serialize)]
struct ReferenceJson<'s> {
    name: &'s str,
    /// True for those among which the cause is.
    is_suspect: bool,
}

#[derive(Debug, Serialize)]
struct HoldersJson {
    references: Vec<HolderJson>,
    /// There are others, and cutting those listed is not enough.
    has_more: bool,
    /// What cutting all of them frees.
    freed: FreedJson,
}

#[derive(Debug, Serialize)]
struct HolderJson {
    path: String,
    /// What cutting its last reference alone frees.
    freed: FreedJson,
}

#[derive(Debug, Serialize)]
struct FreedJson {
    objects: u64,
    bytes: u64,
}

impl<'s> WhyJson<'s> {
    /// An answer about objects of a snapshot.
    pub fn new(snapshot: &'s HeapSnapshot, why: &'s Why) -> Self {
        let explanations = why.explanations.iter();
        Self {
            schema: "heapgraph/why@1",
            explanations: explanations
                .map(|explanation| ExplanationJson::new(snapshot, explanation))
                .collect(),
            more_explanations: why.more,
            held_by_others: why.behind_others,
            uncollectable: (why.uncollectable.iter())
                .map(|held| HeldByCycleJson::new(snapshot, held))
                .collect(),
            garbage: why.garbage,
            left_out: (why.left_out.iter())
                .map(|left_out| LeftOutJson {
                    holder: &left_out.words,
                    objects: left_out.count,
                })
                .collect(),
        }
    }
}

impl HeldByCycleJson {
    fn new(snapshot: &HeapSnapshot, held: &HeldByCycle) -> Self {
        let group = &held.group;
        Self {
            count: held.nodes.len(),
            path: cycle_text(snapshot, &group.cycle),
            unseen_references: group.cycle.unseen_references(snapshot),
            cycles: group.count,
            objects: group.kept.count,
            bytes: group.kept.bytes,
        }
    }
}

impl<'s> ExplanationJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, explanation: &'s Explanation) -> Self {
        let Explanation { chain, steps, .. } = explanation;
        let nodes = explanation.nodes();
        let known = explanation.verdicts.iter().zip(&explanation.retained);
        let objects = nodes.into_iter().zip(known);
        let references = steps.iter().enumerate();
        let holders = |holders: &Holders| HoldersJson::new(snapshot, holders);
        Self {
            target: ObjectJson::new(snapshot, explanation.target),
            alike: explanation.alike,
            fingerprint: explanation.fingerprint.to_string(),
            root: RootJson::new(&chain.root),
            path: spelled_path(snapshot, chain, steps),
            objects: objects
                .map(|(node, (verdict, &retained))| {
                    KnownJson::new(snapshot, node, retained, verdict)
                })
                .collect(),
            references: references
                .map(|(number, step)| ReferenceJson {
                    name: &step.text,
                    is_suspect: explanation.suspects.contains(&number),
                })
                .collect(),
            outside: (explanation.outside.as_ref()).map(|held| OutsideJson::new(snapshot, held)),
            holders: explanation.holders.as_ref().map(holders),
            nearest_holders: explanation.nearest.as_ref().map(holders),
            common_holders: explanation.common.as_ref().map(holders),
            asker: &explanation.asker,
        }
    }
}

impl HoldersJson {
    fn new(snapshot: &HeapSnapshot, holders: &Holders) -> Self {
        let holder = |holder: &Holder| HolderJson {
            path: spelled_path(snapshot, &holder.chain, &holder.chain.steps()),
            freed: holder.freed.into(),
        };
        Self {
            references: holders.holders.iter().map(holder).collect(),
            has_more: holders.has_more,
            freed: holders.freed.into(),
        }
    }
}

impl<'s> KnownJson<'s> {
    fn new(
        snapshot: &'s HeapSnapshot,
        node: NodeIndex,
        retained: Tally,
        verdict: &'s Verdict,
    ) -> Self {
        let standing = match verdict.standing {
            Standing::Alive => "alive",
            Standing::Unknown => "unknown",
            Standing::Gone => "gone",
        };
        Self {
            object: ObjectJson::new(snapshot, node),
            retained: retained.into(),
            verdict: standing,
            reason: (!verdict.reasons.is_empty()).then(|| verdict.reasons.join("; ")),
            conflicts: &verdict.conflicts,
            failures: &verdict.failures,
        }
    }
}

impl From<Tally> for FreedJson {
    fn from(Tally { count, bytes }: Tally) -> Self {
        Self {
            objects: count,
            bytes,
        }
    }
}
