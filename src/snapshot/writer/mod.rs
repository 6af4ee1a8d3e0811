//! A snapshot into a file.

mod names;
mod runs;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::iter;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};

use super::error::SnapshotError;
use super::schema::{self, Column};
use super::seal::{self, Checksum};
use super::{HeapSnapshot, NodeTexts, key_values};
use crate::graph::{HeapGraph, HeapType, NodeFlags, NodeIndex, Root, TextIndex};
use crate::whole_file::WholeFile;
use names::name_chunk;

/// The most rows of a row group, which is what an engine gives to one of its threads.
const ROWS_PER_GROUP: usize = 1 << 19;
/// The most references of a row group of more than one row.
const REFERENCES_PER_GROUP: usize = 1 << 22;

/// A larger dictionary of one row group is given up, and the texts follow as they are.
const LARGEST_DICTIONARY: usize = 1 << 28;

/// Saves a snapshot in a file at `path`, in the format of `docs/snapshot-format.md`.
///
/// The file is there whole or not at all: it is written under another name in the same folder,
/// flushed to the disk and then renamed. What was at `path` before is replaced only by that.
///
/// # Errors
///
/// [`SnapshotError::Write`] with what the operating system said, [`SnapshotError::DoesNotFit`] if
/// the names of one object's references take more than 2 GiB.
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
    write_whole(snapshot, path, rows_per_group).map_err(|error| {
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
    rows_per_group: usize,
) -> Result<(), ParquetError> {
    let mut whole = WholeFile::create(path)?;
    write_parquet(snapshot, whole.file(), rows_per_group)?;
    Ok(whole.commit()?)
}

/// Takes the checksum of what is written, and at the end puts it where room was left for it.
struct SealedWrite<'f> {
    file: &'f mut File,
    length: usize,
    checksum: Checksum,
}

