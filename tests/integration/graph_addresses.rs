//! Nodes by address.

use std::collections::BTreeSet;

use heapgraph::graph::{HeapGraph, HeapGraphBuilder, NodeIndex, NodeRecord};

use crate::random::Random;
use crate::sketch::heap_type;

fn builder_with_type() -> HeapGraphBuilder {
    let mut builder = HeapGraphBuilder::default();
    builder.add_type(heap_type("builtins.object"));
    builder
}

/// A graph without edges that has an object at each address.
fn at_addresses(addresses: impl IntoIterator<Item = u64>) -> HeapGraph {
    let mut builder = builder_with_type();
    for address in addresses {
        builder.node_for_address(address).unwrap();
        builder.finish_node(NodeRecord::default());
    }
    builder.build().unwrap()
}

#[test]
fn objects_are_found_by_address_wherever_they_lie() {
    let addresses = [
        0,
        16,
        0x000F_FFF0,           // end of the first block
        0x0010_0000,           // start of the second
        0x0000_0003_FFFF_FFF0, // end of the first page
        0x0000_0004_0000_0000, // start of the second
        0x0000_7FFF_FFFF_FFF0, // end of user space, four-level page tables
        0x00FF_FFFF_FFFF_FFF0, // the last address that is indexed
    ];
    let graph = at_addresses(addresses);
    for (position, address) in addresses.into_iter().enumerate() {
        assert_eq!(graph.node_at(address), Some(NodeIndex::new(position)));
        // Nothing starts within an object, nor beside it where nothing was put.
        assert_eq!(graph.node_at(address + 8), None);
        let neighbour = (address + 16) / 16 * 16;
        assert_eq!(
            graph.node_at(neighbour).is_some(),
            addresses.contains(&neighbour)
        );
    }
}

#[test]
fn no_object_can_be_beyond_the_addresses_of_user_space() {
    let mut builder = builder_with_type();
    for address in [1 << 56, u64::MAX - 15, u64::MAX] {
        assert_eq!(builder.node_for_address(address), None);
        assert_eq!(builder.known_node(address), None);
    }
    assert_eq!(builder.node_count(), 0);
    assert_eq!(builder.build().unwrap().node_at(u64::MAX), None);
}

#[test]
fn objects_that_share_a_slot_of_recent_blocks_are_told_apart() {
    // Blocks whose keys end in the same seven bits, met in turn.
    let block = |n: u64| (n % 5) << 27 | (n / 5) << 4;
    let graph = at_addresses((0..500).map(block));
    for n in 0..500 {
        assert_eq!(graph.node_at(block(n)).unwrap().index() as u64, n);
    }
}

#[test]
fn random_addresses_are_found_again() {
    let mut random = Random::new(1);
    // Dense near a few bases, as arenas are.
    let bases: Vec<u64> = (0..8).map(|_| random.next() >> 17).collect();
    let addresses: BTreeSet<u64> = (0..20_000)
        .map(|_| (bases[random.below(8)] + (random.next() & 0x3F_FFFF)) & !15)
        .collect();
    let graph = at_addresses(addresses.iter().copied());
    assert_eq!(graph.node_count(), addresses.len());
    for (position, &address) in addresses.iter().enumerate() {
        assert_eq!(graph.node_at(address), Some(NodeIndex::new(position)));
        let next = address + 16;
        assert_eq!(graph.node_at(next).is_some(), addresses.contains(&next));
    }
}
