//! The column with the names of references.
//!
//! The crate `parquet` would be handed a text for each reference and look each of them up in a
//! dictionary. That took half of the time of saving, and the names are numbered already.

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;
use rustc_hash::FxHashMap;

use super::super::{reference_text, schema};
use super::pages::{ListColumn, ListLevels};
use super::runs::write_runs;
use crate::graph::{EdgeName, EdgeNames, HeapGraph, NodeIndex};

/// The most texts of a row group that are numbered; those of the pages that follow are written as they
/// are. Positions in a long list are as many texts as it has items.
pub(super) const MOST_TEXTS: usize = 1 << 18;

/// The different texts of a row group, in the order in which they were first met.
#[derive(Default)]
struct Dictionary {
    indexes: FxHashMap<EdgeName, u32>,
    /// Each with its length before it.
    bytes: Vec<u8>,
}

impl Dictionary {
    fn is_full(&self) -> bool {
        self.indexes.len() >= MOST_TEXTS
    }

    fn index(&mut self, names: &EdgeNames, name: EdgeName) -> Result<u32, ParquetError> {
        if let Some(&index) = self.indexes.get(&name) {
            return Ok(index);
        }
        write_text(names, name, &mut self.bytes)?;
        let index = u32::try_from(self.indexes.len())?;
        self.indexes.insert(name, index);
        Ok(index)
    }
}

/// Appends a text with its length before it.
fn write_text(names: &EdgeNames, name: EdgeName, bytes: &mut Vec<u8>) -> Result<(), ParquetError> {
    let text = reference_text::to_text(name, names.texts());
    let length = u32::try_from(text.len())?;
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
    Ok(())
}

/// The bytes of the column for `rows`, and what the footer has to say of them.
pub(super) fn name_chunk(
    graph: &HeapGraph,
    names: &EdgeNames,
    rows: Range<usize>,
    described: ColumnDescPtr,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let mut chunk = NameChunk {
        names,
        column: ListColumn::new(schema::REFERENCE_NAMES)?,
        dictionary: Dictionary::default(),
        levels: ListLevels::default(),
        values: Values::Numbers(Vec::new()),
    };
    for node in rows.clone().map(NodeIndex::new) {
        chunk.add_row(graph.edge_positions(node))?;
    }
    chunk.end_page()?;
    let NameChunk {
        mut column,
        dictionary,
        ..
    } = chunk;
    column.set_texts(&dictionary.bytes, dictionary.indexes.len())?;
    column.finish(rows.len(), described)
}

struct NameChunk<'n> {
    names: &'n EdgeNames,
    column: ListColumn,
    dictionary: Dictionary,
    /// Of the page at work.
    levels: ListLevels,
    /// Of the page at work.
    values: Values,
}

/// Names of a page.
enum Values {
    /// As numbers of the dictionary.
    Numbers(Vec<u32>),
    /// Each with its length before it.
    Texts(Vec<u8>),
}

impl NameChunk<'_> {
    fn add_row(&mut self, positions: Range<usize>) -> Result<(), ParquetError> {
        if positions.is_empty() {
            self.levels.push(true, 1);
        }
        let start = positions.start;
        let mut next_index = 0;
        for position in positions {
            let name = self.names.name(position);
            if name == EdgeName::Index(next_index) {
                self.levels.push(position == start, 2);
                next_index += 1;
            } else {
                self.levels.push(position == start, 3);
                match &mut self.values {
                    Values::Numbers(numbers) => {
                        numbers.push(self.dictionary.index(self.names, name)?);
                    }
                    Values::Texts(texts) => write_text(self.names, name, texts)?,
                }
            }
            if self.levels.overfill_page() || self.is_last_of_dictionary() {
                self.end_page()?;
            }
        }
        if self.levels.fill_page() {
            self.end_page()?;
        }
        Ok(())
    }

    /// True if the texts that follow cannot be numbered.
    fn is_last_of_dictionary(&self) -> bool {
        self.dictionary.is_full() && matches!(self.values, Values::Numbers(_))
    }

    fn end_page(&mut self) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        let next = if self.dictionary.is_full() {
            Values::Texts(Vec::new())
        } else {
            Values::Numbers(Vec::new())
        };
        match std::mem::replace(&mut self.values, next) {
            Values::Numbers(numbers) => {
                let write = |bytes: &mut Vec<u8>| {
                    let highest = numbers.iter().max().copied().unwrap_or_default();
                    let width = u32::BITS - highest.leading_zeros();
                    bytes.push(width.to_le_bytes()[0]);
                    write_runs(&numbers, width, bytes);
                };
                let encoding = Encoding::RLE_DICTIONARY;
                self.column.add_page(&levels, encoding, write)
            }
            Values::Texts(texts) => {
                let write = |bytes: &mut Vec<u8>| bytes.extend_from_slice(&texts);
                self.column.add_page(&levels, Encoding::PLAIN, write)
            }
        }
    }
}
