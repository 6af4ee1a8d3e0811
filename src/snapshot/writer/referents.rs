//! The column with the objects that are referred to.

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::schema::types::ColumnDescPtr;

use super::super::schema;
use super::differences::write_differences;
use super::pages::{ListColumn, ListLevels};
use crate::graph::{HeapGraph, NodeIndex};

/// The bytes of the column for `rows`, and what the footer has to say of them.
pub(super) fn referent_chunk(
    graph: &HeapGraph,
    rows: Range<usize>,
    described: ColumnDescPtr,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let mut chunk = ReferentChunk {
        column: ListColumn::new(schema::REFERENTS)?,
        levels: ListLevels::default(),
        targets: Vec::new(),
    };
    for node in rows.clone().map(NodeIndex::new) {
        chunk.add_row(graph.referents(node))?;
    }
    chunk.end_page()?;
    chunk.column.finish(rows.len(), described)
}

struct ReferentChunk {
    column: ListColumn,
    /// Of the page at work.
    levels: ListLevels,
    /// Of the page at work.
    targets: Vec<i32>,
}

impl ReferentChunk {
    fn add_row(&mut self, referents: &[NodeIndex]) -> Result<(), ParquetError> {
        if referents.is_empty() {
            self.levels.push(true, 0);
        }
        for (position, target) in referents.iter().enumerate() {
            self.levels.push(position == 0, 1);
            self.targets.push(target.to_u32().cast_signed());
            if self.levels.overfill_page() {
                self.end_page()?;
            }
        }
        if self.levels.fill_page() {
            self.end_page()?;
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), ParquetError> {
        let levels = std::mem::take(&mut self.levels);
        let targets = std::mem::take(&mut self.targets);
        let write = |bytes: &mut Vec<u8>| write_differences(&targets, bytes);
        self.column
            .add_page(&levels, Encoding::DELTA_BINARY_PACKED, write)
    }
}
