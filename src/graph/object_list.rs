//! Objects without their references: what there is at one moment.

use super::types::HeapType;

/// Some objects of a heap with their classes, in any order.
#[derive(Debug, Clone, Default)]
pub struct ObjectList {
    /// The classes; no two are the same.
    pub classes: Vec<ListedClass>,
    /// The objects; no two have the same address.
    pub objects: Vec<ListedObject>,
}

/// A class, told from any other that may get its name or its address later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListedClass {
    /// Its names.
    pub ty: HeapType,
    /// Where the class is.
    pub address: u64,
    /// Where its namespace is: a class has the same one all its life.
    pub namespace: u64,
    /// What its instances refer to never changes.
    pub has_fixed_contents: bool,
}

/// An object as it can be told from another that may get its address later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedObject {
    /// Where the object is.
    pub address: u64,
    /// Position of its class in [`ObjectList::classes`].
    pub class: u32,
    /// A hash of what it refers to, if that never changes; otherwise 0.
    pub contents: u16,
}
