//! One chunk of one object: its records judged by the rules, each a row or a rejected record. Pure; runs on workers.

mod judge;
mod row;

use std::ops::Range;

pub use judge::row_judge;
pub(crate) use row::text_value;
pub use row::{CASTS, Row, Verdict};

use crate::config::{Preset, Rules};
use crate::identity::Identity;
use crate::read::cutter::{Chunk, Content};
use crate::read::scan::{Fields, Quoting, Record, Records, unquote, unquoted_place};
use crate::rules::Reason;
use crate::schema::{KnownColumn, Layout};
use crate::seed::Seed;
use row::RowParser;

/// A record that is not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which record of the chunk, counted from 0.
    pub record: u32,
    /// Why.
    pub reason: Reason,
    /// The column that decided it, if it was one.
    pub column: Option<KnownColumn>,
}

/// A chunk with everything that could be found out about it without looking at any other.
#[derive(Debug, Default)]
pub struct ParsedChunk {
    /// Which object of the run it is from.
    pub object: usize,
    /// The bytes that everything here points into.
    pub chunk: Chunk,
    records: Records,
    /// Rows in order, those to be filtered out among them.
    pub rows: Vec<Row>,
    /// Rejected records in order.
    pub rejected: Vec<Rejected>,
    /// Masked e-mail addresses of the rows that pass the filter, one behind the other.
    masked_emails: Vec<u8>,
    /// Rows with a quote inside unquoted text: it is kept as part of the text, but may have been meant otherwise.
    pub bare_quote_rows: u64,
    /// Rows that end with the one empty field more that all records of their object have.
    pub surplus_field_rows: u64,
}

impl ParsedChunk {
    /// Parses a chunk of object number `object`. The memory of `self` is used again.
    pub fn parse(&mut self, object: usize, chunk: Chunk, layout: &Layout, rules: &Rules, seed: &Seed) {
        self.object = object;
        self.chunk = chunk;
        self.rows.clear();
        self.rejected.clear();
        self.masked_emails.clear();
        (self.bare_quote_rows, self.surplus_field_rows) = (0, 0);
        match self.chunk.content {
            Content::Records => self.parse_records(layout, rules, seed),
            Content::Broken(reason) => {
                self.records.scan_lines(&self.chunk.bytes);
                let lines = 0..self.records.len() as u32;
                self.rejected.extend(lines.map(|record| Rejected { record, reason, column: None }));
            }
            Content::MoreOfBroken => {}
        }
    }

    // Out of line, so that profiles show it; it is called once per chunk.
    #[inline(never)]
    fn parse_records(&mut self, layout: &Layout, rules: &Rules, seed: &Seed) {
        self.records.skips_marks = rules.preset == Preset::Default;
        self.records.scan(&self.chunk.bytes);
        let mut parser = RowParser::new(&self.chunk.bytes, &self.records, layout, rules, seed);
        for (number, record) in (0..).zip(self.records.iter()) {
            match parser.row(number, record, &mut self.masked_emails) {
                Ok(row) => {
                    self.bare_quote_rows += u64::from(record.quoting == Quoting::BareQuote);
                    self.rows.push(row);
                }
                Err((reason, column)) => self.rejected.push(Rejected { record: number, reason, column }),
            }
        }
        if layout.record_fields > layout.fields {
            self.surplus_field_rows = self.rows.len() as u64;
        }
    }

    /// Bytes of memory it occupies.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let rows = self.rows.capacity() * size_of::<Row>() + self.rejected.capacity() * size_of::<Rejected>();
        let bytes = self.chunk.bytes.capacity() + self.masked_emails.capacity();
        (rows + bytes + self.records.memory_bytes()) as u64
    }

    /// How many records the chunk holds.
    pub fn record_count(&self) -> u64 {
        match self.chunk.content {
            Content::Records | Content::Broken(_) => self.records.len() as u64,
            Content::MoreOfBroken => 0,
        }
    }

    /// Line feeds inside quotes.
    pub fn quoted_line_feeds(&self) -> u64 {
        match self.chunk.content {
            Content::Records => self.records.quoted_line_feeds,
            Content::Broken(_) | Content::MoreOfBroken => 0,
        }
    }

    /// The bytes of a rejected record without its line end, and where they begin in the chunk. Of the last record of a
    /// broken chunk, they may be only the first piece.
    pub fn rejected_bytes(&self, rejected: &Rejected) -> (&[u8], u64) {
        let record = self.records.get(rejected.record as usize);
        let is_last = rejected.record as usize + 1 == self.records.len();
        let bytes = match self.chunk.content {
            Content::Broken(_) if is_last => &self.chunk.bytes[record.start as usize..],
            Content::Records | Content::Broken(_) | Content::MoreOfBroken => self.record_bytes(record),
        };
        (bytes, u64::from(record.start))
    }

    /// The raw bytes of a field of a rejected record, quotes included; empty where it has none.
    pub fn rejected_field(&self, rejected: &Rejected, index: usize) -> &[u8] {
        match self.chunk.content {
            Content::Records => {
                self.records.field(&self.chunk.bytes, self.records.get(rejected.record as usize), index)
            }
            Content::Broken(_) | Content::MoreOfBroken => &[],
        }
    }

    /// The bytes of a row's record, without the line end.
    pub fn row_bytes(&self, row: &Row) -> &[u8] {
        self.record_bytes(self.records.get(row.record as usize))
    }

    fn record_bytes(&self, record: &Record) -> &[u8] {
        &self.chunk.bytes[record.start as usize..self.records.end(record)]
    }

    /// The raw bytes of a row's field, quotes included; empty when the record has no such field.
    #[inline]
    pub fn field(&self, row: &Row, index: usize) -> &[u8] {
        self.records.field(&self.chunk.bytes, self.records.get(row.record as usize), index)
    }

    /// The fields of a row's record.
    #[inline]
    pub fn fields(&self, row: &Row) -> Fields<'_> {
        self.records.fields(self.records.get(row.record as usize))
    }

    /// The place among the chunk's bytes of the text in a field; `None` where there is none, or one with quotes to be
    /// taken out.
    #[inline]
    pub fn text_place(&self, fields: Fields<'_>, index: usize) -> Option<Range<usize>> {
        unquoted_place(&self.chunk.bytes, fields.place(index)).filter(|place| !place.is_empty())
    }

    /// The masked e-mail address of a row that passed the filter.
    #[inline]
    pub fn masked_email(&self, row: &Row) -> &[u8] {
        &self.masked_emails[row.masked_email.0 as usize..row.masked_email.1 as usize]
    }

    /// The text a row's identity was made from; only needed when the identity is not the text itself.
    pub fn identity_text<'a>(&'a self, row: &Row, layout: &Layout, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        match row.identity {
            Identity::Packed(..) => &[],
            Identity::Text => unquote(self.field(row, layout.known(KnownColumn::UniqueId)), scratch),
        }
    }
}
