//! Numbers as the differences between them, packed in blocks, as Parquet's `DELTA_BINARY_PACKED` has
//! them.

use super::runs::{pack, write_varint};

/// Differences in a block, in the parts of which the width of a number is the same.
const BLOCK: usize = 128;
const PART: usize = 32;

/// Writes numbers of 32 bits.
pub(super) fn write_differences(values: &[i32], out: &mut Vec<u8>) {
    write_varint(BLOCK as u64, out);
    write_varint((BLOCK / PART) as u64, out);
    write_varint(values.len() as u64, out);
    write_signed(values.first().copied().unwrap_or_default(), out);
    let differences = |values: &[i32]| -> Vec<i32> {
        let pairs = values.windows(2);
        pairs.map(|pair| pair[1].wrapping_sub(pair[0])).collect()
    };
    let mut start = 0;
    while start + 1 < values.len() {
        let end = values.len().min(start + BLOCK + 1);
        write_block(&differences(&values[start..end]), out);
        start = end - 1;
    }
}

fn write_block(differences: &[i32], out: &mut Vec<u8>) {
    let least = differences.iter().min().copied().unwrap_or_default();
    write_signed(least, out);
    let above: Vec<u32> = (differences.iter())
        .map(|difference| difference.wrapping_sub(least).cast_unsigned())
        .collect();
    let widths = out.len();
    out.resize(widths + BLOCK / PART, 0);
    for (number, part) in above.chunks(PART).enumerate() {
        let highest = part.iter().max().copied().unwrap_or_default();
        let width = u32::BITS - highest.leading_zeros();
        out[widths + number] = width.to_le_bytes()[0];
        pack(part, PART, width, out);
    }
}

/// Writes a number so that its lowest bit is its sign.
fn write_signed(value: i32, out: &mut Vec<u8>) {
    let turned = (value << 1) ^ (value >> 31);
    write_varint(turned.cast_unsigned().into(), out);
}
