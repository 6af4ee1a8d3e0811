//! Where instances of a type have what a compiled class keeps for itself, and may own without showing it.

use std::cell::Cell;
use std::ops::Range;

use pyo3::prelude::*;

use super::ffi::Object;
use super::introspection::Introspection;
use super::known_types::Known;

/// The first two words of an object are its count and its type.
const START: usize = 16;
const WORD: usize = size_of::<u64>();
/// Words of an instance that are looked at: what is larger has a buffer.
const MOST_WORDS: usize = u128::BITS as usize;

/// The words of the instances of a type, of which each is a field, or a part of one.
pub(super) struct CompiledFields {
    count: usize,
    /// Those that are no references that are to be found, a bit each.
    ruled_out: Cell<u128>,
    /// The type is known to hold objects that it does not show.
    pub(super) are_known: bool,
}

impl CompiledFields {
    /// Those of a class; none if it is not derived from a compiled class, or from one that is known to hold
    /// nothing.
    pub(super) fn of(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> Option<Self> {
        let is_compiled = |class: Object| {
            let flags = class.type_flags();
            !types.is_type_of_interpreter(class)
                && (!flags.is_heap_type() || !flags.has_gc() || !types.has_own_traverse(class))
        };
        let classes = types.type_mro(class);
        let classes = || classes.iter().map(|class| Object::from_bound(class));
        let known = |class| types.known(class).or_else(|| types.not_shown(class));
        let are_known = classes().filter_map(known).any(Known::holds_what_it_hides);
        let hold_nothing = classes().filter_map(known).any(Known::holds_nothing);
        if !classes().any(is_compiled) || (hold_nothing && !are_known) {
            return None;
        }
        let size = usize::try_from(types.instance_sizes(class).0).ok()?;
        Some(Self {
            count: (size.saturating_sub(START) / WORD).min(MOST_WORDS),
            ruled_out: Cell::new(0),
            are_known,
        })
    }

    /// The fields of an instance that are not ruled out, with what is there.
    pub(super) fn words(&self, object: Object) -> impl Iterator<Item = (u8, u64)> {
        let fields: Range<u8> = 0..u8::try_from(self.count).unwrap_or(0);
        let fields = fields.filter(|&field| self.has(field));
        fields.map(move |field| (field, object.field(START + usize::from(field) * WORD)))
    }

    /// True unless it is ruled out.
    pub(super) fn has(&self, field: u8) -> bool {
        self.ruled_out.get() & (1 << field) == 0
    }

    /// Looks at a field no more.
    pub(super) fn rule_out(&self, field: u8) {
        self.ruled_out.set(self.ruled_out.get() | (1 << field));
    }
}
