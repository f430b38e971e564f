//! What a run counts: every record in exactly one place, and the figures its manifest shows.

use std::collections::BTreeMap;

use super::BatchRepeats;
use crate::config::Rules;
use crate::error::{Error, Result};
use crate::parse::{CASTS, ParsedChunk, Rejected, Row};
use crate::rules::Reason;
use crate::schema::KnownColumn;
use crate::warnings::shape::{Shape, ShapeCounts};
use crate::window::BatchDate;

/// Where the records of a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Balance {
    /// Records in the inputs.
    pub read: u64,
    /// Rows in the filtered output.
    pub written: u64,
    /// Rows whose access date is outside the range.
    pub filtered_by_date: u64,
    /// Rows whose session is too short.
    pub filtered_by_duration: u64,
    /// Rows whose `unique_id` came before.
    pub duplicates: u64,
    /// Records in `rejected.csv`.
    pub rejected: u64,
}

impl Balance {
    /// What came in since the balance was `earlier`.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            read: self.read - earlier.read,
            written: self.written - earlier.written,
            filtered_by_date: self.filtered_by_date - earlier.filtered_by_date,
            filtered_by_duration: self.filtered_by_duration - earlier.filtered_by_duration,
            duplicates: self.duplicates - earlier.duplicates,
            rejected: self.rejected - earlier.rejected,
        }
    }

    /// Adds another balance, place by place.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.written += other.written;
        self.filtered_by_date += other.filtered_by_date;
        self.filtered_by_duration += other.filtered_by_duration;
        self.duplicates += other.duplicates;
        self.rejected += other.rejected;
    }

    /// Invariant BALANCE: every record read ends in exactly one place.
    pub fn check(&self) -> Result<()> {
        let placed = self.written + self.filtered_by_date + self.filtered_by_duration + self.duplicates + self.rejected;
        if placed == self.read {
            return Ok(());
        }
        Err(Error::internal(format!("{} records were read, but {placed} are accounted for", self.read)))
    }
}

/// The figures of one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputTally {
    /// The batch it is a part of.
    pub batch_date: BatchDate,
    /// Where its records ended.
    pub balance: Balance,
    /// Rows filtered by date that are dated before the range.
    pub before_range: u64,
    /// Rows filtered by date that are dated after the range.
    pub after_range: u64,
    /// Whether it has text after its header that does not end in a line end.
    pub is_unterminated: bool,
    /// Records with a quote inside text that is not quoted.
    pub bare_quotes: u64,
    /// Records with one field more than the header, an empty last one.
    pub empty_last_fields: u64,
    /// Rejected records that are no data, and count on neither side of the ratio of rejected ones.
    pub no_data: u64,
    /// Number of the first rejected record, from 1.
    pub first_rejected: Option<u64>,
    /// Cells of its written rows, by the order of [`CASTS`].
    pub casts: [CastCells; CASTS.len()],
}

/// Cells of written rows that became null in a column that is cast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CastCells {
    /// Those that hold something which could not be cast.
    pub failed: u64,
    /// Those that are blank.
    pub blank: u64,
}

impl InputTally {
    fn new(batch_date: BatchDate) -> Self {
        Self {
            batch_date,
            balance: Balance::default(),
            before_range: 0,
            after_range: 0,
            is_unterminated: false,
            bare_quotes: 0,
            empty_last_fields: 0,
            no_data: 0,
            first_rejected: None,
            casts: Default::default(),
        }
    }
}

/// All figures of a run.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Where the records ended.
    pub balance: Balance,
    /// The figures of each input, in order.
    pub inputs: Vec<InputTally>,
    /// Rejected records by column and reason.
    pub rejected: BTreeMap<(Option<KnownColumn>, Reason), u64>,
    /// The first rejected record: index of its input, and number in it from 1.
    pub first_rejected: Option<(usize, u64)>,
    /// Cells of written rows, by the order of [`CASTS`].
    pub casts: [CastCells; CASTS.len()],
    /// What cells look like that could not be read, of written and of rejected rows.
    pub unreadable: BTreeMap<KnownColumn, ShapeCounts>,
    /// Duplicates within each batch that has text after a header, in order.
    pub repeats: Vec<BatchRepeats>,
    /// Line feeds inside quotes, of all records.
    pub quoted_line_feeds: u64,
    /// Written rows per access date, in days since 1970-01-01.
    pub rows_per_date: BTreeMap<i32, u64>,
    /// Rows of one access date that came one after the other, as they mostly do, and are not in the map yet.
    date_under_way: Option<(i32, u64)>,
    /// Sum of the written rows' session durations.
    pub session_duration_sum: i64,
    /// Longest session among the written rows.
    pub session_duration_max: Option<i32>,
}

/// Figures of a run at some moment.
pub(super) struct SoFar {
    balance: Balance,
    casts: [CastCells; CASTS.len()],
}

