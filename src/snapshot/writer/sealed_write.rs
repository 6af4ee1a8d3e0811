//! The bytes of the file, sealed.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use super::super::seal::{self, Checksum};

/// Takes the checksum of what is written, and at the end puts it where room was left for it.
pub(super) struct SealedWrite<'f> {
    file: &'f mut File,
    length: usize,
    checksum: Checksum,
}

impl<'f> SealedWrite<'f> {
    pub(super) fn new(file: &'f mut File) -> Self {
        Self {
            file,
            length: 0,
            checksum: Checksum::new(),
        }
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        let seal = self.checksum.seal(self.length as u64);
        self.file
            .seek(SeekFrom::Start(seal::PARQUET_MAGIC.len() as u64))?;
        self.file.write_all(&seal)
    }
}

impl Write for SealedWrite<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let before_content = seal::END.saturating_sub(self.length);
        if let Some(content) = bytes[..written].get(before_content..) {
            self.checksum.update(content);
        }
        self.length += written;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
