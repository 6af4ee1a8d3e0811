//! From an address to its node, by search.

use super::error::GraphError;
use super::index::NodeIndex;
use crate::process::reserve;

/// All nodes in the order of their addresses: 4 bytes a node.
///
/// For graphs that were not captured here. The radix table that a capture fills is faster, but
/// where addresses lie far apart it takes memory out of all proportion.
#[derive(Debug)]
pub(super) struct AddressOrder(Vec<NodeIndex>);

impl AddressOrder {
    pub(super) fn new(addresses: &[u64]) -> Result<Self, GraphError> {
        let numbered = addresses.iter().enumerate();
        let numbered = numbered.map(|(position, &address)| (address, NodeIndex::new(position)));
        let mut pairs: Vec<(u64, NodeIndex)> = Vec::new();
        reserve(&mut pairs, addresses.len())?;
        pairs.extend(numbered);
        pairs.sort_unstable();
        if let Some(twins) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(GraphError::SameAddress {
                address: twins[0].0,
                nodes: [twins[0].1.index(), twins[1].1.index()],
            });
        }
        let mut order = Vec::new();
        reserve(&mut order, pairs.len())?;
        order.extend(pairs.into_iter().map(|(_, node)| node));
        Ok(Self(order))
    }

    pub(super) fn get(&self, address: u64, addresses: &[u64]) -> Option<NodeIndex> {
        let found = self
            .0
            .binary_search_by_key(&address, |node| addresses[node.index()]);
        found.ok().map(|position| self.0[position])
    }
}
