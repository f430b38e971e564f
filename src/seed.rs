//! What decides where keys stand in a run's hash tables, so that no input can be made to have its keys collide.
//!
//! Ids and names come from outside. With hashes that everybody can compute, some ten thousand of them made to fall in one
//! place would keep a run busy until its time is up. No output depends on it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use foldhash::SharedSeed;
use foldhash::quality::SeedableRandomState;

/// The seed of one run's tables.
#[derive(Clone)]
pub struct Seed {
    /// Among how many tables keys are split.
    partitions: usize,
    /// For keys of 128 bits, a number for each half.
    halves: (u64, u64),
    /// For texts and numbers.
    hasher: SeedableRandomState,
}

/// What the hashes of texts in this process are mixed with. A run's own seed alone could be made ineffective: foldhash
/// multiplies parts of a text that are mixed with these numbers, and where one becomes zero, the other does not count.
static OF_PROCESS: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(random(0)));

impl Seed {
    /// One that nobody knows.
    pub fn random() -> Self {
        let hasher = SeedableRandomState::with_seed(random(3), &OF_PROCESS);
        Self { partitions: 1, halves: (random(1), random(2)), hasher }
    }

    /// The same, with keys split by hash among so many tables, for as many workers to take in rows at once.
    pub fn with_partitions(self, partitions: usize) -> Self {
        Self { partitions: partitions.max(1), ..self }
    }

    /// The same each time, for measurements and tests.
    pub fn fixed(number: u64) -> Self {
        let hasher = SeedableRandomState::with_seed(number, SharedSeed::global_fixed());
        Self { partitions: 1, halves: (hasher.hash_one(1), hasher.hash_one(2)), hasher }
    }

    /// That of keys of 128 bits.
    pub(crate) fn halves(&self) -> (u64, u64) {
        self.halves
    }

    /// What hashes texts and numbers.
    pub fn hasher(&self) -> SeedableRandomState {
        self.hasher.clone()
    }

    /// The hash of a text.
    #[inline]
    pub fn of_text(&self, text: &[u8]) -> u64 {
        self.hasher.hash_one(text)
    }

    /// The hash of a number.
    #[inline]
    pub fn of_number(&self, number: u32) -> u64 {
        self.hasher.hash_one(number)
    }

    /// The hash of 128 bits.
    #[inline]
    pub(crate) fn of_bits(&self, bits: u128) -> u64 {
        self.hasher.hash_one(bits)
    }

    /// Among how many tables keys are split.
    pub(crate) fn partitions(&self) -> usize {
        self.partitions
    }

    /// Which of the tables a key with this hash is in.
    #[inline]
    fn partition(&self, hash: u64) -> usize {
        // The tables themselves go by the lowest bits and the seven highest. Those between are as good, and leave them random.
        let bits = (hash << 7) >> 32;
        ((bits * self.partitions as u64) >> 32) as usize
    }
}

/// The rows of a chunk by the partitions of their keys.
#[derive(Debug, Default)]
pub(crate) struct SplitRows {
    rows: Vec<Vec<u32>>,
}

impl SplitRows {
    /// Splits other rows, each by the hash of its key.
    pub(crate) fn split(&mut self, seed: &Seed, rows: impl Iterator<Item = u32>, mut hash: impl FnMut(u32) -> u64) {
        self.rows.resize_with(seed.partitions, Vec::new);
        self.rows.iter_mut().for_each(Vec::clear);
        if let [all] = &mut self.rows[..] {
            return all.extend(rows);
        }
        for row in rows {
            self.rows[seed.partition(hash(row))].push(row);
        }
    }

    /// The rows of a partition, in order.
    pub(crate) fn of(&self, partition: usize) -> &[u32] {
        &self.rows[partition]
    }

    /// Bytes of memory they occupy.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.rows.iter().map(Vec::capacity).sum::<usize>() * size_of::<u32>()) as u64
    }
}

/// Another number each time, from the system's randomness by way of the standard library.
fn random(number: u64) -> u64 {
    RandomState::new().hash_one(number)
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_seed_is_another_each_time_and_a_fixed_one_is_not() {
        let hashes = |seed: &Seed| (seed.halves(), seed.of_text(b"a"), seed.of_number(1));
        let (one, other) = (hashes(&Seed::random()), hashes(&Seed::random()));
        assert!(one.0.0 != other.0.0 && one.0.1 != other.0.1 && one.1 != other.1 && one.2 != other.2);
        assert_eq!(hashes(&Seed::fixed(7)), hashes(&Seed::fixed(7)));
        assert_ne!(hashes(&Seed::fixed(7)), hashes(&Seed::fixed(8)));
    }
}
