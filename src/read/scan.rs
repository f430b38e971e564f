//! Finds the records and fields of a chunk: positions only, no byte is copied.

mod quotes;
mod structural;

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memchr_iter};

use super::cutter::{closing_quote, ends_field};
use super::header::BYTE_ORDER_MARK;
use crate::read::Dialect;
pub use quotes::{is_well_quoted, unquote, unquoted_place};
use structural::{BLOCK_BYTES, structural_mask};

/// Where the records and fields of one chunk are. Kept and refilled, so that nothing is allocated per record.
#[derive(Debug, Default)]
pub struct Records {
    records: Vec<Record>,
    /// End of each field of each record; a field begins one byte behind the end of the one before.
    ends: Vec<u32>,
    /// What separates and encloses fields.
    pub dialect: Dialect,
    /// A record that begins with this text is a comment: one line with one field, whatever quotes and separators it has.
    pub comment: Option<Arc<str>>,
    /// Line feeds inside quotes.
    pub quoted_line_feeds: u64,
    /// Whether what joined files leave before a record is no part of it: a byte order mark, and carriage returns of line
    /// ends written LF CR.
    pub skips_marks: bool,
}

/// One record of a chunk.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// First byte.
    pub start: u32,
    /// Index of its first field's end in the chunk's list.
    first: u32,
    /// Number of fields.
    pub fields: u32,
    /// How it is quoted.
    pub quoting: Quoting,
}

/// Where the fields of one record are.
#[derive(Clone, Copy, Debug)]
pub struct Fields<'r> {
    start: usize,
    ends: &'r [u32],
}

impl Fields<'_> {
    /// The place of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn place(&self, index: usize) -> Range<usize> {
        let Some(&end) = self.ends.get(index) else { return 0..0 };
        let start = if index == 0 { self.start } else { self.ends[index - 1] as usize + 1 };
        start..end as usize
    }
}

/// How a record's quotes stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quoting {
    /// Every quoted field is quoted as RFC 4180 says and not empty: its bytes can be copied as they are.
    Clean,
    /// Empty quoted fields: readable, but not to be copied.
    Loose,
    /// Quotes inside unquoted text, which are part of it.
    BareQuote,
    /// Text or white space behind a closing quote.
    Malformed,
}

impl Records {
    /// Records of text in which what joined files leave before a record is no part of it.
    pub fn skipping_marks() -> Self {
        Self { skips_marks: true, ..Self::default() }
    }

    /// Records of text in this dialect.
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Records among which those that begin with this text are comments.
    pub fn with_comments(self, comment: Option<Arc<str>>) -> Self {
        Self { comment, ..self }
    }

    /// Scans `bytes`, which hold whole records; the last may lack its line end. Empty lines are no records.
    pub fn scan(&mut self, bytes: &[u8]) {
        self.clear();
        let mut scanner = Scanner::new(self);
        scanner.begin_record(bytes, 0);
        scanner.run(bytes);
    }

    /// Bytes of memory they occupy.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.records.capacity() * size_of::<Record>() + self.ends.capacity() * size_of::<u32>()
    }

    /// Takes each line of `bytes` for a record of one field. Empty lines are no records here either.
    pub fn scan_lines(&mut self, bytes: &[u8]) {
        self.clear();
        let mut scanner = Scanner::new(self);
        for at in memchr_iter(b'\n', bytes) {
            scanner.end_record(bytes, at);
        }
        if scanner.record_start < bytes.len() {
            scanner.end_record(bytes, bytes.len());
        }
    }

    fn clear(&mut self) {
        self.records.clear();
        self.ends.clear();
        self.quoted_line_feeds = 0;
    }

    /// The records in order.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// How many records at the beginning the predicate is true of; it must be false of all behind them.
    pub fn partition(&self, predicate: impl FnMut(&Record) -> bool) -> usize {
        self.records.partition_point(predicate)
    }

    /// Record number `index` of the chunk.
    pub fn get(&self, index: usize) -> &Record {
        &self.records[index]
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The raw bytes of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn field<'a>(&self, bytes: &'a [u8], record: &Record, index: usize) -> &'a [u8] {
        &bytes[self.place(record, index)]
    }

    /// The place of field `index`, quotes included; empty when the record has fewer fields.
    #[inline]
    pub fn place(&self, record: &Record, index: usize) -> Range<usize> {
        self.fields(record).place(index)
    }

    /// The fields of a record.
    #[inline]
    pub fn fields(&self, record: &Record) -> Fields<'_> {
        let first = record.first as usize;
        Fields { start: record.start as usize, ends: &self.ends[first..first + record.fields as usize] }
    }

    /// Where the record ends, without its line end.
    pub fn end(&self, record: &Record) -> usize {
        self.ends[(record.first + record.fields) as usize - 1] as usize
    }
}

