//! Which objects are new since the last look, with a few bytes of memory for each object.

use std::mem;

use rustc_hash::FxHashMap;

use crate::graph::{HeapType, ListedClass, ListedObject, ObjectList};

/// The objects of the last look, and which of them were new then.
///
/// An object counts as seen if there was one of the same class at its address, with the same
/// contents where those never change. Another object that was put at the address of a freed one
/// and agrees in all this cannot be told from it.
#[derive(Debug, Clone, Default)]
pub struct SeenObjects {
    /// The most frequent first, so that most objects name theirs in one byte.
    classes: Vec<ListedClass>,
    /// Objects by address, packed: see [`pack`].
    packed: Vec<u8>,
    /// Position of each new object among all, packed as differences.
    new: Vec<u8>,
    count: usize,
    looks: u32,
    /// Classes that lost their last object since the look before.
    gone: Vec<HeapType>,
}

/// How many objects of a class there were before and are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassCounts {
    /// The class.
    pub ty: HeapType,
    /// Objects at the look before.
    pub old: usize,
    /// Objects now.
    pub current: usize,
    /// Objects now that were not there before.
    pub new: usize,
}

impl ClassCounts {
    fn none_of(class: &ListedClass) -> Self {
        Self {
            ty: class.ty.clone(),
            old: 0,
            current: 0,
            new: 0,
        }
    }
}

impl SeenObjects {
    /// Takes `list` as what there is now, and counts it against what was seen before: classes of
    /// either, in no particular order.
    ///
    /// O(objects log objects) time, 16 bytes an object for the time of the call.
    pub fn update(&mut self, list: ObjectList) -> Vec<ClassCounts> {
        let list = in_order(list);
        let before = mem::take(self);
        let mut counts: Vec<ClassCounts> = list.classes.iter().map(ClassCounts::none_of).collect();
        let class_now = before.classes_in(&list.classes, &mut counts);
        let mut seen = before.objects().peekable();
        let (mut last_address, mut last_new) = (0, 0);
        for (position, object) in list.objects.iter().enumerate() {
            let count = object.class as usize;
            counts[count].current += 1;
            while let Some(gone) = seen.next_if(|seen| seen.address < object.address) {
                counts[class_now[gone.class as usize]].old += 1;
            }
            let same_place = seen.next_if(|seen| seen.address == object.address);
            let is_seen = same_place.is_some_and(|seen| {
                let class = class_now[seen.class as usize];
                counts[class].old += 1;
                class == count && seen.contents == object.contents
            });
            if !is_seen {
                counts[count].new += 1;
                put_number(&mut self.new, (position - last_new) as u64);
                last_new = position;
            }
            let has_contents = list.classes[count].has_fixed_contents;
            pack(&mut self.packed, *object, last_address, has_contents);
            last_address = object.address;
        }
        for gone in seen {
            counts[class_now[gone.class as usize]].old += 1;
        }
        self.count = list.objects.len();
        self.looks = before.looks.saturating_add(1);
        let gone = counts[list.classes.len()..].iter();
        self.gone = gone.map(|counts| counts.ty.clone()).collect();
        self.classes = list.classes;
        self.packed.shrink_to_fit();
        self.new.shrink_to_fit();
        counts
    }

    /// The objects that were new at the last look: class and address, by address.
    pub fn new_objects(&self) -> impl Iterator<Item = (&HeapType, u64)> {
        let objects = self.objects().zip(self.are_new());
        let new = objects.filter(|&(_, is_new)| is_new);
        new.map(|(object, _)| (&self.classes[object.class as usize].ty, object.address))
    }

    /// The addresses of objects of `list` that were not there at the look before the last; at the last, if
    /// there was no other. `None` if there was none.
    ///
    /// O(objects log objects) time, 16 bytes an object for the time of the call.
    pub fn new_since(&self, list: ObjectList) -> Option<Vec<u64>> {
        if self.looks == 0 {
            return None;
        }
        let list = in_order(list);
        let mut counts = list.classes.iter().map(ClassCounts::none_of).collect();
        let class_now = self.classes_in(&list.classes, &mut counts);
        let mut older = self.older_objects().peekable();
        let is_new = |object: &&ListedObject| {
            while older
                .next_if(|older| older.address < object.address)
                .is_some()
            {}
            let same_place = older.next_if(|older| older.address == object.address);
            !same_place.is_some_and(|older| {
                class_now[older.class as usize] == object.class as usize
                    && older.contents == object.contents
            })
        };
        let new = list.objects.iter().filter(is_new);
        Some(new.map(|object| object.address).collect())
    }

    /// The objects that were there at the look before the last; at the last, if there was no other.
    fn older_objects(&self) -> impl Iterator<Item = ListedObject> {
        let is_only = self.looks == 1;
        let objects = self.objects().zip(self.are_new());
        objects
            .filter(move |&(_, is_new)| is_only || !is_new)
            .map(|(object, _)| object)
    }

