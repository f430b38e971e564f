//! The header line: which columns an object has, and where its first record begins.
//!
//! Invariant NO-CELLS: a file without a header begins with a row, and a file with other line ends or separators can
//! have rows where its header should be. So no message quotes a name unless it is one this program knows.

mod guess;
mod names;

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use memchr::memchr2;

use super::cutter::closing_quote;
use super::scan::{Record, Records, unquote};
use crate::error::{Error, Result};
use crate::schema::KnownColumn;

/// How much of an object, as stored, is enough to find its header line in.
pub const HEADER_BYTES_MAX: usize = 128 * 1024;

const EMPTY: &str = "no header: the object is empty (a batch without rows still has its header line)";

/// Bytes that some programs write at the beginning of a UTF-8 file.
pub(in crate::read) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An object's header line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Column names in the file's order, without surrounding white space.
    pub names: Arc<[String]>,
    /// Where the first record begins in the plain text, in bytes.
    pub bytes: usize,
    /// Whether every record the peek holds ends with one empty field more than the header has.
    pub has_surplus_field: bool,
}

impl Header {
    /// Reads the header line at the beginning of `text`, the plain text of `object`. Allows at most `columns_max` columns.
    ///
    /// `text` may be only the beginning of the object: a failure to read what comes after the header does not matter.
    pub fn read(text: impl Read, object: &str, columns_max: usize) -> Result<Self> {
        let mut bytes = Vec::new();
        let outcome = text.take(HEADER_BYTES_MAX as u64).read_to_end(&mut bytes);
        let begin = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let begin = begin + bytes[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = match record_end(&bytes[begin..]) {
            RecordEnd::At(length) => begin + length,
            unfinished if bytes.len() < HEADER_BYTES_MAX => {
                outcome.map_err(|error| Error::from(error).at(object))?;
                if unfinished == RecordEnd::InQuotes {
                    return Err(Error::invalid_input(guess::UNCLOSED_QUOTE).at(object));
                }
                bytes.len()
            }
            _ => {
                let message = guess::too_long(&bytes[begin..]);
                return Err(Error::invalid_input(message).at(object));
            }
        };
        let invalid = |message| Error::invalid_input(message).at(object);
        let mut records = Records::default();
        records.scan(&bytes[begin..end]);
        let line = &bytes[begin..end];
        let record = *records.iter().next().ok_or_else(|| invalid(EMPTY.to_owned()))?;
        let names = names::of(line, &records, &record);
        check(&names, line, columns_max).map_err(invalid)?;
        let has_surplus_field = has_surplus_field(&bytes[end..], &names);
        let names = names.into_iter().enumerate().map(|(index, name)| names::or_default(&name, index)).collect();
        Ok(Self { names, bytes: end, has_surplus_field })
    }

    /// Which field of the file holds each column.
    pub fn positions(&self) -> HashMap<&str, usize> {
        (0..).zip(&*self.names).map(|(index, name)| (name.as_str(), index)).collect()
    }
}

/// Where a header's record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordEnd {
    /// After this many bytes, the line end among them.
    At(usize),
    /// Not within these bytes.
    Beyond,
    /// Not within these bytes, and a quote is open where they end.
    InQuotes,
}

/// Finds the end of the record that `bytes` begin with: the first line feed outside quotes, as RFC 4180 has it.
fn record_end(bytes: &[u8]) -> RecordEnd {
    let mut from = 0;
    while let Some(at) = memchr2(b'\n', b'"', &bytes[from..]).map(|at| from + at) {
        from = at + 1;
        if bytes[at] == b'\n' {
            return RecordEnd::At(from);
        }
        if at == 0 || bytes[at - 1] == b',' {
            match closing_quote(bytes, from, true) {
                Some(closing) => from = closing + 1,
                None => return RecordEnd::InQuotes,
            }
        }
    }
    RecordEnd::Beyond
}

/// What makes a header unusable. `names` are as they stand in the file.
fn check(names: &[String], line: &[u8], columns_max: usize) -> Result<(), String> {
    guess::check_form(names, line)?;
    if names.len() > columns_max {
        return Err(format!("the header has {} columns, and COLUMNS_MAX allows {columns_max}", names.len()));
    }
    if guess::is_header(names) {
        names::check_characters(names)?;
    }
    guess::check_columns(names, line)?;
    names::check(names)?;
    guess::check_no_cells(names, line)
}

/// Whether all rows of `bytes`, which follow the header, have one field more than its `names`, and that one empty: some
/// programs end every row with a separator. A row of that form among others is one with a field too many.
///
/// Blank records, repetitions of the header and lines with fewer fields, such as a footer, have no say.
fn has_surplus_field(bytes: &[u8], names: &[String]) -> bool {
    let whole = &bytes[..memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)];
    let mut records = Records::skipping_marks();
    records.scan(whole);
    let mut scratch = Vec::new();
    let mut text =
        |record: &Record, index| unquote(records.field(whole, record, index), &mut scratch).trim_ascii().to_vec();
    // Rows as they would be without the field, and records with more fields than that: two rows that a quote has joined.
    let (mut surplus, mut others, mut longer) = (0_u64, 0_u64, 0_u64);
    for record in records.iter().filter(|record| record.fields as usize >= names.len()) {
        let is_blank = (0..record.fields as usize).all(|index| text(record, index).is_empty());
        let is_header =
            names.iter().enumerate().all(|(index, name)| text(record, index).eq_ignore_ascii_case(name.as_bytes()));
        if is_blank || is_header {
            continue;
        }
        let is_empty = matches!(records.field(whole, record, names.len()), b"" | b"\"\"");
        match record.fields as usize - names.len() {
            1 if is_empty => surplus += 1,
            0 | 1 => others += 1,
            _ => longer += 1,
        }
    }
    others == 0 && surplus > 10 * longer
}

/// Whether a name is one of those this program knows, in any case.
fn known(name: &str) -> Option<KnownColumn> {
    KnownColumn::ALL.into_iter().find(|column| column.name().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
