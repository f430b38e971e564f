//! Daily batches like the real ones, for trying the program out, for tests and for benchmarks.
//!
//! A batch is a pure function of its options: the same bytes on every machine. Each row depends only on seed, shares,
//! date, spread and row number, so a longer batch starts with the shorter one, and the memory needed does not depend on
//! the rows. Where the bytes go is left to the caller.

mod plan;
mod random;
mod row;
mod text;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use chrono::NaiveDate;

use plan::{BirthDate, Blank, Defect, Kind, Plan, Row};
use vocabulary::Names;

/// The text is handed on in pieces of at least this many bytes.
const PIECE_BYTES_MIN: usize = 1 << 20;

/// Room for the row that fills a piece.
const ROW_BYTES_ROOM: usize = 1 << 10;

/// The longest session, in the data's own unit, that the default rules filter out.
const SHORT_SESSION_MAX: u64 = 30;

/// Why there is no batch.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The options contradict each other or are out of range.
    #[error("{0}")]
    Options(String),
    /// The batch could not be written.
    #[error("the batch cannot be written")]
    Write(#[from] io::Error),
}

/// What a batch shall be. Shares are parts of all rows, from 0 to 1, and are met on average.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateOptions {
    /// The batch date.
    pub date: NaiveDate,
    /// Rows below the header.
    pub rows: u64,
    /// Another seed gives other people and other ids.
    pub seed: u64,
    /// `accessed_at` is spread over this many days, the last being the day before the batch date; at least 1.
    pub spread_days: u32,
    /// Rows with a blank e-mail address, a blank phone number or both.
    pub missing_share: f64,
    /// Rows with the id of an earlier row of the batch and other content.
    pub duplicate_share: f64,
    /// Rows with an id of the previous day's batch, generated with the same seed and shares and at least as many rows.
    /// Met less the rows whose counterpart of that day is malformed or a duplicate.
    pub repeat_yesterday_share: f64,
    /// Rows that have to be rejected.
    pub malformed_share: f64,
    /// Rows accessed in the calendar year before or after that of the day before the batch date.
    pub out_of_year_share: f64,
    /// Rows whose birth date is not a date.
    pub unreadable_birth_date_share: f64,
}

impl GenerateOptions {
    /// An ordinary day: accessed the day before, with the usual share of bad rows.
    pub fn new(date: NaiveDate, rows: u64, seed: u64) -> Self {
        Self {
            date,
            rows,
            seed,
            spread_days: 1,
            missing_share: 0.02,
            duplicate_share: 0.01,
            repeat_yesterday_share: 0.01,
            malformed_share: 0.001,
            out_of_year_share: 0.05,
            unreadable_birth_date_share: 0.001,
        }
    }

    fn check(&self) -> Result<(), GenerateError> {
        let shares = [
            ("missing_share", self.missing_share),
            ("duplicate_share", self.duplicate_share),
            ("repeat_yesterday_share", self.repeat_yesterday_share),
            ("malformed_share", self.malformed_share),
            ("out_of_year_share", self.out_of_year_share),
            ("unreadable_birth_date_share", self.unreadable_birth_date_share),
        ];
        for (name, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(GenerateError::Options(format!("{name} must be from 0 to 1, not {share}")));
            }
        }
        if self.malformed_share + self.duplicate_share + self.repeat_yesterday_share > 1.0 {
            return Err(GenerateError::Options(
                "malformed_share, duplicate_share and repeat_yesterday_share exclude each other: at most 1 together"
                    .to_owned(),
            ));
        }
        if self.spread_days == 0 {
            return Err(GenerateError::Options("spread_days must be at least 1".to_owned()));
        }
        Ok(())
    }
}

