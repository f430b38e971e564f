//! Cuts a stream of CSV bytes into chunks that hold whole records, whatever the pieces it is read in.
//!
//! Only quotes and line feeds matter here; fields are found later, on worker threads, by [`super::scan`]. Both
//! follow the same rule: a quote opens a quoted field only as the first byte of a field, anywhere else it is text.
//! A record whose quotes never close, that does not end within [`RECORD_BYTES_MAX`], or one of whose quotes swallows
//! rows, cannot be parsed. Then the stream is taken up again after the record's first line, so that one stray quote
//! costs one line and not the rest of the file.

mod boundary;

use std::io::Read;
use std::sync::Arc;

use memchr::memchr;

use crate::error::Result;
use crate::read::Dialect;
use crate::rules::Reason;
use boundary::{Boundaries, Cut};

/// The longest record that is parsed, in bytes, its line end included.
pub const RECORD_BYTES_MAX: usize = 1024 * 1024;

/// The bytes behind a record that may decide whether it can be parsed.
pub const LOOKAHEAD_BYTES: u64 = RECORD_BYTES_MAX as u64 + 1;

/// A piece of a CSV stream.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they begin in the (decompressed) object.
    pub offset: u64,
    /// What they are.
    pub content: Content,
}

/// What a chunk holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Whole records.
    #[default]
    Records,
    /// Lines, each a record that cannot be parsed; of the last one perhaps only the first piece.
    Broken(Reason),
    /// The next piece of the broken record that the chunk before began.
    MoreOfBroken,
}

/// What a quoted field is that runs over a line end and closes amid text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClosedAmidText {
    /// Most likely never meant to run on: its quote is a stray one, and the one that seems to close it opens a field
    /// of a later record. Its first line is broken.
    #[default]
    Broken,
    /// A field whose value holds the quotes, as in Spark.
    Field,
}

/// Tells a row from text that happens to hold line feeds. Lines are without their ends.
pub trait RowJudge: Send + Sync {
    /// Whether `line`, all of which stands inside the quotes of a field, is a row by itself.
    fn is_row(&self, line: &[u8]) -> bool;

    /// Whether `last`, in which the quote at `closing` closes a field, is a row by itself, and no part of the one that
    /// begins with `first`, in which the quote at `opening` opened the field.
    fn is_another_row(&self, first: &[u8], opening: usize, last: &[u8], closing: usize) -> bool;

    /// Whether `line` has as many fields as a row.
    fn has_fields_of_a_row(&self, line: &[u8]) -> bool;

    /// What the line is in which the quote at `quote` opens a field that goes on, if the quote is taken for text.
    fn opening_line(&self, line: &[u8], quote: usize) -> OpeningLine;
}

/// What a line is in which a quote opens a field of several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpeningLine {
    /// A row without the quote, and the cell that shows it stands after the quote: nothing is missing.
    Row,
    /// It has as many fields as a row, or more, but what shows a row stands before the quote, as it would in any case.
    Fields,
    /// Something else: the rest of the row is in a later line.
    Part,
}

/// The cutter over a stream that begins with a record.
pub struct Cutter<R> {
    input: R,
    chunk_bytes: usize,
    boundaries: Boundaries,
    /// Bytes read; those before `consumed` were handed out.
    pending: Vec<u8>,
    consumed: usize,
    /// Where the bytes that were not handed out begin in the stream.
    offset: u64,
    /// Where a record begins that is not handed out any more.
    until: u64,
    at_end: bool,
    within_broken: bool,
}

/// What the stream goes on with.
enum Next {
    /// Whole records up to here.
    Records(usize),
    /// A record that cannot be parsed.
    Broken(Reason),
    End,
}

impl<R: Read> Cutter<R> {
    /// Cuts `input`, whose first byte is byte `offset` of the object, into chunks of about `chunk_bytes`.
    pub fn new(input: R, offset: u64, chunk_bytes: usize) -> Self {
        Self {
            input,
            chunk_bytes: chunk_bytes.clamp(1, RECORD_BYTES_MAX),
            boundaries: Boundaries::default(),
            pending: Vec::new(),
            consumed: 0,
            offset,
            until: u64::MAX,
            at_end: false,
            within_broken: false,
        }
    }

    /// Ends before byte `until` of the object, where a record begins or the object ends. What the records before it are
    /// depends on the bytes behind it, too: up to [`LOOKAHEAD_BYTES`] of them must be there.
    pub fn until(mut self, until: u64) -> Self {
        self.until = until;
        self
    }

    /// Takes quoted fields that run over a line end and close amid text for what is said here.
    pub fn taking(mut self, closed_amid_text: ClosedAmidText) -> Self {
        self.boundaries.closed_amid_text = closed_amid_text;
        self
    }

    /// Takes what separates and encloses fields from `dialect`.
    pub fn in_dialect(mut self, dialect: Dialect) -> Self {
        self.boundaries.dialect = dialect;
        self
    }

    /// Takes lines that begin with this text where a record would for comments, in which quotes mean nothing.
    pub fn with_comments(mut self, comment: Option<Arc<str>>) -> Self {
        self.boundaries.comment = comment;
        self
    }

    /// Takes a quote that swallows what this judge calls a row for a stray one.
    pub fn judged_by(mut self, judge: Option<Arc<dyn RowJudge>>) -> Self {
        self.boundaries.judge = judge;
        self
    }

