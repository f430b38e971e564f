//! The first half of finishing a wave: which rows stay, decided in the order of the rows, and the figures of all.

use super::{LOOKAHEAD_ROWS, Plan, Tally};
use crate::dedup::IdentitySet;
use crate::parse::{ParsedChunk, Verdict};
use crate::write::KeptRow;

/// Decides about rows; the state of a run between waves.
pub(super) struct Selector<'p> {
    pub(super) plan: &'p Plan,
    identities: IdentitySet,
    tally: Tally,
    kept: Vec<KeptRow>,
}

impl<'p> Selector<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let tally = Tally::new(plan.layouts.len());
        Self { plan, identities: IdentitySet::default(), tally, kept: Vec::new() }
    }

    /// The rows of the next wave that stay, in order.
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    pub(super) fn select(&mut self, wave: &[ParsedChunk]) -> &[KeptRow] {
        self.kept.clear();
        for (number, chunk) in (0..).zip(wave) {
            self.tally.count_rejected(chunk.object, &chunk.rejected);
            self.tally.balance.read += chunk.record_count();
            self.tally.input_rows[chunk.object] += chunk.record_count();
            self.select_rows(number, chunk);
        }
        &self.kept
    }

    /// Decides about each row of chunk number `number` in order.
    ///
    /// Invariant FIRST-WINS: a row is compared with all before it, those that the filter drops among them.
    fn select_rows(&mut self, number: u32, chunk: &ParsedChunk) {
        let layout = &self.plan.layouts[chunk.object];
        let mut scratch = Vec::new();
        for (block, rows) in chunk.rows.chunks(LOOKAHEAD_ROWS).enumerate() {
            let identities = rows.iter().map(|row| row.identity);
            std::hint::black_box(self.identities.touch::<LOOKAHEAD_ROWS>(identities));
            for (index, row) in (block * LOOKAHEAD_ROWS..).zip(rows) {
                if !self.identities.insert(row.identity, chunk.identity_text(row, layout, &mut scratch)) {
                    self.tally.balance.duplicates += 1;
                    continue;
                }
                match row.verdict {
                    Verdict::FilteredByDate => self.tally.balance.filtered_by_date += 1,
                    Verdict::FilteredByDuration => self.tally.balance.filtered_by_duration += 1,
                    Verdict::Keep => {
                        self.tally.count_written(row);
                        self.kept.push(KeptRow { chunk: number, row: index as u32 });
                    }
                }
            }
        }
    }

    /// Bytes of memory that the set of identities occupies.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.identities.memory_bytes()
    }

    /// The figures of all waves.
    pub(super) fn into_tally(self) -> Tally {
        self.tally.finish()
    }
}
