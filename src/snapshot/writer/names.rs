//! The column with the names of references.
//!
//! The crate `parquet` would be handed a text for each reference and look each of them up in a
//! dictionary. That took half of the time of saving, and the names are numbered already: so the
//! pages are made here, and the crate puts them into the file.

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use rustc_hash::FxHashMap;
use zstd::bulk::Compressor;

use super::super::reference_text;
use super::columns::Levels;
use super::runs::write_runs;
use crate::graph::{EdgeName, EdgeNames, HeapGraph, NodeIndex};

/// A page ends with the first row at which it has as many names.
const NAMES_PER_PAGE: usize = 1 << 17;

/// The different texts of a row group, in the order in which they were first met.
struct Dictionary<'n> {
    names: &'n EdgeNames,
    indexes: FxHashMap<EdgeName, u32>,
    /// Each with its length before it.
    bytes: Vec<u8>,
}

impl<'n> Dictionary<'n> {
    fn new(names: &'n EdgeNames) -> Self {
        Self {
            names,
            indexes: FxHashMap::default(),
            bytes: Vec::new(),
        }
    }

    fn index(&mut self, name: EdgeName) -> Result<u32, ParquetError> {
        if let Some(&index) = self.indexes.get(&name) {
            return Ok(index);
        }
        let text = reference_text::to_text(name, self.names.texts());
        let length = u32::try_from(text.len())?;
        self.bytes.extend_from_slice(&length.to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        let index = u32::try_from(self.indexes.len())?;
        self.indexes.insert(name, index);
        Ok(index)
    }

    fn len(&self) -> Result<u32, ParquetError> {
        Ok(u32::try_from(self.indexes.len())?)
    }
}

/// The bytes of the column for `rows`, and what the footer has to say of them.
pub(super) fn name_chunk(
    graph: &HeapGraph,
    names: &EdgeNames,
    rows: Range<usize>,
    column: ColumnDescPtr,
) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
    let mut compressor = Compressor::new(ZstdLevel::default().compression_level())?;
    let mut dictionary = Dictionary::new(names);
    let mut pages = Vec::new();
    let mut page = NamePage::default();
    let row_count = rows.len() as u64;
    for node in rows.clone().map(NodeIndex::new) {
        page.add_row(graph, node, &mut dictionary)?;
        if page.levels.definition.len() >= NAMES_PER_PAGE || node.index() + 1 == rows.end {
            pages.push(page.compress(&mut compressor)?);
            page = NamePage::default();
        }
    }
    let texts = Page::DictionaryPage {
        buf: compressor.compress(&dictionary.bytes)?.into(),
        num_values: dictionary.len()?,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    };
    let texts = CompressedPage::new(texts, dictionary.bytes.len());
    let Written {
        bytes,
        data_start,
        value_count,
        unpacked_size,
    } = write_pages(texts, pages)?;
    let metadata = ColumnChunkMetaData::builder(column)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_encodings(vec![
            Encoding::PLAIN,
            Encoding::RLE,
            Encoding::RLE_DICTIONARY,
        ])
        .set_num_values(value_count)
        .set_total_compressed_size(i64::try_from(bytes.len())?)
        .set_total_uncompressed_size(i64::try_from(unpacked_size)?)
        .set_dictionary_page_offset(Some(0))
        .set_data_page_offset(i64::try_from(data_start)?)
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: row_count,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok((bytes.into(), close))
}

/// The pages of the column, one after the other.
struct Written {
    bytes: Vec<u8>,
    /// Where the pages of values begin, behind that of the texts.
    data_start: u64,
    value_count: i64,
    unpacked_size: usize,
}

fn write_pages(texts: CompressedPage, pages: Vec<CompressedPage>) -> Result<Written, ParquetError> {
    let mut output = TrackedWrite::new(Vec::new());
    let mut writer = SerializedPageWriter::new(&mut output);
    let texts = writer.write_page(texts)?;
    let (mut value_count, mut unpacked_size) = (0, texts.uncompressed_size);
    for page in pages {
        let written = writer.write_page(page)?;
        value_count += i64::from(written.num_values);
        unpacked_size += written.uncompressed_size;
    }
    Ok(Written {
        bytes: output.into_inner()?,
        data_start: texts.bytes_written,
        value_count,
        unpacked_size,
    })
}

#[derive(Default)]
struct NamePage {
    levels: Levels<u32>,
    indexes: Vec<u32>,
}

impl NamePage {
    fn add_row(
        &mut self,
        graph: &HeapGraph,
        node: NodeIndex,
        dictionary: &mut Dictionary<'_>,
    ) -> Result<(), ParquetError> {
        let positions = graph.edge_positions(node);
        self.levels.start_row(positions.len());
        if positions.is_empty() {
            self.levels.definition.push(1);
        }
        let mut next_index = 0;
        for position in positions {
            let name = dictionary.names.name(position);
            if name == EdgeName::Index(next_index) {
                self.levels.definition.push(2);
                next_index += 1;
            } else {
                self.levels.definition.push(3);
                self.indexes.push(dictionary.index(name)?);
            }
        }
        Ok(())
    }

    fn compress(&self, compressor: &mut Compressor<'_>) -> Result<CompressedPage, ParquetError> {
        let mut bytes = Vec::new();
        for (levels, width) in [(&self.levels.repetition, 1), (&self.levels.definition, 2)] {
            let start = bytes.len();
            bytes.extend_from_slice(&[0; 4]);
            write_runs(levels, width, &mut bytes);
            let length = u32::try_from(bytes.len() - start - 4)?;
            bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        }
        let highest = self.indexes.iter().max().copied().unwrap_or_default();
        let width = u32::BITS - highest.leading_zeros();
        bytes.push(width.to_le_bytes()[0]);
        write_runs(&self.indexes, width, &mut bytes);
        let page = Page::DataPage {
            buf: compressor.compress(&bytes)?.into(),
            num_values: u32::try_from(self.levels.definition.len())?,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        Ok(CompressedPage::new(page, bytes.len()))
    }
}
