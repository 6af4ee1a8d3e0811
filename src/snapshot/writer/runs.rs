//! Numbers as runs of equal ones and packed groups of eight, as Parquet has levels and indexes.

/// Equal numbers become a run from this many on; below, packing them is as short.
const SHORTEST_RUN: usize = 16;

/// Writes numbers of `width` bits, up to 32.
pub(super) fn write_runs(values: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut packed = 0..0;
    while packed.end < values.len() {
        let rest = &values[packed.end..];
        let run = rest.iter().take_while(|&&value| value == rest[0]).count();
        if run >= SHORTEST_RUN {
            write_packed(&values[packed.clone()], width, out);
            write_run(rest[0], run, width, out);
            packed = packed.end + run..packed.end + run;
        } else {
            packed.end = values.len().min(packed.end + 8);
        }
    }
    write_packed(&values[packed], width, out);
}

fn write_run(value: u32, length: usize, width: u32, out: &mut Vec<u8>) {
    write_varint((length as u64) << 1, out);
    out.extend_from_slice(&value.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Writes groups of eight; the last is filled up with zeros.
fn write_packed(values: &[u32], width: u32, out: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let groups = values.len().div_ceil(8);
    write_varint((groups as u64) << 1 | 1, out);
    pack(values, groups * 8, width, out);
}

/// Writes numbers of `width` bits one after the other, filled up with zeros to `count` of them, a
/// multiple of eight.
pub(super) fn pack(values: &[u32], count: usize, width: u32, out: &mut Vec<u8>) {
    let end = out.len() + count / 8 * width as usize;
    let (mut buffer, mut used) = (0_u64, 0);
    for &value in values {
        buffer |= u64::from(value) << used;
        used += width;
        while used >= 8 {
            out.push(buffer.to_le_bytes()[0]);
            buffer >>= 8;
            used -= 8;
        }
    }
    out.push(buffer.to_le_bytes()[0]);
    out.resize(end, 0);
}

pub(super) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}
