//! What the end of a Parquet file says of the file.

use super::super::error::Problem;
use super::super::schema::{self, Column, PhysicalType};
use super::super::seal;
use super::thrift::{Kind, Thrift};

/// The footer of a file, as far as it is needed.
#[derive(Debug, Default)]
pub(super) struct Footer<'f> {
    leaves: Vec<Leaf<'f>>,
    pub(super) row_groups: Vec<RowGroup>,
    pub(super) key_values: Vec<(&'f str, &'f str)>,
}

/// A column as the file describes it.
#[derive(Debug)]
struct Leaf<'f> {
    path: Vec<&'f str>,
    physical: u64,
    definition: u8,
    repetition: u8,
}

#[derive(Debug, Default)]
pub(super) struct RowGroup {
    pub(super) row_count: u64,
    chunks: Vec<Chunk>,
}

/// Where the values of one column in one row group are.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunk {
    pub(super) codec: u64,
    /// Absent values included.
    pub(super) value_count: u64,
    length: u64,
    data_start: u64,
    dictionary_start: Option<u64>,
}

/// A list or a group in a schema that is being read.
struct OpenGroup<'f> {
    name: &'f str,
    missing: u64,
    definition: u8,
    repetition: u8,
}

/// Values of a schema may not lie deeper than this.
const DEPTH_LIMIT: usize = 16;

/// Rows and references of a whole file, as its footer has them. No row has more pages than that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) rows: usize,
    /// Rows without references count as one.
    pub(super) references: usize,
}

impl Counts {
    /// Bytes that the content takes in memory while it is read, but for texts; as `benches/memory.py`
    /// measures it.
    pub(super) fn loaded_size(&self, has_names: bool) -> usize {
        const PAGES: usize = 20 << 20;
        let (a_row, a_reference) = if has_names { (110, 14) } else { (100, 10) };
        PAGES + a_row * self.rows + a_reference * self.references
    }
}

impl<'f> Footer<'f> {
    /// Reads the footer of a file.
    pub(super) fn read(file: &'f [u8]) -> Result<Self, Problem> {
        let body = file.strip_suffix(&seal::PARQUET_MAGIC);
        let (body, length) = body
            .and_then(<[u8]>::split_last_chunk::<4>)
            .ok_or_else(|| Problem::new("the file does not end as a Parquet file does"))?;
        let length = u32::from_le_bytes(*length) as usize;
        let start = body.len().checked_sub(length).ok_or_else(|| {
            Problem::new(format!(
                "it is said to be {length} bytes long, longer than the file"
            ))
        })?;
        let mut footer = Self::default();
        let mut schema = SchemaReader::default();
        Thrift::new(&body[start..]).read_struct(|thrift, field, kind| match (field, kind) {
            (2, Kind::List) => thrift.read_list(|thrift| schema.read_element(thrift)),
            (4, Kind::List) => thrift.read_list(|thrift| {
                footer.row_groups.push(RowGroup::read(thrift)?);
                Ok(())
            }),
            (5, Kind::List) => thrift.read_list(|thrift| {
                footer.key_values.push(read_key_value(thrift)?);
                Ok(())
            }),
            _ => thrift.skip(kind),
        })?;
        footer.leaves = schema.finish()?;
        Ok(footer)
    }

    /// What all row groups have together, or as much of it as a file of that length can have: what is
    /// wrong with it is told where it is read.
    pub(super) fn counts(&self, file_length: usize) -> Counts {
        let position = self.position(&schema::REFERENTS).ok();
        let (mut rows, mut references) = (0_u64, 0_u64);
        for group in &self.row_groups {
            rows = rows.saturating_add(group.row_count);
            let chunk = position.and_then(|position| group.chunk(position).ok());
            references = references.saturating_add(chunk.map_or(0, |chunk| chunk.value_count));
        }
        let most = schema::most_values(file_length);
        let possible = |count: u64| usize::try_from(count).map_or(most, |count| count.min(most));
        Counts {
            rows: possible(rows),
            references: possible(references),
        }
    }

    /// True if and only if there is a column of that name, whatever is in it.
    pub(super) fn has(&self, column: &Column) -> bool {
        self.find(column).is_some()
    }

    fn find(&self, column: &Column) -> Option<usize> {
        let is_named = |leaf: &Leaf<'_>| leaf.path.iter().copied().eq(column.path.split('.'));
        self.leaves.iter().position(is_named)
    }

    /// The position of a column in each row group, if it is as it should be.
    pub(super) fn position(&self, column: &Column) -> Result<usize, Problem> {
        let position = self.find(column);
        let position = position.ok_or_else(|| Problem::new("is missing"))?;
        let leaf = &self.leaves[position];
        if leaf.physical != column.physical as u64 {
            return Err(Problem::new(format!(
                "has values of type {}, not {:?}",
                type_name(leaf.physical),
                column.physical
            )));
        }
        if (leaf.definition, leaf.repetition) != (column.definition, column.repetition) {
            return Err(Problem::new(
                "is not required, optional or a list as it should be",
            ));
        }
        Ok(position)
    }
}

fn type_name(physical: u64) -> String {
    let known = [
        PhysicalType::Boolean,
        PhysicalType::Int32,
        PhysicalType::Int64,
        PhysicalType::ByteArray,
    ];
    let known = known.into_iter().find(|&known| known as u64 == physical);
    known.map_or_else(
        || format!("number {physical}"),
        |known| format!("{known:?}"),
    )
}

