//! The first half of finishing a wave: which rows stay, decided in the order of the rows, and the figures of all.

use super::repeats::Repeats;
use super::{LOOKAHEAD_ROWS, Plan, Tally};
use crate::dedup::IdentitySet;
use crate::parse::{CASTS, ParsedChunk, Row, Verdict};
use crate::read::scan::unquote;
use crate::rules::Reason;
use crate::schema::KnownColumn;
use crate::window::BatchDate;
use crate::write::KeptRow;

/// Decides about rows; the state of a run between waves.
pub(super) struct Selector<'p> {
    pub(super) plan: &'p Plan,
    identities: IdentitySet,
    repeats: Repeats,
    tally: Tally,
    kept: Vec<KeptRow>,
}

impl<'p> Selector<'p> {
    /// For inputs of these batches.
    pub(super) fn new(plan: &'p Plan, batches: impl Iterator<Item = BatchDate>) -> Self {
        let tally = Tally::new(batches);
        let (identities, repeats) = (IdentitySet::new(&plan.seed), Repeats::default());
        Self { plan, identities, repeats, tally, kept: Vec::new() }
    }

    /// The rows of the next wave that stay, in order.
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    pub(super) fn select(&mut self, wave: &[ParsedChunk]) -> &[KeptRow] {
        self.kept.clear();
        for (number, chunk) in (0..).zip(wave) {
            let before = self.tally.so_far();
            self.tally.count_rejected(chunk.object, &chunk.rejected);
            self.tally.balance.read += chunk.record_count();
            self.repeats.begin(self.tally.inputs[chunk.object].batch_date, self.identities.is_empty());
            self.repeats.add_rows(chunk.rows.len() as u64);
            self.select_rows(number, chunk);
            self.look_at_rejected(chunk);
            self.tally.count_chunk(chunk, &before);
        }
        &self.kept
    }

    /// Decides about each row of chunk number `number` in order.
    ///
    /// Invariant FIRST-WINS: a row is compared with all before it, those that the filter drops among them.
    fn select_rows(&mut self, number: u32, chunk: &ParsedChunk) {
        let layout = &self.plan.layouts[chunk.object];
        let mut scratch = Vec::new();
        let wants_new_ids = self.repeats.wants_new_ids();
        for (block, rows) in chunk.rows.chunks(LOOKAHEAD_ROWS).enumerate() {
            let identities = rows.iter().map(|row| row.identity);
            std::hint::black_box(self.identities.touch::<LOOKAHEAD_ROWS>(identities));
            for (index, row) in (block * LOOKAHEAD_ROWS..).zip(rows) {
                let identity_text = chunk.identity_text(row, layout, &mut scratch);
                if !self.identities.insert(row.identity, identity_text) {
                    self.count_duplicate(chunk, row);
                    continue;
                }
                if wants_new_ids {
                    self.repeats.add_new(row.identity, identity_text);
                }
                match row.verdict {
                    Verdict::FilteredByDate => self.tally.count_filtered_by_date(chunk.object, row, &self.plan.rules),
                    Verdict::FilteredByDuration => self.tally.balance.filtered_by_duration += 1,
                    Verdict::Keep => {
                        self.tally.count_written(row);
                        if row.null_casts != 0 {
                            self.look_at_null_casts(chunk, row);
                        }
                        self.kept.push(KeptRow { chunk: number, row: index as u32 });
                    }
                }
            }
        }
    }

    #[cold]
    fn count_duplicate(&mut self, chunk: &ParsedChunk, row: &Row) {
        self.tally.balance.duplicates += 1;
        let layout = &self.plan.layouts[chunk.object];
        let (mut scratch, mut scratch_of_cell) = (Vec::new(), Vec::new());
        let identity_text = chunk.identity_text(row, layout, &mut scratch);
        let cell = unquote(chunk.field(row, layout.known(KnownColumn::UniqueId)), &mut scratch_of_cell);
        self.repeats.add_duplicate(row.identity, identity_text, cell);
    }

    /// Looks at cells of a row that became null, for what they look like.
    #[cold]
    fn look_at_null_casts(&mut self, chunk: &ParsedChunk, row: &Row) {
        let (layout, mut scratch) = (&self.plan.layouts[chunk.object], Vec::new());
        for (bit, column) in CASTS.into_iter().enumerate() {
            if row.null_casts >> bit & 1 == 1 {
                let field = chunk.field(row, layout.known(column));
                self.tally.look_at_unreadable(column, unquote(field, &mut scratch));
            }
        }
    }

    /// The same for cells that could not be read and cost their row.
    fn look_at_rejected(&mut self, chunk: &ParsedChunk) {
        let (layout, mut scratch) = (&self.plan.layouts[chunk.object], Vec::new());
        for rejected in &chunk.rejected {
            if let (Reason::Unreadable, Some(column)) = (rejected.reason, rejected.column) {
                let field = chunk.rejected_field(rejected, layout.known(column));
                self.tally.look_at_unreadable(column, unquote(field, &mut scratch));
            }
        }
    }

    /// Bytes of memory that the set of identities occupies.
    pub(super) fn identities_bytes(&self) -> u64 {
        self.identities.memory_bytes()
    }

    /// Bytes of memory that grow with the rows: the same, what the set needs to grow further, and a counter per date.
    pub(super) fn memory_bytes(&self) -> u64 {
        const DATE_BYTES: u64 = 32;
        self.identities.memory_bytes_to_grow() + self.tally.rows_per_date.len() as u64 * DATE_BYTES
    }

    /// The figures of all waves.
    pub(super) fn into_tally(self) -> Tally {
        let mut tally = self.tally.finish();
        tally.repeats = self.repeats.finish();
        tally
    }
}
