//! What a frame holds, read where the interpreter keeps it.
//!
//! `frame.f_locals` is no way to read it: up to 3.12 it brings a dict up to date that the program
//! may hold, and so changes what the program sees.

use super::Object;
use super::layout::table::{NO_OBJECT, REFERENCE_TAGS};

/// Where a frame has what it holds, as offsets in bytes.
#[derive(Debug, Clone, Copy)]
pub(in crate::capture) struct FrameLayout {
    /// Of the pointer to the interpreter's frame in a frame object. Up to 3.10 they are one.
    pub(super) data: Option<usize>,
    /// Of the namespace of a module or class body.
    pub(super) namespace: usize,
    /// Of the frame object, if the frame has one by now.
    pub(super) object: Option<usize>,
    pub(super) end: End,
    /// Of the first variable.
    pub(super) variables: usize,
    /// Of the interpreter's frame in a generator; up to 3.10, of the pointer to its frame object.
    pub(super) in_generator: usize,
    /// Which word from the top of the value stack of a coroutine is what it waits for.
    pub(super) awaited: usize,
}

/// How a frame says up to where its variables and its value stack are filled.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// Not at all: what is not filled is null.
    Unsaid,
    /// By a number of words, at this offset; a negative one while the frame is executed.
    Count(usize),
    /// By an address, at this offset.
    Address(usize),
}

const WORD: usize = size_of::<usize>();

impl FrameLayout {
    /// An argument that inner functions share is in one place with its cell: from 3.11 on.
    pub(super) fn joins_shared_arguments(self) -> bool {
        self.data.is_some()
    }

    /// What a frame object is about. Callers vouch that its function is being executed, or is
    /// suspended in a greenlet, or that the frame object has taken over what it holds: the memory
    /// of the frame is alive then.
    pub(in crate::capture) fn of_frame(self, frame: Object) -> FrameData {
        let object = frame.0.as_ptr().cast::<usize>().cast_const();
        let start = match self.data {
            Some(pointer) => std::ptr::with_exposed_provenance(word(object, pointer)),
            None => object,
        };
        FrameData {
            layout: self,
            start,
        }
    }

    /// The frame in a generator or coroutine. Of one that has ended, its words mean nothing.
    pub(in crate::capture) fn of_generator(self, generator: Object) -> GeneratorData {
        let object = generator.0.as_ptr().cast::<usize>().cast_const();
        if self.data.is_none() {
            return GeneratorData::Object(word(object, self.in_generator) as u64);
        }
        let start = object.wrapping_byte_add(self.in_generator);
        GeneratorData::Here(FrameData {
            layout: self,
            start,
        })
    }
}

/// What a generator has in place of a frame.
pub(in crate::capture) enum GeneratorData {
    /// The address of a frame object, which holds what it holds: up to 3.10.
    Object(u64),
    /// All of the frame.
    Here(FrameData),
}

/// The memory of a frame.
#[derive(Clone, Copy)]
pub(in crate::capture) struct FrameData {
    layout: FrameLayout,
    start: *const usize,
}

impl FrameData {
    /// The namespace of a module or class body, 0 if the frame has none.
    pub(in crate::capture) fn namespace(self) -> u64 {
        word(self.start, self.layout.namespace) as u64
    }

    /// The frame object, 0 if there is none.
    pub(in crate::capture) fn frame_object(self) -> u64 {
        let object = self.layout.object.map(|at| word(self.start, at));
        object.unwrap_or(0) as u64
    }

    /// What the first `count` variables hold, cells of those that are shared: 0 for each that is
    /// not set.
    pub(in crate::capture) fn variables(self, count: usize) -> impl Iterator<Item = u64> {
        let filled = self.filled().min(count);
        (0..filled).map(move |n| object_in(word(self.start, self.layout.variables + WORD * n)))
    }

    /// What a suspended coroutine waits for, which is on its value stack. 0 where the frame does not say up to
    /// where it is filled.
    pub(in crate::capture) fn awaited(self) -> u64 {
        let place = match self.filled() {
            usize::MAX => None,
            filled => filled.checked_sub(self.layout.awaited),
        };
        place.map_or(0, |place| {
            object_in(word(self.start, self.layout.variables + WORD * place))
        })
    }

    /// How many words from the first variable on are filled, at most.
    fn filled(self) -> usize {
        match self.layout.end {
            End::Unsaid => usize::MAX,
            End::Count(at) => {
                let count = self.start.wrapping_byte_add(at).cast::<i32>();
                // SAFETY: as for `word`.
                let count = unsafe { count.read() };
                usize::try_from(count).unwrap_or(usize::MAX)
            }
            End::Address(at) => {
                let first = self.start.addr() + self.layout.variables;
                match word(self.start, at) {
                    0 => usize::MAX,
                    end => end.saturating_sub(first) / WORD,
                }
            }
        }
    }
}

/// The address of the object that a word of a frame refers to, 0 if it refers to none.
fn object_in(word: usize) -> u64 {
    let address = if word & NO_OBJECT == 0 {
        word & !REFERENCE_TAGS
    } else {
        0
    };
    address as u64
}

fn word(start: *const usize, offset: usize) -> usize {
    let pointer = start.wrapping_byte_add(offset);
    // SAFETY: the offset lies inside a frame object, a generator or a frame whose memory is alive,
    // for which those who make a `FrameData` vouch. `FrameLayout` has been checked on objects made
    // for that before anybody reads by it.
    unsafe { pointer.read() }
}
