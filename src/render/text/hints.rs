//! Hints in sentences.

use super::number::grouped;
use super::suspects::{named, objects_in_words, short};
use super::why::spelled_path;
use crate::analysis::{Hint, HintKind, RootChain};
use crate::render::one_line;
use crate::snapshot::HeapSnapshot;

/// What there is to say of one hint: what keeps how much, then what is usually done about it.
pub fn hint_sentences(snapshot: &HeapSnapshot, hint: &Hint) -> [String; 2] {
    let holder = if hint.alike == 1 {
        format!("{} keeps", named(snapshot, hint.holder, &hint.chain))
    } else {
        let ty = &snapshot.graph().type_of(hint.holder).name;
        let path = generic_path(snapshot, &hint.chain);
        format!(
            "{} `{}` at `{path}` keep",
            grouped(hint.alike),
            one_line(ty)
        )
    };
    let count = grouped(hint.kept.count);
    let ty = short(&hint.kept.type_name);
    let retained = objects_in_words(hint.kept.retained);
    let (what, advice) = match hint.kind {
        HintKind::CachedMethod => (
            format!("{count} `{ty}` alive as `self` in the keys of the cache"),
            "Cache in the object itself, as `functools.cached_property` does, or cache a function \
             that gets only what it needs of it.",
        ),
        HintKind::Traceback => (
            format!("the local variables of {count} frames alive by the traceback"),
            "Keep what `traceback.TracebackException` makes of an exception, or set its \
             `__traceback__` to `None`; the exceptions in its `__context__` have their own.",
        ),
        HintKind::Callbacks => (
            format!("{count} `{ty}` alive by functions or bound methods that refer to them"),
            "Take a callback out when its object is done, or hold it as a `weakref.WeakMethod`.",
        ),
        HintKind::WeakKeys => (
            format!("{count} of the keys, `{ty}`, alive: the values lead to them"),
            "Let a value refer to its key weakly, or keep the value in an attribute of the key.",
        ),
        HintKind::OutputHistory => (
            format!("{count} results of the session alive that have no other name"),
            "`%reset out` forgets them; a `;` at the end of a line keeps its result out.",
        ),
        HintKind::LogRecords => (
            format!("{count} log records alive, with what was to be put into the messages"),
            "See that the buffer is flushed to a target, or that somebody reads the queue.",
        ),
        HintKind::RepeatedHandlers => (
            format!("{count} handlers of one class, `{ty}`, for one logger: it logs as often"),
            "Add a handler once, when the program starts, or take it off with `removeHandler`.",
        ),
    };
    [format!("{holder} {what}: {retained}."), advice.into()]
}

/// The chain of all objects that are held alike: without positions and keys.
fn generic_path(snapshot: &HeapSnapshot, chain: &RootChain) -> String {
    let mut steps = chain.steps();
    for step in &mut steps {
        step.text.clone_from(&step.generic);
    }
    one_line(&spelled_path(snapshot, chain, &steps)).into_owned()
}
