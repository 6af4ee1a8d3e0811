//! How a holder refers to what it holds.

use std::borrow::Cow;
use std::fmt;

/// What an [`EdgeLabel::Internal`] says inside a `contextvars.Context`: a part of the mapping from
/// variables to their values.
pub const CONTEXT_VARIABLES: &str = "context variables";

/// How the key of a finalizer (`weakref.finalize`) begins: it says whose it is and what it calls, so that
/// all that are alike have the same.
pub const FINALIZER: &str = "<a finalizer";

/// The name under which a cached function (`functools.lru_cache`) holds the results of calls.
pub const CACHE: &str = "cache";

/// The name of one reference, as it is written in a picture, a chain or a file.
///
/// The order of the variants, then of their contents, is the order in which equally good
/// references are preferred.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeLabel {
    /// An attribute, slot or member: `.name`.
    Attribute(String),
    /// The value under a key of a mapping, the key spelled as `repr` does: `['name']`.
    Key(String),
    /// An element of a sequence: `[3]`.
    Index(usize),
    /// A variable that a function closes over: `closure x`.
    Closure(String),
    /// A local variable of a frame, generator or coroutine: `local x`.
    Local(String),
    /// An element of a set.
    SetElement,
    /// The key itself, spelled as `repr` does: `key 'name'`.
    KeyObject(String),
    /// Held by compiled code in a place that has no name in Python; says what is known.
    Internal(Cow<'static, str>),
}

impl EdgeLabel {
    /// An attribute label.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::Attribute(name.into())
    }
}

impl fmt::Display for EdgeLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, ".{name}"),
            Self::Key(key) => write!(f, "[{key}]"),
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Closure(name) => write!(f, "closure {name}"),
            Self::Local(name) => write!(f, "local {name}"),
            Self::SetElement => f.write_str("<set element>"),
            Self::KeyObject(key) => write!(f, "key {key}"),
            Self::Internal(what) => write!(f, "<{what}>"),
        }
    }
}
