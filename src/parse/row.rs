//! One record judged: rejected with a reason, or a row with its casts, its identity and the filter's verdict.

mod no_data;

use memchr::memchr;

use crate::config::{Preset, Rules, Selection};
use crate::identity::{Identity, identity};
use crate::read::scan::{Quoting, Record, Records, unquote};
use crate::rules::Reason;
use crate::rules::date::{CALENDAR_DAYS, parse_date, year_of};
use crate::rules::mask::mask_email;
use crate::rules::missing::{EMAIL_IF_MISSING, is_blank};
use crate::rules::number::{parse_double, parse_int};
use crate::rules::timestamp::{Timestamp, parse_timestamp};
use crate::schema::{KnownColumn, Layout};
use crate::seed::Seed;

/// What the filter says of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It passes.
    Keep,
    /// Its access date is outside the range.
    FilteredByDate,
    /// Its session is too short.
    FilteredByDuration,
}

/// The columns whose casts may turn a cell into null; bit `i` of [`Row::null_casts`] is for the `i`-th of them.
pub const CASTS: [KnownColumn; 5] = [
    KnownColumn::BirthDate,
    KnownColumn::AccessedAt,
    KnownColumn::DownloadSpeed,
    KnownColumn::UploadSpeed,
    KnownColumn::ConsumedTraffic,
];

/// A row. What it does not hold as a value is read from its record when it is written.
///
/// Of a row that the filter drops only the identity and the verdict are computed, the rest is empty.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which record of the chunk it is.
    pub record: u32,
    /// The filter's verdict.
    pub verdict: Verdict,
    /// Whether the record's bytes are what the CSV output needs, unchanged.
    pub is_verbatim: bool,
    /// Whether the e-mail address is missing and has to be filled in.
    pub email_missing: bool,
    /// The same for the phone number.
    pub phone_missing: bool,
    /// Whether some cell holds one of [`Rules::null_markers`].
    pub has_null_marker: bool,
    /// Which cells of [`CASTS`] hold something that could not be cast.
    pub null_casts: u8,
    /// Which cells of [`CASTS`] are blank.
    pub blank_casts: u8,
    /// Session length in the data's own unit; a row that passed the filter has one.
    pub session_duration: Option<i32>,
    /// Date the access was written with, in days since 1970-01-01; a row that passed the filter has one.
    pub accessed_date: Option<i32>,
    /// Microseconds since 1970-01-01T00:00 UTC.
    pub accessed_at: Option<i64>,
    /// Days since 1970-01-01.
    pub birth_date: Option<i32>,
    /// Mbit/s.
    pub download_speed: Option<f64>,
    /// Mbit/s.
    pub upload_speed: Option<f64>,
    /// kB.
    pub consumed_traffic: Option<f64>,
    /// What makes it a duplicate of another.
    pub identity: Identity,
    /// Hash of `person_name`; `None` where the name is null.
    pub name_hash: Option<u64>,
    /// Begin and end of the masked address among the chunk's.
    pub(super) masked_email: (u32, u32),
}

impl Row {
    /// `download_speed` + `upload_speed`, in Mbit/s.
    pub fn total_bandwidth(&self) -> Option<f64> {
        Some(self.download_speed? + self.upload_speed?)
    }

    /// The year of `birth_date`.
    pub fn birth_year(&self) -> Option<i32> {
        self.birth_date.map(year_of)
    }
}

type Rejection = (Reason, Option<KnownColumn>);

/// Judges the records of one chunk.
pub(super) struct RowParser<'a> {
    bytes: &'a [u8],
    records: &'a Records,
    layout: &'a Layout,
    rules: &'a Rules,
    seed: &'a Seed,
    is_utf8: bool,
    has_carriage_return: bool,
    scratch: Vec<u8>,
}

impl<'a> RowParser<'a> {
    pub(super) fn new(
        bytes: &'a [u8],
        records: &'a Records,
        layout: &'a Layout,
        rules: &'a Rules,
        seed: &'a Seed,
    ) -> Self {
        let is_utf8 = simdutf8::basic::from_utf8(bytes).is_ok();
        let has_carriage_return = memchr(b'\r', bytes).is_some();
        Self { bytes, records, layout, rules, seed, is_utf8, has_carriage_return, scratch: Vec::new() }
    }

    /// Judges record number `number`; the masked address of a row that passes is appended to `masked_emails`.
    pub(super) fn row(&mut self, number: u32, record: &Record, masked_emails: &mut Vec<u8>) -> Result<Row, Rejection> {
        self.judge(number, record, masked_emails).map_err(|(reason, column)| {
            let may_be_header = self.rules.preset == Preset::Default && reason.counts_in_ratio();
            match may_be_header && self.is_changed_header(record) {
                true => (Reason::ChangedHeader, None),
                false => (reason, column),
            }
        })
    }

