//! The exact set of identities a run has seen. Its size is the one part of a run's memory that grows with the
//! input, so it is kept as small as an exact set can sensibly be, and it knows its own size.

mod packed;
mod text;

use crate::rows::identity::{Form, Identity};
use crate::seed::Seed;
use packed::PackedSet;
use text::TextSet;
pub(crate) use text::growth_bytes;

/// A set of identities.
#[derive(Debug)]
pub struct IdentitySet {
    packed: [PackedSet; Form::COUNT],
    texts: TextSet,
}

impl IdentitySet {
    /// An empty set, whose members' places depend on `seed`.
    pub fn new(seed: &Seed) -> Self {
        Self { packed: std::array::from_fn(|_| PackedSet::new(seed.halves())), texts: TextSet::new(seed.clone()) }
    }

    /// Adds an identity and says whether it is new. `text` is the cell it was made from.
    #[inline]
    pub fn insert(&mut self, identity: Identity, text: &[u8]) -> bool {
        match identity {
            Identity::Packed(form, bits) => self.packed[form as usize].insert(bits),
            Identity::Text => self.texts.insert(text),
        }
    }

    /// Asks memory for where up to `COUNT` identities belong, so that these waits overlap instead of following one another.
    ///
    /// Returns something that depends on the bytes there, for the caller to use up.
    #[inline]
    pub fn touch<const COUNT: usize>(&self, identities: impl Iterator<Item = Identity>) -> u64 {
        // First all places, then all bytes: a processor looks ahead a limited number of instructions.
        let mut places = [None; COUNT];
        for (place, identity) in places.iter_mut().zip(identities) {
            if let Identity::Packed(form, bits) = identity {
                *place = self.packed[form as usize].place(bits);
            }
        }
        places.iter().flatten().fold(0, |sum, place| sum ^ place.touch())
    }

    /// How many identities are in the set.
    pub fn len(&self) -> u64 {
        self.packed.iter().map(PackedSet::len).sum::<u64>() + self.texts.len()
    }

    /// Whether nothing was inserted yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same while it grows next, if that is soon: one of its tables exists twice then.
    pub fn memory_bytes_to_grow(&self) -> u64 {
        self.memory_bytes() + self.texts.growth_bytes()
    }

    /// Bytes of memory the set occupies.
    pub fn memory_bytes(&self) -> u64 {
        self.packed.iter().map(PackedSet::memory_bytes).sum::<u64>() + self.texts.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::identity::identity;
    use std::collections::HashSet;

    proptest::proptest! {
        #[test]
        fn it_answers_as_a_plain_set_of_texts(
            ids in proptest::collection::vec("[a-c]{1,2}|[a-b]{16,18}|[0-1a-b]{8}-0000-4000-8000-0000000000[0-9]{2}|[A-B]{8}-0000-4000-8000-000000000000", 0..400)
        ) {
            let (mut ours, mut plain) = (IdentitySet::new(&Seed::random()), HashSet::new());
            for id in &ids {
                let identity = identity(id.as_bytes());
                ours.touch::<1>([identity].into_iter());
                proptest::prop_assert_eq!(ours.insert(identity, id.as_bytes()), plain.insert(id.clone()), "{}", id);
            }
            proptest::prop_assert_eq!(ours.len(), plain.len() as u64);
        }
    }
}
