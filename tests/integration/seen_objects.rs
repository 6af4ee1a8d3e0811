//! What is new since the last look, against sets.

use std::collections::{BTreeMap, BTreeSet};

use heapgraph::analysis::SeenObjects;
use heapgraph::graph::{HeapType, ListedClass, ListedObject, ObjectList};

use crate::random::Random;

fn class(name: &str, address: u64, has_fixed_contents: bool) -> ListedClass {
    ListedClass {
        ty: HeapType {
            name: name.into(),
            module: Some("app".into()),
            node: None,
            is_heap_type: true,
        },
        address,
        namespace: address + 8,
        has_fixed_contents,
    }
}

fn list(classes: &[ListedClass], objects: &[(u64, u32, u16)]) -> ObjectList {
    ObjectList {
        classes: classes.to_vec(),
        objects: (objects.iter())
            .map(|&(address, class, contents)| ListedObject {
                address,
                class,
                contents,
            })
            .collect(),
    }
}

fn new_addresses(seen: &SeenObjects) -> Vec<u64> {
    seen.new_objects().map(|(_, address)| address).collect()
}

#[test]
fn everything_is_new_at_first_and_nothing_after_that() {
    let now = list(&[class("A", 0x100, false)], &[(0x40, 0, 0), (0x20, 0, 0)]);
    let mut seen = SeenObjects::default();
    let counts = seen.update(now.clone());
    assert_eq!((counts[0].old, counts[0].current, counts[0].new), (0, 2, 2));
    assert_eq!(new_addresses(&seen), [0x20, 0x40]);
    let counts = seen.update(now);
    assert_eq!((counts[0].old, counts[0].current, counts[0].new), (2, 2, 0));
    assert!(new_addresses(&seen).is_empty());
    assert_eq!(seen.object_count(), 2);
}

#[test]
fn an_object_at_a_used_address_is_new_if_its_class_or_contents_differ() {
    let classes = [class("A", 0x100, false), class("A", 0x200, true)];
    let mut seen = SeenObjects::default();
    seen.update(list(&classes, &[(0x10, 0, 0), (0x20, 1, 7), (0x30, 1, 7)]));
    seen.update(list(&classes, &[(0x10, 1, 7), (0x20, 1, 8), (0x30, 1, 7)]));
    assert_eq!(new_addresses(&seen), [0x10, 0x20]);
}

#[test]
fn a_class_at_a_used_address_is_another_class() {
    let objects = [(0x10, 0, 0)];
    let class_with_namespace = |namespace| ListedClass {
        namespace,
        ..class("A", 0x100, false)
    };
    let mut seen = SeenObjects::default();
    seen.update(list(&[class_with_namespace(1)], &objects));
    let counts = seen.update(list(&[class_with_namespace(2)], &objects));
    assert_eq!(new_addresses(&seen), [0x10]);
    assert_eq!(counts.iter().map(|class| class.old).sum::<usize>(), 1);
    assert_eq!(seen.classes().count(), 2);
}

#[test]
fn a_class_without_objects_is_named_once_more() {
    let mut seen = SeenObjects::default();
    seen.update(list(&[class("A", 0x100, false)], &[(0x10, 0, 0)]));
    let counts = seen.update(ObjectList::default());
    assert_eq!((counts[0].old, counts[0].current), (1, 0));
    assert_eq!(seen.classes().count(), 1);
    assert!(seen.update(ObjectList::default()).is_empty());
    assert_eq!(seen.classes().count(), 0);
}

#[test]
fn addresses_at_both_ends_and_off_the_grid() {
    let classes = [class("A", 0x100, false)];
    let objects = [(0, 0, 0), (3, 0, 0), (0x1_0004, 0, 0), (u64::MAX, 0, 0)];
    let mut seen = SeenObjects::default();
    seen.update(list(&classes, &objects));
    let expected: Vec<u64> = objects.iter().map(|object| object.0).collect();
    assert_eq!(new_addresses(&seen), expected);
    seen.update(list(&classes, &objects[1..]));
    assert!(new_addresses(&seen).is_empty());
}

