//! A snapshot into a file.

mod columns;
mod differences;
mod memory;
mod names;
mod pages;
mod referents;
mod runs;
mod sealed_write;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::ColumnPath;

use super::error::SnapshotError;
use super::{HeapSnapshot, key_values, schema, seal};
use crate::graph::HeapGraph;
use crate::process;
use crate::whole_file::{Access, WholeFile};
use columns::{Columns, GroupWriter};
use sealed_write::SealedWrite;

/// The most rows of a row group, which is what an engine gives to one of its threads.
const ROWS_PER_GROUP: usize = 1 << 19;
/// The most references of a row group of more than one row.
const REFERENCES_PER_GROUP: usize = 1 << 22;

/// A larger dictionary of one row group is given up, and the texts follow as they are.
const LARGEST_DICTIONARY: usize = 1 << 28;

/// Saves a snapshot in a file at `path`, in the format of `docs/snapshot-format.md`.
///
/// The file is there whole or not at all: it is written under another name in the same folder,
/// flushed to the disk and then renamed. What was at `path` before is replaced only by that. It has the names
/// and keys of a program in it, so that nobody but the user may read it (mode 0600). A symbolic link is
/// followed, unless others can write to the folder that it is in.
///
/// # Errors
///
/// [`SnapshotError::Write`] with what the operating system said, or if `path` is such a link, a device or a
/// pipe; [`SnapshotError::DoesNotFit`] if the names of one object's references take more than 2 GiB;
/// [`SnapshotError::TooLargeToSave`] if there is no memory for the pages of the file.
pub fn save(snapshot: &HeapSnapshot, path: &Path) -> Result<(), SnapshotError> {
    save_in_groups(snapshot, path, ROWS_PER_GROUP)
}

/// As [`save`], with that many rows in a row group, so that a small file can have several.
///
/// # Errors
///
/// As [`save`].
///
/// # Panics
///
/// If a row group is to have no rows.
#[doc(hidden)]
pub fn save_in_groups(
    snapshot: &HeapSnapshot,
    path: &Path,
    rows_per_group: usize,
) -> Result<(), SnapshotError> {
    assert!(rows_per_group > 0, "a row group has rows");
    let groups = row_groups(snapshot.graph(), rows_per_group);
    process::ensure(memory::needed(snapshot, &groups)).map_err(|source| {
        let path = path.to_owned();
        SnapshotError::TooLargeToSave { path, source }
    })?;
    write_whole(snapshot, path, groups).map_err(|error| {
        let path = path.to_owned();
        let as_io = |error: Box<dyn std::error::Error + Send + Sync>| error.downcast::<io::Error>();
        match error {
            ParquetError::External(error) => match as_io(error) {
                Ok(source) => SnapshotError::Write {
                    path,
                    source: *source,
                },
                Err(error) => SnapshotError::DoesNotFit {
                    path,
                    reason: error.to_string(),
                },
            },
            error => SnapshotError::DoesNotFit {
                path,
                reason: error.to_string(),
            },
        }
    })
}

fn write_whole(
    snapshot: &HeapSnapshot,
    path: &Path,
    groups: Vec<Range<usize>>,
) -> Result<(), ParquetError> {
    let mut whole = WholeFile::create(path, Access::OwnerOnly)?;
    write_parquet(snapshot, whole.file(), groups)?;
    Ok(whole.commit()?)
}

fn write_parquet(
    snapshot: &HeapSnapshot,
    file: &mut File,
    groups: Vec<Range<usize>>,
) -> Result<(), ParquetError> {
    let output = SealedWrite::new(file);
    let schema = Arc::new(parse_message_type(schema::MESSAGE_TYPE)?);
    let mut writer = SerializedFileWriter::new(output, schema, Arc::new(properties()))?;
    writer.write_all(&[0; seal::LENGTH])?;
    for (key, value) in key_values::write(snapshot) {
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }
    let columns = Columns::new(snapshot);
    let schema = writer.schema_descr();
    let last = schema.num_columns() - 1;
    let lists = [schema.column(last - 1), schema.column(last)];
    let mut loaded_size = 0;
    for rows in groups {
        let mut group = GroupWriter {
            lists: lists.clone(),
            inner: writer.next_row_group()?,
        };
        columns.write_group(&mut group, rows)?;
        for chunk in group.inner.close()?.columns() {
            let values = chunk.num_values().unsigned_abs();
            loaded_size += schema::loaded_size(chunk.uncompressed_size().unsigned_abs(), values);
        }
    }
    pad(&mut writer, loaded_size)?;
    writer.finish()?;
    Ok(writer.inner_mut().finish()?)
}

/// Makes the file long enough to be believed by the reader, which only a heap needs that says the
/// same again and again.
fn pad(writer: &mut SerializedFileWriter<SealedWrite<'_>>, loaded_size: u64) -> io::Result<()> {
    let least_length = loaded_size.div_ceil(schema::LOADED_SIZE_PER_BYTE);
    while (writer.bytes_written() as u64) < least_length {
        writer.write_all(&[0; 1 << 12])?;
    }
    Ok(())
}

fn properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(format!("heapgraph {}", env!("CARGO_PKG_VERSION")))
        .set_dictionary_page_size_limit(LARGEST_DICTIONARY)
        .set_data_page_row_count_limit(ROWS_PER_GROUP)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true);
    for column in [schema::NODE, schema::ADDRESS, schema::SHALLOW_SIZE] {
        properties = properties
            .set_column_statistics_enabled(ColumnPath::from(column.path), EnabledStatistics::Chunk);
    }
    for column in [schema::NODE, schema::ADDRESS] {
        let path = ColumnPath::from(column.path);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

/// The rows of each row group.
fn row_groups(graph: &HeapGraph, rows_per_group: usize) -> Vec<Range<usize>> {
    let mut groups = Vec::new();
    let mut start = 0;
    let mut reference_count = 0;
    for node in graph.nodes() {
        let row = node.index();
        let more = graph.referents(node).len();
        let is_full =
            row - start == rows_per_group || reference_count + more > REFERENCES_PER_GROUP;
        if is_full && row > start {
            groups.push(start..row);
            start = row;
            reference_count = 0;
        }
        reference_count += more;
    }
    if start < graph.node_count() {
        groups.push(start..graph.node_count());
    }
    groups
}
