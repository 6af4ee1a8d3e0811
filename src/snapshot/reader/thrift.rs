//! The compact protocol of Thrift, in which Parquet describes its files and pages.
//!
//! The crate `parquet` has a reader for it, which is not meant for files from strangers: it
//! recurses as deep and reserves as much memory as the file says (version 60). This one does
//! neither, and skips what it does not need.

use super::super::error::Problem;

/// The types of values, as the protocol numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Boolean,
    Byte,
    /// Any of the three widths, which are written alike.
    Integer,
    Double,
    Binary,
    List,
    Map,
    Struct,
}

/// Deeper values are refused; what Parquet describes is at most half as deep.
const DEPTH_LIMIT: usize = 16;

/// A place in some bytes.
#[derive(Debug, Clone)]
pub(super) struct Thrift<'b> {
    rest: &'b [u8],
}

impl<'b> Thrift<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'b [u8] {
        self.rest
    }

    /// Reads a struct: `read` gets the number and the type of each field, and has to read it or to
    /// [`skip`](Self::skip) it.
    pub(super) fn read_struct(
        &mut self,
        mut read: impl FnMut(&mut Self, i64, Kind) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let mut number = 0;
        loop {
            let header = self.byte()?;
            if header == 0 {
                return Ok(());
            }
            number = match header >> 4 {
                0 => self.integer()?,
                // Only in a forged file is there no such field.
                more => number.wrapping_add(more.into()),
            };
            let kind = kind(header & 15)?;
            // A field of this type is all in its header.
            if kind != Kind::Boolean {
                read(self, number, kind)?;
            }
        }
    }

    /// Reads a list of structs or texts: `read` has to read one element.
    pub(super) fn read_list(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let (element, count) = self.list_header()?;
        if element != Kind::Struct {
            return Err(Problem::new("a list has elements of another type"));
        }
        for _ in 0..count {
            read(self)?;
        }
        Ok(())
    }

    pub(super) fn integer(&mut self) -> Result<i64, Problem> {
        let bits = self.varint()?;
        Ok((bits >> 1).cast_signed() ^ -(bits & 1).cast_signed())
    }

    /// A number of bytes, values or rows.
    pub(super) fn count(&mut self) -> Result<u64, Problem> {
        let value = self.integer()?;
        u64::try_from(value).map_err(|_| Problem::new(format!("{value} is no count")))
    }

    pub(super) fn text(&mut self) -> Result<&'b str, Problem> {
        let bytes = self.binary()?;
        std::str::from_utf8(bytes).map_err(|_| Problem::new("a text is not UTF-8"))
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self, kind: Kind) -> Result<(), Problem> {
        self.skip_within(kind, DEPTH_LIMIT)
    }

    fn skip_within(&mut self, kind: Kind, depth: usize) -> Result<(), Problem> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Problem::new("values are nested too deeply"));
        };
        match kind {
            Kind::Boolean | Kind::Byte => self.byte().map(drop),
            Kind::Integer => self.varint().map(drop),
            Kind::Double => self.take(8).map(drop),
            Kind::Binary => self.binary().map(drop),
            Kind::Struct => self.read_struct(|thrift, _, kind| thrift.skip_within(kind, depth)),
            Kind::List => {
                let (element, count) = self.list_header()?;
                (0..count).try_for_each(|_| self.skip_within(element, depth))
            }
            Kind::Map => Err(Problem::new("there is a map, which Parquet does not use")),
        }
    }

    fn list_header(&mut self) -> Result<(Kind, u64), Problem> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            few => u64::from(few),
        };
        // Each element takes a byte or more.
        if count > self.rest.len() as u64 {
            return Err(Problem::new(format!(
                "a list has {count} elements, and only {} bytes follow",
                self.rest.len()
            )));
        }
        // Some write no type for an empty list.
        match count {
            0 => Ok((Kind::Struct, 0)),
            _ => Ok((kind(header & 15)?, count)),
        }
    }

    fn binary(&mut self) -> Result<&'b [u8], Problem> {
        let length = self.varint()?;
        let length = usize::try_from(length).map_err(|_| cut_off())?;
        self.take(length)
    }

    fn varint(&mut self) -> Result<u64, Problem> {
        let (value, rest) = varint(self.rest).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(value)
    }

    fn byte(&mut self) -> Result<u8, Problem> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Problem> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }
}

/// A number of up to 64 bits, seven in a byte and the lowest first, and what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (position, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte < 0x80 {
            return Some((value, &bytes[position + 1..]));
        }
    }
    None
}

fn kind(number: u8) -> Result<Kind, Problem> {
    Ok(match number {
        1 | 2 => Kind::Boolean,
        3 => Kind::Byte,
        4..=6 => Kind::Integer,
        7 => Kind::Double,
        8 => Kind::Binary,
        9 | 10 => Kind::List,
        11 => Kind::Map,
        12 => Kind::Struct,
        _ => return Err(Problem::new(format!("there is no type {number} in Thrift"))),
    })
}

fn cut_off() -> Problem {
    Problem::new("the description ends in the middle")
}
