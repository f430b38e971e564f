//! The first half of finishing a wave: which rows stay, decided in the order of the rows, and the figures of all.

use std::ops::Range;

use super::keys::Keys;
use super::repeats::Repeats;
use super::tally::ChunkCounts;
use super::{Plan, Tally};
use crate::read::scan::unquote;
use crate::rows::RowChunk;
use crate::rules::Reason;
use crate::sinks::KeptRow;
use crate::trigger::window::BatchDate;

/// Decides about rows; the state of a run between waves.
pub(super) struct Selector<'p> {
    pub(super) plan: &'p Plan,
    keys: Keys,
    /// Whether no row came yet whose key a later one is compared with.
    is_first: bool,
    repeats: Repeats,
    tally: Tally,
    kept: Vec<KeptRow>,
}

impl<'p> Selector<'p> {
    /// For inputs of these batches, whose rows with one of these `keys` are duplicates.
    pub(super) fn new(plan: &'p Plan, keys: Keys, batches: impl Iterator<Item = BatchDate>) -> Self {
        let tally = Tally::new(&plan.rules, batches);
        let repeats = Repeats::default();
        Self { plan, keys, is_first: true, repeats, tally, kept: Vec::new() }
    }

    /// The rows of the next wave that stay, in order.
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    pub(super) fn select(&mut self, wave: &[RowChunk]) -> &[KeptRow] {
        let Self { plan, keys, is_first, repeats, tally, kept } = self;
        let rules = &plan.rules;
        let look_back = keys.look_back();
        // Invariant FIRST-WINS: a row is compared with all before it, those that the filters drop among them. Where the
        // last of several rows is to stay, it is compared with all behind it in the same way.
        let mut duplicates = keys.take_in(plan, wave);
        kept.clear();
        for (number, chunk) in (0..).zip(wave) {
            let layout = &plan.layouts[chunk.object];
            let mut counts = ChunkCounts::new(rules);
            tally.count_rejected(chunk.object, &chunk.rejected);
            repeats.begin(tally.inputs[chunk.object].batch_date, *is_first);
            repeats.add_rows(chunk.row_count() as u64);
            *is_first &= !look_back || chunk.row_count() == 0;
            let (of_chunk, rest) = duplicates.split_at(duplicates.partition_point(|&(at, _)| at == number));
            duplicates = rest;
            let duplicate_rows = of_chunk.iter().map(|&(_, row)| row);
            look_at_keys(plan, repeats, chunk, duplicate_rows.clone());
            let first = kept.len();
            keep_rows(kept, number, chunk, duplicate_rows, &mut counts);
            tally.count_written((rules, layout), chunk, &kept[first..], &mut counts);
            look_at_rejected(plan, tally, chunk);
            tally.count_chunk(rules, chunk, &counts);
        }
        kept
    }

    /// Bytes of memory that the set of identities occupies.
    pub(super) fn identities_bytes(&self) -> u64 {
        self.keys.memory_bytes()
    }

    /// Bytes of memory that grow with the rows: the same, what the set needs to grow further, and a counter per date.
    pub(super) fn memory_bytes(&self) -> u64 {
        const DATE_BYTES: u64 = 32;
        self.keys.memory_bytes_to_grow() + self.tally.rows_per_date.len() as u64 * DATE_BYTES
    }

    /// The figures of all waves, and the keys.
    pub(super) fn finish(self) -> (Tally, Keys) {
        let mut tally = self.tally.finish();
        tally.repeats = self.repeats.finish();
        (tally, self.keys)
    }
}

/// Keeps the rows of chunk number `number` that are no duplicates and pass the filters, and counts the others.
fn keep_rows(
    kept: &mut Vec<KeptRow>,
    number: u32,
    chunk: &RowChunk,
    duplicates: impl Iterator<Item = u32>,
    counts: &mut ChunkCounts,
) {
    let mut duplicates = duplicates.peekable();
    // The next number, if the row passes.
    let mut passing = 0..;
    for (row, verdict) in (0..).zip(&chunk.verdicts) {
        let drop = verdict.drop();
        let place = if drop.is_none() { passing.next() } else { None };
        if duplicates.next_if_eq(&row).is_some() {
            counts.duplicates += 1;
            continue;
        }
        match (place, drop) {
            (Some(place), _) => kept.push(KeptRow { chunk: number, row: place }),
            (None, Some(drop)) => counts.dropped[drop] += 1,
            (None, None) => {}
        }
    }
}

/// Looks at the keys of a chunk in order: whether it repeats those of its own batch, and what repeated ones look like.
fn look_at_keys(plan: &Plan, repeats: &mut Repeats, chunk: &RowChunk, duplicates: impl Iterator<Item = u32>) {
    let Plan { layouts, rules, .. } = plan;
    let layout = &layouts[chunk.object];
    let (mut scratch, mut scratch_of_cell) = (Vec::new(), Vec::new());
    let mut next = 0;
    for row in duplicates.map(|row| row as usize) {
        look_at_new_keys(plan, repeats, chunk, next..row);
        let text = chunk.identity_text(row, layout, rules, &mut scratch);
        let cell = chunk.key_text(row, layout, rules, &mut scratch_of_cell);
        repeats.add_duplicate(chunk.identities[row], text, cell);
        next = row + 1;
    }
    look_at_new_keys(plan, repeats, chunk, next..chunk.identities.len());
}

/// Looks at the keys of rows that are no duplicates.
fn look_at_new_keys(plan: &Plan, repeats: &mut Repeats, chunk: &RowChunk, rows: Range<usize>) {
    if repeats.wants_new_ids() {
        let mut scratch = Vec::new();
        for row in rows {
            let text = chunk.identity_text(row, &plan.layouts[chunk.object], &plan.rules, &mut scratch);
            repeats.add_new(&chunk.identities[row], text);
        }
    }
}

/// Looks at cells that could not be read and cost their row, for what they look like.
fn look_at_rejected(plan: &Plan, tally: &mut Tally, chunk: &RowChunk) {
    let Plan { layouts, rules, .. } = plan;
    let mut scratch = Vec::new();
    for rejected in &chunk.rejected {
        if let (Reason::Unreadable, Some(column)) = (rejected.reason, rejected.column) {
            let layout = &layouts[chunk.object];
            let field = chunk.rejected_field(rejected, layout.column(column));
            tally.look_at_unreadable(rules, column, unquote(field, &mut scratch, layout.dialect.quote));
        }
    }
}
