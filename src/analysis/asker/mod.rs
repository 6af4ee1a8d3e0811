//! What the one who asks holds in order to ask: it explains nothing while something else holds the
//! object too.

mod hand;

use indexmap::{IndexMap, IndexSet};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{HiddenReferences, anchors};
use crate::graph::{EdgeLabel, HeapGraph, NodeIndex, NodeSet};
use crate::process::TooLittleMemory;
use crate::snapshot::HeapSnapshot;
use hand::{Hand, Source, key_position, references, variable_name, words_of_variable};

/// What the asker holds, by addresses, as it was found where he asks.
#[derive(Debug, Clone, Default)]
pub struct Asker {
    /// Frames from which the question came, and namespaces of theirs. A variable in them is the
    /// asker's only if it is bound to an object asked about.
    pub variables: Vec<u64>,
    /// Classes of the lists in which objects were given to him.
    pub given: Vec<u64>,
    /// What his shell and his debugger hold.
    pub tools: Vec<Tool>,
    /// Parameters of the functions of those frames whose arguments the caller's frame holds too, until
    /// the call returns: all of them up to `CPython` 3.10, where no walk sees that.
    pub parameters: Vec<(u64, String)>,
}

/// What a shell or a debugger holds to show it.
#[derive(Debug, Clone)]
pub struct Tool {
    /// The address of what holds it.
    pub holder: u64,
    /// The key of a dict, or else the object held; 0 for everything.
    pub only: u64,
    /// What it is, in words.
    pub words: String,
}

/// What became of the references of the asker.
#[derive(Debug, Default)]
pub struct Hands {
    /// Those that an answer leaves out, as other references hold the same: what they hold of what was
    /// asked about.
    pub let_go: Vec<HandTally>,
    /// The others: holder, held, and which of `words` says what it is.
    kept: Vec<(NodeIndex, NodeIndex, usize)>,
    words: IndexSet<String>,
}

/// Something of the asker's, and how many objects asked about it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandTally {
    /// What it is, in words: ``your variable `loader` ``.
    pub words: String,
    /// How many of the objects asked about it holds.
    pub count: usize,
}

/// The references of the asker, by their positions among those of all nodes.
#[derive(Default)]
struct Sorted {
    hands: Hands,
    /// Those that something asked about does not need to be alive.
    own: Vec<usize>,
    /// The others, but for variables.
    kept: Vec<usize>,
}

impl Hands {
    /// What of the asker's a chain comes through, and what else of his holds the same, as nothing else
    /// leads to its end: in words, each once.
    pub(super) fn on_chain(&self, chain: &[NodeIndex]) -> Vec<String> {
        let steps: FxHashSet<(NodeIndex, NodeIndex)> =
            (chain.windows(2).map(|pair| (pair[0], pair[1]))).collect();
        let is_step = |&&(holder, held, _): &&(NodeIndex, NodeIndex, usize)| {
            !steps.is_empty() && steps.contains(&(holder, held))
        };
        let Some(&(_, end, _)) = self.kept.iter().find(is_step) else {
            return Vec::new();
        };
        let same = self.kept.iter().filter(|(_, held, _)| *held == end);
        let words: IndexSet<usize> = same.map(|&(_, _, words)| words).collect();
        words
            .into_iter()
            .map(|words| self.words[words].clone())
            .collect()
    }
}

impl Asker {
    /// Makes a heap what it would be without what the asker holds, where that makes no difference to
    /// what is alive of `targets`, the objects asked about, or of everything if there are none: his
    /// references are forgotten. Those that are not come last of all.
    ///
    /// Without anything of his O(objects of the given classes); else O(nodes + edges).
    ///
    /// # Errors
    ///
    /// If there is no memory to look at all that is his.
    pub fn let_go(
        &self,
        snapshot: &mut HeapSnapshot,
        targets: &[NodeIndex],
    ) -> Result<Hands, TooLittleMemory> {
        self.discount_arguments(snapshot, targets);
        let Sorted { hands, own, kept } = self.sort_out(snapshot, targets)?;
        let mut forgotten: Vec<usize> = (own.iter())
            .flat_map(|&position| with_key(snapshot.graph(), position))
            .collect();
        forgotten.sort_unstable();
        forgotten.dedup();
        let moved = |position| position - forgotten.partition_point(|&other| other < position);
        let kept = kept.into_iter().map(moved).collect();
        if !forgotten.is_empty() {
            snapshot.forget_references(&forgotten);
        }
        snapshot.set_aside(kept);
        Ok(hands)
    }

