//! The columns of a file, put together from its row groups.

use std::cell::RefCell;
use std::ops::Range;

use super::super::error::Problem;
use super::super::schema::{self, Column};
use super::super::{NodeTexts, reference_text};
use super::encodings::{Boolean, Int32, Int64, Physical, Text};
use super::footer::{Counts, Footer, RowGroup};
use super::pages::{Page, Unpacker};
use crate::graph::{
    EdgeName, EdgeNames, GraphColumns, HeapGraph, NodeFlags, NodeIndex, Root, RootKind, TextTable,
    TypeIndex,
};
use crate::process::reserve;

/// How much of the name of a reference there is where it is of an object without references.
const EMPTY_LIST: u8 = 1;

/// What the columns of a file say but for the names of references, all row groups one after the
/// other.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) graph: GraphColumns,
    pub(super) node_names: NodeTexts,
    pub(super) values: NodeTexts,
    pub(super) roots: Vec<Root>,
}

/// A file while its columns are read.
pub(super) struct ColumnReader<'f> {
    file: &'f [u8],
    footer: &'f Footer<'f>,
    unpacker: Unpacker,
}

impl<'f> ColumnReader<'f> {
    pub(super) fn new(file: &'f [u8], footer: &'f Footer<'f>) -> Result<Self, Problem> {
        Ok(Self {
            file,
            footer,
            unpacker: Unpacker::new(file.len())?,
        })
    }

    /// Reads all columns but the names of references.
    pub(super) fn read_all(mut self, counts: &Counts) -> Result<Columns, Problem> {
        let mut columns = Columns::default();
        let graph = &mut columns.graph;
        reserve(&mut graph.addresses, counts.rows)?;
        reserve(&mut graph.type_indexes, counts.rows)?;
        reserve(&mut graph.shallow_sizes, counts.rows)?;
        reserve(&mut graph.reference_counts, counts.rows)?;
        reserve(&mut graph.flags, counts.rows)?;
        // One more is what the graph adds.
        reserve(&mut graph.offsets, counts.rows + 1)?;
        reserve(&mut graph.targets, counts.references)?;
        for (group, rows) in row_groups(self.footer) {
            self.read_numbers(group, &rows, &mut columns.graph)?;
            self.read_flags(group, &rows, &mut columns.graph.flags)?;
            self.read_roots(group, &rows, &mut columns.roots)?;
            self.read_texts(&schema::NAME, group, &rows, &mut columns.node_names)?;
            self.read_texts(&schema::VALUE, group, &rows, &mut columns.values)?;
            let graph = &mut columns.graph;
            self.read_referents(group, &rows, &mut graph.offsets, &mut graph.targets)?;
        }
        columns.node_names.check()?;
        columns.values.check()?;
        Ok(columns)
    }

    /// Reads the names of references.
    pub(super) fn read_names(mut self, counts: &Counts) -> Result<ReferenceNames, Problem> {
        let column = &schema::REFERENCE_NAMES;
        let mut read = ReferenceNames::default();
        read.names.reserve(counts.references)?;
        reserve(&mut read.starts, counts.rows)?;
        for (group, rows) in row_groups(self.footer) {
            let lists = RefCell::new(&mut read);
            let convert = |text: &str| {
                let intern = |part: &str| lists.borrow_mut().names.text(part);
                let name = reference_text::from_text(text, intern);
                name.ok_or_else(|| Problem::new(format!("{text:?} is not the name of a reference")))
            };
            let take = |page: Page<'_, EdgeName>| lists.borrow_mut().take(&page);
            self.read_chunk::<Text, EdgeName>(column, group, convert, take)?;
            check_row_count(column, read.starts.len(), &rows)?;
        }
        read.names.check()?;
        Ok(read)
    }

