//! Duplicates within one batch, told from rows of earlier batches that came again, which is normal for a feed.
//!
//! The set of identities knows that an id came before, not in which batch. So each new id of a batch sets one bit of a
//! small table, and a duplicate whose bit is set is one of the same batch. Two ids may share a bit; what that adds
//! is known on average and taken off. For the first batch of a window, where every duplicate is its own, nothing has to be
//! remembered and the count is exact; the outputs depend on none of it.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;

use crate::contract::ColumnType;
use crate::rows::identity::{Form, Identity};
use crate::trigger::window::BatchDate;
use crate::warnings::shape::{Shape, ShapeCounts};

/// Bits of the table: a batch of 100,000 ids shares one bit in 42, one of 1,000 hardly any. Half a mebibyte, which is a
/// part of what [`super::memory_bytes`] always counts.
const BITS: usize = 1 << 22;

/// The duplicates of one batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchRepeats {
    /// Which batch.
    pub batch_date: BatchDate,
    /// Its rows, rejected ones left out.
    pub rows: u64,
    /// Rows whose id an earlier row of the same batch has; of all but the first batch of a window nearly exact.
    pub repeats: u64,
    /// Rows that share one id with others, if most of the repeated ones share the same; at least so many.
    pub rows_of_one_id: u64,
    /// What most repeated ids look like.
    pub likely: Option<Shape>,
}

/// Counts the batch under way.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    batch: Option<Batch>,
    /// Empty until a second batch needs it.
    bits: Vec<u64>,
    done: Vec<BatchRepeats>,
}

#[derive(Debug)]
struct Batch {
    date: BatchDate,
    is_first: bool,
    rows: u64,
    bits_set: u64,
    duplicates: u64,
    with_bit: u64,
    /// How many of the duplicates are expected to find a bit that another id has set.
    by_chance: f64,
    candidate: Candidate,
    shapes: ShapeCounts,
}

/// The id that most duplicates share, if there is one (Boyer and Moore's vote).
#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    hash: u64,
    lead: u64,
    rows: u64,
}

impl Repeats {
    /// What follows is of this batch; no id was seen before it if it `is_first`.
    pub(super) fn begin(&mut self, date: BatchDate, is_first: bool) {
        if self.batch.as_ref().is_some_and(|batch| batch.date == date) {
            return;
        }
        self.end();
        if !is_first {
            self.bits.clear();
            self.bits.resize(BITS / 64, 0);
        }
        self.batch = Some(Batch {
            date,
            is_first,
            rows: 0,
            bits_set: 0,
            duplicates: 0,
            with_bit: 0,
            by_chance: 0.0,
            candidate: Candidate::default(),
            shapes: ShapeCounts::default(),
        });
    }

    /// Whether new ids have to be told.
    pub(super) fn wants_new_ids(&self) -> bool {
        self.batch.as_ref().is_some_and(|batch| !batch.is_first)
    }

    /// Counts rows of the batch under way, duplicates among them.
    pub(super) fn add_rows(&mut self, rows: u64) {
        if let Some(batch) = &mut self.batch {
            batch.rows += rows;
        }
    }

    /// Takes in an id that no row had before.
    pub(super) fn add_new(&mut self, identity: &Identity, text: &[u8]) {
        let Some(batch) = &mut self.batch else { return };
        let (word, bit) = place(hash(*identity, text));
        if let Some(word) = self.bits.get_mut(word) {
            batch.bits_set += u64::from(*word & bit == 0);
            *word |= bit;
        }
    }

    /// Takes in an id that a row had before; `identity_text` is what [`IdentitySet`](crate::rows::dedup::IdentitySet) gets,
    /// `cell` is the id as it was written.
    pub(super) fn add_duplicate(&mut self, identity: Identity, identity_text: &[u8], cell: &[u8]) {
        let Some(batch) = &mut self.batch else { return };
        let hash = hash(identity, identity_text);
        batch.duplicates += 1;
        if !batch.is_first {
            let (word, bit) = place(hash);
            batch.by_chance += batch.bits_set as f64 / BITS as f64;
            if self.bits.get(word).is_none_or(|word| word & bit == 0) {
                return;
            }
            batch.with_bit += 1;
        }
        batch.candidate.vote(hash);
        if !batch.shapes.is_full() {
            batch.shapes.add(cell, ColumnType::String);
        }
    }

    /// Each batch's duplicates, in order.
    pub(super) fn finish(mut self) -> Vec<BatchRepeats> {
        self.end();
        self.done
    }

    fn end(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        let repeats = batch.repeats();
        let rows_of_one_id = if 2 * batch.candidate.rows > repeats { batch.candidate.rows + 1 } else { 0 };
        let likely = batch.shapes.likely();
        self.done.push(BatchRepeats { batch_date: batch.date, rows: batch.rows, repeats, rows_of_one_id, likely });
    }
}