    fn judge(&mut self, number: u32, record: &Record, masked_emails: &mut Vec<u8>) -> Result<Row, Rejection> {
        self.check_form(record)?;
        let identity = self.identity(record)?;
        let session_duration = self.session_duration(record)?;
        let (accessed_at, accessed_date) = self.accessed_at(record)?;

        let mut row = Row {
            record: number,
            verdict: self.verdict(accessed_date, session_duration),
            is_verbatim: false,
            email_missing: false,
            phone_missing: false,
            has_null_marker: false,
            null_casts: 0,
            blank_casts: 0,
            session_duration,
            accessed_date,
            accessed_at,
            birth_date: None,
            download_speed: None,
            upload_speed: None,
            consumed_traffic: None,
            identity,
            name_hash: None,
            masked_email: (0, 0),
        };
        if row.verdict == Verdict::Keep {
            self.complete(&mut row, record, masked_emails);
        }
        Ok(row)
    }

    fn check_form(&mut self, record: &Record) -> Result<(), Rejection> {
        if self.rules.preset == Preset::Default {
            let is_odd = self.begins_oddly(record);
            if is_odd && self.is_blank_record(record) {
                return Err((Reason::BlankRecord, None));
            }
            if (is_odd || self.begins_like_the_header(record)) && self.is_repeated_header(record) {
                return Err((Reason::RepeatedHeader, None));
            }
            if record.quoting == Quoting::Malformed {
                return Err((Reason::TextAfterQuote, None));
            }
            if !self.has_right_field_count(record) {
                return Err((Reason::WrongFieldCount, None));
            }
        }
        if !self.is_utf8 && std::str::from_utf8(self.record_bytes(record)).is_err() {
            return Err((Reason::InvalidUtf8, None));
        }
        Ok(())
    }

    /// Whether there are as many fields as columns, and after them the empty one that all records have where they do.
    fn has_right_field_count(&self, record: &Record) -> bool {
        let Layout { fields, record_fields, .. } = *self.layout;
        record.fields as usize == record_fields
            && (fields..record_fields)
                .all(|surplus| matches!(self.records.field(self.bytes, record, surplus), b"" | b"\"\""))
    }

    fn identity(&mut self, record: &Record) -> Result<Identity, Rejection> {
        let raw = self.raw(record, KnownColumn::UniqueId);
        let text = unquote(raw, &mut self.scratch);
        let is_missing = match self.rules.preset {
            Preset::Default => is_blank(text),
            Preset::Glue => false,
        };
        if is_missing || self.rules.null_markers.contain(text) {
            return Err((Reason::Missing, Some(KnownColumn::UniqueId)));
        }
        Ok(identity(text))
    }

    fn session_duration(&mut self, record: &Record) -> Result<Option<i32>, Rejection> {
        let duration = parse_int(self.text(record, KnownColumn::SessionDuration));
        if duration.is_none() && self.rules.preset == Preset::Default {
            return Err(self.unusable(record, KnownColumn::SessionDuration));
        }
        Ok(duration)
    }

    /// The moment in microseconds and the date as written, in days.
    fn accessed_at(&mut self, record: &Record) -> Result<(Option<i64>, Option<i32>), Rejection> {
        let preset = self.rules.preset;
        let text = self.text(record, KnownColumn::AccessedAt);
        let is_usable = |moment: &Timestamp| preset == Preset::Glue || moment.is_in_calendar();
        match (parse_timestamp(text).filter(is_usable), preset) {
            (Some(Timestamp { micros, written_date }), _) => Ok((Some(micros), Some(written_date))),
            (None, Preset::Glue) => Ok((None, parse_date(text))),
            (None, Preset::Default) => Err(self.unusable(record, KnownColumn::AccessedAt)),
        }
    }

    fn unusable(&mut self, record: &Record, column: KnownColumn) -> Rejection {
        if self.holds_nothing(record, column) {
            return (Reason::Missing, Some(column));
        }
        (Reason::Unreadable, Some(column))
    }

    fn verdict(&self, accessed_date: Option<i32>, session_duration: Option<i32>) -> Verdict {
        let rules = self.rules;
        if rules.selection == Selection::All {
            return Verdict::Keep;
        }
        let is_in_range = accessed_date.is_some_and(|date| {
            rules.accessed_from.is_none_or(|from| date >= from) && rules.accessed_to.is_none_or(|to| date <= to)
        });
        if !is_in_range {
            return Verdict::FilteredByDate;
        }
        match session_duration {
            Some(duration) if duration > rules.min_session_duration => Verdict::Keep,
            _ => Verdict::FilteredByDuration,
        }
    }

