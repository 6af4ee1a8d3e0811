//! The pages of a column in one row group, unpacked one after the other.

use zstd::bulk::Decompressor;

use super::super::error::Problem;
use super::super::schema::{self, Column};
use super::encodings::{Physical, Run, read_differences, read_packed, read_runs, too_few};
use super::footer::Chunk;
use super::thrift::{Kind, Thrift};
use crate::process::{is_spare_left_beside, refused};

/// A page with more bytes, as [`schema::loaded_size`] counts them, is unpacked only where there is memory.
/// Those that are written here are smaller, but for dictionaries.
const LARGE_PAGE: usize = 1 << 22;
/// How many times its size a page takes: packed, unpacked, and its values and levels.
const SIZES_OF_LARGE_PAGE: usize = 5;

/// The numbers by which Parquet knows what is used here.
mod number {
    pub(super) const DATA_PAGE: u64 = 0;
    pub(super) const DICTIONARY_PAGE: u64 = 2;
    pub(super) const PLAIN: u64 = 0;
    pub(super) const RLE: u64 = 3;
    pub(super) const DELTA_BINARY_PACKED: u64 = 5;
    pub(super) const RLE_DICTIONARY: u64 = 8;
    pub(super) const ZSTD: u64 = 6;
}

/// A part of a column: for each value whether it is there and whether it starts a row, and those
/// that are there.
pub(super) struct Page<'p, R> {
    /// Empty if no value of the column can be absent.
    pub(super) definition: &'p [u8],
    /// Empty if every value starts a row; 0 where one does.
    pub(super) repetition: &'p [u8],
    pub(super) values: &'p [R],
}

/// Unpacks pages, until they would take more memory than the length of the file warrants.
pub(super) struct Unpacker {
    decompressor: Decompressor<'static>,
    /// Bytes, as [`schema::loaded_size`] counts them.
    allowance: u64,
}

/// A page that is not unpacked yet.
#[derive(Default)]
struct Header {
    page_type: u64,
    unpacked_size: u64,
    packed_size: u64,
    value_count: u64,
    encoding: u64,
}

/// A page of values that is unpacked.
struct DataPage<'p> {
    bytes: &'p [u8],
    encoding: u64,
    /// Of values, those that are absent included.
    count: usize,
}

/// What a page has, in memory that is used again for the next.
struct Buffers<R> {
    definition: Vec<u8>,
    repetition: Vec<u8>,
    values: Vec<R>,
}

impl<R: Copy> Buffers<R> {
    fn fill<P: Physical>(
        &mut self,
        column: &Column,
        page: &DataPage<'_>,
        dictionary: Option<&[R]>,
        convert: &mut impl FnMut(P::Value<'_>) -> Result<R, Problem>,
    ) -> Result<Page<'_, R>, Problem> {
        let mut rest = page.bytes;
        read_levels(
            &mut rest,
            column.repetition,
            page.count,
            &mut self.repetition,
        )?;
        read_levels(
            &mut rest,
            column.definition,
            page.count,
            &mut self.definition,
        )?;
        let is_there = |level: &&u8| **level == column.definition;
        let count = match column.definition {
            0 => page.count,
            _ => self.definition.iter().filter(is_there).count(),
        };
        self.values.clear();
        read_values::<P, R>(
            page.encoding,
            rest,
            count,
            dictionary,
            convert,
            &mut self.values,
        )?;
        Ok(Page {
            definition: &self.definition,
            repetition: &self.repetition,
            values: &self.values,
        })
    }
}

impl Unpacker {
    /// For a file of that length.
    pub(super) fn new(file_length: usize) -> Result<Self, Problem> {
        let decompressor =
            Decompressor::new().map_err(|error| Problem::new(format!("zstd: {error}")))?;
        Ok(Self {
            decompressor,
            allowance: (file_length as u64).saturating_mul(schema::LOADED_SIZE_PER_BYTE),
        })
    }

