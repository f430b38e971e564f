//! Which rows have the same key: the contract keeps the first of them, or the last.
//!
//! To keep the last, the engine reads the inputs twice. The first pass counts how often each key is repeated. In the
//! second pass a row is a duplicate if a later row has its key. Only repeated keys are counted, so few duplicates take
//! little memory.

use std::collections::HashMap;

use crate::rows::dedup::IdentitySet;
use crate::rows::identity::Identity;
use crate::seed::Seed;

/// Bytes of memory for a repeated key, without its text.
const AGAIN_BYTES: u64 = 96;

/// The keys of the rows so far.
#[derive(Debug)]
pub(super) enum Keys {
    /// The contract has no key: no row is a duplicate.
    None,
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
    /// No keys yet; the first row of each is kept.
    pub(super) fn first(seed: &Seed) -> Self {
        Self::First(IdentitySet::new(seed))
    }

    /// No keys yet, to be counted.
    pub(super) fn counting(seed: &Seed) -> Self {
        Self::Counting(IdentitySet::new(seed), Again::default())
    }

    /// Whether no key came yet.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::None | Self::Last(_) => true,
            Self::First(set) | Self::Counting(set, _) => set.is_empty(),
        }
    }

    /// Takes in the key of the next row, and says whether the row is a duplicate.
    #[inline]
    pub(super) fn is_duplicate(&mut self, identity: &Identity, text: &[u8]) -> bool {
        match self {
            Self::None => false,
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
    pub(super) fn touch<const COUNT: usize>(&self, identities: impl Iterator<Item = Identity>) -> u64 {
        match self {
            Self::First(set) | Self::Counting(set, _) => set.touch::<COUNT>(identities),
            Self::None | Self::Last(_) => 0,
        }
    }

    /// Bytes of memory they occupy.
    pub(super) fn memory_bytes(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::First(set) => set.memory_bytes(),
            Self::Counting(set, again) => set.memory_bytes() + again.memory_bytes(),
            Self::Last(again) => again.memory_bytes(),
        }
    }

    /// The same while they grow next, if that is soon.
    pub(super) fn memory_bytes_to_grow(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::First(set) => set.memory_bytes_to_grow(),
            Self::Counting(set, again) => set.memory_bytes_to_grow() + 2 * again.memory_bytes(),
            Self::Last(again) => again.memory_bytes(),
        }
    }

    /// What was counted.
    pub(super) fn into_again(self) -> Again {
        match self {
            Self::Counting(_, again) | Self::Last(again) => again,
            Self::None | Self::First(_) => Again::default(),
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

    fn stay(keys: &mut Keys, ids: &[&str]) -> Vec<usize> {
        let ids = ids.iter().enumerate();
        let stays = ids.filter(|(_, id)| !keys.is_duplicate(&identity(id.as_bytes()), id.as_bytes()));
        stays.map(|(row, _)| row).collect()
    }

    #[test]
    fn the_first_or_the_last_row_of_each_key_stays() {
        let long = "a key of more than fifteen bytes";
        let ids = ["a", "b", long, "a", long, "c", "a", long];
        let seed = Seed::random();
        assert_eq!(stay(&mut Keys::first(&seed), &ids), [0, 1, 2, 5]);
        let mut counting = Keys::counting(&seed);
        assert_eq!(stay(&mut counting, &ids), [0, 1, 2, 5]);
        assert_eq!(stay(&mut Keys::Last(counting.into_again()), &ids), [1, 5, 6, 7]);
        assert_eq!(stay(&mut Keys::None, &ids).len(), ids.len());
    }
}
