//! What the program has of the C allocator, exactly: glibc counts what it keeps in a cache for each thread
//! as given out.
//!
//! A block that is freed and taken again from that cache changes no count. One that is lost is taken from it
//! too, and then the next innocent one of its size pays for it.

use std::ffi::c_void;

use super::allocator_bytes;

/// The smallest and the largest size that the cache holds, and the step from one of its lists to the next.
const SIZES: (usize, usize, usize) = (24, 1032, 16);
/// Blocks that each list holds at most, unless glibc was told otherwise: 7, and 16 from 2.42 on.
const LENGTH: usize = 16;
/// glibc's word before each block.
const HEADER: usize = size_of::<usize>();

/// Bytes that the C allocator has given out to the program, modulo 4 GiB, without what it keeps for this
/// thread; `None` as for [`allocator_bytes`].
///
/// Takes the blocks out of the cache, counts, and puts them back. O(free blocks) for each of 64 sizes.
pub(crate) fn bytes_in_use() -> Option<u32> {
    allocator_bytes()?;
    let (smallest, largest, step) = SIZES;
    // Before any is given back: it would come into the cache again.
    let mut taken = Vec::with_capacity(2 * LENGTH * (1 + (largest - smallest) / step));
    let (mut unused, mut given): (u32, u32) = (0, given_out());
    for size in (smallest..=largest).step_by(step) {
        unused = unused.wrapping_add(take_all(size, &mut taken, &mut given));
    }
    let lengths = taken.iter().map(|&block| length(block));
    unused = lengths.fold(unused, u32::wrapping_add);
    let in_use = given.wrapping_sub(unused);
    for block in taken {
        // SAFETY: `take` has got it, and nobody else has.
        unsafe { libc::free(block) };
    }
    Some(in_use)
}

/// Takes blocks of a size until the list of that size was empty, and gives the bytes that came into it with
/// the last one. `given` is what was given out before and, in the end, is now: to ask takes O(free blocks).
fn take_all(size: usize, taken: &mut Vec<*mut c_void>, given: &mut u32) -> u32 {
    // Others that are free come into the list at once when it is found empty, as many as it holds.
    for _ in 0..=LENGTH {
        let Some(length) = take(size, taken) else {
            break;
        };
        let now = given_out();
        let more = now.wrapping_sub(std::mem::replace(given, now));
        if more != 0 {
            return more.wrapping_sub(length);
        }
    }
    0
}

/// Takes a block, and gives its length; `None` if there is none.
fn take(size: usize, taken: &mut Vec<*mut c_void>) -> Option<u32> {
    // SAFETY: any size may be asked for.
    let block = unsafe { libc::malloc(size) };
    if block.is_null() {
        return None;
    }
    taken.push(block);
    Some(length(block))
}

fn length(block: *mut c_void) -> u32 {
    // SAFETY: a block that `take` has got and that was not given back.
    let usable = unsafe { libc::malloc_usable_size(block) };
    u32::try_from(usable + HEADER).unwrap_or(u32::MAX)
}

fn given_out() -> u32 {
    allocator_bytes().map_or(0, |[given_out, _]| given_out)
}
