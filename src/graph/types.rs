//! The types of a heap.

use std::borrow::Cow;

use super::index::{NodeIndex, TypeIndex};

const WEAK_REFERENCES: [&str; 3] = [
    "weakref.ReferenceType",
    "weakref.KeyedRef",
    "weakref.WeakMethod",
];

/// One class, told from others of the same name by being another entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeapType {
    /// `__name__`, without the module.
    pub name: String,
    /// `__module__`; `None` where it is missing, empty or not a string.
    pub module: Option<String>,
    /// The class as an object of the heap.
    pub node: Option<NodeIndex>,
    /// Made at run time by a `class` statement or a heap type spec: its instances visit it.
    pub is_heap_type: bool,
}

impl HeapType {
    /// `module.name`, or just the name where there is no module.
    pub fn full_name(&self) -> Cow<'_, str> {
        match &self.module {
            Some(module) => Cow::Owned(format!("{module}.{}", self.name)),
            None => Cow::Borrowed(&self.name),
        }
    }

    /// True if and only if `name` is the full name.
    pub fn is_called(&self, name: &str) -> bool {
        let Some(module) = &self.module else {
            return self.name == name;
        };
        let rest = name.strip_suffix(self.name.as_str());
        rest.and_then(|rest| rest.strip_suffix('.')) == Some(module)
    }

    /// True if and only if `name` is the full name, and this is no class of a program that says it is
    /// of `builtins`, where no type is made at run time.
    pub fn is_genuine(&self, name: &str) -> bool {
        self.is_called(name) && !(self.is_heap_type && self.module.as_deref() == Some("builtins"))
    }

    /// The name as shown to the user: short or full.
    pub fn display_name(&self, short: bool) -> Cow<'_, str> {
        if short {
            Cow::Borrowed(&self.name)
        } else {
            self.full_name()
        }
    }

    /// True if and only if its instances are weak references: of the interpreter's own type or of
    /// one of `weakref`'s, which are derived from it.
    pub fn is_weak_reference(&self) -> bool {
        WEAK_REFERENCES.iter().any(|name| self.is_called(name))
    }

    /// True if and only if its instances are weak references of the interpreter's own type: asking
    /// one for its referent runs no code of the program.
    pub fn is_plain_weak_reference(&self) -> bool {
        self.is_weak_reference() && !self.is_heap_type
    }

    /// True if and only if `pattern` names this type: the full name if it has a dot, else the
    /// short name.
    pub fn matches(&self, pattern: &str) -> bool {
        if pattern.contains('.') {
            self.is_called(pattern)
        } else {
            self.name == pattern
        }
    }
}

/// All types of a graph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeTable {
    types: Vec<HeapType>,
}

impl TypeTable {
    /// Adds a type.
    pub fn push(&mut self, ty: HeapType) -> TypeIndex {
        self.types.push(ty);
        TypeIndex::new(self.types.len() - 1)
    }

    /// Number of types.
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// True if and only if there is no type.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// For each type, by its index, whether it is meant: to ask once for all objects of a type.
    pub fn which(&self, is_meant: impl FnMut(&HeapType) -> bool) -> Vec<bool> {
        self.types.iter().map(is_meant).collect()
    }

    /// All types with their indexes.
    pub fn iter(&self) -> impl Iterator<Item = (TypeIndex, &HeapType)> {
        self.types
            .iter()
            .enumerate()
            .map(|(i, ty)| (TypeIndex::new(i), ty))
    }
}

impl std::ops::Index<TypeIndex> for TypeTable {
    type Output = HeapType;

    fn index(&self, index: TypeIndex) -> &HeapType {
        &self.types[index.index()]
    }
}
