//! A set of 128-bit keys in about 22 bytes each: open addressing in shards that grow by a quarter at a time.
//!
//! A general hash table doubles, so just after it grew it is half empty, and while it grows it exists twice. Here
//! only one shard of 64 grows at a time, by a quarter, and a key takes no byte beside its own 16. All memory comes in
//! pages of one size, so that what a shard gives back fits the next one that grows; tables of ever new sizes would
//! leave the heap in pieces that fit nobody.

const SHARDS: usize = 64;

/// 16 KiB.
const PAGE_SLOTS: usize = 1024;

/// Marks a free slot; the key 0 is remembered apart.
const FREE: u128 = 0;

/// A set of 128-bit keys.
#[derive(Debug, Default)]
pub(super) struct PackedSet {
    shards: Vec<Shard>,
    holds_zero: bool,
}

/// Keys whose hashes begin with the same byte, in the order of the rest of their hashes as far as room allows.
#[derive(Debug, Default)]
struct Shard {
    pages: Vec<Box<[u128; PAGE_SLOTS]>>,
    len: usize,
}

impl PackedSet {
    /// Adds a key and says whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, key: u128) -> bool {
        if key == FREE {
            return !std::mem::replace(&mut self.holds_zero, true);
        }
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Shard::default);
        }
        let hash = hash(key);
        self.shards[shard_of(hash)].insert(key, hash)
    }

    /// Reads the slot the key belongs to.
    #[inline]
    pub(super) fn touch(&self, key: u128) -> u64 {
        let hash = hash(key);
        match self.shards.get(shard_of(hash)) {
            Some(shard) if !shard.pages.is_empty() => *shard.slot(home(hash, shard.slots())) as u64,
            _ => 0,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.shards.iter().map(|shard| shard.len as u64).sum::<u64>() + u64::from(self.holds_zero)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let shard_bytes = |shard: &Shard| {
            shard.slots() * size_of::<u128>() + shard.pages.capacity() * size_of::<usize>() + size_of::<Shard>()
        };
        self.shards.iter().map(shard_bytes).sum::<usize>() as u64
    }
}

impl Shard {
    fn slots(&self) -> usize {
        self.pages.len() * PAGE_SLOTS
    }

    #[inline]
    fn slot(&self, at: usize) -> &u128 {
        &self.pages[at / PAGE_SLOTS][at % PAGE_SLOTS]
    }

    #[inline]
    fn insert(&mut self, key: u128, hash: u64) -> bool {
        // Four fifths full at most: beyond, the runs that are searched get long.
        if self.len >= self.slots() - self.slots() / 5 {
            self.grow();
        }
        let slots = self.slots();
        let mut at = home(hash, slots);
        loop {
            match *self.slot(at) {
                FREE => break,
                other if other == key => return false,
                _ => at = if at + 1 == slots { 0 } else { at + 1 },
            }
        }
        self.pages[at / PAGE_SLOTS][at % PAGE_SLOTS] = key;
        self.len += 1;
        true
    }

    /// Moves to new pages. The keys stay in the order of their hashes, so both are walked from front to back.
    #[cold]
    fn grow(&mut self) {
        let pages = self.pages.len() + (self.pages.len() / 4).max(1);
        let old = std::mem::take(self);
        self.pages.resize_with(pages, || Box::new([FREE; PAGE_SLOTS]));
        for page in old.pages {
            for key in page.into_iter().filter(|&key| key != FREE) {
                self.insert(key, hash(key));
            }
        }
    }
}

/// Spreads both halves of the key over all bits; identifiers may be consecutive.
#[inline]
fn hash(key: u128) -> u64 {
    let product =
        u128::from(key as u64 ^ 0x9e37_79b9_7f4a_7c15) * u128::from((key >> 64) as u64 ^ 0xd6e8_feb8_6659_fd93);
    let folded = (product as u64 ^ (product >> 64) as u64 ^ key as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
    folded ^ folded >> 32
}

#[inline]
fn shard_of(hash: u64) -> usize {
    (hash & (SHARDS as u64 - 1)) as usize
}

/// The first slot to look at, out of `slots`: the hash scaled to their number.
#[inline]
fn home(hash: u64, slots: usize) -> usize {
    ((u128::from(hash) * slots as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_pattern_are_told_apart_in_less_than_27_bytes_each() {
        let mut state = 1_u128;
        let random = std::iter::repeat_with(move || {
            state = state.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645).wrapping_add(1);
            state
        });
        let consecutive = 0..;
        let high_half = (0_u128..).map(|n| n << 64);
        let sequences: [Box<dyn Iterator<Item = u128>>; 3] =
            [Box::new(random), Box::new(consecutive), Box::new(high_half)];
        for keys in sequences {
            let mut set = PackedSet::default();
            for (n, key) in (1..=200_000).zip(keys) {
                assert!(set.insert(key));
                assert!(!set.insert(key));
                assert_eq!(set.len(), n);
            }
            assert!(set.memory_bytes() < 27 * set.len(), "{} bytes", set.memory_bytes());
        }
    }
}
