//! What the walk must know of each type, worked out when its first instance is met.

use std::cell::Cell;

use pyo3::prelude::*;
use rustc_hash::FxHashMap;

use super::buffers::Buffer;
use super::compiled_fields::CompiledFields;
use super::ffi::{Object, Traverse, sizeof};
use super::hidden::Hooks;
use super::introspection::Introspection;
use super::known_types::Known;
use super::numpy::NumpyFields;
use crate::graph::{HeapGraphBuilder, HeapType, NodeFlags, NodeIndex, TypeIndex};

/// Bytes of an object without fields.
const OBJECT_SIZE: u64 = 16;

/// True if a class has fields and no traverse, and is not known to hold no objects there.
fn hides_fields(types: &Introspection<'_>, class: &Bound<'_, PyAny>) -> bool {
    let (basic_size, item_size) = types.instance_sizes(class);
    let has_fields = basic_size > OBJECT_SIZE || item_size > 0;
    if Object::from_bound(class).type_flags().has_gc() || !has_fields {
        return false;
    }
    let ty = Object::from_bound(class);
    let known = |class: Object| types.known(class).or_else(|| types.not_shown(class));
    let holds_nothing = |base: &Borrowed<'_, '_, PyAny>| {
        known(Object::from_bound(base)).is_some_and(Known::holds_nothing)
    };
    // A `datetime` is a `date`, and has a time zone. Types of the interpreter have no traverse where
    // they hold no objects, or are read otherwise.
    known(ty) == Some(Known::DateTime)
        || !types.is_type_of_interpreter(ty) && !types.type_mro(class).iter().any(holds_nothing)
}

/// Types whose instances need more than a traverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Exactly `dict` or `frozendict`.
    Dict,
    /// A subclass of one of them.
    DictSubclass,
    /// Exactly `tuple`.
    Tuple,
    /// A metaclass: the instances are classes.
    Type,
    /// A module type.
    Module,
    /// Exactly `code`.
    Code,
    /// Exactly `frame`.
    Frame,
    /// What `functools.lru_cache` makes of a function.
    LruCache,
    /// One of its links, where that is known to be read.
    LruLink,
    /// A greenlet.
    Greenlet,
    /// An `io.BytesIO`, whose own fields take so many bytes; those of a derived class come after.
    MemoryFile(usize),
    /// Anything else.
    Other,
}

impl Kind {
    /// What is known of every instance.
    pub(super) fn flags(self) -> NodeFlags {
        match self {
            Self::Dict | Self::DictSubclass => NodeFlags::DICT,
            Self::Type => NodeFlags::TYPE,
            Self::Module => NodeFlags::MODULE,
            Self::Frame => NodeFlags::FRAME,
            Self::Tuple
            | Self::Code
            | Self::LruCache
            | Self::LruLink
            | Self::Greenlet
            | Self::MemoryFile(_)
            | Self::Other => NodeFlags::default(),
        }
    }
}

/// What the walk knows of a type.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about one type"
)]
pub(super) struct TypeInfo<'py> {
    pub(super) index: TypeIndex,
    pub(super) kind: Kind,
    pub(super) traverse: Option<Traverse>,
    /// The traverse, or one that it calls, is not the interpreter's own.
    pub(super) is_foreign: bool,
    pub(super) has_gc: bool,
    /// Where instances have a name that their traverse does not show.
    pub(super) hidden_name: Option<usize>,
    pub(super) hides_dict: bool,
    /// How to read what instances hold, if they are of a type of numpy's.
    pub(super) numpy: Option<NumpyFields>,
    /// A function is registered that tells what instances hold.
    pub(super) is_hooked: bool,
    /// The type, or one that it is derived from, has fields and no traverse: what instances hold
    /// there, if anything, is not seen.
    is_opaque: bool,
    /// Where instances may have references that are not shown.
    pub(super) fields: Option<CompiledFields>,
    /// The class itself, to which every instance holds a reference if it is a heap type, whether
    /// its traverse visits that or not.
    pub(super) class: Option<NodeIndex>,
    /// The traverse of the instances is known not to visit the class.
    pub(super) hides_class: Cell<bool>,
    /// The header counts for types that have none, too.
    counts_any_header: bool,
    basic_size: u64,
    item_size: u64,
    /// Bytes in front of an instance that count as its own.
    header: u64,
    native_sizeof: Option<Bound<'py, PyAny>>,
    buffer: Option<Buffer>,
}

