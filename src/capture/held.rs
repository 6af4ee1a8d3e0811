//! All objects of a heap, held so that code of the program may run.
//!
//! Holding an object writes to its memory, which a forked worker then no longer shares with its
//! parent. So a heap is held only if code of the program is about to run.
//!
//! Another thread, or that code itself, may look at the heap meanwhile. What is held here is known
//! to every walk, which counts it off: reference counts are what they are without this package.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use super::ffi::{self, Object};
use crate::process::{TooLittleMemory, grow};

/// Addresses of what is held, once for each reference, by the number of the holder. Used by threads
/// that have the interpreter, and never while it may be given up.
static HELD: Mutex<Vec<(u64, Vec<u64>)>> = Mutex::new(Vec::new());

/// Objects that are held, in the order in which they were added.
#[derive(Default)]
pub(crate) struct HeldObjects<'py> {
    objects: Vec<Bound<'py, PyAny>>,
    number: Option<u64>,
}

impl<'py> HeldObjects<'py> {
    /// Holds more objects.
    ///
    /// # Errors
    ///
    /// If there is no memory for all of them. Those before are held.
    pub(crate) fn extend(
        &mut self,
        objects: impl IntoIterator<Item = Bound<'py, PyAny>>,
    ) -> Result<(), TooLittleMemory> {
        let mut held = lock();
        let number = *self.number.get_or_insert_with(|| {
            let number = held.last().map_or(0, |(last, _)| last + 1);
            held.push((number, Vec::new()));
            number
        });
        let Some((_, addresses)) = held.iter_mut().find(|(known, _)| *known == number) else {
            return Ok(());
        };
        for object in objects {
            make_room(addresses)?;
            make_room(&mut self.objects)?;
            addresses.push(Object::from_bound(&object).address());
            self.objects.push(object);
        }
        Ok(())
    }
}

impl<'py> Deref for HeldObjects<'py> {
    type Target = [Bound<'py, PyAny>];

    fn deref(&self) -> &Self::Target {
        &self.objects
    }
}

impl HeldObjects<'_> {
    /// Lets go of the objects. Those that went out of use meanwhile are freed here, which runs code of
    /// the program that hands no exception on: so the handlers of signals are run before.
    ///
    /// # Errors
    ///
    /// What a handler of a signal raises.
    pub(crate) fn let_go(self, py: Python<'_>) -> PyResult<()> {
        if self.objects.is_empty() {
            return ffi::hand_on();
        }
        ffi::run_signal_handlers(py)
    }
}

impl Drop for HeldObjects<'_> {
    fn drop(&mut self) {
        lock().retain(|(number, _)| Some(*number) != self.number);
        ffi::release(std::mem::take(&mut self.objects));
    }
}

/// Calls `visit` with the address of every object that is held, once for each reference.
pub(super) fn for_each_held(visit: impl FnMut(u64)) {
    let held = lock();
    let addresses = held.iter().flat_map(|(_, addresses)| addresses);
    addresses.copied().for_each(visit);
}

/// Makes room for one more.
fn make_room<T>(column: &mut Vec<T>) -> Result<(), TooLittleMemory> {
    if column.len() == column.capacity() {
        grow(column, usize::MAX)?;
    }
    Ok(())
}

fn lock() -> MutexGuard<'static, Vec<(u64, Vec<u64>)>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}