    /// Counts off what callers hold of the arguments of the functions that ask.
    fn discount_arguments(&self, snapshot: &mut HeapSnapshot, targets: &[NodeIndex]) {
        let mut is_target = NodeSet::new(snapshot.graph());
        for &target in targets {
            is_target.insert(target);
        }
        for (frame, name) in &self.parameters {
            let graph = snapshot.graph();
            let Some(frame) = graph.node_at(*frame) else {
                continue;
            };
            let is_argument = |&(position, held): &(usize, NodeIndex)| {
                is_target.contains(held)
                    && snapshot.label(position) == EdgeLabel::Local(name.clone())
            };
            let bound = references(graph, frame).find(is_argument);
            if let Some(address) = bound.map(|(_, held)| graph.address(held)) {
                snapshot.discount_reference(address);
            }
        }
    }

    /// The references that come last of all in a heap that stays as it is, by their positions among
    /// those of all nodes.
    ///
    /// # Errors
    ///
    /// As [`let_go`](Self::let_go).
    pub fn pass_over(
        &self,
        snapshot: &HeapSnapshot,
        targets: &[NodeIndex],
    ) -> Result<(FxHashSet<usize>, Hands), TooLittleMemory> {
        let sorted = self.sort_out(snapshot, targets)?;
        let own = sorted.own.into_iter().chain(sorted.kept).collect();
        Ok((own, sorted.hands))
    }

    fn sort_out(
        &self,
        snapshot: &HeapSnapshot,
        targets: &[NodeIndex],
    ) -> Result<Sorted, TooLittleMemory> {
        let graph = snapshot.graph();
        let mut is_target = NodeSet::new(graph);
        for &target in targets {
            is_target.insert(target);
        }
        // Of the interpreter's own types every function has some: who asks about all dicts has not
        // bound his variables in order to ask.
        let is_asked = |node| targets.len() == 1 || graph.type_of(node).is_heap_type;
        let mut hands = self.hands(graph, &is_target)?;
        hands.retain(|hand| match hand.source {
            Source::Variable => {
                is_asked(hand.held) && variable_name(&snapshot.label(hand.position)).is_some()
            }
            Source::Given | Source::Tool(_) => true,
        });
        let mut sorted = Sorted::default();
        if hands.is_empty() {
            return Ok(sorted);
        }
        let reached = reached_without(snapshot, &hands);
        let are_reached = targets.iter().all(|&target| reached.contains(target));
        let mut told: IndexMap<usize, FxHashSet<NodeIndex>> = IndexMap::new();
        let mut of_lists: FxHashMap<NodeIndex, usize> = FxHashMap::default();
        let mut words = IndexSet::new();
        let mut words_of = |hand: &Hand| match hand.source {
            Source::Given => *(of_lists.entry(hand.holder))
                .or_insert_with(|| words.insert_full(self.words(snapshot, hand)).0),
            Source::Variable | Source::Tool(_) => words.insert_full(self.words(snapshot, hand)).0,
        };
        for hand in &hands {
            if !reached.contains(hand.held) && (targets.is_empty() || !are_reached) {
                let held = graph.referent_at(hand.position);
                sorted.hands.kept.push((hand.holder, held, words_of(hand)));
                // A name that he has chosen says more than what a tool keeps.
                if !matches!(hand.source, Source::Variable) {
                    sorted.kept.push(hand.position);
                }
                continue;
            }
            sorted.own.push(hand.position);
            if is_target.contains(hand.held) {
                told.entry(words_of(hand)).or_default().insert(hand.held);
            }
        }
        let told = told.into_iter().map(|(number, objects)| HandTally {
            words: words[number].clone(),
            count: objects.len(),
        });
        sorted.hands.let_go = told.collect();
        sorted.hands.words = words;
        Ok(sorted)
    }

