//! A set of texts that cannot be packed: the texts in blocks, a table of where each is.

use hashbrown::HashTable;

use crate::seed::Seed;

const BLOCK_BYTES: usize = 1024 * 1024;

/// A set of texts.
#[derive(Debug)]
pub(super) struct TextSet {
    seed: Seed,
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
    /// An empty set, whose texts are hashed with this seed.
    pub(super) fn new(seed: Seed) -> Self {
        Self { seed, places: HashTable::new(), blocks: Vec::new() }
    }

    /// Adds a text and says whether it is new.
    pub(super) fn insert(&mut self, text: &[u8]) -> bool {
        let hash = self.seed.of_text(text);
        if self.places.find(hash, |place| place.text(&self.blocks) == text).is_some() {
            return false;
        }
        let is_full = |block: &Vec<u8>| block.len() + text.len() > block.capacity();
        if self.blocks.last().is_none_or(is_full) {
            self.blocks.push(Vec::with_capacity(BLOCK_BYTES.max(text.len())));
        }
        let (block, blocks, seed) = (self.blocks.len() - 1, &mut self.blocks, &self.seed);
        let place = Place { block: block as u32, start: blocks[block].len() as u32, bytes: text.len() as u32 };
        blocks[block].extend_from_slice(text);
        self.places.insert_unique(hash, place, |place| seed.of_text(place.text(blocks)));
        true
    }

    pub(super) fn len(&self) -> u64 {
        self.places.len() as u64
    }

    /// What the table needs beside the old one when it grows next, if that is soon.
    pub(super) fn growth_bytes(&self) -> u64 {
        growth_bytes(&self.places)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        (self.places.allocation_size() + self.blocks.iter().map(Vec::capacity).sum::<usize>()) as u64
    }
}

/// Keys that may come before memory is looked at again.
const SOON: usize = 1 << 16;

/// Bytes that a table needs beside the old one when it grows next, if that is soon.
pub(crate) fn growth_bytes<T>(table: &HashTable<T>) -> u64 {
    if table.len() + SOON < table.capacity() { 0 } else { 2 * table.allocation_size() as u64 }
}

impl Place {
    fn text(self, blocks: &[Vec<u8>]) -> &[u8] {
        &blocks[self.block as usize][self.start as usize..][..self.bytes as usize]
    }
}
