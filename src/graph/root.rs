//! Where chains of references start.

use std::fmt;

use super::NodeIndex;

/// Why an object is alive although nothing has to refer to it. The order of the variants is the
/// order in which roots are preferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    /// A module that `sys.modules` holds under its own name.
    Module,
    /// The frame of a running function.
    Frame,
    /// A generator or coroutine that is suspended and held from outside the graph: by the frame
    /// that iterates over it or awaits it.
    Suspended,
    /// The context variables of a thread.
    Context,
    /// A function that the interpreter calls when it ends.
    AtExit,
    /// State of the interpreter itself.
    Interpreter,
    /// Held from outside the graph: its reference count is higher than the references found.
    External,
}

impl RootKind {
    /// Every kind, in order.
    pub const ALL: [Self; 7] = [
        Self::Module,
        Self::Frame,
        Self::Suspended,
        Self::Context,
        Self::AtExit,
        Self::Interpreter,
        Self::External,
    ];

    /// The kind in one word, as files and JSON have it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Frame => "frame",
            Self::Suspended => "suspended",
            Self::Context => "context",
            Self::AtExit => "atexit",
            Self::Interpreter => "interpreter",
            Self::External => "external",
        }
    }

    /// The kind that [`word`](Self::word) says.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for RootKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A node at which a chain of references may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The object.
    pub node: NodeIndex,
    /// Why it is alive.
    pub kind: RootKind,
    /// The root in words: the name of a module; function, place and thread of a frame.
    pub name: String,
}
