//! References that compiled objects have in their own memory and that no traverse shows.
//!
//! A word of an object that is the address of another may be a reference that is owned, one that is borrowed,
//! or what is left of an earlier one. It is taken for one that is owned only if that word is so, or null, in
//! every instance of the type, of which there are some; and if every object to which it leads has a reference
//! that nothing else explains.

use rustc_hash::FxHashMap;

use super::super::compiled_fields::CompiledFields;
use super::super::ffi::Object;
use super::super::hidden::HiddenReferences;
use super::super::type_info::{TypeCache, TypeInfo};
use super::notes::note;
use crate::graph::{EdgeLabel, HeapGraphBuilder, NodeFlags, NodeIndex, TypeIndex};

/// So many instances show what a field of a type is that is not known.
const FEWEST_INSTANCES: usize = 8;

/// Words that are addresses of known objects: the holder, which field of its type that is, and the object.
#[derive(Default)]
pub(super) struct Candidates(Vec<(NodeIndex, u8, NodeIndex)>);

impl Candidates {
    /// Takes down those of the object that is being visited, without what it is already known to refer to.
    #[inline]
    pub(super) fn note(
        &mut self,
        info: &TypeInfo<'_>,
        object: Object,
        builder: &mut HeapGraphBuilder,
    ) {
        if let Some(fields) = &info.fields {
            self.note_fields(fields, object, builder);
        }
    }

    fn note_fields(
        &mut self,
        fields: &CompiledFields,
        object: Object,
        builder: &mut HeapGraphBuilder,
    ) {
        let Some(holder) = builder.next_node() else {
            return;
        };
        for (field, word) in fields.words(object) {
            if word == 0 {
                continue;
            }
            let known = builder.known_node(word);
            let is_new =
                |held: &NodeIndex| *held != holder && !builder.pending_edges().contains(held);
            match known.filter(is_new) {
                Some(held) => note(&mut self.0, (holder, field, held), builder),
                None => fields.rule_out(field),
            }
        }
    }

    /// Adds those that are references, as late edges.
    pub(super) fn show(
        self,
        types: &TypeCache<'_>,
        builder: &mut HeapGraphBuilder,
        hidden: &mut HiddenReferences,
    ) {
        let fields_of = types.compiled_fields();
        let mut by_field: FxHashMap<(TypeIndex, u8), Vec<(NodeIndex, NodeIndex)>> =
            FxHashMap::default();
        for (holder, field, held) in self.0 {
            let ty = builder.type_of(holder);
            if let Some(ty) = ty.filter(|ty| fields_of.get(ty).is_some_and(|it| it.has(field))) {
                by_field
                    .entry((ty, field))
                    .or_default()
                    .push((holder, held));
            }
        }
        by_field.retain(|(ty, _), references| {
            let is_known = fields_of.get(ty).is_some_and(|fields| fields.are_known);
            (is_known || references.len() >= FEWEST_INSTANCES)
                && references
                    .iter()
                    .all(|&(_, held)| may_be_held(builder, held))
        });
        if by_field.is_empty() {
            return;
        }
        let held = by_field.values().flatten().map(|&(_, held)| held);
        let mut left = builder.unexplained_counts(held);
        let mut by_field: Vec<_> = by_field.into_iter().collect();
        by_field.sort_unstable_by_key(|(place, _)| *place);
        for (_, references) in by_field {
            let mut after = left.clone();
            let is_explained = references.iter().all(|(_, held)| {
                let count = after.get_mut(held).filter(|count| **count > 0);
                count.is_some_and(|count| {
                    *count -= 1;
                    true
                })
            });
            if is_explained {
                left = after;
                for (holder, held) in references {
                    builder.add_late_edge(holder, held);
                    let label = EdgeLabel::Internal("hidden".into());
                    hidden.entry(holder).or_default().push((held, label));
                }
            }
        }
    }
}

/// True of what a field of an instance may own and nothing else has pointers to: compiled code keeps types
/// and modules in many places.
fn may_be_held(builder: &HeapGraphBuilder, node: NodeIndex) -> bool {
    let others = [
        NodeFlags::IMMORTAL,
        NodeFlags::TYPE,
        NodeFlags::MODULE,
        NodeFlags::MODULE_NAMESPACE,
        NodeFlags::FRAME,
    ];
    let flags = builder.flags(node);
    !others.into_iter().any(|other| flags.contains(other))
}