/// Puts the columns together from a schema, which is a tree written parents first.
#[derive(Default)]
struct SchemaReader<'f> {
    /// From the outermost on.
    open: Vec<OpenGroup<'f>>,
    has_root: bool,
    leaves: Vec<Leaf<'f>>,
}

impl<'f> SchemaReader<'f> {
    fn read_element(&mut self, thrift: &mut Thrift<'f>) -> Result<(), Problem> {
        let (mut physical, mut repetition, mut children) = (None, 0, 0);
        let mut name = "";
        thrift.read_struct(|thrift, field, kind| {
            match (field, kind) {
                (1, Kind::Integer) => physical = Some(thrift.count()?),
                (3, Kind::Integer) => repetition = thrift.count()?,
                (4, Kind::Binary) => name = thrift.text()?,
                (5, Kind::Integer) => children = thrift.count()?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        if !self.has_root {
            self.has_root = true;
            self.open(name, children, 0, 0)?;
            self.close_complete();
            return Ok(());
        }
        let Some(parent) = self.open.last_mut() else {
            return Err(Problem::new(
                "the schema has elements that belong to nothing",
            ));
        };
        parent.missing -= 1;
        // Required is 0, optional 1 and repeated 2.
        let definition = parent.definition + u8::from(repetition != 0);
        let repetition = parent.repetition + u8::from(repetition == 2);
        match physical {
            None => self.open(name, children, definition, repetition)?,
            Some(physical) => {
                let outer = self.open.iter().skip(1).map(|group| group.name);
                self.leaves.push(Leaf {
                    path: outer.chain([name]).collect(),
                    physical,
                    definition,
                    repetition,
                });
            }
        }
        self.close_complete();
        Ok(())
    }

    /// Leaves an open group with something missing, if any, as the last.
    fn close_complete(&mut self) {
        while self.open.pop_if(|group| group.missing == 0).is_some() {}
    }

    fn open(
        &mut self,
        name: &'f str,
        missing: u64,
        definition: u8,
        repetition: u8,
    ) -> Result<(), Problem> {
        if self.open.len() == DEPTH_LIMIT {
            return Err(Problem::new("the schema is nested too deeply"));
        }
        self.open.push(OpenGroup {
            name,
            missing,
            definition,
            repetition,
        });
        Ok(())
    }

    fn finish(self) -> Result<Vec<Leaf<'f>>, Problem> {
        match self.open.last() {
            Some(group) if group.missing > 0 => Err(Problem::new(format!(
                "the schema ends where {} elements are missing",
                group.missing
            ))),
            _ => Ok(self.leaves),
        }
    }
}

impl RowGroup {
    fn read(thrift: &mut Thrift<'_>) -> Result<Self, Problem> {
        let mut group = Self::default();
        thrift.read_struct(|thrift, field, kind| {
            match (field, kind) {
                (1, Kind::List) => thrift.read_list(|thrift| {
                    group.chunks.push(Chunk::read(thrift)?);
                    Ok(())
                })?,
                (3, Kind::Integer) => group.row_count = thrift.count()?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(group)
    }

    /// The values of the column at `position`.
    pub(super) fn chunk(&self, position: usize) -> Result<&Chunk, Problem> {
        let chunk = self.chunks.get(position);
        chunk.ok_or_else(|| Problem::new("is missing from a row group"))
    }
}

impl Chunk {
    fn read(thrift: &mut Thrift<'_>) -> Result<Self, Problem> {
        let mut chunk = Self::default();
        thrift.read_struct(|thrift, field, kind| match (field, kind) {
            (3, Kind::Struct) => chunk.read_metadata(thrift),
            _ => thrift.skip(kind),
        })?;
        Ok(chunk)
    }

    fn read_metadata(&mut self, thrift: &mut Thrift<'_>) -> Result<(), Problem> {
        thrift.read_struct(|thrift, field, kind| {
            match (field, kind) {
                (4, Kind::Integer) => self.codec = thrift.count()?,
                (5, Kind::Integer) => self.value_count = thrift.count()?,
                (7, Kind::Integer) => self.length = thrift.count()?,
                (9, Kind::Integer) => self.data_start = thrift.count()?,
                (11, Kind::Integer) => self.dictionary_start = Some(thrift.count()?),
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })
    }

    /// The pages.
    pub(super) fn bytes<'f>(&self, file: &'f [u8]) -> Result<&'f [u8], Problem> {
        let start = self.dictionary_start.unwrap_or(self.data_start);
        let end = start.saturating_add(self.length);
        let position = |offset| usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = file.get(position(start)..position(end));
        bytes
            .ok_or_else(|| Problem::new(format!("lies at bytes {start} to {end}, beyond the file")))
    }
}

fn read_key_value<'f>(thrift: &mut Thrift<'f>) -> Result<(&'f str, &'f str), Problem> {
    let (mut key, mut value) = ("", "");
    thrift.read_struct(|thrift, field, kind| {
        match (field, kind) {
            (1, Kind::Binary) => key = thrift.text()?,
            (2, Kind::Binary) => value = thrift.text()?,
            _ => thrift.skip(kind)?,
        }
        Ok(())
    })?;
    Ok((key, value))
}
