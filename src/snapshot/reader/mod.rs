//! A file into a snapshot.
//!
//! The pages are read here and not by the crate `parquet`, which writes them, for two reasons. A
//! file may come from anywhere, and nothing in it may make us panic or take memory that it does
//! not warrant: the crate recurses and reserves as its footer says, without a limit, and unpacks a
//! page to whatever size is declared (version 60). And a dictionary's texts are looked up once
//! here, instead of once for each of the millions of references that have them.
//!
//! So this reads what `writer` writes: pages of version 1, packed with zstd, with values that are
//! plain, from a dictionary or, for integers, differences.

mod columns;
mod encodings;
mod footer;
mod pages;
mod thrift;

use std::fs::{self, File};
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::path::Path;
use std::{mem, thread};

use super::error::{Problem, SnapshotError};
use super::key_values::{self, KeyValues, Unreadable};
use super::schema;
use super::seal::{self, Broken};
use super::{HeapSnapshot, Metadata, SnapshotParts};
use crate::graph::{GraphColumns, GraphError, HeapGraph, NodeIndex, TypeIndex};
use crate::process::{self, TooLittleMemory, is_spare_left_beside};

/// What a thread may take of the address space: its stack, and what the C allocator sets aside for it.
const ADDRESSES_OF_THREAD: usize = 192 << 20;
use columns::{ColumnReader, Columns};
use footer::{Counts, Footer};

/// Loads a snapshot from a file that [`save`](super::save) made, in this version or before.
///
/// What is loaded is what was saved, or there is an error: a file that was cut off or damaged is
/// told by its checksum, and one that was forged, by what can not be true of a heap. Memory is in
/// proportion to the length of the file, whatever the file says.
///
/// # Errors
///
/// [`SnapshotError::Read`] with what the operating system said; otherwise what is wrong with the
/// file, and where.
pub fn load(path: &Path) -> Result<HeapSnapshot, SnapshotError> {
    let file = read_file(path)?;
    parse(&file).map_err(|error| error.in_file(path, file.len()))
}

/// Loads what a file says of its snapshot as a whole. Checks the file as [`load`] does, but for what
/// is in it of each object.
///
/// # Errors
///
/// As [`load`].
pub(super) fn load_metadata(path: &Path) -> Result<Metadata, SnapshotError> {
    let file = read_file(path)?;
    let said = parse_footer(&file).map_err(|error| error.in_file(path, file.len()));
    Ok(said?.1.metadata)
}

fn read_file(path: &Path) -> Result<Vec<u8>, SnapshotError> {
    let unreadable = |source| SnapshotError::Read {
        path: path.to_owned(),
        source,
    };
    // Looked at before it is opened: opening a pipe waits for somebody to write.
    let kind = fs::metadata(path).map_err(unreadable)?.file_type();
    if !kind.is_file() {
        return Err(SnapshotError::NotASnapshot {
            path: path.to_owned(),
            found: if kind.is_dir() {
                "a folder"
            } else {
                "a pipe or a device"
            },
        });
    }
    let length = fs::metadata(path).map_err(unreadable)?.len();
    process::ensure(length).map_err(|source| SnapshotError::TooLargeToLoad {
        path: path.to_owned(),
        source,
    })?;
    read_whole(path).map_err(unreadable)
}

fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::new();
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(length)?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why bytes are no snapshot.
enum Unusable {
    Broken(Broken),
    Unreadable(Unreadable),
    TooLarge(TooLittleMemory),
}

impl From<Problem> for Unusable {
    fn from(problem: Problem) -> Self {
        match problem.refused {
            Some(refused) => Self::TooLarge(refused),
            None => Self::Unreadable(Unreadable::Invalid(problem)),
        }
    }
}

impl Unusable {
    fn in_file(self, path: &Path, length: usize) -> SnapshotError {
        let path = path.to_owned();
        match self {
            Self::Broken(Broken::Foreign(found)) => SnapshotError::NotASnapshot { path, found },
            Self::Broken(Broken::Length { saved }) => SnapshotError::WrongLength {
                path,
                saved,
                found: length as u64,
            },
            Self::Broken(Broken::Bytes) => SnapshotError::Damaged { path },
            Self::Unreadable(Unreadable::NewerFormat {
                found,
                tool_version,
            }) => SnapshotError::NewerFormat {
                path,
                found,
                tool_version,
            },
            Self::TooLarge(source) => SnapshotError::TooLargeToLoad { path, source },
            Self::Unreadable(Unreadable::Invalid(Problem { place, what, .. })) => {
                SnapshotError::Invalid {
                    path,
                    place,
                    problem: what,
                }
            }
        }
    }
}