#[test]
fn the_same_as_sets_say_on_random_heaps() {
    type Seen = BTreeSet<(u64, String, u16)>;
    for seed in 0..25 {
        let mut random = Random::new(seed);
        let classes: Vec<ListedClass> = (0..=random.below(200))
            .map(|n| class(&format!("C{n}"), 0x1000 + 16 * n as u64, n % 3 == 0))
            .collect();
        let mut seen = SeenObjects::default();
        let mut before = Seen::new();
        for _ in 0..4 {
            let mut objects: BTreeMap<u64, (u64, u32, u16)> = BTreeMap::new();
            for _ in 0..random.below(400) {
                let address = 16 * random.below(2000) as u64;
                let number = random.below(classes.len());
                let contents = if number.is_multiple_of(3) {
                    random.below(3)
                } else {
                    0
                };
                let object = (
                    address,
                    u32::try_from(number).unwrap(),
                    u16::try_from(contents).unwrap(),
                );
                objects.insert(address, object);
            }
            let mut objects: Vec<_> = objects.into_values().collect();
            objects = random
                .order(objects.len())
                .into_iter()
                .map(|n| objects[n])
                .collect();
            let name = |class: u32| classes[class as usize].ty.name.clone();
            let now: Seen = (objects.iter())
                .map(|&(address, class, contents)| (address, name(class), contents))
                .collect();
            let counts = seen.update(list(&classes, &objects));
            let expected: Vec<u64> = now.difference(&before).map(|object| object.0).collect();
            assert_eq!(new_addresses(&seen), expected, "seed {seed}");
            for class in counts {
                let of_class = |seen: &Seen| seen.iter().filter(|o| o.1 == class.ty.name).count();
                assert_eq!(class.old, of_class(&before), "seed {seed}");
                assert_eq!(class.current, of_class(&now), "seed {seed}");
                let new: Seen = now.difference(&before).cloned().collect();
                assert_eq!(class.new, of_class(&new), "seed {seed}");
            }
            before = now;
        }
    }
}

#[test]
fn a_few_bytes_for_each_object() {
    let mut random = Random::new(1);
    let classes: Vec<ListedClass> = (0..300)
        .map(|n| class(&format!("C{n}"), 0x1000 + 16 * n, n % 3 == 0))
        .collect();
    let mut address = 0;
    let objects: Vec<(u64, u32, u16)> = (0..200_000)
        .map(|_| {
            address += 16 * (random.below(1000) as u64 + 1);
            (address, u32::try_from(random.below(300)).unwrap(), 0)
        })
        .collect();
    let mut seen = SeenObjects::default();
    seen.update(list(&classes, &objects));
    assert!(seen.memory_size() <= 6 * objects.len());
    let at_first = seen.memory_size();
    seen.update(list(&classes, &objects));
    assert!(seen.memory_size() < at_first);
}

#[test]
fn what_is_new_since_the_look_before_the_last_is_what_a_set_tells() {
    let classes = [class("A", 0x100, false), class("B", 0x200, false)];
    let mut random = Random::new(7);
    for _ in 0..200 {
        let mut look = || -> BTreeMap<u64, u32> {
            let count = random.below(12);
            (0..count)
                .map(|_| (0x10 * random.below(12) as u64, u32::from(random.one_in(2))))
                .collect()
        };
        let looks = [look(), look(), look()];
        let list = |look: &BTreeMap<u64, u32>| {
            let objects: Vec<_> = look.iter().map(|(&at, &class)| (at, class, 0)).collect();
            list(&classes, &objects)
        };
        let mut seen = SeenObjects::default();
        assert_eq!(seen.new_since(list(&looks[2])), None);
        let mut check = |position: usize, before: &BTreeMap<u64, u32>| {
            seen.update(list(&looks[position]));
            // Known is what was there at both looks.
            let is_known = |at: &u64, class: &u32| {
                before.get(at) == Some(class) && looks[position].get(at) == Some(class)
            };
            let now = looks[2].iter();
            let expected = now.filter(|&(at, class)| !is_known(at, class));
            let expected: Vec<u64> = expected.map(|(&at, _)| at).collect();
            assert_eq!(seen.new_since(list(&looks[2])), Some(expected));
        };
        check(0, &looks[0]);
        check(1, &looks[0]);
    }
}
