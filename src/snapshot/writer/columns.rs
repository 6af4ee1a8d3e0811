//! The columns of a row group.

use std::ops::Range;

use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

use super::super::schema::{self, Column};
use super::super::{HeapSnapshot, NodeTexts};
use super::names::name_chunk;
use super::referents::referent_chunk;
use super::sealed_write::SealedWrite;
use crate::graph::{HeapType, NodeFlags, NodeIndex, Root, TextIndex};

/// One row group, whose columns are written in the order of the schema.
pub(super) struct GroupWriter<'a, 'f> {
    pub(super) inner: SerializedRowGroupWriter<'a, SealedWrite<'f>>,
    /// What the crate knows of the last two columns, of references and of their names.
    pub(super) lists: [ColumnDescPtr; 2],
}

/// Which values of a column there are, and which of them start a row.
#[derive(Default)]
struct Levels {
    definition: Vec<i16>,
    repetition: Vec<i16>,
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
pub(super) struct Columns<'s> {
    snapshot: &'s HeapSnapshot,
    types: Vec<ByteArray>,
    names: Vec<ByteArray>,
    values: Vec<ByteArray>,
}

impl<'s> Columns<'s> {
    pub(super) fn new(snapshot: &'s HeapSnapshot) -> Self {
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

    pub(super) fn write_group(
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
        let untraversed = within(graph.untraversed(), &rows, |entry| entry.0);
        group.write_optional::<Int32Type>(
            schema::UNTRAVERSED_COUNT,
            by_row(&rows, untraversed).map(|count| count.map(|count| count.cast_signed())),
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
        let [described, described_names] = group.lists.clone();
        let (bytes, close) = referent_chunk(graph, rows.clone(), described)?;
        group.inner.append_column(&bytes, close)?;
        let Some(names) = self.snapshot.edge_names() else {
            let absent = Levels {
                definition: vec![0; rows.len()],
                repetition: vec![0; rows.len()],
            };
            return group.write::<ByteArrayType>(schema::REFERENCE_NAMES, &[], &absent);
        };
        let (bytes, close) = name_chunk(graph, names, rows.clone(), described_names)?;
        group.inner.append_column(&bytes, close)
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
