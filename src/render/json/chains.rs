//! Chains from roots as JSON.

use serde::Serialize;

use super::object::{ObjectJson, RootJson};
use crate::analysis::RootChain;
use crate::graph::NodeIndex;
use crate::render::text::chain_path;
use crate::snapshot::HeapSnapshot;

/// A chain for each object asked for.
#[derive(Debug, Serialize)]
pub struct ChainsJson<'s> {
    schema: &'static str,
    /// How many objects the chains are a sample of.
    candidates: usize,
    chains: Vec<ChainJson<'s>>,
}

#[derive(Debug, Serialize)]
struct ChainJson<'s> {
    target: ObjectJson<'s>,
    /// `null`, as are the other fields, if no root leads to the target.
    root: Option<RootJson>,
    path: Option<String>,
    /// From the root to the target.
    objects: Option<Vec<ObjectJson<'s>>>,
    /// One less than there are objects.
    references: Option<Vec<String>>,
}

impl<'s> ChainsJson<'s> {
    /// The chains to some of `candidates` objects; `None` where no root leads to one.
    pub fn new(
        snapshot: &'s HeapSnapshot,
        candidates: usize,
        chains: &'s [(NodeIndex, Option<RootChain>)],
    ) -> Self {
        let chain = |(target, chain): &'s (NodeIndex, Option<RootChain>)| {
            let chain = chain.as_ref();
            let objects = chain.map(|chain| {
                let nodes = chain.chain.nodes.iter();
                nodes.map(|&node| ObjectJson::new(snapshot, node)).collect()
            });
            ChainJson {
                target: ObjectJson::new(snapshot, *target),
                root: chain.map(|chain| RootJson::new(&chain.root)),
                path: chain.map(|chain| chain_path(snapshot, chain)),
                objects,
                references: chain
                    .map(|chain| chain.labels.iter().map(ToString::to_string).collect()),
            }
        };
        Self {
            schema: "heapgraph/chain@1",
            candidates,
            chains: chains.iter().map(chain).collect(),
        }
    }
}
