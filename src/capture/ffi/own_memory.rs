//! Memory of heapgraph's own, apart from that of the program.
//!
//! The C allocator gives out what is free between the objects of the program. A forked worker that writes
//! there has the page for itself from then on: a snapshot of 8,000 classes took 16 of the 20 MB that they
//! lie in, for the names of their types.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use dlmalloc::{Allocator, Dlmalloc};

/// From so many bytes on a block is a mapping of its own, which goes back to the system when it is
/// dropped, and grows without being copied. The C allocator begins with the same.
const LARGE: usize = 128 << 10;
const PAGE: usize = 4096;
/// Every small block is aligned to this.
const NATURAL: usize = 16;

#[global_allocator]
static OWN_MEMORY: OwnMemory = OwnMemory;

struct OwnMemory;

/// What is smaller shares mappings of at least so many bytes.
const SEGMENT: usize = 256 << 10;

/// Blocks and what is between them are multiples of this, with the word that the allocator puts before
/// each. Were the rest of a segment smaller than its smallest block, which is as large, it would not see
/// that nothing in the segment is in use, and never give it back.
const UNIT: usize = 32;
/// At the end of a segment, so that the room in it is such a multiple too.
const UNUSED: usize = 16;

fn rounded(size: usize) -> usize {
    let word = size_of::<usize>();
    (size + word).next_multiple_of(UNIT) - word
}

type Small = Dlmalloc<Segments>;

static SMALL: Mutex<Small> = Mutex::new(
    const {
        let mut small = Dlmalloc::new_with_allocator(Segments);
        assert!(small.set_granularity(SEGMENT), "a power of two");
        small
    },
);

fn small() -> MutexGuard<'static, Small> {
    SMALL.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Not dropped with the thread: that would take a block for the list of what has to be.
    static HELD_FOR_FORK: Cell<Option<ManuallyDrop<MutexGuard<'static, Small>>>> =
        const { Cell::new(None) };
}

extern "C" fn before_fork() {
    HELD_FOR_FORK.set(Some(ManuallyDrop::new(small())));
}

extern "C" fn after_fork() {
    drop(HELD_FOR_FORK.take().map(ManuallyDrop::into_inner));
}

/// Lets a child that is forked while another thread allocates go on allocating.
pub(crate) fn prepare_for_fork() {
    // Once for the process: the module may be imported again, and the lock is taken once at a fork.
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        // SAFETY: functions of this module, which stays loaded as long as the process lives.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork), Some(after_fork)) };
    });
}

/// Gives what is free back to the system.
pub(super) fn give_back() {
    // SAFETY: changes no memory that was given out.
    unsafe { small().trim(0) };
}

fn is_mapping(size: usize, align: usize) -> bool {
    size >= LARGE && align <= PAGE
}

fn map(size: usize) -> *mut u8 {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping, which replaces none.
    let block = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
    or_null(block)
}

fn or_null(block: *mut libc::c_void) -> *mut u8 {
    if block == libc::MAP_FAILED {
        ptr::null_mut()
    } else {
        block.cast()
    }
}

/// Gives a block back. It cannot fail but for want of entries in the system's table of mappings.
///
/// # Safety
///
/// Whole pages of a mapping that nobody uses any more.
unsafe fn unmap(block: *mut u8, size: usize) -> bool {
    // SAFETY: as the caller's.
    unsafe { libc::munmap(block.cast(), size) == 0 }
}

/// The mappings that small blocks share. Each ends before its last bytes, so that neighbours are not taken for
/// one, and goes back to the system once nothing in it is in use.
struct Segments;

// SAFETY: gives out new mappings, and takes back those alone.
unsafe impl Allocator for Segments {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        (map(size), size - UNUSED, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, segment: *mut u8, old_size: usize, new_size: usize) -> bool {
        // SAFETY: the allocator has nothing there; with what is unused, both are whole pages.
        unsafe { unmap(segment.wrapping_add(new_size + UNUSED), old_size - new_size) }
    }

    fn free(&self, segment: *mut u8, size: usize) -> bool {
        // SAFETY: as above.
        unsafe { unmap(segment, size + UNUSED) }
    }

    fn can_release_part(&self, _: u32) -> bool {
        true
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

// SAFETY: which of the two allocators a block is of follows from its size and alignment, which callers
// give when they give it back; each has the properties asked for, and takes no part in unwinding.
unsafe impl GlobalAlloc for OwnMemory {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_mapping(layout.size(), layout.align()) {
            return map(layout.size());
        }
        // SAFETY: as the caller's.
        unsafe { small().malloc(rounded(layout.size()), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_mapping(layout.size(), layout.align()) {
            // The system gives zeros.
            return map(layout.size());
        }
        // SAFETY: as the caller's.
        unsafe { small().calloc(rounded(layout.size()), layout.align()) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if is_mapping(layout.size(), layout.align()) {
            // SAFETY: a mapping of that size, which nobody uses any more.
            unsafe { unmap(block, layout.size()) };
        } else {
            // SAFETY: as the caller's.
            unsafe { small().c_free(block) };
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let are_mappings = [layout.size(), new_size].map(|size| is_mapping(size, layout.align()));
        match are_mappings {
            [true, true] => {
                let may_move = libc::MREMAP_MAYMOVE;
                // SAFETY: a mapping of that size, which the caller has no other references to.
                let moved = or_null(unsafe {
                    libc::mremap(block.cast(), layout.size(), new_size, may_move)
                });
                // To be made smaller must not fail. What lies behind the new size is lost then.
                if moved.is_null() && new_size <= layout.size() {
                    block
                } else {
                    moved
                }
            }
            [false, false] if layout.align() <= NATURAL => {
                // SAFETY: as the caller's.
                unsafe { small().c_realloc(block, rounded(new_size)) }
            }
            // SAFETY: as the caller's.
            _ => unsafe { self.moved(block, layout, new_size) },
        }
    }
}

impl OwnMemory {
    /// The block in the other allocator.
    ///
    /// # Safety
    ///
    /// As that of [`GlobalAlloc::realloc`].
    unsafe fn moved(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: callers give a size that goes with the alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: a size above 0, as the caller's.
        let moved = unsafe { self.alloc(new_layout) };
        if !moved.is_null() {
            // SAFETY: two blocks of at least that size.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size().min(new_size)) };
            // SAFETY: as the caller's; the block is not used any more.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }
}
