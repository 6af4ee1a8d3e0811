//! A text for some of the nodes.

use crate::graph::{NodeIndex, TextIndex, TextTable};

/// A text for some nodes of a graph: 8 bytes for each of them, and each different text once.
#[derive(Debug, Clone, Default)]
pub struct NodeTexts {
    /// In the order of the nodes.
    entries: Vec<(NodeIndex, TextIndex)>,
    texts: TextTable,
}

impl NodeTexts {
    /// Adds the text of a node.
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
        self.entries.push((node, text));
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