/// What a generated batch contains. All counts are exact.
///
/// `rows` is the sum of new, duplicate, repeated and malformed rows; the other counts leave malformed rows out and
/// may overlap. Only ids that are equal by intention are equal: ids are 122 random bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// Rows below the header; a row may take several lines.
    pub rows: u64,
    /// Bytes, header included.
    pub bytes: u64,
    /// Rows with an id of this batch's own.
    pub new: u64,
    /// Rows with the id of an earlier well-formed row of the batch.
    pub duplicates: u64,
    /// Rows with an id of the previous day; all different.
    pub repeats: u64,
    /// Rows that have to be rejected; each has exactly one of the five defects below.
    pub malformed: u64,
    /// Malformed: fewer or more than sixteen fields.
    pub wrong_field_counts: u64,
    /// Malformed: no id.
    pub missing_ids: u64,
    /// Malformed: a session duration that is missing or not a number.
    pub unreadable_durations: u64,
    /// Malformed: an access time that is missing or not one.
    pub unreadable_timestamps: u64,
    /// Malformed: bytes that are not UTF-8.
    pub invalid_utf8: u64,
    /// Rows whose e-mail cell is blank.
    pub blank_emails: u64,
    /// Rows whose phone cell is blank.
    pub blank_phones: u64,
    /// Rows where either or both are blank.
    pub missing: u64,
    /// Rows whose birth date is not a date.
    pub unreadable_birth_dates: u64,
    /// Rows accessed outside the calendar year of the day before the batch date, be it by share or by spread.
    pub out_of_year: u64,
    /// Of the new and repeated rows, those out of the year: what a run over this batch alone, for that year, filters
    /// by date.
    pub filtered_by_date: u64,
    /// Of the new and repeated rows in the year, those of at most 30: what such a run filters by duration.
    pub filtered_by_duration: u64,
}

impl Generated {
    /// The rows that are left of this batch alone: well-formed, the first with their id, in the year, above 30.
    pub fn written(&self) -> u64 {
        self.new + self.repeats - self.filtered_by_date - self.filtered_by_duration
    }

    fn count(&mut self, row: &Row, plan: &Plan<'_>) {
        self.rows += 1;
        match row.kind {
            Kind::New => self.new += 1,
            Kind::Repeat => self.repeats += 1,
            Kind::Duplicate => self.duplicates += 1,
            Kind::Malformed(defect) => return self.count_malformed(defect),
        }
        self.blank_emails += u64::from(matches!(row.blank, Blank::Email | Blank::Both));
        self.blank_phones += u64::from(matches!(row.blank, Blank::Phone | Blank::Both));
        self.missing += u64::from(row.blank != Blank::Neither);
        self.unreadable_birth_dates += u64::from(row.birth_date == BirthDate::Unreadable);

        let out_of_year = plan.is_out_of_year(row.accessed_on);
        let first = row.kind != Kind::Duplicate;
        self.out_of_year += u64::from(out_of_year);
        self.filtered_by_date += u64::from(first && out_of_year);
        self.filtered_by_duration += u64::from(first && !out_of_year && row.session_duration <= SHORT_SESSION_MAX);
    }

    fn count_malformed(&mut self, defect: Defect) {
        self.malformed += 1;
        *match defect {
            Defect::TooFewFields | Defect::TooManyFields => &mut self.wrong_field_counts,
            Defect::MissingId => &mut self.missing_ids,
            Defect::UnreadableDuration => &mut self.unreadable_durations,
            Defect::UnreadableTimestamp => &mut self.unreadable_timestamps,
            Defect::InvalidUtf8 => &mut self.invalid_utf8,
        } += 1;
    }
}

/// The file name of a day's batch: `batch_YYYY-MM-DD.csv`.
pub fn file_name(date: NaiveDate) -> String {
    format!("batch_{date}.csv")
}

/// Writes a batch, about 280 bytes a row, in pieces of about 1 MiB and flushes `out`.
///
/// # Errors
/// `Configuration` when an option is out of its range, before anything is written; otherwise what `out` says.
pub fn generate(options: &GenerateOptions, out: &mut impl Write) -> Result<Generated, GenerateError> {
    let plan = Plan::new(options)?;
    let names = Names::new();
    let mut generated = Generated::default();
    let mut piece = Vec::with_capacity(PIECE_BYTES_MIN + ROW_BYTES_ROOM);
    piece.extend_from_slice(row::HEADER.as_bytes());
    for index in 0..options.rows {
        let row = plan.row(index);
        generated.count(&row, &plan);
        row::push_row(&mut piece, row, &names);
        if piece.len() >= PIECE_BYTES_MIN {
            generated.bytes += piece.len() as u64;
            out.write_all(&piece)?;
            piece.clear();
        }
    }
    generated.bytes += piece.len() as u64;
    out.write_all(&piece)?;
    out.flush()?;
    Ok(generated)
}