    /// Reads a column in one row group: each value of type `P` goes through `convert`, which is
    /// called once for each entry of a dictionary, and the pages go to `take`.
    pub(super) fn read<P: Physical, R: Copy>(
        &mut self,
        column: &Column,
        file: &[u8],
        chunk: &Chunk,
        mut convert: impl FnMut(P::Value<'_>) -> Result<R, Problem>,
        mut take: impl FnMut(Page<'_, R>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        debug_assert_eq!(P::TYPE, column.physical);
        if chunk.codec != number::ZSTD {
            return Err(Problem::new(format!(
                "is compressed with method {}",
                chunk.codec
            )));
        }
        let mut bytes = chunk.bytes(file)?;
        let mut dictionary = None;
        let mut buffers = Buffers {
            definition: Vec::new(),
            repetition: Vec::new(),
            values: Vec::new(),
        };
        let mut missing = chunk.value_count;
        while missing > 0 {
            let (header, page) = self.unpack(&mut bytes)?;
            let count = usize::try_from(header.value_count).map_err(|_| too_few())?;
            match header.page_type {
                number::DICTIONARY_PAGE if dictionary.is_none() => {
                    let mut entries = Vec::new();
                    P::read_plain(&page, count, |value| {
                        entries.push(convert(value)?);
                        Ok(())
                    })?;
                    dictionary = Some(entries);
                }
                number::DATA_PAGE => {
                    missing = missing
                        .checked_sub(header.value_count)
                        .ok_or_else(|| Problem::new("has more values than its row group says"))?;
                    let page = DataPage {
                        bytes: &page,
                        encoding: header.encoding,
                        count,
                    };
                    let dictionary = dictionary.as_deref();
                    take(buffers.fill::<P>(column, &page, dictionary, &mut convert)?)?;
                }
                other => return Err(Problem::new(format!("has a page of type {other}"))),
            }
        }
        Ok(())
    }

    /// Takes one page from `bytes`.
    fn unpack(&mut self, bytes: &mut &[u8]) -> Result<(Header, Vec<u8>), Problem> {
        let mut thrift = Thrift::new(bytes);
        let header = Header::read(&mut thrift)?;
        let packed_size = usize::try_from(header.packed_size).map_err(|_| too_few())?;
        let (packed, rest) = thrift
            .rest()
            .split_at_checked(packed_size)
            .ok_or_else(|| Problem::new("ends in the middle of a page"))?;
        *bytes = rest;
        let size = schema::loaded_size(header.unpacked_size, header.value_count);
        self.allowance = self.allowance.checked_sub(size).ok_or_else(|| {
            Problem::new("would take far more memory than a file of this length can need")
        })?;
        let capacity = usize::try_from(header.unpacked_size).map_err(|_| too_few())?;
        let size = usize::try_from(size).map_err(|_| too_few())?;
        if size > LARGE_PAGE && !is_spare_left_beside(SIZES_OF_LARGE_PAGE * size) {
            return Err(refused(SIZES_OF_LARGE_PAGE * size).into());
        }
        let page = match self.decompressor.decompress(packed, capacity) {
            Ok(page) if page.len() == capacity => page,
            _ if capacity == 0 => Vec::new(),
            Ok(page) => {
                return Err(Problem::new(format!(
                    "a page unpacks to {} bytes, not to {capacity}",
                    page.len()
                )));
            }
            Err(error) => return Err(Problem::new(format!("a page can not be unpacked: {error}"))),
        };
        Ok((header, page))
    }
}

impl Header {
    fn read(thrift: &mut Thrift<'_>) -> Result<Self, Problem> {
        let mut header = Self::default();
        thrift.read_struct(|thrift, field, kind| {
            match (field, kind) {
                (1, Kind::Integer) => header.page_type = thrift.count()?,
                (2, Kind::Integer) => header.unpacked_size = thrift.count()?,
                (3, Kind::Integer) => header.packed_size = thrift.count()?,
                // The header of a data page, or that of a dictionary.
                (5 | 7, Kind::Struct) => header.read_inner(thrift)?,
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(header)
    }

    fn read_inner(&mut self, thrift: &mut Thrift<'_>) -> Result<(), Problem> {
        thrift.read_struct(|thrift, field, kind| {
            match (field, kind) {
                (1, Kind::Integer) => self.value_count = thrift.count()?,
                (2, Kind::Integer) => self.encoding = thrift.count()?,
                // Of the levels of a data page.
                (3 | 4, Kind::Integer) => match thrift.count()? {
                    number::RLE => {}
                    other => return Err(unknown_encoding(other)),
                },
                _ => thrift.skip(kind)?,
            }
            Ok(())
        })
    }
}

/// Reads the levels at the start of a page.
fn read_levels(
    page: &mut &[u8],
    highest: u8,
    count: usize,
    levels: &mut Vec<u8>,
) -> Result<(), Problem> {
    levels.clear();
    if highest == 0 {
        return Ok(());
    }
    let (length, rest) = page.split_first_chunk::<4>().ok_or_else(too_few)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (bytes, rest) = rest.split_at_checked(length).ok_or_else(too_few)?;
    *page = rest;
    let width = u8::BITS - highest.leading_zeros();
    read_runs(bytes, width, count, |run| {
        match run {
            Run::Repeated { value, length } => {
                let level = u8::try_from(value).unwrap_or(u8::MAX);
                levels.resize(levels.len() + length, level);
            }
            Run::Packed { bytes, length } => read_packed(bytes, width, length, |level| {
                levels.push(u8::try_from(level).unwrap_or(u8::MAX));
                Ok(())
            })?,
        }
        Ok(())
    })?;
    match levels.iter().max() {
        Some(level) if *level > highest => {
            Err(Problem::new(format!("has level {level}, above {highest}")))
        }
        _ => Ok(()),
    }
}

fn read_values<P: Physical, R: Copy>(
    encoding: u64,
    page: &[u8],
    count: usize,
    dictionary: Option<&[R]>,
    convert: &mut impl FnMut(P::Value<'_>) -> Result<R, Problem>,
    values: &mut Vec<R>,
) -> Result<(), Problem> {
    match encoding {
        number::PLAIN => P::read_plain(page, count, |value| {
            values.push(convert(value)?);
            Ok(())
        }),
        number::DELTA_BINARY_PACKED => read_differences(page, count, |number| {
            let value = P::from_difference(number).ok_or_else(|| unknown_encoding(encoding))?;
            values.push(convert(value)?);
            Ok(())
        }),
        number::RLE_DICTIONARY => {
            let dictionary = dictionary.ok_or_else(|| Problem::new("has no dictionary"))?;
            read_from_dictionary(page, count, dictionary, values)
        }
        other => Err(unknown_encoding(other)),
    }
}

fn read_from_dictionary<R: Copy>(
    page: &[u8],
    count: usize,
    dictionary: &[R],
    values: &mut Vec<R>,
) -> Result<(), Problem> {
    // A page without values may have no width either.
    let Some((&width, indexes)) = page.split_first().filter(|_| count > 0) else {
        return if count == 0 { Ok(()) } else { Err(too_few()) };
    };
    let entry = |index: u64| {
        let entry = usize::try_from(index)
            .ok()
            .and_then(|index| dictionary.get(index));
        entry.copied().ok_or_else(|| {
            Problem::new(format!(
                "has entry {index} of a dictionary of {}",
                dictionary.len()
            ))
        })
    };
    read_runs(indexes, width.into(), count, |run| {
        match run {
            Run::Repeated { value, length } => {
                values.resize(values.len() + length, entry(value.into())?);
            }
            Run::Packed { bytes, length } => {
                read_packed(bytes, width.into(), length, |index| {
                    values.push(entry(index)?);
                    Ok(())
                })?;
            }
        }
        Ok(())
    })
}

fn unknown_encoding(encoding: u64) -> Problem {
    Problem::new(format!("is written with encoding {encoding}"))
}