struct Scanner<'r> {
    out: &'r mut Records,
    record_start: usize,
    field_start: usize,
    first: usize,
    quoting: Quoting,
}

impl<'r> Scanner<'r> {
    fn new(out: &'r mut Records) -> Self {
        Self { out, record_start: 0, field_start: 0, first: 0, quoting: Quoting::Clean }
    }

    fn run(&mut self, bytes: &[u8]) {
        let Dialect { delimiter, quote } = self.out.dialect;
        let (mut base, mut line_ends) = (self.comment_end(bytes).unwrap_or(0), 0);
        'blocks: while base < bytes.len() {
            let mut mask = structural_mask(&bytes[base..], Dialect { delimiter, quote });
            while mask != 0 {
                let at = base + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                match bytes[at] {
                    byte if byte == delimiter => self.end_field(at),
                    b'\n' => {
                        line_ends += 1;
                        self.end_record(bytes, at);
                        if let Some(end) = self.comment_end(bytes) {
                            base = end;
                            continue 'blocks;
                        }
                    }
                    _ if at == self.field_start => {
                        base = self.skip_quoted(bytes, at, Dialect { delimiter, quote });
                        continue 'blocks;
                    }
                    _ => self.quoting = self.quoting.max(Quoting::BareQuote),
                }
            }
            base += BLOCK_BYTES;
        }
        if self.record_start < bytes.len() {
            self.end_record(bytes, bytes.len());
        }
        // Those that end no line. Counting all of them at once is cheaper than looking into every quoted field.
        self.out.quoted_line_feeds = (memchr_iter(b'\n', bytes).count() - line_ends) as u64;
    }

    #[inline]
    fn end_field(&mut self, at: usize) {
        self.out.ends.push(at as u32);
        self.field_start = at + 1;
    }

    #[inline]
    fn end_record(&mut self, bytes: &[u8], at: usize) {
        let mut end = at;
        // CR CR LF is a line end too: programs that write CR LF through one that adds a CR make it.
        while end > self.field_start && bytes[end - 1] == b'\r' {
            end -= 1;
        }
        if end > self.record_start {
            self.out.ends.push(end as u32);
            self.out.records.push(Record {
                start: self.record_start as u32,
                first: self.first as u32,
                fields: (self.out.ends.len() - self.first) as u32,
                quoting: self.quoting,
            });
        }
        self.begin_record(bytes, at + 1);
    }

    #[inline]
    fn begin_record(&mut self, bytes: &[u8], at: usize) {
        let mut start = at;
        if self.out.skips_marks && matches!(bytes.get(at), Some(b'\r' | b'\xef')) {
            start += bytes[start..].iter().take_while(|&&byte| byte == b'\r').count();
            start += if bytes[start..].starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        }
        self.first = self.out.ends.len();
        (self.record_start, self.field_start) = (start, start);
        self.quoting = Quoting::Clean;
    }

    /// Where the record ends that has just begun, if it is a comment.
    #[inline]
    fn comment_end(&self, bytes: &[u8]) -> Option<usize> {
        let comment = self.out.comment.as_deref()?;
        let record = bytes.get(self.record_start..).filter(|record| record.starts_with(comment.as_bytes()))?;
        Some(memchr(b'\n', record).map_or(bytes.len(), |at| self.record_start + at))
    }

    /// Skips the field that the quote at `open` begins and returns where to go on: at its delimiter.
    fn skip_quoted(&mut self, bytes: &[u8], open: usize, dialect: Dialect) -> usize {
        let Some(close) = closing_quote(bytes, open + 1, true, dialect.quote) else {
            self.quoting = Quoting::Malformed;
            return bytes.len();
        };
        if close == open + 1 {
            self.quoting = self.quoting.max(Quoting::Loose);
        }
        let next = close + 1;
        if !ends_field(&bytes[next..], dialect.delimiter) {
            self.quoting = Quoting::Malformed;
        }
        next
    }
}

#[cfg(test)]
mod tests;
