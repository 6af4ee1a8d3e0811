//! JSON that can be shown on a terminal.

use std::io::{self, Write};

use crate::render::one_line::is_always_plain;

/// Writes JSON on, with what JSON itself allows in a string and a terminal obeys in `\u` escapes. All such
/// characters of a document are in strings.
pub(super) struct Visible<'w>(pub(super) &'w mut dyn Write);

impl Write for Visible<'_> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        // The line breaks between the fields of an answer are JSON's own.
        let is_plain = |character: char| character == '\n' || is_always_plain(character);
        for chunk in json.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(at) = rest.find(|character| !is_plain(character)) {
                self.0.write_all(&rest.as_bytes()[..at])?;
                let mut characters = rest[at..].chars();
                for unit in characters.next().into_iter().flat_map(utf16) {
                    write!(self.0, "\\u{unit:04x}")?;
                }
                rest = characters.as_str();
            }
            self.0.write_all(rest.as_bytes())?;
            self.0.write_all(chunk.invalid())?;
        }
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn utf16(character: char) -> Vec<u16> {
    character.encode_utf16(&mut [0; 2]).to_vec()
}
