//! Texts that occur many times, each kept once.

use std::collections::TryReserveError;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};

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
///
/// They lie one behind the other in a few large blocks: small ones would fill holes that the allocator
/// has between the objects of the program, on pages that a forked worker shares with its parent.
#[derive(Debug, Clone, Default)]
pub struct TextTable {
    bytes: String,
    /// Where each text ends.
    ends: Vec<usize>,
    /// The last text with each hash.
    last: FxHashMap<u64, u32>,
    /// For each text the one before it with the same hash, or itself.
    before: Vec<u32>,
    /// Bytes that were added since it was made sure that there is memory.
    unchecked: usize,
    /// Why texts are missing, if some are.
    refused: Option<TooLittleMemory>,
}

impl TextTable {
    /// The index of a text, which is added if it is new. Where there is no memory for it, the index
    /// means nothing, and [`check`](Self::check) tells.
    pub fn insert(&mut self, text: &str) -> TextIndex {
        let hash = hash(text);
        if let Some(known) = self.find_hashed(hash, text) {
            return known;
        }
        if !self.has_room_for(text) {
            return TextIndex::default();
        }
        let index = TextIndex::new(self.len());
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
        let before = self.last.insert(hash, index.0);
        self.before.push(before.unwrap_or(index.0));
        index
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
        let is_full = self.len() == self.ends.capacity()
            || self.bytes.len() + text.len() > self.bytes.capacity();
        // As many more again, where the table has to grow.
        let (texts, length) = if is_full {
            (self.len(), self.bytes.len())
        } else {
            (0, 0)
        };
        let bytes = self.unchecked + texts * BYTES_A_TEXT + length;
        if bytes > UNCHECKED_BYTES && self.refused.is_none() {
            if is_spare_left_beside(bytes) && self.try_reserve(texts, length).is_ok() {
                self.unchecked = 0;
            } else {
                self.refused = Some(refused(bytes));
            }
        }
        self.refused.is_none()
    }

    fn try_reserve(&mut self, texts: usize, length: usize) -> Result<(), TryReserveError> {
        self.bytes.try_reserve(length)?;
        self.ends.try_reserve(texts)?;
        self.before.try_reserve(texts)?;
        self.last.try_reserve(texts)
    }

    /// The index of a text, if it is there.
    pub fn find(&self, text: &str) -> Option<TextIndex> {
        self.find_hashed(hash(text), text)
    }

    fn find_hashed(&self, hash: u64, text: &str) -> Option<TextIndex> {
        let mut index = TextIndex(*self.last.get(&hash)?);
        while self.text(index) != text {
            let before = TextIndex(self.before[index.index()]);
            if before == index {
                return None;
            }
            index = before;
        }
        Some(index)
    }

    /// The text of an index.
    ///
    /// # Panics
    ///
    /// If the index is of another table.
    pub fn text(&self, index: TextIndex) -> &str {
        let position = index.index();
        let start = position
            .checked_sub(1)
            .map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[position]]
    }

    /// Number of different texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if and only if there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All texts, in the order of their indexes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|position| self.text(TextIndex::new(position)))
    }
}

fn hash(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}