    /// Makes sure that no reference has a name.
    pub(super) fn read_no_names(mut self) -> Result<(), Problem> {
        let column = &schema::REFERENCE_NAMES;
        for (group, rows) in row_groups(self.footer) {
            let mut row = rows.start;
            let take = |page: Page<'_, ()>| {
                row += page.definition.len();
                match page.definition.iter().chain(page.repetition).max() {
                    Some(0) | None => Ok(()),
                    _ => Err(Problem::new("there are names that were not recorded")),
                }
            };
            self.read_chunk::<Text, ()>(column, group, |_| Ok(()), take)?;
            check_row_count(column, row, &rows)?;
        }
        Ok(())
    }

    fn read_numbers(
        &mut self,
        group: &RowGroup,
        rows: &Range<usize>,
        graph: &mut GraphColumns,
    ) -> Result<(), Problem> {
        self.read_each::<Int32, u32>(&schema::NODE, group, rows, Ok, |row, node| match node {
            Some(node) if node as usize == row => Ok(()),
            _ => Err(Problem::new("is not the number of the row").at_row(row)),
        })?;
        let addresses = &mut graph.addresses;
        self.read_required::<Int64, u64>(&schema::ADDRESS, group, rows, Ok, addresses)?;
        let zero = addresses[rows.start..]
            .iter()
            .position(|&address| address == 0);
        if let Some(position) = zero {
            let problem = Problem::new("no object is at address 0").at_row(rows.start + position);
            return Err(problem.in_column(schema::ADDRESS.name));
        }
        let type_index = |number| Ok(TypeIndex::from_u32(number));
        let types = &mut graph.type_indexes;
        self.read_required::<Int32, _>(&schema::TYPE_ID, group, rows, type_index, types)?;
        let sizes = &mut graph.shallow_sizes;
        self.read_required::<Int64, u64>(&schema::SHALLOW_SIZE, group, rows, Ok, sizes)?;
        graph.flags.resize(rows.end, NodeFlags::default());
        let (counts, flags) = (&mut graph.reference_counts, &mut graph.flags);
        let column = &schema::REFERENCE_COUNT;
        self.read_each::<Int32, u32>(column, group, rows, Ok, |row, count| {
            counts.push(count.unwrap_or_default());
            if count.is_none() {
                flags[row].insert(NodeFlags::IMMORTAL);
            }
            Ok(())
        })?;
        if !self.footer.has(&schema::UNTRAVERSED_COUNT) {
            return Ok(());
        }
        let untraversed = &mut graph.untraversed;
        let column = &schema::UNTRAVERSED_COUNT;
        self.read_each::<Int32, u32>(column, group, rows, Ok, |row, count| {
            untraversed.extend(count.map(|count| (NodeIndex::new(row), count)));
            Ok(())
        })
    }

    fn read_flags(
        &mut self,
        group: &RowGroup,
        rows: &Range<usize>,
        flags: &mut [NodeFlags],
    ) -> Result<(), Problem> {
        for (column, flag) in &schema::FLAGS {
            self.read_each::<Boolean, bool>(column, group, rows, Ok, |row, is_set| {
                if is_set == Some(true) {
                    flags[row].insert(*flag);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn read_roots(
        &mut self,
        group: &RowGroup,
        rows: &Range<usize>,
        roots: &mut Vec<Root>,
    ) -> Result<(), Problem> {
        let kind = |word: &str| {
            let kind = RootKind::from_word(word);
            kind.ok_or_else(|| Problem::new(format!("{word:?} is no kind of root")))
        };
        let first = roots.len();
        self.read_each::<Text, _>(&schema::ROOT_KIND, group, rows, kind, |row, kind| {
            let root = |kind| Root {
                node: NodeIndex::new(row),
                kind,
                name: String::new(),
            };
            roots.extend(kind.map(root));
            Ok(())
        })?;
        let mut names = TextTable::default();
        let mut entries = Vec::new();
        let intern = |text: &str| Ok(names.insert(text));
        self.read_each::<Text, _>(&schema::ROOT_NAME, group, rows, intern, |row, name| {
            entries.extend(name.map(|name| (row, name)));
            Ok(())
        })?;
        let rows_named = entries.iter().map(|entry| entry.0);
        let new = &mut roots[first..];
        if !new.iter().map(|root| root.node.index()).eq(rows_named) {
            let problem = Problem::new("roots and names of roots are not in the same rows");
            return Err(problem.in_column(schema::ROOT_NAME.name));
        }
        for (root, (_, name)) in new.iter_mut().zip(entries) {
            names.text(name).clone_into(&mut root.name);
        }
        Ok(())
    }

    fn read_texts(
        &mut self,
        column: &Column,
        group: &RowGroup,
        rows: &Range<usize>,
        texts: &mut NodeTexts,
    ) -> Result<(), Problem> {
        let texts = RefCell::new(texts);
        let intern = |text: &str| Ok(texts.borrow_mut().texts_mut().insert(text));
        self.read_each::<Text, _>(column, group, rows, intern, |row, text| {
            if let Some(text) = text {
                texts.borrow_mut().push_index(NodeIndex::new(row), text);
            }
            Ok(())
        })
    }

    fn read_referents(
        &mut self,
        group: &RowGroup,
        rows: &Range<usize>,
        offsets: &mut Vec<u32>,
        targets: &mut Vec<NodeIndex>,
    ) -> Result<(), Problem> {
        let convert = |number| Ok(NodeIndex::from_u32(number));
        self.read_chunk::<Int32, _>(&schema::REFERENTS, group, convert, |page| {
            let mut position = targets.len();
            for (&definition, &repetition) in page.definition.iter().zip(page.repetition) {
                if repetition == 0 {
                    offsets.push(u32::try_from(position).map_err(|_| {
                        Problem::new("there are more references than a graph can number")
                    })?);
                } else if definition == 0 || offsets.len() <= rows.start {
                    return Err(Problem::new("a list begins in its middle").at_row(offsets.len()));
                }
                position += usize::from(definition);
            }
            targets.extend_from_slice(page.values);
            Ok(())
        })?;
        check_row_count(&schema::REFERENTS, offsets.len(), rows)
    }

    /// Reads a column that has a value in each row.
    fn read_required<P: Physical, R: Copy>(
        &mut self,
        column: &Column,
        group: &RowGroup,
        rows: &Range<usize>,
        convert: impl FnMut(P::Value<'_>) -> Result<R, Problem>,
        values: &mut Vec<R>,
    ) -> Result<(), Problem> {
        self.read_chunk::<P, R>(column, group, convert, |page| {
            values.extend_from_slice(page.values);
            Ok(())
        })?;
        check_row_count(column, values.len(), rows)
    }

    /// Reads a column that has at most one value in a row.
    fn read_each<P: Physical, R: Copy>(
        &mut self,
        column: &Column,
        group: &RowGroup,
        rows: &Range<usize>,
        convert: impl FnMut(P::Value<'_>) -> Result<R, Problem>,
        mut each: impl FnMut(usize, Option<R>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut row = rows.start;
        self.read_chunk::<P, R>(column, group, convert, |page| {
            let mut values = page.values.iter().copied();
            let value_count = match column.definition {
                0 => page.values.len(),
                _ => page.definition.len(),
            };
            if value_count > rows.end - row {
                return Err(Problem::new(format!(
                    "has more values than {} rows",
                    rows.len()
                )));
            }
            for position in 0..value_count {
                let is_there = page.definition.get(position).is_none_or(|&level| level > 0);
                let value = if is_there { values.next() } else { None };
                each(row, value)?;
                row += 1;
            }
            Ok(())
        })?;
        check_row_count(column, row, rows)
    }

    fn read_chunk<P: Physical, R: Copy>(
        &mut self,
        column: &Column,
        group: &RowGroup,
        convert: impl FnMut(P::Value<'_>) -> Result<R, Problem>,
        take: impl FnMut(Page<'_, R>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let read = || {
            let chunk = group.chunk(self.footer.position(column)?)?;
            self.unpacker
                .read::<P, R>(column, self.file, chunk, convert, take)
        };
        read().map_err(|problem| problem.in_column(column.name))
    }
}

/// Each row group with its rows.
fn row_groups<'f>(footer: &'f Footer<'_>) -> impl Iterator<Item = (&'f RowGroup, Range<usize>)> {
    footer.row_groups.iter().scan(0_usize, |start, group| {
        let row_count = usize::try_from(group.row_count).unwrap_or(usize::MAX);
        let rows = *start..start.saturating_add(row_count);
        *start = rows.end;
        Some((group, rows))
    })
}

/// The names of all references.
#[derive(Debug, Default)]
pub(super) struct ReferenceNames {
    pub(super) names: EdgeNames,
    /// Where the names of each row start.
    starts: Vec<usize>,
    /// What the next reference without a text is called.
    next_index: usize,
}

impl ReferenceNames {
    fn take(&mut self, page: &Page<'_, EdgeName>) -> Result<(), Problem> {
        let mut values = page.values.iter();
        for (&definition, &repetition) in page.definition.iter().zip(page.repetition) {
            if repetition == 0 {
                self.starts.push(self.names.len());
                self.next_index = 0;
                if definition == EMPTY_LIST {
                    continue;
                }
            }
            if definition <= EMPTY_LIST || self.starts.is_empty() {
                return Err(not_one_for_each(self.starts.len()));
            }
            let name = if definition == schema::REFERENCE_NAMES.definition {
                values.next().copied()
            } else {
                None
            };
            self.names.push(name.unwrap_or_else(|| {
                self.next_index += 1;
                EdgeName::Index(self.next_index - 1)
            }));
        }
        Ok(())
    }

    /// Compares the lists with those of the references.
    pub(super) fn check(&self, graph: &HeapGraph) -> Result<(), Problem> {
        let start = |node| graph.edge_positions(node).start;
        let differs = |node: &NodeIndex| self.starts[node.index()] != start(*node);
        let end = if self.names.len() == graph.edge_count() {
            None
        } else {
            Some(graph.node_count())
        };
        match graph.nodes().find(differs).map(NodeIndex::index).or(end) {
            None => Ok(()),
            Some(end) => Err(not_one_for_each(end).in_column(schema::REFERENCE_NAMES.name)),
        }
    }
}

/// Said of the row before `end`.
fn not_one_for_each(end: usize) -> Problem {
    Problem::new("there is not one name for each reference").at_row(end.saturating_sub(1))
}

fn check_row_count(column: &Column, read: usize, rows: &Range<usize>) -> Result<(), Problem> {
    if read == rows.end {
        return Ok(());
    }
    let problem = Problem::new(format!(
        "ends at row {read}, and the row group at {}",
        rows.end
    ));
    Err(problem.in_column(column.name))
}
