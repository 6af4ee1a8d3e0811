//! The seal, as `docs/snapshot-format.md` describes it.

use std::hash::Hasher;

use twox_hash::XxHash64;

pub(crate) const START: usize = 4;
pub(crate) const END: usize = 28;

/// Makes damaged bytes look as if they had been saved like that.
pub(crate) fn reseal(file: &mut [u8]) {
    let length = file.len() as u64;
    let mut hasher = XxHash64::with_seed(0);
    hasher.write(&file[END..]);
    file[START..12].copy_from_slice(b"heapgrph");
    file[12..20].copy_from_slice(&length.to_le_bytes());
    file[20..END].copy_from_slice(&hasher.finish().to_le_bytes());
}