    /// Computes what only a row that is written needs.
    fn complete(&mut self, row: &mut Row, record: &Record, masked_emails: &mut Vec<u8>) {
        row.email_missing = self.is_missing(record, KnownColumn::Email);
        row.phone_missing = self.is_missing(record, KnownColumn::Phone);
        let is_usable = |date: &i32| self.rules.preset == Preset::Glue || CALENDAR_DAYS.contains(date);
        row.birth_date = parse_date(self.text(record, KnownColumn::BirthDate)).filter(is_usable);
        row.download_speed = parse_double(self.text(record, KnownColumn::DownloadSpeed));
        row.upload_speed = parse_double(self.text(record, KnownColumn::UploadSpeed));
        row.consumed_traffic = parse_double(self.text(record, KnownColumn::ConsumedTraffic));
        let is_null = [
            row.birth_date.is_none(),
            row.accessed_at.is_none(),
            row.download_speed.is_none(),
            row.upload_speed.is_none(),
            row.consumed_traffic.is_none(),
        ];
        for (bit, (column, is_null)) in CASTS.into_iter().zip(is_null).enumerate() {
            if is_null {
                let is_blank = self.holds_nothing(record, column);
                let cells = if is_blank { &mut row.blank_casts } else { &mut row.null_casts };
                *cells |= 1 << bit;
            }
        }
        row.has_null_marker = self.has_null_marker(record);
        row.name_hash = self.name_hash(record);
        row.is_verbatim = self.is_verbatim(row, record);

        let begin = masked_emails.len() as u32;
        let masking = self.rules.masking;
        let email = if row.email_missing { EMAIL_IF_MISSING.as_bytes() } else { self.text(record, KnownColumn::Email) };
        mask_email(email, masking, masked_emails);
        row.masked_email = (begin, masked_emails.len() as u32);
    }

    fn is_missing(&mut self, record: &Record, column: KnownColumn) -> bool {
        let text = unquote(self.raw(record, column), &mut self.scratch);
        let is_empty = match self.rules.preset {
            Preset::Default => is_blank(text),
            Preset::Glue => text.is_empty(),
        };
        is_empty || self.rules.null_markers.contain(text)
    }

    /// Whether a cell is blank or holds what stands for nothing.
    fn holds_nothing(&mut self, record: &Record, column: KnownColumn) -> bool {
        let text = unquote(self.raw(record, column), &mut self.scratch);
        is_blank(text) || self.rules.null_markers.contain(text)
    }

    fn has_null_marker(&mut self, record: &Record) -> bool {
        let markers = &self.rules.null_markers;
        !markers.is_empty() && (0..record.fields as usize).any(|index| markers.contain(self.text_at(record, index)))
    }

    fn name_hash(&mut self, record: &Record) -> Option<u64> {
        let raw = self.raw(record, KnownColumn::PersonName);
        let name = text_value(raw, &mut self.scratch).filter(|name| !self.rules.null_markers.contain(name));
        name.map(|name| self.seed.of_text(name))
    }

    /// Whether the whole record can be copied to the CSV output: nothing filled in, casts written as they were.
    fn is_verbatim(&self, row: &Row, record: &Record) -> bool {
        self.layout.is_output_order
            && record.quoting == Quoting::Clean
            && record.fields as usize == self.layout.fields
            && !row.email_missing
            && !row.phone_missing
            && !row.has_null_marker
            && row.session_duration.is_some()
            && is_canonical_int(self.raw(record, KnownColumn::SessionDuration))
            && is_canonical_date(self.raw(record, KnownColumn::BirthDate), row.birth_date)
            && !(self.has_carriage_return && memchr(b'\r', self.record_bytes(record)).is_some())
    }

    fn raw(&self, record: &Record, column: KnownColumn) -> &'a [u8] {
        self.records.field(self.bytes, record, self.layout.known(column))
    }

    fn text(&mut self, record: &Record, column: KnownColumn) -> &[u8] {
        unquote(self.raw(record, column), &mut self.scratch)
    }

    fn text_at(&mut self, record: &Record, index: usize) -> &[u8] {
        unquote(self.records.field(self.bytes, record, index), &mut self.scratch)
    }

    fn record_bytes(&self, record: &Record) -> &'a [u8] {
        &self.bytes[record.start as usize..self.records.end(record)]
    }
}

/// The value of a raw field that is kept as text; `None`: null.
///
/// An empty cell is null, quoted or not, as Spark reads it. So no text is ever empty.
#[inline]
pub(crate) fn text_value<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    match unquote(raw, scratch) {
        [] => None,
        text => Some(text),
    }
}

/// Whether a field that was cast to an integer is written as the integer is.
fn is_canonical_int(raw: &[u8]) -> bool {
    match raw {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Whether a field that was cast to a date is written as the date is.
fn is_canonical_date(raw: &[u8], date: Option<i32>) -> bool {
    matches!((raw, date), ([], None) | ([b'0'..=b'9', _, _, _, b'-', _, _, b'-', b'0'..=b'9', b'0'..=b'9'], Some(_)))
}
