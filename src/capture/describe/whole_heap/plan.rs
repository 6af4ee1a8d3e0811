//! How the references of the instances of one type are named.

use super::super::super::ffi::{self, Object};
use super::super::super::introspection::Introspection;
use super::super::super::known_types::Known;
use super::super::super::numpy::NumpyFields;
use super::super::Describer;
use super::super::leftover::Leftover;
use super::super::members::Field;
use crate::graph::{EdgeNames, NodeFlags, NodeIndex, TextIndex};

/// Instances of one class whose attributes are searched for with more names than those that
/// served for the ones before.
const SEARCHES_A_CLASS: usize = 8;

/// How the references of the instances of a type are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Keys and values in turn.
    Dict,
    /// Keys and values in turn, then fields.
    DictSubclass,
    /// By position.
    Sequence,
    /// By position, the rest by fields.
    SequenceSubclass,
    /// All alike.
    Set,
    /// By the members of code objects, in their order.
    Code,
    /// By the fields of its classes and, from 3.11, attributes under the instance itself.
    Fields,
    /// As [`NumpyFields`] gives them.
    Numpy,
    /// As [`Describer::labels`] does: rare, or different for every instance.
    Described,
}

/// What is known of a type.
pub(super) struct Plan<'py> {
    pub(super) way: Way,
    pub(super) numpy: Option<NumpyFields>,
    pub(super) fields: Vec<(Field<'py>, TextIndex)>,
    /// Attributes found under instances so far.
    pub(super) attributes: Vec<Attribute>,
    /// The names of the attributes whose values instances have under themselves, by position.
    pub(super) shared_names: Vec<TextIndex>,
    /// Bytes of the fixed part of instances.
    pub(super) basic_size: u64,
    pub(super) leftover: Leftover,
    pub(super) searches_left: usize,
    pub(super) class: Option<NodeIndex>,
}

/// An attribute that instances of a class have under themselves.
pub(super) struct Attribute {
    pub(super) name: Object,
    pub(super) text: TextIndex,
    /// What the class holds under the same name: where an instance has the same value, it may be
    /// that of the class.
    pub(super) on_class: Option<Object>,
}

impl<'py> Plan<'py> {
    /// Works out how the instances of the type of `node` are named. Their texts go into `names`.
    pub(super) fn new(
        describer: &Describer<'py, '_>,
        names: &mut EdgeNames,
        node: NodeIndex,
        object: Object,
    ) -> Self {
        let ty = object.type_object();
        let class = ty.lent(describer.types.py);
        let numpy = NumpyFields::of(describer.types, &class);
        let way = match &numpy {
            // Other classes have attributes too.
            Some(_) if !ty.type_flags().is_heap_type() => Way::Numpy,
            Some(_) => Way::Described,
            None => way(describer.types, ty, describer.graph.flags(node)),
        };
        let fields = if way == Way::Code {
            describer.code_fields()
        } else {
            describer.fields(&class)
        };
        let shared_names = ffi::shared_names(ty, describer.types.layout).into_iter();
        let shared_names = shared_names.map(|name| describer.spelled(name));
        let with_text = |field: Field<'py>| {
            let text = names.text(&field.name);
            (field, text)
        };
        Self {
            way,
            numpy,
            fields: fields.into_iter().map(with_text).collect(),
            attributes: Vec::new(),
            shared_names: shared_names.map(|name| names.text(&name)).collect(),
            basic_size: describer.types.instance_sizes(&class).0,
            leftover: describer.leftover_rule(node),
            searches_left: SEARCHES_A_CLASS,
            class: describer.graph.type_of(node).node,
        }
    }
}

fn way(types: &Introspection<'_>, class: Object, flags: NodeFlags) -> Way {
    match types.known(class) {
        Some(Known::Dict | Known::FrozenDict) => return Way::Dict,
        Some(Known::List | Known::Tuple) => return Way::Sequence,
        Some(Known::Set | Known::FrozenSet) => return Way::Set,
        Some(Known::Code) => return Way::Code,
        Some(
            Known::Generator
            | Known::Coroutine
            | Known::AsyncGenerator
            | Known::Context
            | Known::ContextPart,
        ) => return Way::Described,
        _ if types.is_met_link_type(class) => return Way::Described,
        _ => {}
    }
    if types.has_entries(class) {
        Way::DictSubclass
    } else if class.type_flags().is_list_subclass() || class.type_flags().is_tuple_subclass() {
        Way::SequenceSubclass
    } else if is_described(flags) {
        Way::Described
    } else {
        Way::Fields
    }
}

/// True for what is rare, and different for every instance: classes, modules and frames.
fn is_described(flags: NodeFlags) -> bool {
    [NodeFlags::TYPE, NodeFlags::MODULE, NodeFlags::FRAME]
        .into_iter()
        .any(|kind| flags.contains(kind))
}
