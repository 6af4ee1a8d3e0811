//! Texts that occur many times, each kept once.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::index::{narrow, widen};
use crate::process::{TooLittleMemory, is_spare_left_beside, refused};

/// Bytes of texts that are added before it is made sure that there is memory for more.
const UNCHECKED_BYTES: usize = 1 << 20;
/// What a text takes beside its bytes.
const BYTES_A_TEXT: usize = 48;

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
    /// Bytes that were added since it was made sure that there is memory.
    unchecked: usize,
    /// Why texts are missing, if some are.
    refused: Option<TooLittleMemory>,
}

impl TextTable {
    /// The index of a text, which is added if it is new. Where there is no memory for it, the index
    /// means nothing, and [`check`](Self::check) tells.
    pub fn insert(&mut self, text: &str) -> TextIndex {
        let position = match self.texts.get_index_of(text) {
            Some(position) => position,
            None if self.has_room_for(text) => self.texts.insert_full(text.into()).0,
            None => 0,
        };
        TextIndex::new(position)
    }

    /// Makes sure that all texts have found their place.
    ///
    /// # Errors
    ///
    /// If there was no memory for some.
    pub fn check(&self) -> Result<(), TooLittleMemory> {
        self.refused.map_or(Ok(()), Err)
    }

    fn has_room_for(&mut self, text: &str) -> bool {
        self.unchecked += text.len() + BYTES_A_TEXT;
        let is_full = self.texts.len() == self.texts.capacity();
        // As many more again, where the table has to grow.
        let more = if is_full { self.texts.len() } else { 0 };
        let bytes = self.unchecked + more * BYTES_A_TEXT;
        if bytes > UNCHECKED_BYTES && self.refused.is_none() {
            if is_spare_left_beside(bytes) && self.texts.try_reserve(more).is_ok() {
                self.unchecked = 0;
            } else {
                self.refused = Some(refused(bytes));
            }
        }
        self.refused.is_none()
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