    /// The next chunk, in `buffer`'s memory; `None` after the last.
    pub fn next_chunk(&mut self, buffer: Vec<u8>) -> Result<Option<Chunk>> {
        if self.offset >= self.until {
            return Ok(None);
        }
        if self.within_broken {
            self.fill(self.consumed, self.chunk_bytes)?;
            if self.consumed < self.pending.len() {
                let end = self.line_end(self.consumed);
                return Ok(Some(self.hand_out(buffer, end, Content::MoreOfBroken)));
            }
        }
        match self.next(self.consumed)? {
            Next::End => Ok(None),
            Next::Records(end) => Ok(Some(self.hand_out(buffer, end, Content::Records))),
            Next::Broken(reason) => {
                let mut end = self.line_end(self.consumed);
                // Together, because a file of such lines must not cost a chunk each.
                while !self.within_broken && end - self.consumed < self.chunk_bytes {
                    match self.next(end)? {
                        Next::Broken(same) if same == reason => end = self.line_end(end),
                        _ => break,
                    }
                }
                Ok(Some(self.hand_out(buffer, end, Content::Broken(reason))))
            }
        }
    }

    /// Finds out what the stream goes on with at `from`, where a record begins.
    fn next(&mut self, from: usize) -> Result<Next> {
        let mut bytes_wanted = self.chunk_bytes;
        loop {
            self.fill(from, bytes_wanted)?;
            let bytes = &self.pending[from..];
            if bytes.is_empty() {
                return Ok(Next::End);
            }
            if bytes.len() > RECORD_BYTES_MAX {
                return Ok(Next::Broken(Reason::RecordTooLong));
            }
            let offset = self.offset + (from - self.consumed) as u64;
            match self.boundaries.last(bytes, offset, self.at_end) {
                Cut::At(length) => return Ok(Next::Records(from + length)),
                Cut::Broken(reason) => return Ok(Next::Broken(reason)),
                Cut::Unfinished if self.at_end => return Ok(Next::Broken(Reason::UnterminatedQuote)),
                Cut::Unfinished => {}
            }
            // One byte more than the limit, at last, shows whether the stream goes on.
            let limit = if bytes_wanted < RECORD_BYTES_MAX { RECORD_BYTES_MAX } else { RECORD_BYTES_MAX + 1 };
            bytes_wanted = (bytes_wanted * 2).min(limit);
        }
    }

    /// Reads until `bytes_wanted` are pending after `from` or the stream ends.
    fn fill(&mut self, from: usize, bytes_wanted: usize) -> Result<()> {
        let missing = (from + bytes_wanted).saturating_sub(self.pending.len());
        if missing > 0 && !self.at_end {
            self.pending.reserve(missing);
            let read = self.input.by_ref().take(missing as u64).read_to_end(&mut self.pending)?;
            self.at_end = read < missing;
        }
        Ok(())
    }

    /// The end of the line that begins at `from`, of which perhaps only the first piece is pending.
    fn line_end(&mut self, from: usize) -> usize {
        let line_end = memchr(b'\n', &self.pending[from..]).map(|at| from + at + 1);
        self.within_broken = line_end.is_none() && !self.at_end;
        line_end.unwrap_or(self.pending.len())
    }

    /// Hands out what is pending up to `end`. Copies the shorter of what goes and what stays, so that many small chunks
    /// out of much that is pending cost no more than their own size.
    fn hand_out(&mut self, mut bytes: Vec<u8>, end: usize, content: Content) -> Chunk {
        let offset = self.offset;
        let length = usize::try_from(self.until - offset).unwrap_or(usize::MAX).min(end - self.consumed);
        let end = self.consumed + length;
        self.offset += length as u64;
        bytes.clear();
        if self.consumed == 0 && self.pending.len() - end <= length {
            bytes.extend_from_slice(&self.pending[end..]);
            self.pending.truncate(end);
            std::mem::swap(&mut self.pending, &mut bytes);
        } else {
            bytes.extend_from_slice(&self.pending[self.consumed..end]);
            self.consumed = end;
            if self.consumed > self.pending.len() / 2 {
                self.pending.drain(..self.consumed);
                self.consumed = 0;
            }
        }
        Chunk { bytes, offset, content }
    }
}

/// Whether what stands after a closing quote is what should. `rest` is not cut off among carriage returns.
pub(super) fn ends_field(rest: &[u8], delimiter: u8) -> bool {
    match rest {
        [] | [b'\n', ..] => true,
        [first, ..] if *first == delimiter => true,
        [b'\r', ..] => rest.iter().find(|&&byte| byte != b'\r').is_none_or(|&byte| byte == b'\n'),
        _ => false,
    }
}

/// The quote that closes a field whose content begins at `from`; a doubled quote is content.
///
/// Without the byte after it, a quote may be the first of a doubled one, unless the stream ends there.
pub(super) fn closing_quote(bytes: &[u8], from: usize, at_end: bool, quote: u8) -> Option<usize> {
    find_closing(bytes, from, at_end, quote).ok()
}

/// The same; without a closing quote, says where to look for it once there are more bytes.
fn find_closing(bytes: &[u8], mut from: usize, at_end: bool, quote: u8) -> Result<usize, usize> {
    loop {
        let at = from + memchr(quote, &bytes[from..]).ok_or(bytes.len())?;
        match bytes.get(at + 1) {
            Some(&next) if next == quote => from = at + 2,
            Some(_) => return Ok(at),
            None => return if at_end { Ok(at) } else { Err(at) },
        }
    }
}

#[cfg(test)]
mod tests;
