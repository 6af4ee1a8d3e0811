//! Taking memory so that a refusal is an error.
//!
//! What grows in proportion to a heap asks for its room here. After each growth a little must be left
//! over, which is for everything small: its allocations cannot fail then, and need no error.

use std::fmt;
use std::hint::black_box;

use super::left::{Limit, left};

/// Left over after each growth, for whatever is small: the buffers of readers and writers, lists of
/// answers, the interpreter's own arenas.
const SPARE: usize = 16 << 20;

/// Memory that is needed and not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLittleMemory {
    /// Bytes that are needed.
    pub needed: u64,
    /// Bytes that are left, and below which limit; `None` where the system does not say.
    pub left: Option<(u64, Limit)>,
}

impl fmt::Display for TooLittleMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.needed.div_ceil(1 << 20);
        write!(f, "about {needed} MiB of memory are needed")?;
        match self.left {
            None => f.write_str(" and not left"),
            Some((left, limit)) => write!(f, " and {} MiB are left by {limit}", left >> 20),
        }
    }
}

impl std::error::Error for TooLittleMemory {}

impl TooLittleMemory {
    /// So many bytes more were refused.
    fn of(needed: u64) -> Self {
        let needed = needed.saturating_add(SPARE as u64);
        let left = left().map(|left| (left.bytes, left.limit));
        Self { needed, left }
    }
}

/// Makes sure that `bytes` more can be taken, and something besides.
///
/// # Errors
///
/// If a limit leaves less, or the system refuses when it is tried.
pub(crate) fn ensure(bytes: u64) -> Result<(), TooLittleMemory> {
    let with_spare = bytes.saturating_add(SPARE as u64);
    let is_refused = left().is_some_and(|left| left.bytes < with_spare)
        || usize::try_from(with_spare).map_or(true, |bytes| !can_reserve(bytes));
    if is_refused {
        return Err(TooLittleMemory::of(bytes));
    }
    Ok(())
}

/// What there is to say where so many bytes more were refused.
pub(crate) fn refused(bytes: usize) -> TooLittleMemory {
    TooLittleMemory::of(bytes as u64)
}

/// True if `bytes` more can be taken, and what is small can be allocated without asking.
pub(crate) fn is_spare_left_beside(bytes: usize) -> bool {
    can_reserve(SPARE.saturating_add(bytes))
}

/// True if the system gives so much, in one piece. Untouched, it costs nothing.
fn can_reserve(bytes: usize) -> bool {
    let mut tried: Vec<u8> = Vec::new();
    // Else the compiler leaves out what is not used.
    black_box(&mut tried).try_reserve_exact(bytes).is_ok()
}

/// Makes room for at least one entry more in a column that is full: for twice as many, or for fewer
/// where there is no room for those; for `most` at the most.
///
/// # Errors
///
/// If there is no room.
#[cold]
#[inline(never)]
pub(crate) fn grow<T>(column: &mut Vec<T>, most: usize) -> Result<(), TooLittleMemory> {
    const FEWEST: usize = 1 << 10;
    let mut more = column.len().max(FEWEST).min(most);
    loop {
        let refused = match reserve(column, more) {
            Ok(()) => return Ok(()),
            Err(refused) => refused,
        };
        if more <= FEWEST {
            return Err(refused);
        }
        more = (more / 4).max(FEWEST).min(most);
    }
}

/// Makes room for so many entries more. What is there already is not asked for: the system takes longer to
/// say what it would give than a short column to fill.
///
/// # Errors
///
/// If there is no room.
pub(crate) fn reserve<T>(column: &mut Vec<T>, more: usize) -> Result<(), TooLittleMemory> {
    if column.capacity() - column.len() >= more {
        return Ok(());
    }
    let bytes = more.saturating_mul(size_of::<T>());
    if is_spare_left_beside(bytes) && column.try_reserve_exact(more).is_ok() {
        return Ok(());
    }
    Err(TooLittleMemory::of(bytes as u64))
}

/// A column of `count` times the same value.
///
/// # Errors
///
/// If there is no room.
pub(crate) fn filled<T: Clone>(value: T, count: usize) -> Result<Vec<T>, TooLittleMemory> {
    let mut column = Vec::new();
    reserve(&mut column, count)?;
    column.resize(count, value);
    Ok(column)
}
