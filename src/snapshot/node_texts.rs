//! A text for some of the nodes.

use crate::graph::{NodeIndex, TextIndex, TextTable};
use crate::process::{TooLittleMemory, grow};

/// A text for some nodes of a graph: 8 bytes for each of them, and each different text once.
#[derive(Debug, Clone, Default)]
pub struct NodeTexts {
    /// In the order of the nodes.
    entries: Vec<(NodeIndex, TextIndex)>,
    texts: TextTable,
    /// Why entries are missing, if some are.
    refused: Option<TooLittleMemory>,
}

impl NodeTexts {
    /// Adds the text of a node. Where there is no memory for it, [`check`](Self::check) tells.
    ///
    /// # Panics
    ///
    /// If this node or a later one has a text already.
    pub fn push(&mut self, node: NodeIndex, text: &str) {
        let text = self.texts.insert(text);
        self.push_index(node, text);
    }

    /// Adds the text of a node, which is one of [`texts_mut`](Self::texts_mut).
    pub(super) fn push_index(&mut self, node: NodeIndex, text: TextIndex) {
        let is_next = self.last_node().is_none_or(|last| last < node);
        assert!(is_next, "texts are added in the order of the nodes");
        if self.entries.len() == self.entries.capacity() && !self.make_room() {
            return;
        }
        self.entries.push((node, text));
    }

    #[cold]
    fn make_room(&mut self) -> bool {
        if self.refused.is_none() {
            self.refused = grow(&mut self.entries, usize::MAX).err();
        }
        self.refused.is_none()
    }

    /// Makes sure that all texts have found their place.
    ///
    /// # Errors
    ///
    /// If there was no memory for some.
    pub fn check(&self) -> Result<(), TooLittleMemory> {
        self.refused.map_or(self.texts.check(), Err)
    }

    /// The text of a node, if it has one. O(log n).
    pub fn get(&self, node: NodeIndex) -> Option<&str> {
        let position = self
            .entries
            .binary_search_by_key(&node, |&(node, _)| node)
            .ok()?;
        Some(self.texts.text(self.entries[position].1))
    }

    /// All nodes that have a text, in order, with it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (NodeIndex, &str)> {
        let text = |&(node, text)| (node, self.texts.text(text));
        self.entries.iter().map(text)
    }

    /// Number of nodes that have a text.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if and only if no node has a text.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All nodes that have a text, in order.
    pub(super) fn entries(&self) -> &[(NodeIndex, TextIndex)] {
        &self.entries
    }

    /// The texts, each once.
    pub(super) fn texts(&self) -> &TextTable {
        &self.texts
    }

    /// The texts, to add more.
    pub(super) fn texts_mut(&mut self) -> &mut TextTable {
        &mut self.texts
    }

    pub(super) fn last_node(&self) -> Option<NodeIndex> {
        self.entries.last().map(|&(node, _)| node)
    }
}