impl<'f> SealedWrite<'f> {
    fn new(file: &'f mut File) -> Self {
        Self {
            file,
            length: 0,
            checksum: Checksum::new(),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let seal = self.checksum.seal(self.length as u64);
        self.file
            .seek(SeekFrom::Start(seal::PARQUET_MAGIC.len() as u64))?;
        self.file.write_all(&seal)
    }
}

impl Write for SealedWrite<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let before_content = seal::END.saturating_sub(self.length);
        if let Some(content) = bytes[..written].get(before_content..) {
            self.checksum.update(content);
        }
        self.length += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn write_parquet(
    snapshot: &HeapSnapshot,
    file: &mut File,
    rows_per_group: usize,
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
    let names_column = schema.column(schema.num_columns() - 1);
    let mut loaded_size = 0;
    for rows in row_groups(snapshot.graph(), rows_per_group) {
        let mut group = GroupWriter {
            names_column: names_column.clone(),
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
    for column in [schema::NODE, schema::ADDRESS, schema::REFERENTS] {
        let path = ColumnPath::new(column.path.split('.').map(str::to_owned).collect());
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

/// One row group, whose columns are written in the order of the schema.
struct GroupWriter<'a, 'f> {
    inner: SerializedRowGroupWriter<'a, SealedWrite<'f>>,
    /// What the crate knows of the last column.
    names_column: ColumnDescPtr,
}

/// Which values of a column there are, and which of them start a row.
#[derive(Default)]
struct Levels<L = i16> {
    definition: Vec<L>,
    repetition: Vec<L>,
}

impl GroupWriter<'_, '_> {
    fn write<T: DataType>(
        &mut self,
        column: Column,
        values: &[T::T],
        levels: &Levels,
    ) -> Result<(), ParquetError> {
        let Some(mut writer) = self.inner.next_column()? else {
            return Err(ParquetError::General(format!("no column {}", column.path)));
        };
        let definition = (column.definition > 0).then_some(&levels.definition[..]);
        let repetition = (column.repetition > 0).then_some(&levels.repetition[..]);
        writer
            .typed::<T>()
            .write_batch(values, definition, repetition)?;
        writer.close()
    }

    fn write_required<T: DataType>(
        &mut self,
        column: Column,
        values: impl Iterator<Item = T::T>,
    ) -> Result<(), ParquetError> {
        self.write::<T>(column, &values.collect::<Vec<_>>(), &Levels::default())
    }

    fn write_optional<T: DataType>(
        &mut self,
        column: Column,
        rows: impl Iterator<Item = Option<T::T>>,
    ) -> Result<(), ParquetError> {
        let mut levels = Levels::default();
        let mut values = Vec::new();
        for value in rows {
            levels.definition.push(value.is_some().into());
            values.extend(value);
        }
        self.write::<T>(column, &values, &levels)
    }
}

/// A snapshot with each text in the form that the columns take.
struct Columns<'s> {
    snapshot: &'s HeapSnapshot,
    types: Vec<ByteArray>,
    names: Vec<ByteArray>,
    values: Vec<ByteArray>,
}

impl<'s> Columns<'s> {
    fn new(snapshot: &'s HeapSnapshot) -> Self {
        let full_name = |ty: &HeapType| ByteArray::from(ty.full_name().as_ref());
        let texts = |texts: &NodeTexts| texts.texts().iter().map(ByteArray::from).collect();
        Self {
            snapshot,
            types: snapshot
                .graph()
                .types()
                .iter()
                .map(|(_, ty)| full_name(ty))
                .collect(),
            names: texts(snapshot.node_names()),
            values: texts(snapshot.values()),
        }
    }

    fn write_group(
        &self,
        group: &mut GroupWriter<'_, '_>,
        rows: Range<usize>,
    ) -> Result<(), ParquetError> {
        let graph = self.snapshot.graph();
        let nodes = || rows.clone().map(NodeIndex::new);
        group.write_required::<Int32Type>(
            schema::NODE,
            nodes().map(|node| node.to_u32().cast_signed()),
        )?;
        group.write_required::<Int64Type>(
            schema::ADDRESS,
            nodes().map(|node| graph.address(node).cast_signed()),
        )?;
        let type_number = |node| graph.type_index(node).index();
        group.write_required::<ByteArrayType>(
            schema::TYPE,
            nodes().map(|node| self.types[type_number(node)].clone()),
        )?;
        group.write_required::<Int32Type>(
            schema::TYPE_ID,
            nodes().map(|node| graph.type_index(node).to_u32().cast_signed()),
        )?;
        group.write_required::<Int64Type>(
            schema::SHALLOW_SIZE,
            nodes().map(|node| graph.shallow_size(node).cast_signed()),
        )?;
        let is_immortal = |node| graph.flags(node).contains(NodeFlags::IMMORTAL);
        let count = |node| graph.reference_count(node).cast_signed();
        group.write_optional::<Int32Type>(
            schema::REFERENCE_COUNT,
            nodes().map(|node| (!is_immortal(node)).then(|| count(node))),
        )?;
        for (column, flag) in schema::FLAGS {
            group.write_required::<BoolType>(
                column,
                nodes().map(|node| graph.flags(node).contains(flag)),
            )?;
        }
        self.write_roots(group, &rows)?;
        self.write_texts(group, &rows)?;
        self.write_references(group, &rows)
    }

    fn write_roots(
        &self,
        group: &mut GroupWriter<'_, '_>,
        rows: &Range<usize>,
    ) -> Result<(), ParquetError> {
        let roots = self.snapshot.roots();
        let entry = |root: &Root| (root.node, root.clone());
        let roots: Vec<_> = within(roots, rows, |root| root.node)
            .iter()
            .map(entry)
            .collect();
        let by_row = || by_row(rows, &roots);
        group.write_optional::<ByteArrayType>(
            schema::ROOT_KIND,
            by_row().map(|root| root.map(|root| root.kind.word().into())),
        )?;
        group.write_optional::<ByteArrayType>(
            schema::ROOT_NAME,
            by_row().map(|root| root.map(|root| root.name.as_str().into())),
        )
    }

    fn write_texts(
        &self,
        group: &mut GroupWriter<'_, '_>,
        rows: &Range<usize>,
    ) -> Result<(), ParquetError> {
        let names = (schema::NAME, self.snapshot.node_names(), &self.names);
        let values = (schema::VALUE, self.snapshot.values(), &self.values);
        for (column, texts, arrays) in [names, values] {
            let entries = within(texts.entries(), rows, |entry| entry.0);
            let array = |text: Option<&TextIndex>| text.map(|text| arrays[text.index()].clone());
            group.write_optional::<ByteArrayType>(column, by_row(rows, entries).map(array))?;
        }
        Ok(())
    }

    fn write_references(
        &self,
        group: &mut GroupWriter<'_, '_>,
        rows: &Range<usize>,
    ) -> Result<(), ParquetError> {
        let graph = self.snapshot.graph();
        let mut levels = Levels::default();
        let mut targets = Vec::new();
        for node in rows.clone().map(NodeIndex::new) {
            let referents = graph.referents(node);
            levels.start_row(referents.len());
            levels.definition.extend(iter::repeat_n(1, referents.len()));
            if referents.is_empty() {
                levels.definition.push(0);
            }
            targets.extend(referents.iter().map(|target| target.to_u32().cast_signed()));
        }
        group.write::<Int32Type>(schema::REFERENTS, &targets, &levels)?;

        let Some(names) = self.snapshot.edge_names() else {
            let absent = Levels {
                definition: vec![0; rows.len()],
                repetition: vec![0; rows.len()],
            };
            return group.write::<ByteArrayType>(schema::REFERENCE_NAMES, &[], &absent);
        };
        let (bytes, close) = name_chunk(graph, names, rows.clone(), group.names_column.clone())?;
        group.inner.append_column(&bytes, close)
    }
}

impl<L: Copy + From<bool>> Levels<L> {
    /// Adds the repetition levels of a row with that many values.
    fn start_row(&mut self, value_count: usize) {
        self.repetition.push(false.into());
        let others = value_count.saturating_sub(1);
        self.repetition
            .extend(iter::repeat_n(L::from(true), others));
    }
}

/// Those of some entries, which are in the order of their nodes, that belong to `rows`.
fn within<'e, E>(entries: &'e [E], rows: &Range<usize>, node: impl Fn(&E) -> NodeIndex) -> &'e [E] {
    let position = |row| entries.partition_point(|entry| node(entry).index() < row);
    &entries[position(rows.start)..position(rows.end)]
}

/// The entry of each row, if it has one.
fn by_row<'e, E>(
    rows: &Range<usize>,
    entries: &'e [(NodeIndex, E)],
) -> impl Iterator<Item = Option<&'e E>> {
    let mut entries = entries.iter().peekable();
    let entry = move |row| {
        let found = entries.next_if(|(node, _)| node.index() == row);
        found.map(|(_, entry)| entry)
    };
    rows.clone().map(entry)
}
