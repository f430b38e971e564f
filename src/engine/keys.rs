//! Which rows have the same key: the contract keeps the first of them, or the last.
//!
//! To keep the last, the engine reads the inputs twice. The first pass counts how often each key is repeated. In the
//! second pass a row is a duplicate if a later row has its key. Only repeated keys are counted, so few duplicates take
//! little memory.
//!
//! With many workers the keys are split by hash into partitions. Rows with the same key are in the same one, so each
//! partition decides about its rows alone, in their order, and one worker a partition is enough.

use std::collections::HashMap;

use rayon::prelude::*;

use super::{LOOKAHEAD_ROWS, Plan};
use crate::rows::RowChunk;
use crate::rows::dedup::IdentitySet;
use crate::rows::identity::Identity;
use crate::seed::{Seed, SplitRows};

/// Bytes of memory for a repeated key, without its text.
const AGAIN_BYTES: u64 = 96;

/// A row that is a duplicate: number of the chunk in its wave, number of the row in its chunk.
type Duplicate = (u32, u32);

/// The keys of the rows so far.
#[derive(Debug)]
pub(super) struct Keys {
    /// How keys are split among the partitions.
    seed: Seed,
    /// None if the contract has no key.
    partitions: Vec<Partition>,
    /// For each chunk of a wave, its rows by partition; only where there are several.
    rows: Vec<SplitRows>,
    /// The duplicates of the last wave, in order.
    duplicates: Vec<Duplicate>,
}

/// The keys that fall into one partition.
#[derive(Debug)]
struct Partition {
    seen: Seen,
    /// Its duplicates of the last wave, in order.
    duplicates: Vec<Duplicate>,
}

/// What is known of keys.
#[derive(Debug)]
enum Seen {
    /// A row is a duplicate if its key came before.
    First(IdentitySet),
    /// The same, and repeats are counted.
    Counting(IdentitySet, Again),
    /// A row is a duplicate if a later row has its key.
    Last(Again),
}

/// How often each key is still to be repeated.
#[derive(Debug, Default)]
pub(super) struct Again {
    times: HashMap<Key, u64>,
    text_bytes: u64,
}

/// A key.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Packed(u8, u128),
    Text(Box<[u8]>),
}

impl Key {
    fn of(identity: &Identity, text: &[u8]) -> Self {
        match *identity {
            Identity::Packed(form, bits) => Self::Packed(form as u8, bits),
            Identity::Text => Self::Text(text.into()),
        }
    }
}

impl Keys {
    fn new(seed: &Seed, seen: impl Iterator<Item = Seen>) -> Self {
        let partitions = seen.map(|seen| Partition { seen, duplicates: Vec::new() }).collect();
        Self { seed: seed.clone(), partitions, rows: Vec::new(), duplicates: Vec::new() }
    }

    /// Rows have no key: none is a duplicate.
    pub(super) fn none(seed: &Seed) -> Self {
        Self::new(seed, std::iter::empty())
    }

    /// No keys yet; the first row of each is kept.
    pub(super) fn first(seed: &Seed) -> Self {
        Self::new(seed, (0..seed.partitions()).map(|_| Seen::First(IdentitySet::new(seed))))
    }

    /// No keys yet, to be counted.
    pub(super) fn counting(seed: &Seed) -> Self {
        let counting = |_| Seen::Counting(IdentitySet::new(seed), Again::default());
        Self::new(seed, (0..seed.partitions()).map(counting))
    }

    /// The keys that were counted; the last row of each is kept.
    pub(super) fn into_last(self) -> Self {
        let last = self.partitions.into_iter().map(|partition| match partition.seen {
            Seen::Counting(_, again) | Seen::Last(again) => Seen::Last(again),
            Seen::First(_) => Seen::Last(Again::default()),
        });
        Self::new(&self.seed, last)
    }

    /// Whether they are told from keys that came before.
    pub(super) fn look_back(&self) -> bool {
        self.partitions.iter().any(|partition| !matches!(partition.seen, Seen::Last(_)))
    }

    /// Takes in the keys of the next rows, and says which of these are duplicates.
    pub(super) fn take_in(&mut self, plan: &Plan, wave: &[RowChunk]) -> &[Duplicate] {
        let Self { seed, partitions, rows, duplicates } = self;
        match &mut partitions[..] {
            [] => {}
            [partition] => partition.take_in_all(plan, wave),
            partitions => {
                rows.resize_with(wave.len(), SplitRows::default);
                rows.par_iter_mut().zip(wave).for_each(|(rows, chunk)| split(plan, seed, chunk, rows));
                partitions.par_iter_mut().enumerate().for_each(|(number, partition)| {
                    for (at, chunk) in wave.iter().enumerate() {
                        for block in rows[at].of(number).chunks(LOOKAHEAD_ROWS) {
                            partition.take_in(plan, (at as u32, chunk), block.iter().copied());
                        }
                    }
                });
            }
        }
        duplicates.clear();
        partitions.iter_mut().for_each(|partition| duplicates.append(&mut partition.duplicates));
        // Quick, for the sort finds what is in order already, and the duplicates of each partition are.
        duplicates.sort();
        duplicates
    }

    /// Bytes of memory they occupy.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.seen.memory_bytes()).sum()
    }

    /// The same while they grow next, if that is soon, and with the rows of a wave.
    pub(super) fn memory_bytes_to_grow(&self) -> u64 {
        let seen = self.partitions.iter().map(|partition| partition.seen.memory_bytes_to_grow()).sum::<u64>();
        let rows = self.rows.iter().map(SplitRows::memory_bytes).sum::<u64>();
        let of_partitions = self.partitions.iter().map(|partition| partition.duplicates.capacity());
        let duplicates = self.duplicates.capacity() + of_partitions.sum::<usize>();
        seen + rows + (duplicates * size_of::<Duplicate>()) as u64
    }
}

