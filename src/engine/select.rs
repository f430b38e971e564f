//! The first half of finishing a wave: which rows stay, decided in the order of the rows, and the figures of all.

use super::keys::Keys;
use super::repeats::Repeats;
use super::tally::ChunkCounts;
use super::{LOOKAHEAD_ROWS, Plan, Tally};
use crate::read::scan::unquote;
use crate::rows::RowChunk;
use crate::rules::Reason;
use crate::sinks::KeptRow;
use crate::trigger::window::BatchDate;

/// Decides about rows; the state of a run between waves.
pub(super) struct Selector<'p> {
    pub(super) plan: &'p Plan,
    keys: Keys,
    repeats: Repeats,
    tally: Tally,
    kept: Vec<KeptRow>,
}

impl<'p> Selector<'p> {
    /// For inputs of these batches, whose rows with one of these `keys` are duplicates.
    pub(super) fn new(plan: &'p Plan, keys: Keys, batches: impl Iterator<Item = BatchDate>) -> Self {
        let tally = Tally::new(&plan.rules, batches);
        let repeats = Repeats::default();
        Self { plan, keys, repeats, tally, kept: Vec::new() }
    }

    /// The rows of the next wave that stay, in order.
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    pub(super) fn select(&mut self, wave: &[RowChunk]) -> &[KeptRow] {
        self.kept.clear();
        for (number, chunk) in (0..).zip(wave) {
            let mut counts = ChunkCounts::new(&self.plan.rules);
            self.tally.count_rejected(chunk.object, &chunk.rejected);
            self.repeats.begin(self.tally.inputs[chunk.object].batch_date, self.keys.is_empty());
            self.repeats.add_rows(chunk.row_count() as u64);
            let first = self.kept.len();
            self.select_rows(number, chunk, &mut counts);
            let layout = &self.plan.layouts[chunk.object];
            self.tally.count_written((&self.plan.rules, layout), chunk, &self.kept[first..], &mut counts);
            self.look_at_rejected(chunk);
            self.tally.count_chunk(&self.plan.rules, chunk, &counts);
        }
        &self.kept
    }

    /// Decides about each row of chunk number `number` in order.
    ///
    /// Invariant FIRST-WINS: a row is compared with all before it, those that the filters drop among them. Where the last of
    /// several rows is to stay, it is compared with all behind it in the same way.
    fn select_rows(&mut self, number: u32, chunk: &RowChunk, counts: &mut ChunkCounts) {
        let Plan { layouts, rules, .. } = self.plan;
        let layout = &layouts[chunk.object];
        let has_key = !rules.contract.rows.identity.is_empty();
        let mut scratch = Vec::new();
        let wants_new_ids = self.repeats.wants_new_ids();
        let mut passing = 0..;
        for (block, verdicts) in chunk.verdicts.chunks(LOOKAHEAD_ROWS).enumerate() {
            let begin = block * LOOKAHEAD_ROWS;
            if has_key {
                let identities = chunk.identities[begin..begin + verdicts.len()].iter().copied();
                std::hint::black_box(self.keys.touch::<LOOKAHEAD_ROWS>(identities));
            }
            for (row, &verdict) in (begin..).zip(verdicts) {
                // The next number, if the row passes.
                let drop = verdict.drop();
                let place = if drop.is_none() { passing.next() } else { None };
                if has_key {
                    // By reference: a copy, padding and all, would stall every row.
                    let identity = &chunk.identities[row];
                    let text = chunk.identity_text(row, layout, rules, &mut scratch);
                    if self.keys.is_duplicate(identity, text) {
                        counts.duplicates += 1;
                        self.look_at_duplicate(chunk, row);
                        continue;
                    }
                    if wants_new_ids {
                        self.repeats.add_new(identity, text);
                    }
                }
                match (place, drop) {
                    (Some(place), _) => self.kept.push(KeptRow { chunk: number, row: place }),
                    (None, Some(drop)) => counts.dropped[drop] += 1,
                    (None, None) => {}
                }
            }
        }
    }

    #[cold]
    fn look_at_duplicate(&mut self, chunk: &RowChunk, row: usize) {
        let Plan { layouts, rules, .. } = self.plan;
        let layout = &layouts[chunk.object];
        let (mut scratch, mut scratch_of_cell) = (Vec::new(), Vec::new());
        let identity_text = chunk.identity_text(row, layout, rules, &mut scratch);
        let cell = chunk.key_text(row, layout, rules, &mut scratch_of_cell);
        self.repeats.add_duplicate(chunk.identities[row], identity_text, cell);
    }

    /// Looks at cells that could not be read and cost their row, for what they look like.
    fn look_at_rejected(&mut self, chunk: &RowChunk) {
        let Plan { layouts, rules, .. } = self.plan;
        let mut scratch = Vec::new();
        for rejected in &chunk.rejected {
            if let (Reason::Unreadable, Some(column)) = (rejected.reason, rejected.column) {
                let layout = &layouts[chunk.object];
                let field = chunk.rejected_field(rejected, layout.column(column));
                self.tally.look_at_unreadable(rules, column, unquote(field, &mut scratch, layout.dialect.quote));
            }
        }
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
