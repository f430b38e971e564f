//! The cells of one column in some rows of a chunk, and which of them are missing.

use std::sync::Arc;

use arrow_array::types::Date32Type;
use arrow_array::{ArrayRef, PrimitiveArray, StringArray};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use spark_cast::date::parse_date;

use super::cast::{Oddity, nulls};
use super::rules::Rules;
use crate::read::scan::{Records, unquote};
use crate::rules::missing::is_blank;

/// The cells of one column.
pub(super) struct Cells<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) records: &'a Records,
    /// The record of each row.
    pub(super) rows: &'a [u32],
    /// Which field holds the column.
    pub(super) field: usize,
    pub(super) quote: u8,
    pub(super) marks: Marks<'a>,
    pub(super) scratch: Vec<u8>,
}

/// What cells of a column mean that hold no value.
#[derive(Clone, Copy)]
pub(super) struct Marks<'a> {
    pub(super) rules: &'a Rules,
    pub(super) column: usize,
}

impl Marks<'_> {
    /// Whether the text means a missing cell although it is none.
    pub(super) fn is_marker(self, text: &[u8]) -> bool {
        self.rules.is_marker(self.column, text)
    }

    /// Whether a cell that holds no value is missing, rather than holding something else.
    pub(super) fn is_missing(self, text: &[u8]) -> bool {
        is_blank(text) || self.is_marker(text)
    }

    /// Whether a cell of texts is missing.
    pub(super) fn is_missing_text(self, text: &[u8]) -> bool {
        let is_empty = if self.rules.blank_is_missing() { is_blank(text) } else { text.is_empty() };
        is_empty || self.is_marker(text)
    }
}

impl<'a> Cells<'a> {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What stands for a missing cell.
    pub(super) fn fill(&self) -> Option<&'a [u8]> {
        self.marks.rules.columns[self.marks.column].fill.as_deref()
    }

    /// Whether there are texts that mean a missing cell.
    pub(super) fn has_markers(&self) -> bool {
        self.marks.rules.has_markers
    }

    /// Whether dates beyond the calendar are unreadable.
    pub(super) fn keeps_to_calendar(&self) -> bool {
        self.marks.rules.keeps_to_calendar()
    }

    /// Calls `f` with the number and the unquoted text of each cell.
    #[inline]
    pub(super) fn each(&mut self, mut f: impl FnMut(u32, &[u8], Marks<'_>)) {
        for (at, &record) in (0..).zip(self.rows) {
            let raw = self.records.field(self.bytes, self.records.get(record as usize), self.field);
            f(at, unquote(raw, &mut self.scratch, self.quote), self.marks);
        }
    }

    /// The texts as the outputs have them, and the rows where they are missing.
    pub(super) fn texts(&mut self) -> (ArrayRef, Vec<(u32, Oddity)>) {
        let mut bytes = Vec::new();
        let mut ends: Vec<i32> = Vec::with_capacity(self.len() + 1);
        ends.push(0);
        let (mut missing, mut null) = (Vec::new(), Vec::new());
        let fill = self.fill();
        self.each(|at, text, marks| {
            if marks.is_missing_text(text) {
                missing.push((at, Oddity::Missing));
                match fill {
                    Some(fill) => bytes.extend_from_slice(fill),
                    None if text.is_empty() || marks.is_marker(text) => null.push((at, Oddity::Missing)),
                    None => bytes.extend_from_slice(text),
                }
            } else if text.is_empty() {
                null.push((at, Oddity::Missing));
            } else {
                bytes.extend_from_slice(text);
            }
            ends.push(bytes.len() as i32);
        });
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        let nulls = nulls(self.len(), &null, false);
        // The records of rows were found to be UTF-8.
        let texts = StringArray::new(offsets, Buffer::from_vec(bytes), nulls);
        (Arc::new(texts), missing)
    }

    /// The rows where a text is missing.
    pub(super) fn missing_texts(&mut self) -> Vec<u32> {
        let mut missing = Vec::new();
        self.each(|at, text, marks| {
            if marks.is_missing_text(text) {
                missing.push(at);
            }
        });
        missing
    }

    /// The date that each cell begins with, or what is filled in.
    pub(super) fn dates(&mut self) -> ArrayRef {
        let mut dates: Vec<i32> = Vec::with_capacity(self.len());
        let mut odd = Vec::new();
        let rules = self.marks.rules;
        let date_of = |text: &[u8]| parse_date(text).filter(|&date| rules.is_readable_date(date));
        let fill = self.fill().and_then(date_of);
        let has_markers = self.has_markers();
        self.each(|at, text, marks| {
            let date = match date_of(text) {
                Some(date) if !has_markers || !marks.is_marker(text) => Some(date),
                _ if marks.is_missing_text(text) => fill,
                _ => None,
            };
            if date.is_none() {
                odd.push((at, Oddity::Unreadable));
            }
            dates.push(date.unwrap_or_default());
        });
        let nulls = nulls(dates.len(), &odd, false);
        Arc::new(PrimitiveArray::<Date32Type>::new(ScalarBuffer::from(dates), nulls))
    }
}
