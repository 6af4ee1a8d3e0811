//! Texts that occur many times, each kept once.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::index::{narrow, widen};

/// A text of one [`TextTable`]; means nothing in another table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TextIndex(u32);

impl TextIndex {
    /// The text at `position`.
    ///
    /// # Panics
    ///
    /// If `position` does not fit 32 bits; no table has such a text.
    pub fn new(position: usize) -> Self {
        Self(narrow(position))
    }

    /// The text's position in its table.
    pub const fn index(self) -> usize {
        widen(self.0)
    }
}

/// Different texts, in the order in which they were first met.
#[derive(Debug, Clone, Default)]
pub struct TextTable {
    texts: IndexSet<Box<str>, FxBuildHasher>,
}

impl TextTable {
    /// The index of a text, which is added if it is new.
    pub fn insert(&mut self, text: &str) -> TextIndex {
        let position = match self.texts.get_index_of(text) {
            Some(position) => position,
            None => self.texts.insert_full(text.into()).0,
        };
        TextIndex::new(position)
    }

    /// The index of a text, if it is there.
    pub fn find(&self, text: &str) -> Option<TextIndex> {
        self.texts.get_index_of(text).map(TextIndex::new)
    }

    /// The text of an index.
    ///
    /// # Panics
    ///
    /// If the index is of another table.
    pub fn text(&self, index: TextIndex) -> &str {
        &self.texts[index.index()]
    }

    /// Number of different texts.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// True if and only if there is no text.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// All texts, in the order of their indexes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter().map(AsRef::as_ref)
    }
}