    /// The references, by holder and held, that are nothing but the asker's, who asks about `targets`.
    /// O(objects of the given classes, and the references of what holds something of his).
    ///
    /// # Errors
    ///
    /// As [`let_go`](Self::let_go).
    pub fn references(
        &self,
        graph: &HeapGraph,
        targets: &[NodeIndex],
    ) -> Result<HiddenReferences, TooLittleMemory> {
        let mut is_target = NodeSet::new(graph);
        for &target in targets {
            is_target.insert(target);
        }
        let hands = self.hands(graph, &is_target)?;
        let own: FxHashSet<usize> = hands.iter().map(|hand| hand.position).collect();
        let holders: IndexSet<NodeIndex> = hands.iter().map(|hand| hand.holder).collect();
        let mut nothing_else: HiddenReferences = (hands.iter())
            .map(|hand| (hand.holder, graph.referent_at(hand.position)))
            .collect();
        for holder in holders {
            for (position, held) in references(graph, holder) {
                if !own.contains(&position) {
                    nothing_else.remove(&(holder, held));
                }
            }
        }
        Ok(nothing_else)
    }

    /// What of the asker's holds `target`, in words, but for the lists that he was given. `label` names
    /// the reference of a node at a position among its referents.
    ///
    /// # Errors
    ///
    /// Whatever `label` raises, and as [`let_go`](Self::let_go).
    pub fn holders_of<E: From<TooLittleMemory>>(
        &self,
        graph: &HeapGraph,
        target: NodeIndex,
        label: impl Fn(NodeIndex, usize) -> Result<EdgeLabel, E>,
    ) -> Result<Vec<(NodeIndex, String)>, E> {
        let mut is_target = NodeSet::new(graph);
        is_target.insert(target);
        let mut holders = Vec::new();
        for hand in self.hands(graph, &is_target)? {
            let number = hand.position - graph.edge_positions(hand.holder).start;
            let words = match hand.source {
                _ if hand.held != target => None,
                Source::Variable => {
                    variable_name(&label(hand.holder, number)?).map(words_of_variable)
                }
                Source::Given => None,
                Source::Tool(tool) => Some(self.tools[tool].words.clone()),
            };
            holders.extend(words.map(|words| (hand.holder, words)));
        }
        Ok(holders)
    }
}

/// A reference, and where it is to the value of a dict the key: what is left is in pairs.
fn with_key(graph: &HeapGraph, position: usize) -> impl Iterator<Item = usize> + use<> {
    let key = key_position(graph, graph.holder_at(position), position);
    key.into_iter().chain([position])
}

/// What is alive without the references of the asker.
fn reached_without(snapshot: &HeapSnapshot, hands: &[Hand]) -> NodeSet {
    let graph = snapshot.graph();
    let mut has_hands = NodeSet::new(graph);
    for hand in hands {
        has_hands.insert(hand.holder);
    }
    let positions: FxHashSet<usize> = hands.iter().map(|hand| hand.position).collect();
    let mut reached = NodeSet::new(graph);
    let mut next = anchors(snapshot);
    next.retain(|&anchor| reached.insert(anchor));
    while let Some(node) = next.pop() {
        if has_hands.contains(node) {
            let others = references(graph, node);
            let others = others.filter(|(position, _)| !positions.contains(position));
            next.extend(
                others
                    .map(|(_, held)| held)
                    .filter(|&held| reached.insert(held)),
            );
        } else {
            let referents = graph.referents(node).iter().copied();
            next.extend(referents.filter(|&held| reached.insert(held)));
        }
    }
    reached
}
