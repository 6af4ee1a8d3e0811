//! A column of lists in one row group, page by page.
//!
//! The crate `parquet` takes all that belongs to one row at once, and keeps it: a list of 30 million
//! references took 3.5 GB. So the pages of the two columns with references are made here, and the crate
//! puts them into the file.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use super::super::schema::Column;
use super::runs::write_runs;

/// A page ends with the first row at which it has as many values,
const VALUES_PER_PAGE: usize = 1 << 17;
/// and within a row where it has as many.
const MOST_VALUES_IN_PAGE: usize = 1 << 18;

/// Which of the values that follow each other are there, and which of them start a row.
#[derive(Default)]
pub(super) struct ListLevels {
    definition: Vec<u32>,
    repetition: Vec<u32>,
}

impl ListLevels {
    /// Adds a value, or what stands for an empty list.
    pub(super) fn push(&mut self, starts_row: bool, definition: u32) {
        self.repetition.push(u32::from(!starts_row));
        self.definition.push(definition);
    }

    /// True if a page with these is complete at the end of a row.
    pub(super) fn fill_page(&self) -> bool {
        self.definition.len() >= VALUES_PER_PAGE
    }

    /// True if a page with these is complete, wherever it ends.
    pub(super) fn overfill_page(&self) -> bool {
        self.definition.len() >= MOST_VALUES_IN_PAGE
    }

    fn write(&self, column: Column, out: &mut Vec<u8>) -> Result<(), ParquetError> {
        let repetition = (&self.repetition, column.repetition);
        for (levels, highest) in [repetition, (&self.definition, column.definition)] {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            write_runs(levels, u8::BITS - highest.leading_zeros(), out);
            let length = u32::try_from(out.len() - start - 4)?;
            out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        }
        Ok(())
    }
}

/// The pages of a column in one row group, packed.
pub(super) struct ListColumn {
    column: Column,
    compressor: Compressor<'static>,
    texts: Option<CompressedPage>,
    pages: Vec<CompressedPage>,
    encodings: Vec<Encoding>,
}

impl ListColumn {
    pub(super) fn new(column: Column) -> Result<Self, ParquetError> {
        Ok(Self {
            column,
            compressor: Compressor::new(ZstdLevel::default().compression_level())?,
            texts: None,
            pages: Vec::new(),
            encodings: vec![Encoding::RLE],
        })
    }

    /// Adds a page of values, if there are any; those that are there are written by `write_values`.
    pub(super) fn add_page(
        &mut self,
        levels: &ListLevels,
        encoding: Encoding,
        write_values: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), ParquetError> {
        if levels.definition.is_empty() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        levels.write(self.column, &mut bytes)?;
        write_values(&mut bytes);
        let page = Page::DataPage {
            buf: self.compressor.compress(&bytes)?.into(),
            num_values: u32::try_from(levels.definition.len())?,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.pages.push(CompressedPage::new(page, bytes.len()));
        self.note(encoding);
        Ok(())
    }

    /// Sets the texts that values are numbers of, each with its length before it.
    pub(super) fn set_texts(&mut self, bytes: &[u8], count: usize) -> Result<(), ParquetError> {
        let texts = Page::DictionaryPage {
            buf: self.compressor.compress(bytes)?.into(),
            num_values: u32::try_from(count)?,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        self.texts = Some(CompressedPage::new(texts, bytes.len()));
        self.note(Encoding::PLAIN);
        Ok(())
    }

    fn note(&mut self, encoding: Encoding) {
        if !self.encodings.contains(&encoding) {
            self.encodings.push(encoding);
        }
    }

    /// The bytes of the column, and what the footer has to say of them.
    pub(super) fn finish(
        self,
        row_count: usize,
        described: ColumnDescPtr,
    ) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        let mut output = TrackedWrite::new(Vec::new());
        let mut writer = SerializedPageWriter::new(&mut output);
        let (mut value_count, mut unpacked_size, mut data_start) = (0, 0, 0);
        let has_texts = self.texts.is_some();
        if let Some(texts) = self.texts {
            let written = writer.write_page(texts)?;
            unpacked_size += written.uncompressed_size;
            data_start = written.bytes_written;
        }
        for page in self.pages {
            let written = writer.write_page(page)?;
            value_count += i64::from(written.num_values);
            unpacked_size += written.uncompressed_size;
        }
        let bytes = output.into_inner()?;
        let metadata = ColumnChunkMetaData::builder(described)
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_encodings(self.encodings)
            .set_num_values(value_count)
            .set_total_compressed_size(i64::try_from(bytes.len())?)
            .set_total_uncompressed_size(i64::try_from(unpacked_size)?)
            .set_dictionary_page_offset(has_texts.then_some(0))
            .set_data_page_offset(i64::try_from(data_start)?)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: row_count as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes.into(), close))
    }
}
