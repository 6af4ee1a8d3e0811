//! The name of a reference as a text that can be read back.
//!
//! A text is what [`EdgeLabel`](crate::graph::EdgeLabel) shows, so that it looks the same in a
//! query and in a picture, with three exceptions: the next position of a sequence is no text at
//! all, any other position is `item 7`, as `[7]` is the key of a dict, and what is known of an
//! internal reference has a second pair of angle brackets if it would else be taken for another.

use crate::graph::{EdgeName, EdgeNames, TextIndex, TextTable};

const SET_ELEMENT: &str = "set element";

/// The text of a name.
pub(super) fn to_text(name: EdgeName, texts: &TextTable) -> String {
    let text = |index: TextIndex| texts.text(index);
    match name {
        EdgeName::Attribute(name) => format!(".{}", text(name)),
        EdgeName::Key(key) => format!("[{}]", text(key)),
        EdgeName::Index(position) => format!("item {position}"),
        EdgeName::Closure(name) => format!("closure {}", text(name)),
        EdgeName::Local(name) => format!("local {}", text(name)),
        EdgeName::SetElement => format!("<{SET_ELEMENT}>"),
        EdgeName::KeyObject(key) => format!("key {}", text(key)),
        EdgeName::Internal(what) => match text(what) {
            what if what == SET_ELEMENT || what.starts_with('<') => format!("<<{what}>>"),
            what => format!("<{what}>"),
        },
    }
}

/// The name that a text says, if it says one; `intern` finds the index of a part of it.
pub(super) fn from_text(text: &str, intern: impl FnOnce(&str) -> TextIndex) -> Option<EdgeName> {
    if let Some(name) = text.strip_prefix('.') {
        Some(EdgeName::Attribute(intern(name)))
    } else if let Some(key) = between(text, "[", "]") {
        Some(EdgeName::Key(intern(key)))
    } else if let Some(name) = text.strip_prefix("closure ") {
        Some(EdgeName::Closure(intern(name)))
    } else if let Some(name) = text.strip_prefix("local ") {
        Some(EdgeName::Local(intern(name)))
    } else if let Some(key) = text.strip_prefix("key ") {
        Some(EdgeName::KeyObject(intern(key)))
    } else if let Some(position) = text.strip_prefix("item ") {
        let position = position.parse().ok()?;
        (position <= EdgeNames::LARGEST_POSITION).then_some(EdgeName::Index(position))
    } else {
        let what = between(text, "<", ">")?;
        Some(match between(what, "<", ">") {
            Some(what) => EdgeName::Internal(intern(what)),
            None if what == SET_ELEMENT => EdgeName::SetElement,
            None => EdgeName::Internal(intern(what)),
        })
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    text.strip_prefix(start)?.strip_suffix(end)
}
