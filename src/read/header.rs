//! The header line: which columns an object has, and where its first record begins.
//!
//! Invariant NO-CELLS: a file without a header begins with a row, and a file with other line ends or separators can
//! have rows where its header should be. So no message quotes a name unless it is one this program knows.

pub(crate) mod guess;
pub(crate) mod names;
mod rules;

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use memchr::{memchr, memchr2};

use super::cutter::closing_quote;
use super::scan::{Record, Records, unquote};
use crate::error::{Error, Result};
use crate::read::Dialect;
pub use rules::{ExtraColumns, HeaderRules, KnownName};

/// How much of an object, as stored, is enough to find its header line in.
pub const HEADER_BYTES_MAX: usize = 128 * 1024;

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
    /// Reads the header line of `text`, the plain text of `object` in UTF-8.
    ///
    /// `text` may be only the beginning of the object: a failure to read what comes after the header does not matter.
    pub fn read(text: impl Read, object: &str, rules: &HeaderRules) -> Result<Self> {
        let mut bytes = Vec::new();
        let bytes_max = rules.bytes_max();
        let outcome = text.take(bytes_max as u64).read_to_end(&mut bytes);
        let begin = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let invalid = |message| Error::invalid_input(message).at(object);
        let begin = begin + lines_before(&bytes[begin..], rules);
        let end = match record_end(&bytes[begin..], rules.dialect) {
            RecordEnd::At(length) => begin + length,
            unfinished if bytes.len() < bytes_max => {
                outcome.map_err(|error| Error::from(error).at(object))?;
                if unfinished == RecordEnd::InQuotes {
                    return Err(invalid(guess::UNCLOSED_QUOTE.to_owned()));
                }
                bytes.len()
            }
            _ => return Err(invalid(guess::too_long(&bytes[begin..], rules))),
        };
        let line = &bytes[begin..end];
        let mut records = Records::default().in_dialect(rules.dialect);
        records.scan(line);
        let record = *records.iter().next().ok_or_else(|| invalid(guess::empty(&bytes, rules)))?;
        let names = names::of(line, &records, &record);
        check(&names, line, rules).map_err(invalid)?;
        let has_surplus_field = has_surplus_field(&bytes[end..], &names, rules);
        let names = names.into_iter().enumerate().map(|(index, name)| names::or_default(&name, index)).collect();
        Ok(Self { names, bytes: end, has_surplus_field })
    }

    /// Which field of the file holds each column.
    pub fn positions(&self) -> HashMap<&str, usize> {
        (0..).zip(&*self.names).map(|(index, name)| (name.as_str(), index)).collect()
    }
}

/// The length of what stands before the header: lines that the contract says to skip, blank lines and comments. Quotes
/// mean nothing there.
fn lines_before(bytes: &[u8], rules: &HeaderRules) -> usize {
    let line_end = |from: usize| memchr(b'\n', &bytes[from..]).map_or(bytes.len(), |at| from + at + 1);
    let mut begin = (1..rules.header_line).fold(0, |begin, _| line_end(begin));
    loop {
        begin += bytes[begin..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if !rules.is_comment(&bytes[begin..]) {
            return begin;
        }
        begin = line_end(begin);
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
fn record_end(bytes: &[u8], Dialect { delimiter, quote }: Dialect) -> RecordEnd {
    let mut from = 0;
    while let Some(at) = memchr2(b'\n', quote, &bytes[from..]).map(|at| from + at) {
        from = at + 1;
        if bytes[at] == b'\n' {
            return RecordEnd::At(from);
        }
        if at == 0 || bytes[at - 1] == delimiter {
            match closing_quote(bytes, from, true, quote) {
                Some(closing) => from = closing + 1,
                None => return RecordEnd::InQuotes,
            }
        }
    }
    RecordEnd::Beyond
}

/// What makes a header unusable. `names` are as they stand in the file.
fn check(names: &[String], line: &[u8], rules: &HeaderRules) -> Result<(), String> {
    let columns_max = rules.columns_max;
    guess::check_form(names, line, rules)?;
    if names.len() > columns_max {
        return Err(format!("the header has {} columns, and COLUMNS_MAX allows {columns_max}", names.len()));
    }
    if guess::is_header(names, rules) {
        names::check_characters(names, rules)?;
    }
    guess::check_columns(names, line, rules)?;
    names::check(names, rules)?;
    guess::check_no_cells(names, line, rules)?;
    names::check_others(names, rules)
}

/// Whether all rows of `bytes`, which follow the header, have one field more than its `names`, and that one empty: some
/// programs end every row with a separator. A row of that form among others is one with a field too many.
///
/// Comments, blank records, repetitions of the header and lines with fewer fields, such as a footer, have no say.
fn has_surplus_field(bytes: &[u8], names: &[String], rules: &HeaderRules) -> bool {
    let whole = &bytes[..memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1)];
    let mut records = Records::skipping_marks().in_dialect(rules.dialect);
    records.scan(whole);
    let mut scratch = Vec::new();
    let mut text = |record: &Record, index| {
        unquote(records.field(whole, record, index), &mut scratch, rules.dialect.quote).trim_ascii().to_vec()
    };
    // Rows as they would be without the field, and records with more fields than that: two rows that a quote has joined.
    let (mut surplus, mut others, mut longer) = (0_u64, 0_u64, 0_u64);
    for record in records.iter().filter(|record| record.fields as usize >= names.len()) {
        let is_blank = (0..record.fields as usize).all(|index| text(record, index).is_empty());
        let is_header =
            names.iter().enumerate().all(|(index, name)| text(record, index).eq_ignore_ascii_case(name.as_bytes()));
        if is_blank || is_header || rules.is_comment(&whole[record.start as usize..]) {
            continue;
        }
        let last = records.field(whole, record, names.len());
        let is_empty = last.is_empty() || last == [rules.dialect.quote; 2];
        match record.fields as usize - names.len() {
            1 if is_empty => surplus += 1,
            0 | 1 => others += 1,
            _ => longer += 1,
        }
    }
    others == 0 && surplus > 10 * longer
}

#[cfg(test)]
mod tests;
