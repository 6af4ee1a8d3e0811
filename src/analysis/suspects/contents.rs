//! What an object mostly holds.

use rustc_hash::FxHashMap;

use crate::analysis::{Dominator, DominatorTree, Tally, spelled_steps};
use crate::graph::{EdgeLabel, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// Objects of one type that one object dominates.
#[derive(Debug)]
pub struct Contents {
    /// Full name of the type.
    pub type_name: String,
    /// Number of objects.
    pub count: u64,
    /// What they retain.
    pub retained: Tally,
    /// How most of them are reached: a name without position and key. `None` if the object does not
    /// refer to most of them itself.
    pub step: Option<String>,
}

impl Contents {
    /// The objects of the type that retain most of what `holder` holds; `None` if it dominates none.
    /// What an instance holds is in `namespace`, otherwise that is the holder itself.
    pub(super) fn of(
        snapshot: &HeapSnapshot,
        tree: &DominatorTree,
        holder: NodeIndex,
        namespace: NodeIndex,
    ) -> Option<Self> {
        let graph = snapshot.graph();
        let mut by_type: FxHashMap<String, (Tally, Vec<NodeIndex>)> = FxHashMap::default();
        for node in tree.dominated_by(Dominator::Node(namespace)) {
            let ty = graph.type_of(node).full_name().into_owned();
            let (retained, nodes) = by_type.entry(ty).or_default();
            retained.add(tree.retained(node)?);
            nodes.push(node);
        }
        let largest = by_type
            .into_iter()
            .max_by(|(a, (one, _)), (b, (other, _))| {
                one.bytes.cmp(&other.bytes).then_with(|| b.cmp(a))
            });
        let (type_name, (retained, nodes)) = largest?;
        Some(Self {
            type_name,
            count: nodes.len() as u64,
            retained,
            step: step(snapshot, holder, namespace, &nodes),
        })
    }
}

fn step(
    snapshot: &HeapSnapshot,
    holder: NodeIndex,
    namespace: NodeIndex,
    nodes: &[NodeIndex],
) -> Option<String> {
    let graph = snapshot.graph();
    let references = graph
        .edge_positions(namespace)
        .zip(graph.referents(namespace));
    let mut labels: FxHashMap<NodeIndex, usize> = FxHashMap::default();
    for (position, &held) in references {
        labels.insert(held, position);
    }
    let before = (holder != namespace).then(|| Some(EdgeLabel::attribute("__dict__")));
    let mut steps: FxHashMap<String, usize> = FxHashMap::default();
    for node in nodes {
        if let Some(&position) = labels.get(node) {
            let labels: Vec<_> = before
                .iter()
                .cloned()
                .chain([Some(snapshot.label(position))])
                .collect();
            let step: String = spelled_steps(&labels)
                .into_iter()
                .map(|step| step.generic)
                .collect();
            *steps.entry(step).or_default() += 1;
        }
    }
    let (step, count) = steps
        .into_iter()
        .max_by(|(a, one), (b, other)| one.cmp(other).then_with(|| b.cmp(a)))?;
    (count * 2 > nodes.len()).then_some(step)
}