/// Splits the rows of a chunk by where their keys belong.
fn split(plan: &Plan, seed: &Seed, chunk: &RowChunk, rows: &mut SplitRows) {
    let mut scratch = Vec::new();
    rows.split(seed, 0..chunk.identities.len() as u32, |row| match chunk.identities[row as usize] {
        Identity::Packed(_, bits) => seed.of_bits(bits),
        Identity::Text => seed.of_text(identity_text(plan, chunk, row as usize, &mut scratch)),
    });
}

fn identity_text<'a>(plan: &'a Plan, chunk: &'a RowChunk, row: usize, scratch: &'a mut Vec<u8>) -> &'a [u8] {
    chunk.identity_text(row, &plan.layouts[chunk.object], &plan.rules, scratch)
}

impl Partition {
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    fn take_in_all(&mut self, plan: &Plan, wave: &[RowChunk]) {
        for (at, chunk) in wave.iter().enumerate() {
            let rows = chunk.identities.len();
            for begin in (0..rows).step_by(LOOKAHEAD_ROWS) {
                let block = begin as u32..rows.min(begin + LOOKAHEAD_ROWS) as u32;
                self.take_in(plan, (at as u32, chunk), block);
            }
        }
    }

    /// Takes in the keys of up to [`LOOKAHEAD_ROWS`] rows of a chunk.
    #[inline]
    fn take_in(&mut self, plan: &Plan, (at, chunk): (u32, &RowChunk), rows: impl Iterator<Item = u32> + Clone) {
        let identities = rows.clone().map(|row| chunk.identities[row as usize]);
        std::hint::black_box(self.seen.touch::<LOOKAHEAD_ROWS>(identities));
        let mut scratch = Vec::new();
        for row in rows {
            // By reference: a copy, padding and all, would stall every row.
            let identity = &chunk.identities[row as usize];
            if self.seen.is_duplicate(identity, identity_text(plan, chunk, row as usize, &mut scratch)) {
                self.duplicates.push((at, row));
            }
        }
    }
}

impl Seen {
    /// Takes in the key of the next row, and says whether the row is a duplicate.
    #[inline]
    fn is_duplicate(&mut self, identity: &Identity, text: &[u8]) -> bool {
        match self {
            Self::First(set) => !set.insert(*identity, text),
            Self::Counting(set, again) => {
                let came_before = !set.insert(*identity, text);
                if came_before {
                    again.count(identity, text);
                }
                came_before
            }
            Self::Last(again) => again.is_to_come(identity, text),
        }
    }

    /// Asks memory for where keys belong, so that these waits overlap instead of following one another.
    #[inline]
    fn touch<const COUNT: usize>(&self, identities: impl Iterator<Item = Identity>) -> u64 {
        match self {
            Self::First(set) | Self::Counting(set, _) => set.touch::<COUNT>(identities),
            Self::Last(_) => 0,
        }
    }

    fn memory_bytes(&self) -> u64 {
        match self {
            Self::First(set) => set.memory_bytes(),
            Self::Counting(set, again) => set.memory_bytes() + again.memory_bytes(),
            Self::Last(again) => again.memory_bytes(),
        }
    }

    fn memory_bytes_to_grow(&self) -> u64 {
        match self {
            Self::First(set) => set.memory_bytes_to_grow(),
            Self::Counting(set, again) => set.memory_bytes_to_grow() + 2 * again.memory_bytes(),
            Self::Last(again) => again.memory_bytes(),
        }
    }
}

impl Again {
    #[inline(never)]
    fn count(&mut self, identity: &Identity, text: &[u8]) {
        *self.times.entry(Key::of(identity, text)).or_insert_with(|| {
            self.text_bytes += text.len() as u64;
            0
        }) += 1;
    }

    #[inline(never)]
    fn is_to_come(&mut self, identity: &Identity, text: &[u8]) -> bool {
        match self.times.get_mut(&Key::of(identity, text)) {
            Some(times) if *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        }
    }

    fn memory_bytes(&self) -> u64 {
        self.times.capacity() as u64 * AGAIN_BYTES + self.text_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::identity::identity;

    fn stay(seen: &mut Seen, ids: &[&str]) -> Vec<usize> {
        let ids = ids.iter().enumerate();
        let stays = ids.filter(|(_, id)| !seen.is_duplicate(&identity(id.as_bytes()), id.as_bytes()));
        stays.map(|(row, _)| row).collect()
    }

    #[test]
    fn the_first_or_the_last_row_of_each_key_stays() {
        let long = "a key of more than fifteen bytes";
        let ids = ["a", "b", long, "a", long, "c", "a", long];
        let set = IdentitySet::new(&Seed::random());
        let mut counting = Seen::Counting(set, Again::default());
        assert_eq!(stay(&mut counting, &ids), [0, 1, 2, 5]);
        let Seen::Counting(_, again) = counting else { panic!("it counts") };
        assert_eq!(stay(&mut Seen::Last(again), &ids), [1, 5, 6, 7]);
        assert_eq!(stay(&mut Seen::First(IdentitySet::new(&Seed::random())), &ids), [0, 1, 2, 5]);
    }

    #[test]
    fn one_or_two_workers_split_no_keys_and_a_thousand_take_no_thousand_tables() {
        assert_eq!([1, 2, 3, 8, 1024].map(crate::engine::partitions), [1, 1, 3, 8, 32]);
    }
}
