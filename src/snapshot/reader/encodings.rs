//! How numbers and texts lie in a page, once it is unpacked.
//!
//! Lengths and counts are compared with what is there before anything is reserved, so that no
//! function here panics or takes memory for what a file only says.

use super::super::error::Problem;
use super::super::schema::PhysicalType;
use super::thrift::varint;

/// A type of values in a file.
pub(super) trait Physical {
    /// What the file calls it.
    const TYPE: PhysicalType;
    /// One value, which may be borrowed from the page.
    type Value<'b>;

    /// Reads that many values that lie there as they are.
    fn read_plain(
        bytes: &[u8],
        count: usize,
        each: impl FnMut(Self::Value<'_>) -> Result<(), Problem>,
    ) -> Result<(), Problem>;

    /// The value of a number that was written as a difference, if this type is written so.
    fn from_difference(number: u64) -> Option<Self::Value<'static>>;
}

/// Unsigned numbers of 32 bits.
pub(super) struct Int32;
/// Unsigned numbers of 64 bits.
pub(super) struct Int64;
/// Yes or no.
pub(super) struct Boolean;
/// Texts.
pub(super) struct Text;

impl Physical for Int32 {
    const TYPE: PhysicalType = PhysicalType::Int32;
    type Value<'b> = u32;

    fn read_plain(
        bytes: &[u8],
        count: usize,
        each: impl FnMut(u32) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let (values, _) = bytes.as_chunks::<4>();
        let values = values.get(..count).ok_or_else(too_few)?;
        values
            .iter()
            .copied()
            .map(u32::from_le_bytes)
            .try_for_each(each)
    }

    fn from_difference(number: u64) -> Option<u32> {
        // Differences of 32-bit numbers wrap at 32 bits.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the upper bits mean nothing"
        )]
        let number = number as u32;
        Some(number)
    }
}

impl Physical for Int64 {
    const TYPE: PhysicalType = PhysicalType::Int64;
    type Value<'b> = u64;

    fn read_plain(
        bytes: &[u8],
        count: usize,
        each: impl FnMut(u64) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let (values, _) = bytes.as_chunks::<8>();
        let values = values.get(..count).ok_or_else(too_few)?;
        values
            .iter()
            .copied()
            .map(u64::from_le_bytes)
            .try_for_each(each)
    }

    fn from_difference(number: u64) -> Option<u64> {
        Some(number)
    }
}

impl Physical for Boolean {
    const TYPE: PhysicalType = PhysicalType::Boolean;
    type Value<'b> = bool;

    fn read_plain(
        bytes: &[u8],
        count: usize,
        each: impl FnMut(bool) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let bytes = bytes.get(..count.div_ceil(8)).ok_or_else(too_few)?;
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1));
        bits.take(count).try_for_each(each)
    }

    fn from_difference(_: u64) -> Option<bool> {
        None
    }
}

impl Physical for Text {
    const TYPE: PhysicalType = PhysicalType::ByteArray;
    type Value<'b> = &'b str;

    fn read_plain(
        mut bytes: &[u8],
        count: usize,
        mut each: impl FnMut(&str) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        for _ in 0..count {
            let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(too_few)?;
            let length = u32::from_le_bytes(*length) as usize;
            let (text, rest) = rest.split_at_checked(length).ok_or_else(too_few)?;
            let text = std::str::from_utf8(text);
            each(text.map_err(|error| Problem::new(format!("a text is no UTF-8: {error}")))?)?;
            bytes = rest;
        }
        Ok(())
    }

    fn from_difference(_: u64) -> Option<&'static str> {
        None
    }
}

