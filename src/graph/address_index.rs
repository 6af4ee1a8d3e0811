//! From an address to its node, by a radix table.
//!
//! Objects start at distinct multiples of 16 bytes, or at least no two within one such unit
//! (an object is no smaller), and lie densely in arenas. A hash map of the same content made the
//! whole capture twice as slow (measured on 2.4 M objects, CPython 3.11).

use super::index::{NodeIndex, narrow, widen};
use crate::process::is_spare_left_beside;

/// Bits of an address that choose the slot within a block: a block covers 1 MiB.
const BLOCK_BITS: u32 = 20;
/// Bits that choose the block within a page: a page covers 16 GiB.
const PAGE_BITS: u32 = 14;
/// Two objects are never closer than this.
const UNIT_BITS: u32 = 4;
const RECENT: usize = 128;
/// Blocks that are made before it is made sure that there is memory for more: 4 MiB.
const UNCHECKED_BLOCKS: usize = 16;
const SLOTS: usize = 1 << (BLOCK_BITS - UNIT_BITS);
const BLOCKS: usize = 1 << PAGE_BITS;
/// Addresses of user space, even with five-level page tables, are below this.
const ADDRESS_LIMIT: u64 = 1 << 56;

/// Finds the node of an address in constant time; 256 KiB for every MiB that holds objects.
#[derive(Debug)]
pub struct AddressIndex {
    /// By the top bits of the address: one more than the number of the page, or 0.
    roots: Vec<u32>,
    /// By the middle bits: one more than the number of the block, or 0.
    pages: Vec<Box<[u32]>>,
    /// By the low bits: one more than the number of the node, or 0.
    blocks: Vec<Box<[u32; SLOTS]>>,
    /// Blocks used lately with their keys, at the position that the low bits of the key say.
    recent: [(u64, u32); RECENT],
    /// True once there was no memory for a block.
    is_short: bool,
}

impl Default for AddressIndex {
    fn default() -> Self {
        let recent = [(u64::MAX, 0); RECENT];
        Self {
            roots: Vec::new(),
            pages: Vec::new(),
            blocks: Vec::new(),
            recent,
            is_short: false,
        }
    }
}

impl AddressIndex {
    /// The node at `address`, or of the object that `address` lies within the first 16 bytes of.
    pub fn get(&self, address: u64) -> Option<NodeIndex> {
        let (root, page) = split(address)?;
        let page_number = self.roots.get(root)?.checked_sub(1)?;
        let block_number = self.pages[page_number as usize][page].checked_sub(1)?;
        let node = self.blocks[block_number as usize][slot(address)].checked_sub(1)?;
        Some(NodeIndex::new(node as usize))
    }

    /// True if and only if there was no memory for what an object needed.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    /// The slot of `address`: 0 if it is free, else one more than the number of its node.
    /// `None` if no object can be at `address`, or there is no memory.
    #[inline]
    pub(super) fn slot_mut(&mut self, address: u64) -> Option<&mut u32> {
        let key = address >> BLOCK_BITS;
        let recent = self.recent[recent_position(key)];
        let number = if recent.0 == key {
            widen(recent.1)
        } else {
            self.find_block(address)?
        };
        Some(&mut self.blocks[number][slot(address)])
    }

    /// The number of the block of `address`, from now on among the recent ones.
    #[cold]
    fn find_block(&mut self, address: u64) -> Option<usize> {
        let number = self.block_number(address)?;
        let key = address >> BLOCK_BITS;
        self.recent[recent_position(key)] = (key, narrow(number));
        Some(number)
    }

    /// The number of the block of `address`, made first if there is none.
    fn block_number(&mut self, address: u64) -> Option<usize> {
        let (root, page) = split(address)?;
        if self.is_short {
            return None;
        }
        if root >= self.roots.len() {
            self.roots.resize(root + 1, 0);
        }
        let page_entry = &mut self.roots[root];
        if *page_entry == 0 {
            self.pages.push(vec![0; BLOCKS].into_boxed_slice());
            *page_entry = narrow(self.pages.len());
        }
        let block_entry = &mut self.pages[widen(*page_entry) - 1][page];
        if *block_entry == 0 {
            // One after the other is taken without asking, until they are large together.
            let is_due = self.blocks.len().is_multiple_of(UNCHECKED_BLOCKS);
            if is_due && !is_spare_left_beside(UNCHECKED_BLOCKS * size_of::<[u32; SLOTS]>()) {
                self.is_short = true;
                return None;
            }
            // Zeroed by the system page by page, as it is touched.
            let block = vec![0; SLOTS].into_boxed_slice();
            self.blocks.push(block.try_into().ok()?);
            *block_entry = narrow(self.blocks.len());
        }
        Some(widen(*block_entry) - 1)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "only the low bits are wanted"
)]
const fn recent_position(key: u64) -> usize {
    key as usize % RECENT
}

/// Position of an address within its block.
const fn slot(address: u64) -> usize {
    (address >> UNIT_BITS) as usize & (SLOTS - 1)
}

/// Which root and which entry of its page an address belongs to.
fn split(address: u64) -> Option<(usize, usize)> {
    if address >= ADDRESS_LIMIT {
        return None;
    }
    let root = usize::try_from(address >> (BLOCK_BITS + PAGE_BITS)).ok()?;
    let page = usize::try_from(address >> BLOCK_BITS).ok()? & (BLOCKS - 1);
    Some((root, page))
}