impl Batch {
    /// Duplicates of rows of the same batch.
    fn repeats(&self) -> u64 {
        if self.is_first || self.duplicates == 0 {
            return self.duplicates;
        }
        // with_bit = repeats + (duplicates - repeats) * chance
        let chance = self.by_chance / self.duplicates as f64;
        let repeats = (self.with_bit as f64 - self.by_chance) / (1.0 - chance);
        (repeats.round().max(0.0) as u64).min(self.duplicates)
    }
}

impl Candidate {
    fn vote(&mut self, hash: u64) {
        match self.lead {
            0 => *self = Self { hash, lead: 1, rows: 1 },
            _ if self.hash == hash => (self.lead, self.rows) = (self.lead + 1, self.rows + 1),
            _ => self.lead -= 1,
        }
    }
}

/// Always the same for the same id, so that equal runs count equally.
fn hash(identity: Identity, text: &[u8]) -> u64 {
    match identity {
        Identity::Packed(form, bits) => FixedState::with_seed(form_seed(form)).hash_one(bits),
        Identity::Text => FixedState::default().hash_one(text),
    }
}

fn form_seed(form: Form) -> u64 {
    1 + form as u64
}

/// Index of a word, and the bit in it.
fn place(hash: u64) -> (usize, u64) {
    let bit = (hash >> 32) as usize % BITS;
    (bit / 64, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::identity::identity;

    fn date(day: i64) -> BatchDate {
        "2024-09-14".parse::<BatchDate>().expect("a date").plus_days(day)
    }

    /// What is counted of batches of ids, each a range or one id many times.
    fn counted(batches: &[&[String]]) -> Vec<BatchRepeats> {
        let (mut seen, mut repeats) = (std::collections::HashSet::new(), Repeats::default());
        for (day, ids) in (0..).zip(batches) {
            repeats.begin(date(day), seen.is_empty());
            for id in *ids {
                let (identity, text) = (identity(id.as_bytes()), id.as_bytes());
                match seen.insert(id.clone()) {
                    true if repeats.wants_new_ids() => repeats.add_new(&identity, text),
                    true => {}
                    false => repeats.add_duplicate(identity, text, text),
                }
                repeats.add_rows(1);
            }
        }
        repeats.finish()
    }

    fn ids(range: std::ops::Range<u32>) -> Vec<String> {
        range.map(|id| format!("{id:08x}-0000-4000-8000-{:012x}", id.wrapping_mul(2_654_435_761))).collect()
    }

    #[test]
    fn rows_of_yesterday_that_come_again_are_no_repeats_of_today() {
        let counted = counted(&[&ids(0..50_000), &[ids(20_000..50_000), ids(60_000..90_000)].concat()]);
        assert_eq!((counted[0].rows, counted[0].repeats), (50_000, 0));
        assert_eq!(counted[1].rows, 60_000);
        assert!(counted[1].repeats < 100, "half of the rows came yesterday, none twice today: {:?}", counted[1]);
    }

    #[test]
    fn a_batch_that_holds_its_rows_twice_is_seen_whether_it_is_the_first_or_not() {
        let twice = [ids(0..30_000), ids(0..30_000)].concat();
        assert_eq!(counted(&[&twice])[0].repeats, 30_000);
        let later = counted(&[&ids(100_000..150_000), &twice, &ids(0..10)]);
        assert!(later[1].repeats.abs_diff(30_000) < 300, "{:?}", later[1]);
        assert_eq!((later[1].rows_of_one_id, later[2].repeats), (0, 0));
    }

    #[test]
    fn rows_that_share_one_id_are_counted_and_the_id_is_told_by_its_shape() {
        for (id, likely) in
            [("NULL", Shape::NullMarker), ("1.23457E+17", Shape::Scientific), ("a long text, not packed", Shape::Text)]
        {
            let mut rows = ids(0..5);
            rows.extend(std::iter::repeat_n(id.to_owned(), 95));
            for batches in [vec![&rows[..]], vec![&ids(200..210), &rows[..]]] {
                let counted = counted(&batches);
                let last = counted.last().expect("a batch");
                assert_eq!((last.rows, last.repeats, last.rows_of_one_id), (100, 94, 95), "{id}");
                assert_eq!(last.likely, Some(likely), "{id}");
            }
        }
    }

    #[test]
    fn parts_of_one_batch_are_counted_together() {
        let mut repeats = Repeats::default();
        repeats.begin(date(0), true);
        repeats.add_rows(1);
        repeats.begin(date(0), false);
        repeats.add_rows(2);
        repeats.add_duplicate(identity(b"a"), b"", b"a");
        assert!(!repeats.wants_new_ids(), "it is still the first batch");
        let counted = repeats.finish();
        assert_eq!(counted.len(), 1);
        assert_eq!((counted[0].rows, counted[0].repeats), (3, 1));
    }
}
