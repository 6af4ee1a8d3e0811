//! Suspects as JSON.

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use super::retained::TallyJson;
use crate::analysis::{Hint, Holding, RootChain, Suspect, Suspects};
use crate::render::text::{chain_spelled, hint_sentences, sentences};
use crate::snapshot::HeapSnapshot;

/// What holds too much of a heap.
#[derive(Debug, Serialize)]
pub struct SuspectsJson<'s> {
    schema: &'static str,
    /// All that is alive.
    heap: TallyJson,
    /// What is left of it without modules, classes, functions and code.
    data: TallyJson,
    /// What a suspect holds at least, in bytes.
    threshold: u64,
    /// How many there are.
    candidates: usize,
    suspects: Vec<SuspectJson<'s>>,
    /// How many hints there are.
    hint_count: usize,
    hints: Vec<HintJson<'s>>,
}

#[derive(Debug, Serialize)]
struct SuspectJson<'s> {
    /// `object`, or `type` for all objects of one type together.
    kind: &'static str,
    /// The sentences of the text.
    sentences: Vec<String>,
    /// What would go if it went; of a type the sum of what each object retains.
    retained: TallyJson,
    /// The chain that names the suspect; `null` if most objects of the type have no chain in common.
    root: Option<RootJson>,
    path: Option<String>,
    /// Where it accumulates; `null` for a type.
    object: Option<AccumulationJson<'s>>,
    /// `null` for an object.
    r#type: Option<CrowdJson<'s>>,
    /// Another whose chain has the same beginning, if there is one before it.
    related: Option<RelatedJson>,
}

#[derive(Debug, Serialize)]
struct AccumulationJson<'s> {
    #[serde(flatten)]
    object: ObjectJson<'s>,
    retained: TallyJson,
    /// The object that is dominated by the program only, and retains what the suspect does.
    owner: ObjectJson<'s>,
    owner_path: String,
    /// The objects of one type that are most of it; `null` if it holds no other object.
    contents: Option<ContentsJson<'s>>,
}

#[derive(Debug, Serialize)]
struct ContentsJson<'s> {
    r#type: &'s str,
    count: u64,
    retained: TallyJson,
    /// How most are reached, without positions and keys; `null` if in no one way.
    reference: Option<&'s str>,
}

#[derive(Debug, Serialize)]
struct CrowdJson<'s> {
    r#type: &'s str,
    count: usize,
    /// How many the chain leads to.
    behind_path: usize,
    /// How most are reached from its end, without positions and keys; `null` if in no one way.
    reference: Option<&'s str>,
}

#[derive(Debug, Serialize)]
struct RelatedJson {
    /// Its position among the suspects.
    suspect: usize,
    /// As far as the chains are the same.
    path: String,
}

impl<'s> SuspectsJson<'s> {
    /// The first `limit` suspects of a snapshot, and the first `limit` hints.
    pub fn new(snapshot: &'s HeapSnapshot, found: &'s Suspects, limit: usize) -> Self {
        let suspects = found.suspects.iter().take(limit);
        Self {
            schema: "heapgraph/suspects@1",
            heap: found.heap.into(),
            data: found.data.into(),
            threshold: found.threshold,
            candidates: found.suspects.len(),
            suspects: suspects
                .map(|suspect| SuspectJson::new(snapshot, found, suspect))
                .collect(),
            hint_count: found.hints.len(),
            hints: (found.hints.iter().take(limit))
                .map(|hint| HintJson::new(snapshot, hint))
                .collect(),
        }
    }
}

impl<'s> SuspectJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, found: &Suspects, suspect: &'s Suspect) -> Self {
        let path = |chain: &RootChain| chain_spelled(snapshot, chain);
        let chain = suspect.holding.chain();
        let (kind, object, ty) = match &suspect.holding {
            Holding::One(accumulation) => {
                let contents = accumulation.contents.as_ref();
                let object = AccumulationJson {
                    object: ObjectJson::new(snapshot, accumulation.node),
                    retained: accumulation.retained.into(),
                    owner: ObjectJson::new(snapshot, accumulation.owner),
                    owner_path: path(&accumulation.owner_chain),
                    contents: contents.map(|contents| ContentsJson {
                        r#type: &contents.type_name,
                        count: contents.count,
                        retained: contents.retained.into(),
                        reference: contents.step.as_deref(),
                    }),
                };
                ("object", Some(object), None)
            }
            Holding::Many(crowd) => {
                let way = crowd.way.as_ref();
                let ty = CrowdJson {
                    r#type: &crowd.type_name,
                    count: crowd.nodes.len(),
                    behind_path: way.map_or(0, |way| way.count),
                    reference: way.and_then(|way| way.then.as_deref()),
                };
                ("type", None, Some(ty))
            }
        };
        Self {
            kind,
            sentences: sentences(snapshot, found, suspect),
            retained: suspect.retained.into(),
            root: chain.map(|chain| RootJson::new(&chain.root)),
            path: chain.map(path),
            object,
            r#type: ty,
            related: suspect.related.as_ref().map(|(number, chain)| RelatedJson {
                suspect: *number,
                path: path(chain),
            }),
        }
    }
}

#[derive(Debug, Serialize)]
struct HintJson<'s> {
    /// What it looks like, in a word.
    kind: &'static str,
    /// The sentences of the text.
    sentences: [String; 2],
    /// The chain that names the object.
    root: RootJson,
    path: String,
    /// What keeps others; the first of those that are held alike.
    object: ObjectJson<'s>,
    /// How many are held alike.
    alike: u64,
    /// The objects that they keep.
    kept: KeptJson<'s>,
}

#[derive(Debug, Serialize)]
struct KeptJson<'s> {
    r#type: &'s str,
    count: u64,
    retained: TallyJson,
}

impl<'s> HintJson<'s> {
    fn new(snapshot: &'s HeapSnapshot, hint: &'s Hint) -> Self {
        Self {
            kind: hint.kind.word(),
            sentences: hint_sentences(snapshot, hint),
            root: RootJson::new(&hint.chain.root),
            path: chain_spelled(snapshot, &hint.chain),
            object: ObjectJson::new(snapshot, hint.holder),
            alike: hint.alike,
            kept: KeptJson {
                r#type: &hint.kept.type_name,
                count: hint.kept.count,
                retained: hint.kept.retained.into(),
            },
        }
    }
}
