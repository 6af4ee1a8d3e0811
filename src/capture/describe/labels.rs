//! The names of what one object holds, those of its contents made only when they are asked for.

use std::ops::Range;

use super::super::ffi::{self, Object};
use super::Describer;
use super::spelling::spell_call;
use crate::graph::{EdgeLabel, NodeIndex};
use crate::process::{TooLittleMemory, ensure};

/// What a label takes while references are named one by one, with all that they are matched by: 340
/// bytes for an item of a list (x86-64, CPython 3.12).
const BYTES_A_LABEL: u64 = 400;
/// So many need no look at the memory that is left.
const FEW_LABELS: usize = 10_000;

/// The names of all references of one object, in the order of [`HeapGraph::referents`].
///
/// [`HeapGraph::referents`]: crate::graph::HeapGraph::referents
pub(crate) struct Labels<'a, 'py, 'g> {
    describer: &'a Describer<'py, 'g>,
    node: NodeIndex,
    contents: Contents,
    /// The labels of all others, those before the contents and those after them.
    others: Vec<EdgeLabel>,
}

/// References whose names follow from where they stand.
enum Contents {
    None,
    /// Keys and values in turn: so many of the first referents. The keys are calls, in the dict of a cached
    /// function.
    Entries {
        count: usize,
        of_calls: bool,
    },
    /// Items, the last first; the first of them are the variables of a closure with these names.
    Items(Range<usize>, Vec<String>),
}

impl Contents {
    fn places(&self) -> Range<usize> {
        match self {
            Self::None => 0..0,
            Self::Entries { count, .. } => 0..*count,
            Self::Items(places, _) => places.clone(),
        }
    }
}

impl Labels<'_, '_, '_> {
    /// The label of the reference at a position among those of the object.
    pub(crate) fn at(&self, position: usize) -> EdgeLabel {
        let places = self.contents.places();
        if !places.contains(&position) {
            let before = if position < places.start {
                0
            } else {
                places.len()
            };
            return self.others[position - before].clone();
        }
        match &self.contents {
            Contents::Items(..) | Contents::None => self.item(places.end - 1 - position),
            Contents::Entries { of_calls, .. } => self.part_of_entry(position, *of_calls),
        }
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = EdgeLabel> {
        (0..self.others.len() + self.contents.places().len()).map(|position| self.at(position))
    }

    /// Those of what the object holds besides its contents.
    pub(super) fn others(&self) -> &[EdgeLabel] {
        &self.others
    }

    fn item(&self, position: usize) -> EdgeLabel {
        let name = match &self.contents {
            Contents::Items(_, variables) => variables.get(position),
            Contents::Entries { .. } | Contents::None => None,
        };
        name.map_or(EdgeLabel::Index(position), |name| {
            EdgeLabel::Closure(name.clone())
        })
    }

    fn part_of_entry(&self, position: usize, of_calls: bool) -> EdgeLabel {
        let Describer { graph, types, .. } = self.describer;
        let referents = graph.referents(self.node);
        let part = |position: usize| ffi::object_at(graph.address(*referents.get(position)?));
        let key = position - position % 2;
        let spelled = part(key).map(|object| {
            if of_calls {
                spell_call(types, object)
            } else {
                self.describer.spelled_key(object, part(key + 1))
            }
        });
        let spelled = spelled.unwrap_or_default();
        if position.is_multiple_of(2) {
            EdgeLabel::KeyObject(spelled)
        } else {
            EdgeLabel::Key(spelled)
        }
    }
}

impl<'py, 'g> Describer<'py, 'g> {
    /// The labels of all references that `node` holds.
    ///
    /// # Errors
    ///
    /// If there is no memory for them. Those of items and entries take none.
    pub(crate) fn labels(&self, node: NodeIndex) -> Result<Labels<'_, 'py, 'g>, TooLittleMemory> {
        let object = ffi::object_at(self.graph.address(node));
        let contents = match object {
            Some(object) if !self.hidden.contains_key(&node) => self.placed_contents(object, node),
            _ => Contents::None,
        };
        let places = contents.places();
        let count = self.graph.referents(node).len() - places.len();
        if count > FEW_LABELS {
            ensure(BYTES_A_LABEL * count as u64)?;
        }
        let others = match object {
            Some(object) => self.others(object, node, &places),
            None => vec![EdgeLabel::Internal("unknown".into()); count],
        };
        Ok(Labels {
            describer: self,
            node,
            contents,
            others,
        })
    }

    fn placed_contents(&self, object: Object, node: NodeIndex) -> Contents {
        if self.types.has_entries(object.type_object()) {
            let mut holders = self.graph.referrers(node).iter();
            return Contents::Entries {
                count: self.count_of_entry_parts(object, node),
                of_calls: holders.any(|&holder| self.is_dict_of_cache(node, holder)),
            };
        }
        let Some(places) = self.places_of_items(object, node) else {
            return Contents::None;
        };
        let is_tuple = object.type_object().type_flags().is_tuple_subclass();
        let variables = is_tuple.then(|| self.closure_names(object, node)).flatten();
        Contents::Items(places, variables.unwrap_or_default())
    }

    /// How many of the first referents of an instance of a dict are its keys and values.
    pub(super) fn count_of_entry_parts(&self, object: Object, node: NodeIndex) -> usize {
        // An audit hook of the program may have added entries since.
        let referents = self.graph.referents(node).len();
        (2 * ffi::dict_entries(object).count()).min(referents)
    }

    /// Where among the referents of an instance of a list or tuple its items are: in one piece, the last
    /// first. `None` if they are not, or some places are empty.
    ///
    /// Before them the interpreter visits slots, attributes and class; a compiled subclass visits after
    /// them what it has itself.
    pub(super) fn places_of_items(&self, object: Object, node: NodeIndex) -> Option<Range<usize>> {
        let flags = object.type_object().type_flags();
        if !flags.is_list_subclass() && !flags.is_tuple_subclass() {
            return None;
        }
        let referents = self.graph.referents(node);
        let count = usize::try_from(ffi::item_count(object)).ok()?;
        let others = referents.len().checked_sub(count)?;
        let are_items = |places: &Range<usize>| {
            let held = referents[places.clone()].iter().rev();
            let held = held.map(|&held| self.graph.address(held));
            ffi::items(object).map(Object::address).eq(held)
        };
        (0..=others)
            .rev()
            .map(|start| start..start + count)
            .find(are_items)
    }
}
