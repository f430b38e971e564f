//! A set of 128-bit keys in about 24 bytes each: open addressing in shards that grow by a quarter at a time
//! once they are large.
//!
//! A general hash table doubles, so just after it grew it is half empty, and while it grows it exists twice. Here
//! only one shard of 64 grows at a time, and a key takes one byte beside its own 16: a tag, so that most
//! searches look at tags only, which fit the caches far longer than the keys. All memory comes in pages of one size, so
//! that what a shard moves out of fits the next one that grows; tables of ever new sizes would leave the heap in pieces
//! that fit nobody.

const SHARDS: usize = 64;

const PAGE_SLOTS: usize = 1024;

/// The tag of a free slot; no key has it.
const FREE: u8 = 0;

/// Stands behind a page's last tag; no key has it.
const NO_SLOT: u8 = 0xff;

/// Tags that are looked at at once.
const WINDOW: usize = size_of::<u64>();

/// A set of 128-bit keys.
#[derive(Debug)]
pub(super) struct PackedSet {
    seed: (u64, u64),
    shards: Vec<Shard>,
    /// Pages that a shard has moved out of, for the next one that grows. The allocator would keep them for the thread that
    /// asked for them first, and the next growth may be another's.
    spare: Vec<Box<Page>>,
}

/// Keys whose hashes end with the same bits, in the order of their hashes as far as room allows.
#[derive(Debug, Default)]
struct Shard {
    pages: Vec<Box<Page>>,
    len: usize,
    /// Windows looked at and keys compared.
    #[cfg(test)]
    steps: usize,
}

/// Slots that follow one another: 17 KiB.
#[derive(Clone, Debug)]
struct Page {
    /// With enough behind the last to look at a window that begins there.
    tags: [u8; PAGE_SLOTS + WINDOW - 1],
    keys: [u128; PAGE_SLOTS],
}

impl Page {
    fn new() -> Self {
        let mut page = Self { tags: [NO_SLOT; PAGE_SLOTS + WINDOW - 1], keys: [0; PAGE_SLOTS] };
        page.clear();
        page
    }

    fn clear(&mut self) {
        self.tags[..PAGE_SLOTS].fill(FREE);
    }

    /// The tags from this slot on, the first one in the lowest byte.
    #[inline]
    fn window(&self, slot: usize) -> u64 {
        self.tags[slot..].first_chunk().map_or(0, |tags| u64::from_le_bytes(*tags))
    }

    #[inline]
    fn fill(&mut self, slot: usize, key: u128, hash: u64) {
        self.tags[slot] = tag_of(hash);
        self.keys[slot] = key;
    }

    fn keys(&self) -> impl Iterator<Item = u128> {
        self.tags.iter().zip(&self.keys).filter(|&(&tag, _)| tag != FREE).map(|(_, &key)| key)
    }
}

/// Where a key belongs.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    page: &'s Page,
    slot: usize,
}

impl Place<'_> {
    /// Asks memory for what is there.
    #[inline]
    pub(super) fn touch(self) -> u64 {
        self.page.tags[self.slot].into()
    }
}

impl PackedSet {
    /// An empty set, whose keys are hashed with this seed.
    pub(super) fn new(seed: (u64, u64)) -> Self {
        Self { seed, shards: Vec::new(), spare: Vec::new() }
    }

    /// Adds a key and says whether it is new.
    #[inline]
    pub(super) fn insert(&mut self, key: u128) -> bool {
        if self.shards.is_empty() {
            self.shards.resize_with(SHARDS, Shard::default);
        }
        let hash = hash(key, self.seed);
        self.shards[shard_of(hash)].insert(key, hash, self.seed, &mut self.spare)
    }

    /// Where the key belongs; `None` while the set is empty.
    #[inline]
    pub(super) fn place(&self, key: u128) -> Option<Place<'_>> {
        let hash = hash(key, self.seed);
        let shard = self.shards.get(shard_of(hash)).filter(|shard| !shard.pages.is_empty())?;
        let at = home(hash, shard.slots());
        Some(Place { page: &shard.pages[at / PAGE_SLOTS], slot: at % PAGE_SLOTS })
    }

    pub(super) fn len(&self) -> u64 {
        self.shards.iter().map(|shard| shard.len as u64).sum::<u64>()
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        let shard_bytes = |shard: &Shard| {
            shard.pages.len() * size_of::<Page>() + shard.pages.capacity() * size_of::<Box<Page>>() + size_of::<Shard>()
        };
        let spare_bytes = self.spare.len() * size_of::<Page>();
        (self.shards.iter().map(shard_bytes).sum::<usize>() + spare_bytes) as u64
    }
}

impl Shard {
    fn slots(&self) -> usize {
        self.pages.len() * PAGE_SLOTS
    }

    #[inline]
    fn insert(&mut self, key: u128, hash: u64, seed: (u64, u64), spare: &mut Vec<Box<Page>>) -> bool {
        // Four fifths full at most: beyond, the runs that are searched get long.
        if self.len >= self.slots() - self.slots() / 5 {
            self.grow(seed, spare);
        }
        let tag = u64::from_le_bytes([tag_of(hash); WINDOW]);
        let mut at = home(hash, self.slots());
        loop {
            self.count_step();
            let (page, slot) = (&mut self.pages[at / PAGE_SLOTS], at % PAGE_SLOTS);
            let tags = page.window(slot);
            let free = zero_bytes(tags);
            // Behind the first free slot there may be keys with this tag, but not this key.
            let mut same = zero_bytes(tags ^ tag) & !free & free.wrapping_sub(1);
            while same != 0 {
                #[cfg(test)]
                {
                    self.steps += 1;
                }
                if page.keys[slot + lowest_byte(same)] == key {
                    return false;
                }
                same &= same - 1;
            }
            if free != 0 {
                page.fill(slot + lowest_byte(free), key, hash);
                self.len += 1;
                return true;
            }
            at = self.behind_window(at);
        }
    }

