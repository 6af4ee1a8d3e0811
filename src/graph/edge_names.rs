//! The names of all references of a graph: 4 bytes each, and each different text once.

use super::csr::remove_at;
use super::edge_label::EdgeLabel;
use super::index::{LIMIT, narrow, widen};
use super::text_table::{TextIndex, TextTable};
use crate::process::{self, TooLittleMemory, grow};

/// The name of one reference, its text in an [`EdgeNames`]' table. The variants are those of
/// [`EdgeLabel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeName {
    /// `.name`
    Attribute(TextIndex),
    /// `['key']`
    Key(TextIndex),
    /// `[3]`
    Index(usize),
    /// `closure x`
    Closure(TextIndex),
    /// `local x`
    Local(TextIndex),
    /// An element of a set.
    SetElement,
    /// `key 'name'`
    KeyObject(TextIndex),
    /// `<what is known>`
    Internal(TextIndex),
}

/// An [`EdgeName`] in 32 bits: the variant in the upper three, text or position in the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packed(u32);

const PAYLOAD_BITS: u32 = 29;
const LARGEST_PAYLOAD: usize = (1 << PAYLOAD_BITS) - 1;

/// A name for every reference of a [`HeapGraph`](super::HeapGraph), in the order of the nodes
/// and, for each, of its [`referents`](super::HeapGraph::referents).
#[derive(Debug, Clone, Default)]
pub struct EdgeNames {
    names: Vec<Packed>,
    texts: TextTable,
    /// Why names are missing, if some are.
    refused: Option<TooLittleMemory>,
}

impl EdgeNames {
    /// The highest position in a sequence that a name can have.
    pub const LARGEST_POSITION: usize = LARGEST_PAYLOAD;

    /// Number of names.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// True if and only if there is no name.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Takes down that there was no memory for what the next names need; [`check`](Self::check) then says so.
    pub fn refuse(&mut self, refused: TooLittleMemory) {
        self.refused.get_or_insert(refused);
    }

    /// Makes room for names.
    ///
    /// # Errors
    ///
    /// If there is no memory for them.
    pub fn reserve(&mut self, count: usize) -> Result<(), TooLittleMemory> {
        process::reserve(&mut self.names, count)
    }

    /// Makes sure that all names and their texts have found their place.
    ///
    /// # Errors
    ///
    /// If there was no memory for some.
    pub fn check(&self) -> Result<(), TooLittleMemory> {
        self.refused.map_or(self.texts.check(), Err)
    }

    /// The texts of the names; those that are added here can be used in [`push`](Self::push).
    pub fn texts(&self) -> &TextTable {
        &self.texts
    }

    /// The index of a text for a name to be pushed.
    pub fn text(&mut self, text: &str) -> TextIndex {
        self.texts.insert(text)
    }

    /// Adds the name of the next reference. Where there is no memory for it, [`check`](Self::check) tells.
    ///
    /// Positions and texts beyond 2^29, of which no heap that fits a graph is known, become
    /// `<unnumbered>`.
    pub fn push(&mut self, name: EdgeName) {
        let (kind, payload) = match name {
            EdgeName::Attribute(text) => (0, text.index()),
            EdgeName::Key(text) => (1, text.index()),
            EdgeName::Index(position) => (2, position),
            EdgeName::Closure(text) => (3, text.index()),
            EdgeName::Local(text) => (4, text.index()),
            EdgeName::SetElement => (5, 0),
            EdgeName::KeyObject(text) => (6, text.index()),
            EdgeName::Internal(text) => (7, text.index()),
        };
        if payload > LARGEST_PAYLOAD {
            return self.push_label(&EdgeLabel::Internal("unnumbered".into()));
        }
        if self.names.len() == self.names.capacity() && !self.make_room() {
            return;
        }
        self.names
            .push(Packed(kind << PAYLOAD_BITS | narrow(payload)));
    }

    #[cold]
    fn make_room(&mut self) -> bool {
        if self.refused.is_none() {
            self.refused = grow(&mut self.names, LIMIT).err();
        }
        self.refused.is_none()
    }

    /// Adds the name of the next reference, given as a label.
    pub fn push_label(&mut self, label: &EdgeLabel) {
        let name = match label {
            EdgeLabel::Attribute(text) => EdgeName::Attribute(self.text(text)),
            EdgeLabel::Key(text) => EdgeName::Key(self.text(text)),
            EdgeLabel::Index(position) => EdgeName::Index(*position),
            EdgeLabel::Closure(text) => EdgeName::Closure(self.text(text)),
            EdgeLabel::Local(text) => EdgeName::Local(self.text(text)),
            EdgeLabel::SetElement => EdgeName::SetElement,
            EdgeLabel::KeyObject(text) => EdgeName::KeyObject(self.text(text)),
            EdgeLabel::Internal(text) => EdgeName::Internal(self.text(text)),
        };
        self.push(name);
    }

    /// Takes out the names of the references at some positions, in ascending order.
    pub fn remove(&mut self, positions: &[usize]) {
        remove_at(&mut self.names, positions);
    }

    /// The name of the reference at `position` among all.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    pub fn name(&self, position: usize) -> EdgeName {
        let Packed(bits) = self.names[position];
        let payload = widen(bits & narrow(LARGEST_PAYLOAD));
        let text = || TextIndex::new(payload);
        match bits >> PAYLOAD_BITS {
            0 => EdgeName::Attribute(text()),
            1 => EdgeName::Key(text()),
            2 => EdgeName::Index(payload),
            3 => EdgeName::Closure(text()),
            4 => EdgeName::Local(text()),
            5 => EdgeName::SetElement,
            6 => EdgeName::KeyObject(text()),
            _ => EdgeName::Internal(text()),
        }
    }

    /// As [`name`](Self::name), as a label.
    ///
    /// # Panics
    ///
    /// If there are not that many.
    pub fn label(&self, position: usize) -> EdgeLabel {
        let text = |index| self.texts.text(index).to_owned();
        match self.name(position) {
            EdgeName::Attribute(index) => EdgeLabel::Attribute(text(index)),
            EdgeName::Key(index) => EdgeLabel::Key(text(index)),
            EdgeName::Index(position) => EdgeLabel::Index(position),
            EdgeName::Closure(index) => EdgeLabel::Closure(text(index)),
            EdgeName::Local(index) => EdgeLabel::Local(text(index)),
            EdgeName::SetElement => EdgeLabel::SetElement,
            EdgeName::KeyObject(index) => EdgeLabel::KeyObject(text(index)),
            EdgeName::Internal(index) => EdgeLabel::Internal(text(index).into()),
        }
    }
}