/// Reads `count` numbers of `width` bits, up to 32, as runs of equal ones and packed groups of
/// eight. No more than `count` numbers go to `out`, in each call of it any number of them.
pub(super) fn read_runs(
    mut bytes: &[u8],
    width: u32,
    count: usize,
    mut out: impl FnMut(Run<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    if width > 32 {
        return Err(Problem::new(format!(
            "{width} bits are too many for an index"
        )));
    }
    let mut missing = count;
    while missing > 0 {
        let (header, rest) = varint(bytes).ok_or_else(too_few)?;
        let length = usize::try_from(header >> 1).map_err(|_| too_few())?;
        if length == 0 {
            return Err(Problem::new("a run of no values"));
        }
        if header & 1 == 0 {
            let value_size = width.div_ceil(8) as usize;
            let (value, rest) = rest.split_at_checked(value_size).ok_or_else(too_few)?;
            let value = value
                .iter()
                .rev()
                .fold(0, |value, &byte| value << 8 | u32::from(byte));
            let length = length.min(missing);
            out(Run::Repeated { value, length })?;
            missing -= length;
            bytes = rest;
        } else {
            let wanted = length.saturating_mul(8).min(missing);
            let size = length.checked_mul(width as usize).ok_or_else(too_few)?;
            // The last group may be cut off after the last value that is needed.
            let needed = (wanted as u64 * u64::from(width)).div_ceil(8);
            if needed > rest.len() as u64 {
                return Err(too_few());
            }
            let (packed, rest) = rest.split_at(size.min(rest.len()));
            out(Run::Packed {
                bytes: packed,
                length: wanted,
            })?;
            missing -= wanted;
            bytes = rest;
        }
    }
    Ok(())
}

/// Numbers that follow each other.
pub(super) enum Run<'b> {
    Repeated { value: u32, length: usize },
    Packed { bytes: &'b [u8], length: usize },
}

/// Reads `count` numbers of `width` bits, up to 64, that are packed without room between them.
pub(super) fn read_packed(
    mut bytes: &[u8],
    width: u32,
    count: usize,
    mut each: impl FnMut(u64) -> Result<(), Problem>,
) -> Result<(), Problem> {
    if width == 0 {
        return (0..count).try_for_each(|_| each(0));
    }
    let mask = u64::MAX >> (64 - width);
    let (mut buffer, mut available) = (0_u128, 0);
    for _ in 0..count {
        while available < width {
            // Words, while there are some, then single bytes.
            if let Some((word, rest)) = bytes.split_first_chunk::<8>() {
                buffer |= u128::from(u64::from_le_bytes(*word)) << available;
                available += 64;
                bytes = rest;
            } else {
                let (byte, rest) = bytes.split_first().ok_or_else(too_few)?;
                buffer |= u128::from(*byte) << available;
                available += 8;
                bytes = rest;
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "the mask has the rest")]
        each(buffer as u64 & mask)?;
        buffer >>= width;
        available -= width;
    }
    Ok(())
}

/// Reads `count` numbers that are written as differences, packed in blocks.
pub(super) fn read_differences(
    bytes: &[u8],
    count: usize,
    mut each: impl FnMut(u64) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let (parts, first, mut bytes) = difference_blocks(bytes, count)?;
    if count == 0 {
        return Ok(());
    }
    let mut value = first;
    each(value)?;
    let mut missing = count - 1;
    while missing > 0 {
        let (least, rest) = signed(bytes)?;
        let (widths, rest) = rest.split_at_checked(parts.count).ok_or_else(too_few)?;
        bytes = rest;
        for &width in widths {
            if missing == 0 {
                break;
            }
            if width > 64 {
                return Err(Problem::new(format!(
                    "{width} bits are too many for a number"
                )));
            }
            let size = (parts.size * usize::from(width)).div_ceil(8);
            let (packed, rest) = bytes.split_at(size.min(bytes.len()));
            let length = missing.min(parts.size);
            read_packed(packed, width.into(), length, |difference| {
                value = value.wrapping_add(least).wrapping_add(difference);
                each(value)
            })?;
            missing -= length;
            bytes = rest;
        }
    }
    Ok(())
}

/// How differences are packed.
struct BlockParts {
    /// Of parts in a block.
    count: usize,
    /// Of numbers in a part.
    size: usize,
}

/// Reads what stands before `count` numbers written as differences: how they are packed, and the
/// first; the rest of the bytes has the others.
fn difference_blocks(bytes: &[u8], count: usize) -> Result<(BlockParts, u64, &[u8]), Problem> {
    let (block_size, bytes) = varint(bytes).ok_or_else(too_few)?;
    let (part_count, bytes) = varint(bytes).ok_or_else(too_few)?;
    let (total, bytes) = varint(bytes).ok_or_else(too_few)?;
    let (first, bytes) = signed(bytes)?;
    if total != count as u64 {
        return Err(Problem::new(format!(
            "{total} numbers where {count} are needed"
        )));
    }
    // The format asks for a multiple of 128 in a block and of 32 in a part of it.
    let is_plausible = (128..=1 << 16).contains(&block_size)
        && (1..=block_size / 32).contains(&part_count)
        && block_size % part_count == 0;
    if !is_plausible {
        return Err(Problem::new(format!(
            "{block_size} differences in a block of {part_count} parts"
        )));
    }
    let count = usize::try_from(part_count).map_err(|_| too_few())?;
    let size = usize::try_from(block_size).map_err(|_| too_few())? / count;
    Ok((BlockParts { count, size }, first, bytes))
}

/// A number whose lowest bit is its sign, in two's complement.
fn signed(bytes: &[u8]) -> Result<(u64, &[u8]), Problem> {
    let (value, rest) = varint(bytes).ok_or_else(too_few)?;
    Ok(((value >> 1) ^ (value & 1).wrapping_neg(), rest))
}

pub(super) fn too_few() -> Problem {
    Problem::new("a page ends in the middle of its values")
}