fn parse_footer(file: &[u8]) -> Result<(Footer<'_>, KeyValues), Unusable> {
    seal::check(file).map_err(Unusable::Broken)?;
    let footer = Footer::read(file)?;
    let said = key_values::read(&footer.key_values).map_err(Unusable::Unreadable)?;
    Ok((footer, said))
}

fn parse(file: &[u8]) -> Result<HeapSnapshot, Unusable> {
    let (footer, said) = parse_footer(file)?;
    let counts = footer.counts(file.len());
    let loaded_size = counts.loaded_size(said.has_names);
    process::ensure(loaded_size as u64).map_err(Unusable::TooLarge)?;
    let has_room_for_thread = is_spare_left_beside(loaded_size + ADDRESSES_OF_THREAD);
    let new_reader = || ColumnReader::new(file, &footer);
    let read_names = || {
        if said.has_names {
            new_reader()?.read_names(&counts).map(Some)
        } else {
            new_reader()?.read_no_names().map(|()| None)
        }
    };
    // The names take as long as all the rest.
    let (rest, names) = thread::scope(|scope| {
        let names = has_room_for_thread
            .then(|| thread::Builder::new().spawn_scoped(scope, read_names).ok())
            .flatten();
        let rest = new_reader().and_then(|reader| read_rest(reader, &counts, &said));
        let names = match names {
            Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
            None => read_names(),
        };
        (rest, names)
    });
    let (graph, columns) = rest?;
    let names = names?;
    if let Some(names) = &names {
        names.check(&graph)?;
    }
    Ok(HeapSnapshot::new(SnapshotParts {
        graph,
        edge_names: names.map(|read| read.names),
        node_names: columns.node_names,
        values: columns.values,
        roots: columns.roots,
        metadata: said.metadata,
    }))
}

/// The graph, and the columns that are not a part of it.
fn read_rest(
    reader: ColumnReader<'_>,
    counts: &Counts,
    said: &KeyValues,
) -> Result<(HeapGraph, Columns), Problem> {
    let mut columns = reader.read_all(counts)?;
    check(&columns, said)?;
    let graph = GraphColumns {
        types: said.types.clone(),
        ..mem::take(&mut columns.graph)
    };
    let graph = graph.build().map_err(|error| impossible(&error))?;
    Ok((graph, columns))
}

/// Compares what the columns have with what the footer says, and references with rows.
fn check(columns: &Columns, said: &KeyValues) -> Result<(), Problem> {
    let graph = &columns.graph;
    let (node_count, edge_count) = (graph.addresses.len(), graph.targets.len());
    for (entry, said, count) in [
        (key_values::NODES_KEY, said.node_count, node_count),
        (key_values::EDGES_KEY, said.edge_count, edge_count),
    ] {
        if said != count as u64 {
            return Err(Problem::new(format!("is {said}, but there are {count}")).in_entry(entry));
        }
    }
    if !said.has_values && !columns.values.is_empty() {
        return Err(
            Problem::new("there are values that were not recorded").in_column(schema::VALUE.name)
        );
    }
    let lost = |target: &NodeIndex| target.index() >= node_count;
    if let Some(position) = graph.targets.iter().position(lost) {
        let row = graph
            .offsets
            .partition_point(|&start| start as usize <= position)
            - 1;
        let target = graph.targets[position].index();
        let problem = format!("a reference leads to row {target}, and there are {node_count} rows");
        return Err(Problem::new(problem)
            .in_column(schema::REFERENTS.name)
            .at_row(row));
    }
    let unknown = |type_index: &TypeIndex| type_index.index() >= said.types.len();
    if let Some(row) = graph.type_indexes.iter().position(unknown) {
        let number = graph.type_indexes[row].index();
        let problem = format!("there is no type {number} among {}", said.types.len());
        return Err(Problem::new(problem)
            .in_column(schema::TYPE_ID.name)
            .at_row(row));
    }
    Ok(())
}

/// What only the graph as a whole tells.
fn impossible(error: &GraphError) -> Problem {
    let problem = Problem::new(error.to_string());
    match *error {
        GraphError::TooLittleMemory(refused) => refused.into(),
        GraphError::SameAddress { nodes, .. } => {
            problem.in_column(schema::ADDRESS.name).at_row(nodes[1])
        }
        GraphError::UntraversedOutOfOrder | GraphError::UntraversedOutOfRange { .. } => {
            problem.in_column(schema::UNTRAVERSED_COUNT.name)
        }
        GraphError::TargetOutOfRange { .. } => problem.in_entry(key_values::TYPES_KEY),
        _ => problem,
    }
}
