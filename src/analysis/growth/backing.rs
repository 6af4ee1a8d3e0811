//! What compiled containers keep their elements in.

use crate::graph::{HeapType, NodeFlags, NodeIndex};
use crate::snapshot::HeapSnapshot;

/// The nodes of the tree that a `Context` keeps its variables in, whose depth depends on hashes, and
/// the links of what `itertools.tee` has not given out yet.
const KNOWN: [&str; 2] = ["builtins.hamt", "itertools._tee_dataobject"];

/// For each type whether its instances are parts of what compiled code holds them in, and no objects of the
/// program: the program has no name for a type that was compiled in, and so cannot make one.
pub(super) fn backing_types(snapshot: &HeapSnapshot) -> Vec<bool> {
    let graph = snapshot.graph();
    let is_without_name = |ty: &HeapType| {
        let is_dict = |&holder: &NodeIndex| graph.flags(holder).contains(NodeFlags::DICT);
        ty.node
            .is_some_and(|class| !graph.referrers(class).iter().any(is_dict))
    };
    graph.types().which(|ty| {
        let name = ty.full_name();
        let is_known = KNOWN.iter().any(|start| name.starts_with(start)) && ty.is_genuine(&name);
        is_known || !ty.is_heap_type && is_without_name(ty)
    })
}