impl Tally {
    /// Nothing yet of inputs of these batches.
    pub fn new(batches: impl Iterator<Item = BatchDate>) -> Self {
        Self {
            balance: Balance::default(),
            inputs: batches.map(InputTally::new).collect(),
            rejected: BTreeMap::new(),
            first_rejected: None,
            casts: Default::default(),
            unreadable: BTreeMap::new(),
            repeats: Vec::new(),
            quoted_line_feeds: 0,
            rows_per_date: BTreeMap::new(),
            date_under_way: None,
            session_duration_sum: 0,
            session_duration_max: None,
        }
    }

    /// Counts what is rejected of the chunk of `input` under way; they are not among its figures yet.
    pub(super) fn count_rejected(&mut self, input: usize, rejected: &[Rejected]) {
        self.balance.rejected += rejected.len() as u64;
        if let (None, Some(first)) = (self.first_rejected, rejected.first()) {
            self.first_rejected = Some((input, self.inputs[input].balance.read + u64::from(first.record) + 1));
        }
        let input = &mut self.inputs[input];
        if let (None, Some(first)) = (input.first_rejected, rejected.first()) {
            input.first_rejected = Some(input.balance.read + u64::from(first.record) + 1);
        }
        for rejected in rejected {
            input.no_data += u64::from(!rejected.reason.counts_in_ratio());
            *self.rejected.entry((rejected.column, rejected.reason)).or_default() += 1;
        }
    }

    /// What is counted for a whole run first, and for its inputs chunk by chunk.
    pub(super) fn so_far(&self) -> SoFar {
        SoFar { balance: self.balance, casts: self.casts }
    }

    /// Counts what all of a chunk has in common, once its rows are counted; `before` is how it was before it.
    pub(super) fn count_chunk(&mut self, chunk: &ParsedChunk, before: &SoFar) {
        let input = &mut self.inputs[chunk.object];
        input.balance.add(&self.balance.since(&before.balance));
        for (cells, (now, before)) in input.casts.iter_mut().zip(self.casts.iter().zip(&before.casts)) {
            cells.failed += now.failed - before.failed;
            cells.blank += now.blank - before.blank;
        }
        input.bare_quotes += chunk.bare_quote_rows;
        input.empty_last_fields += chunk.surplus_field_rows;
        self.quoted_line_feeds += chunk.quoted_line_feeds();
        // The last chunk of the input decides, unless all it holds is what ends a line written LF CR.
        if chunk.chunk.bytes.iter().any(|&byte| byte != b'\r') {
            input.is_unterminated = chunk.chunk.bytes.last().is_some_and(|&byte| byte != b'\n');
        }
    }

    #[inline]
    pub(super) fn count_filtered_by_date(&mut self, input: usize, row: &Row, rules: &Rules) {
        self.balance.filtered_by_date += 1;
        let input = &mut self.inputs[input];
        // A row without a date is neither.
        let is_after = |to| row.accessed_date.is_some_and(|date| date > to);
        let is_before = |from| row.accessed_date.is_some_and(|date| date < from);
        input.after_range += u64::from(rules.accessed_to.is_some_and(is_after));
        input.before_range += u64::from(rules.accessed_from.is_some_and(is_before));
    }

    /// Counts what a cell looks like that cannot be read; only the first ones of each column.
    pub(crate) fn look_at_unreadable(&mut self, column: KnownColumn, cell: &[u8]) {
        let shapes = self.unreadable.entry(column).or_default();
        if !shapes.is_full() {
            shapes.add(cell, column);
        }
    }

    /// What most cells of a column look like that cannot be read, in words for its sender.
    pub fn likely_reason(&self, column: KnownColumn) -> Option<&'static str> {
        self.unreadable.get(&column)?.likely().map(Shape::hint)
    }

    fn begin_date(&mut self, date: i32) {
        if let Some((date, rows)) = self.date_under_way.replace((date, 1)) {
            *self.rows_per_date.entry(date).or_default() += rows;
        }
    }

    /// The figures, once all rows are counted.
    pub(super) fn finish(mut self) -> Self {
        if let Some((date, rows)) = self.date_under_way.take() {
            *self.rows_per_date.entry(date).or_default() += rows;
        }
        self
    }

    #[inline]
    pub(super) fn count_written(&mut self, row: &Row) {
        self.balance.written += 1;
        if row.null_casts | row.blank_casts != 0 {
            for bit in 0..CASTS.len() {
                self.casts[bit].failed += u64::from(row.null_casts >> bit & 1);
                self.casts[bit].blank += u64::from(row.blank_casts >> bit & 1);
            }
        }
        match (&mut self.date_under_way, row.accessed_date) {
            (Some((date, rows)), Some(accessed)) if *date == accessed => *rows += 1,
            (_, Some(accessed)) => self.begin_date(accessed),
            (_, None) => {}
        }
        self.session_duration_sum += i64::from(row.session_duration.unwrap_or_default());
        self.session_duration_max = self.session_duration_max.max(row.session_duration);
    }
}
