//! The first bytes of the file, by which damage is told from content.
//!
//! Parquet finds everything from the end of a file and says nothing of what follows the first four
//! bytes. The seal is there: a word, the length of the file and a checksum of all that follows the
//! seal. It is written last, so a file that was never finished has none.

use std::hash::Hasher;

use twox_hash::XxHash64;

/// What every Parquet file starts and ends with.
pub(super) const PARQUET_MAGIC: [u8; 4] = *b"PAR1";
const WORD: [u8; 8] = *b"heapgrph";
/// Where the seal ends.
pub(super) const END: usize = PARQUET_MAGIC.len() + LENGTH;
/// Bytes of the seal.
pub(super) const LENGTH: usize = WORD.len() + 16;

/// The checksum of what follows the seal: XXH64 with seed 0.
#[derive(Debug)]
pub(super) struct Checksum(XxHash64);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(XxHash64::with_seed(0))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// The seal of a file of that length.
    pub(super) fn seal(&self, file_length: u64) -> [u8; LENGTH] {
        let mut seal = [0; LENGTH];
        seal[..8].copy_from_slice(&WORD);
        seal[8..16].copy_from_slice(&file_length.to_le_bytes());
        seal[16..].copy_from_slice(&self.0.finish().to_le_bytes());
        seal
    }
}

/// Why a file can not be read as it lies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is something else.
    Foreign(&'static str),
    /// It has another length than when it was saved.
    Length { saved: u64 },
    /// It has other bytes than when it was saved.
    Bytes,
}

/// Looks whether a file is one that was saved here, and the same as then.
pub(super) fn check(file: &[u8]) -> Result<(), Broken> {
    let starts = |magic: &[u8]| file.starts_with(magic);
    if !starts(&PARQUET_MAGIC) {
        return Err(Broken::Foreign(match () {
            () if file.is_empty() => "an empty file",
            () if file.iter().all(|&byte| byte == 0) => "a file of zeros",
            () if starts(b"\x1f\x8b") => "compressed with gzip: decompress it first",
            () if starts(b"\x28\xb5\x2f\xfd") => "compressed with zstd: decompress it first",
            () if starts(b"BZh") => "compressed with bzip2: decompress it first",
            () if starts(b"\xfd7zXZ") => "compressed with xz: decompress it first",
            () if starts(b"PK\x03\x04") => "a zip archive: unpack it first",
            () if starts(b"PARE") => "an encrypted Parquet file",
            () if PARQUET_MAGIC.starts_with(file) => "only the beginning of a file",
            () => "no Parquet file",
        }));
    }
    let Some((seal, content)) = file[PARQUET_MAGIC.len()..].split_first_chunk::<LENGTH>() else {
        return Err(Broken::Foreign("only the beginning of a file"));
    };
    if seal.iter().all(|&byte| byte == 0) {
        return Err(Broken::Foreign("a snapshot whose saving never finished"));
    }
    if !seal.starts_with(&WORD) {
        return Err(Broken::Foreign(
            "a Parquet file that heapgraph did not save, or that another program has saved again",
        ));
    }
    let length = file.len() as u64;
    let saved = &seal[WORD.len()..][..8];
    if saved != length.to_le_bytes() {
        let saved = saved
            .iter()
            .rev()
            .fold(0, |n, &byte| n << 8 | u64::from(byte));
        return Err(Broken::Length { saved });
    }
    let mut checksum = Checksum::new();
    checksum.update(content);
    if *seal == checksum.seal(length) {
        Ok(())
    } else {
        Err(Broken::Bytes)
    }
}