    /// For each object whether it was new at the last look.
    fn are_new(&self) -> impl Iterator<Item = bool> {
        let mut numbers = self.new.as_slice();
        let mut next_new = take_number(&mut numbers);
        (0_u64..).map(move |position| {
            let is_new = next_new == Some(position);
            if is_new {
                next_new = take_number(&mut numbers).map(|step| position + step);
            }
            is_new
        })
    }

    /// The classes that the last look has counted, those that are no more among them.
    pub fn classes(&self) -> impl Iterator<Item = &HeapType> {
        self.classes.iter().map(|class| &class.ty).chain(&self.gone)
    }

    /// Number of objects of the last look.
    pub fn object_count(&self) -> usize {
        self.count
    }

    /// Bytes that are kept until the next look.
    pub fn memory_size(&self) -> usize {
        let text =
            |ty: &HeapType| ty.name.capacity() + ty.module.as_ref().map_or(0, String::capacity);
        let texts: usize = self.classes().map(text).sum();
        let classes = self.classes.capacity() * size_of::<ListedClass>()
            + self.gone.capacity() * size_of::<HeapType>();
        size_of::<Self>() + classes + texts + self.packed.capacity() + self.new.capacity()
    }

    fn objects(&self) -> impl Iterator<Item = ListedObject> {
        let mut packed = self.packed.as_slice();
        let mut last_address = 0;
        std::iter::from_fn(move || {
            let object = unpack(&mut packed, last_address, &self.classes)?;
            last_address = object.address;
            Some(object)
        })
    }

    /// For each class of the last look its position among `counts`, where those that are no more
    /// are added.
    fn classes_in(&self, now: &[ListedClass], counts: &mut Vec<ClassCounts>) -> Vec<usize> {
        let positions: FxHashMap<&ListedClass, usize> = now
            .iter()
            .enumerate()
            .map(|(n, class)| (class, n))
            .collect();
        let position = |class| {
            positions.get(class).copied().unwrap_or_else(|| {
                counts.push(ClassCounts::none_of(class));
                counts.len() - 1
            })
        };
        self.classes.iter().map(position).collect()
    }
}

/// Objects by address, classes by how many objects they have.
fn in_order(list: ObjectList) -> ObjectList {
    let ObjectList {
        classes,
        mut objects,
    } = list;
    objects.sort_unstable_by_key(|object| object.address);
    let mut instances = vec![0_usize; classes.len()];
    for object in &objects {
        instances[object.class as usize] += 1;
    }
    let mut by_frequency: Vec<u32> = (0..).take(classes.len()).collect();
    by_frequency.sort_by_key(|&class| std::cmp::Reverse(instances[class as usize]));
    let mut rank = vec![0; classes.len()];
    for (new, &old) in (0..).zip(&by_frequency) {
        rank[old as usize] = new;
    }
    for object in &mut objects {
        object.class = rank[object.class as usize];
    }
    let mut ranked: Vec<(u32, ListedClass)> = rank.into_iter().zip(classes).collect();
    ranked.sort_unstable_by_key(|&(rank, _)| rank);
    let mut classes: Vec<ListedClass> = ranked.into_iter().map(|(_, class)| class).collect();
    classes.shrink_to_fit();
    ObjectList { classes, objects }
}

/// Appends an object: the distance from the one before, its class, and its contents if those of
/// its class never change.
///
/// Objects lie at multiples of 16, so that the lowest bits of a distance are 0; rotated, one that
/// is not so is still right, only longer.
fn pack(packed: &mut Vec<u8>, object: ListedObject, last_address: u64, has_contents: bool) {
    put_number(
        packed,
        (object.address - last_address).rotate_right(ALIGNMENT_BITS),
    );
    put_number(packed, u64::from(object.class));
    if has_contents {
        packed.extend(object.contents.to_le_bytes());
    }
}

fn unpack(packed: &mut &[u8], last_address: u64, classes: &[ListedClass]) -> Option<ListedObject> {
    let distance = take_number(packed)?.rotate_left(ALIGNMENT_BITS);
    let class = u32::try_from(take_number(packed)?).ok()?;
    let contents = if classes.get(class as usize)?.has_fixed_contents {
        let (contents, rest) = packed.split_first_chunk()?;
        *packed = rest;
        u16::from_le_bytes(*contents)
    } else {
        0
    };
    Some(ListedObject {
        address: last_address + distance,
        class,
        contents,
    })
}

const ALIGNMENT_BITS: u32 = 4;

/// Appends a number, seven bits a byte, the lowest first (LEB128).
fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Takes the number at the front off; `None` at the end.
fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number)
}