impl TypeInfo<'_> {
    /// What `sys.getsizeof` says, as far as it can be known without running Python code: a
    /// `__sizeof__` written in Python is passed over for the one of `object`.
    pub(super) fn shallow_size(&self, object: Object) -> u64 {
        let size = self
            .native_sizeof
            .as_ref()
            .and_then(|method| sizeof(method, object))
            .unwrap_or_else(|| self.plain_size(object));
        size + self.header(object)
    }

    /// Bytes in front of `object` that count as its own.
    fn header(&self, object: Object) -> u64 {
        let has_header = self.kind != Kind::Type || self.counts_any_header || object.is_gc();
        if has_header { self.header } else { 0 }
    }

    /// How many bytes `object` uses, whose shallow size is `size`, if that is not what it says: some of them are
    /// for what is not there yet, or it does not count what is.
    #[inline]
    pub(super) fn used(&self, py: Python<'_>, object: Object, size: u64) -> Option<u64> {
        let buffer = self.buffer.as_ref()?;
        let fixed = self.basic_size + self.header(object);
        let used = fixed.saturating_add(buffer.used(py, object)?);
        let is_told = buffer.is_told();
        (used < size && is_told || used > size && !is_told).then_some(used)
    }

    /// `object.__sizeof__`.
    fn plain_size(&self, object: Object) -> u64 {
        if self.item_size == 0 {
            return self.basic_size;
        }
        self.basic_size + self.item_size * super::ffi::item_count(object)
    }
}

/// All types met in a walk, by address.
pub(super) struct TypeCache<'py> {
    introspection: &'py Introspection<'py>,
    hooks: Hooks,
    infos: Vec<TypeInfo<'py>>,
    positions: FxHashMap<Object, usize>,
    /// What was not visited yet when a type that refers to it was met.
    held: Vec<Object>,
    /// Types met lately, at the position that their addresses say.
    recent: [Option<(Object, usize)>; RECENT],
}

const RECENT: usize = 64;

impl<'py> TypeCache<'py> {
    pub(super) fn new(introspection: &'py Introspection<'py>, hooks: Hooks) -> Self {
        Self {
            introspection,
            hooks,
            infos: Vec::new(),
            positions: FxHashMap::default(),
            held: Vec::new(),
            recent: [None; RECENT],
        }
    }

    /// Every object that was visited with one reference more because this held it, once for each
    /// such reference.
    pub(super) fn held(&self) -> impl Iterator<Item = Object> {
        self.held.iter().copied()
    }

    /// The types that were met and do not show what their instances hold.
    pub(super) fn opaque(&self) -> Vec<TypeIndex> {
        let opaque = self.infos.iter().filter(|info| info.is_opaque);
        opaque.map(|info| info.index).collect()
    }

    /// The fields of the types that may have references which are not shown.
    pub(super) fn compiled_fields(&self) -> FxHashMap<TypeIndex, &CompiledFields> {
        let infos = self.infos.iter();
        let fields = infos.filter_map(|info| Some((info.index, info.fields.as_ref()?)));
        fields.collect()
    }

