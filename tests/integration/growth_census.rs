//! Whether heaps written down object by object have grown.

use heapgraph::analysis::has_grown;
use heapgraph::graph::{HeapGraph, HeapGraphBuilder, NodeFlags, NodeIndex, NodeRecord};

use crate::sketch::heap_type;

/// An object at an address: its type, its size, the addresses it refers to, and how many references
/// to it nothing explains.
#[derive(Clone)]
struct Object {
    address: u64,
    type_name: &'static str,
    size: u64,
    references: Vec<u64>,
    unexplained: u32,
}

fn object(address: u64, type_name: &'static str, references: &[u64]) -> Object {
    Object {
        address,
        type_name,
        size: 100,
        references: references.to_vec(),
        unexplained: 0,
    }
}

/// A list at 1 that holds two items, and a dict that holds a text:
///
/// ```text
/// list 1 -> Item 2, Item 3        dict 4 -> str 5
/// ```
fn heap() -> Vec<Object> {
    vec![
        object(1, "builtins.list", &[2, 3]),
        object(2, "app.Item", &[]),
        object(3, "app.Item", &[]),
        object(4, "builtins.dict", &[5]),
        object(5, "builtins.str", &[]),
    ]
}

fn graph(objects: &[Object]) -> HeapGraph {
    let mut builder = HeapGraphBuilder::default();
    for object in objects {
        builder.node_for_address(object.address * 64).unwrap();
    }
    let mut types = Vec::new();
    for object in objects {
        for held in &object.references {
            let held = objects.iter().position(|other| other.address == *held);
            builder.add_edge(NodeIndex::new(held.unwrap()));
        }
        let known = types.iter().find(|(name, _)| *name == object.type_name);
        let type_index = known.map_or_else(
            || builder.add_type(heap_type(object.type_name)),
            |&(_, known)| known,
        );
        types.push((object.type_name, type_index));
        let holders = objects.iter().flat_map(|other| &other.references);
        let held = holders.filter(|&&held| held == object.address).count();
        builder.finish_node(NodeRecord {
            type_index,
            shallow_size: object.size,
            reference_count: u32::try_from(held).unwrap() + object.unexplained,
            flags: NodeFlags::default(),
        });
    }
    builder.build().unwrap()
}

/// Whether the heap has grown when it has been changed.
fn grows_by(change: impl FnOnce(&mut Vec<Object>)) -> bool {
    let mut later = heap();
    change(&mut later);
    has_grown(&graph(&heap()), &graph(&later))
}

#[test]
fn a_heap_that_stays_as_it_is_has_not_grown() {
    assert!(!grows_by(|_| ()));
    assert!(!grows_by(|heap| heap.reverse()));
}

#[test]
fn a_container_that_holds_more_has_grown() {
    // The same object once more: neither an object nor a byte is new.
    assert!(grows_by(|heap| heap[0].references.push(2)));
    assert!(grows_by(|heap| {
        heap.push(object(6, "app.Item", &[]));
        heap[0].references.push(6);
    }));
}

#[test]
fn what_one_container_lost_does_not_excuse_another() {
    let moved = |heap: &mut Vec<Object>| {
        heap[0].references.pop();
        heap[3].references.push(3);
    };
    assert!(grows_by(moved));
}

#[test]
fn an_object_that_is_larger_has_grown() {
    assert!(grows_by(|heap| heap[4].size += 1));
    assert!(!grows_by(|heap| heap[4].size -= 1));
}

#[test]
fn references_that_nothing_explains_are_growth_except_to_atoms() {
    assert!(grows_by(|heap| heap[1].unexplained += 1));
    assert!(!grows_by(|heap| heap[4].unexplained += 1));
}

#[test]
fn what_has_been_replaced_by_its_like_has_not_grown() {
    let replaced = |heap: &mut Vec<Object>| {
        heap[2] = object(7, "app.Item", &[]);
        heap[0].references = vec![2, 7];
    };
    assert!(!grows_by(replaced));
    // By one that is larger, or holds more.
    assert!(grows_by(|heap| {
        replaced(heap);
        heap[2].size += 1;
    }));
    assert!(grows_by(|heap| {
        replaced(heap);
        heap[2].references.push(5);
    }));
    // By one of another type, at another address and at the same.
    assert!(grows_by(|heap| {
        replaced(heap);
        heap[2].type_name = "app.Other";
    }));
    assert!(grows_by(|heap| heap[2].type_name = "app.Other"));
}

#[test]
fn what_has_become_smaller_does_not_excuse_what_was_replaced_by_something_larger() {
    // Two tuples at new addresses: one has an item more, the other one less.
    let tuples = |addresses: [u64; 2], items: [usize; 2]| {
        let mut heap = heap();
        for (address, items) in addresses.into_iter().zip(items) {
            let held = vec![2; items];
            heap.push(object(address, "builtins.tuple", &held));
        }
        heap
    };
    let grows = |before, after| {
        let (before, after) = (tuples([8, 9], before), tuples([10, 11], after));
        has_grown(&graph(&before), &graph(&after))
    };
    assert!(grows([3, 3], [4, 2]));
    assert!(grows([1, 9], [2, 8]));
    assert!(!grows([3, 9], [9, 3]));
    assert!(!grows([3, 9], [2, 8]));
}

#[test]
fn what_has_gone_may_hide_what_has_come_unless_it_is_an_atom() {
    assert!(grows_by(|heap| {
        heap.remove(2);
        heap[0].references.pop();
    }));
    assert!(!grows_by(|heap| {
        heap.pop();
        heap[3].references.pop();
    }));
}
