//! What a run counts: every record in exactly one place, and the figures its manifest shows.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::parse::{CASTS, Rejected, Row};
use crate::rules::Reason;
use crate::schema::KnownColumn;

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
    /// Invariant BALANCE: every record read ends in exactly one place.
    pub fn check(&self) -> Result<()> {
        let placed = self.written + self.filtered_by_date + self.filtered_by_duration + self.duplicates + self.rejected;
        if placed == self.read {
            return Ok(());
        }
        Err(Error::internal(format!("{} records were read, but {placed} are accounted for", self.read)))
    }
}

/// All figures of a run.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Where the records ended.
    pub balance: Balance,
    /// Records per input, in order.
    pub input_rows: Vec<u64>,
    /// Rejected records by column and reason.
    pub rejected: BTreeMap<(Option<KnownColumn>, Reason), u64>,
    /// The first rejected record: index of its input, and number in it from 1.
    pub first_rejected: Option<(usize, u64)>,
    /// Cells of written rows that hold something which could not be cast, by the order of [`CASTS`].
    pub null_casts: [u64; CASTS.len()],
    /// Written rows per access date, in days since 1970-01-01.
    pub rows_per_date: BTreeMap<i32, u64>,
    /// Rows of one access date that came one after the other, as they mostly do, and are not in the map yet.
    date_under_way: Option<(i32, u64)>,
    /// Sum of the written rows' session durations.
    pub session_duration_sum: i64,
    /// Longest session among the written rows.
    pub session_duration_max: Option<i32>,
}

impl Tally {
    pub(super) fn new(inputs: usize) -> Self {
        Self {
            balance: Balance::default(),
            input_rows: vec![0; inputs],
            rejected: BTreeMap::new(),
            first_rejected: None,
            null_casts: [0; CASTS.len()],
            rows_per_date: BTreeMap::new(),
            date_under_way: None,
            session_duration_sum: 0,
            session_duration_max: None,
        }
    }

    /// Counts what is rejected of the chunk of `input` under way; its records are not in `input_rows` yet.
    pub(super) fn count_rejected(&mut self, input: usize, rejected: &[Rejected]) {
        self.balance.rejected += rejected.len() as u64;
        if let (None, Some(first)) = (self.first_rejected, rejected.first()) {
            self.first_rejected = Some((input, self.input_rows[input] + u64::from(first.record) + 1));
        }
        for rejected in rejected {
            *self.rejected.entry((rejected.column, rejected.reason)).or_default() += 1;
        }
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
        if row.null_casts != 0 {
            for (bit, count) in self.null_casts.iter_mut().enumerate() {
                *count += u64::from(row.null_casts >> bit & 1);
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