    /// What is known of `ty`, which becomes a node of the graph when it is first met.
    #[inline]
    pub(super) fn get(&mut self, ty: Object, builder: &mut HeapGraphBuilder) -> &TypeInfo<'py> {
        let slot = (ty.address() >> 4) as usize % RECENT;
        let position = match self.recent[slot] {
            Some((recent, position)) if recent == ty => position,
            _ => self.position(ty, builder),
        };
        self.recent[slot] = Some((ty, position));
        &self.infos[position]
    }

    fn position(&mut self, ty: Object, builder: &mut HeapGraphBuilder) -> usize {
        if let Some(&position) = self.positions.get(&ty) {
            return position;
        }
        let info = self.describe(ty, builder);
        if let Some(sizeof) = &info.native_sizeof {
            let sizeof = Object::from_bound(sizeof);
            let node = builder.known_node(sizeof.address());
            if node.is_none_or(|node| builder.next_node().is_some_and(|next| node >= next)) {
                self.held.push(sizeof);
            }
        }
        self.infos.push(info);
        self.positions.insert(ty, self.infos.len() - 1);
        self.infos.len() - 1
    }

    fn describe(&self, ty: Object, builder: &mut HeapGraphBuilder) -> TypeInfo<'py> {
        let known = self.introspection;
        let bound = ty.lent(known.py);
        let flags = ty.type_flags();
        let (basic_size, item_size) = known.instance_sizes(&bound);
        let described = HeapType {
            name: known.type_name(&bound),
            module: known.type_module(&bound),
            node: None,
            is_heap_type: flags.is_heap_type(),
        };
        let is_link = known.is_link_type(ty);
        let kind = match known.layout.cached_call() {
            Some(_) if is_link => Kind::LruLink,
            _ => self.kind(ty),
        };
        let numpy = NumpyFields::of(known, &bound);
        let is_hooked = self.hooks.are_for(known, &bound);
        let is_open =
            !matches!(kind, Kind::MemoryFile(_) | Kind::Other) || numpy.is_some() || is_hooked;
        let mut classes = known.type_mro(&bound).into_iter();
        TypeInfo {
            kind,
            is_opaque: !is_open && classes.any(|class| hides_fields(known, &class)),
            fields: if is_open {
                None
            } else {
                CompiledFields::of(known, &bound)
            },
            index: builder.add_type_at(ty.address(), described),
            // Where links are not read, the `lru_cache` visits their type in their stead.
            class: (flags.is_heap_type() && (!is_link || kind == Kind::LruLink))
                .then(|| builder.known_node(ty.address()))
                .flatten(),
            hides_class: Cell::new(false),
            traverse: ty.traverse_slot(),
            is_foreign: known.has_foreign_traverse(ty),
            has_gc: flags.has_gc(),
            hidden_name: known.place_of_hidden_name(ty),
            hides_dict: known.layout.hides_dict(flags),
            numpy,
            is_hooked,
            counts_any_header: known.layout.counts_any_header(&bound),
            basic_size,
            item_size,
            header: known.layout.header(flags),
            native_sizeof: known.native_sizeof(&bound),
            buffer: Buffer::of(known, &bound),
        }
    }

    fn kind(&self, ty: Object) -> Kind {
        let known = self.introspection;
        let flags = ty.type_flags();
        let is_module_type = || {
            let mro = known.type_mro(&ty.lent(known.py));
            let mut classes = mro.iter().map(|class| Object::from_bound(class));
            classes.any(|class| known.known(class) == Some(Known::Module))
        };
        match known.known(ty) {
            Some(Known::Dict | Known::FrozenDict) => Kind::Dict,
            Some(Known::Tuple) => Kind::Tuple,
            Some(Known::Code) => Kind::Code,
            Some(Known::Frame) => Kind::Frame,
            Some(Known::LruCache) => Kind::LruCache,
            _ if flags.is_type_subclass() => Kind::Type,
            _ if known.has_entries(ty) => Kind::DictSubclass,
            _ if is_module_type() => Kind::Module,
            _ => self.kind_of_base(ty),
        }
    }

    /// Of what is, or is derived from, a type that is known.
    fn kind_of_base(&self, ty: Object) -> Kind {
        let known = self.introspection;
        let mro = known.type_mro(&ty.lent(known.py));
        let mut classes = mro.iter();
        let nearest =
            classes.find_map(|class| Some((class, known.known(Object::from_bound(class))?)));
        match nearest {
            Some((_, Known::Greenlet)) => Kind::Greenlet,
            Some((class, Known::MemoryFile)) => {
                let (size, _) = known.instance_sizes(class);
                Kind::MemoryFile(usize::try_from(size).unwrap_or(0))
            }
            _ => Kind::Other,
        }
    }
}