    /// Adds a key that is not in the set, where there is room.
    #[inline]
    fn insert_new(&mut self, key: u128, hash: u64) {
        let mut at = home(hash, self.slots());
        loop {
            self.count_step();
            let (page, slot) = (&mut self.pages[at / PAGE_SLOTS], at % PAGE_SLOTS);
            let free = zero_bytes(page.window(slot));
            if free != 0 {
                self.len += 1;
                return page.fill(slot + lowest_byte(free), key, hash);
            }
            at = self.behind_window(at);
        }
    }

    /// Tests hold searches to a number of steps.
    #[inline]
    fn count_step(&mut self) {
        #[cfg(test)]
        {
            self.steps += 1;
        }
    }

    /// The next slot to look at; a window ends with its page.
    #[inline]
    fn behind_window(&self, at: usize) -> usize {
        let page_end = at - at % PAGE_SLOTS + PAGE_SLOTS;
        let next = page_end.min(at + WINDOW);
        if next == self.slots() { 0 } else { next }
    }

    /// Moves to other pages. The keys stay in the order of their hashes, so both are walked from front to back.
    #[cold]
    fn grow(&mut self, seed: (u64, u64), spare: &mut Vec<Box<Page>>) {
        let pages = match self.pages.len() {
            0 => 1,
            // Little memory, and less to move.
            small @ 1..16 => 2 * small,
            large => large + large / 4,
        };
        let old = std::mem::take(self);
        #[cfg(test)]
        {
            self.steps = old.steps;
        }
        let cleared = spare.drain(spare.len().saturating_sub(pages)..).map(|mut page| {
            page.clear();
            page
        });
        self.pages.extend(cleared);
        self.pages.resize_with(pages, || Box::new(Page::new()));
        for key in old.pages.iter().flat_map(|page| page.keys()) {
            self.insert_new(key, hash(key, seed));
        }
        spare.extend(old.pages);
    }
}

/// Spreads both halves of the key over all bits; identifiers may be consecutive, or chosen to collide. Whoever does not
/// know the seed knows neither factor, so hardly ever makes one zero, nor two products alike.
#[inline]
fn hash(key: u128, seed: (u64, u64)) -> u64 {
    let product = u128::from(key as u64 ^ seed.0) * u128::from((key >> 64) as u64 ^ seed.1);
    let folded = (product as u64 ^ (product >> 64) as u64 ^ key as u64).wrapping_mul(0xff51_afd7_ed55_8ccd);
    folded ^ folded >> 32
}

#[inline]
fn shard_of(hash: u64) -> usize {
    (hash & (SHARDS as u64 - 1)) as usize
}

/// A byte of the hash that neither shard nor slot depend on.
#[inline]
fn tag_of(hash: u64) -> u8 {
    ((hash >> 8) as u8).clamp(FREE + 1, NO_SLOT - 1)
}

/// The first slot to look at, out of `slots`: the hash scaled to their number.
#[inline]
fn home(hash: u64, slots: usize) -> usize {
    ((u128::from(hash) * slots as u128) >> 64) as usize
}

/// The highest bit of each byte that is zero.
#[inline]
fn zero_bytes(bytes: u64) -> u64 {
    let low_bits = u64::from_le_bytes([0x7f; WINDOW]);
    !(((bytes & low_bits) + low_bits) | bytes | low_bits)
}

/// Which byte the lowest bit is in.
#[inline]
fn lowest_byte(bits: u64) -> usize {
    bits.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// What was mixed in before there were seeds, for all to read.
    const KNOWN: (u64, u64) = (0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93);

    /// Steps it takes to insert so many keys twice that collide where the seed is the known one.
    fn steps(keys: u128, seed: (u64, u64)) -> usize {
        let mut set = PackedSet::new(seed);
        let collide = |upper: u128| upper << 64 | u128::from(KNOWN.0);
        assert!((0..keys).map(collide).all(|key| set.insert(key)));
        assert!(!(0..keys).map(collide).any(|key| set.insert(key)));
        set.shards.iter().map(|shard| shard.steps).sum()
    }

    #[test]
    fn keys_made_to_collide_take_twice_the_steps_when_there_are_twice_as_many() {
        assert!(steps(4_000, KNOWN) > 3 * steps(2_000, KNOWN), "they do collide");
        for number in 0..20 {
            let seed = Seed::fixed(number).halves();
            let (once, twice) = (steps(20_000, seed), steps(40_000, seed));
            assert!(10 * twice <= 22 * once, "{once} steps, {twice} for twice the keys");
            assert!(twice < 10 * 40_000, "{twice} steps");
        }
    }

    #[test]
    fn keys_of_any_pattern_are_told_apart_in_less_than_29_bytes_each() {
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
            let mut set = PackedSet::new(Seed::random().halves());
            for (n, key) in (1..=200_000).zip(keys) {
                assert!(set.insert(key));
                assert!(!set.insert(key));
                assert_eq!(set.len(), n);
            }
            assert!(set.memory_bytes() < 29 * set.len(), "{} bytes", set.memory_bytes());
        }
    }
}
