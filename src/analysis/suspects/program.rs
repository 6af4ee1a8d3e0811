//! What is the program itself and not what it has made.

use crate::graph::{NodeFlags, NodeIndex, RootKind};
use crate::snapshot::HeapSnapshot;

/// Types of what a program is made of, besides modules, classes and frames.
const CODE: [&str; 12] = [
    "builtins.builtin_function_or_method",
    "builtins.cell",
    "builtins.classmethod",
    "builtins.classmethod_descriptor",
    "builtins.function",
    "builtins.getset_descriptor",
    "builtins.mappingproxy",
    "builtins.member_descriptor",
    "builtins.method_descriptor",
    "builtins.property",
    "builtins.staticmethod",
    "builtins.wrapper_descriptor",
];

/// Tells the program from its data: modules, classes, functions and running frames, with their
/// namespaces, and state of the interpreter. What these hold by a name is data.
pub(super) struct Program<'s> {
    snapshot: &'s HeapSnapshot,
    /// For each type whether its instances belong to the program.
    by_type: Vec<bool>,
    /// For each type whether it is that of compiled Python code.
    is_code: Vec<bool>,
}

impl<'s> Program<'s> {
    pub(super) fn new(snapshot: &'s HeapSnapshot) -> Self {
        let types = snapshot.graph().types();
        Self {
            snapshot,
            by_type: types.which(|ty| !ty.is_heap_type && CODE.contains(&&*ty.full_name())),
            is_code: types.which(|ty| !ty.is_heap_type && ty.is_called("builtins.code")),
        }
    }

    /// True if and only if all that the object holds is the program too: constants, and the code of
    /// functions inside.
    pub(super) fn is_code(&self, node: NodeIndex) -> bool {
        self.is_code[self.snapshot.graph().type_index(node).index()]
    }

    /// True if and only if the object, which `dominator` dominates, belongs to the program.
    pub(super) fn has(&self, node: NodeIndex, dominator: Option<NodeIndex>) -> bool {
        let graph = self.snapshot.graph();
        let flags = graph.flags(node);
        let is_any = |of: &[NodeFlags]| of.iter().any(|&flag| flags.contains(flag));
        let is_type = |node| graph.flags(node).contains(NodeFlags::TYPE);
        is_any(&[
            NodeFlags::MODULE,
            NodeFlags::MODULE_NAMESPACE,
            NodeFlags::TYPE,
            NodeFlags::FRAME,
        ]) || self.by_type[graph.type_index(node).index()]
            // A class refers to no other dicts than its namespace and the table of its subclasses.
            || (flags.contains(NodeFlags::DICT) && dominator.is_some_and(is_type))
            || (self.snapshot.root(node)).is_some_and(|root| root.kind == RootKind::Interpreter)
    }
}
