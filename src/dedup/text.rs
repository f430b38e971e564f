//! A set of texts that cannot be packed: the texts in blocks, a table of where each is.

use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use hashbrown::HashTable;

const BLOCK_BYTES: usize = 1024 * 1024;

/// A set of texts.
#[derive(Debug, Default)]
pub(super) struct TextSet {
    places: HashTable<Place>,
    /// Texts, one behind the other; blocks so that no growth ever copies them.
    blocks: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    block: u32,
    start: u32,
    bytes: u32,
}

impl TextSet {
    /// Adds a text and says whether it is new.
    pub(super) fn insert(&mut self, text: &[u8]) -> bool {
        let hasher = FixedState::default();
        let hash = hasher.hash_one(text);
        if self.places.find(hash, |place| place.text(&self.blocks) == text).is_some() {
            return false;
        }
        let is_full = |block: &Vec<u8>| block.len() + text.len() > block.capacity();
        if self.blocks.last().is_none_or(is_full) {
            self.blocks.push(Vec::with_capacity(BLOCK_BYTES.max(text.len())));
        }
        let (block, blocks) = (self.blocks.len() - 1, &mut self.blocks);
        let place = Place { block: block as u32, start: blocks[block].len() as u32, bytes: text.len() as u32 };
        blocks[block].extend_from_slice(text);
        self.places.insert_unique(hash, place, |place| hasher.hash_one(place.text(blocks)));
        true
    }

    pub(super) fn len(&self) -> u64 {
        self.places.len() as u64
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        (self.places.allocation_size() + self.blocks.iter().map(Vec::capacity).sum::<usize>()) as u64
    }
}

impl Place {
    fn text(self, blocks: &[Vec<u8>]) -> &[u8] {
        &blocks[self.block as usize][self.start as usize..][..self.bytes as usize]
    }
}
