//! `rejected.csv`: each record that could not be used, with where it stands and why it was rejected.
//!
//! The file is valid UTF-8, so that every reader opens it: bytes of a record that are not become U+FFFD, and such a
//! record stands beside that in base64. A record that is too long to be parsed is cut.
//!
//! People open this file in spreadsheets, so with `CSV_FORMULAS=defuse` a record that begins like a formula gets an
//! apostrophe, too.

use std::borrow::Cow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::csv::{write_quoted, write_text};
use super::formulas::is_formula;
use crate::config::CsvFormulas;
use crate::parse::{ParsedChunk, Rejected};
use crate::read::cutter::{Content, RECORD_BYTES_MAX};
use crate::rules::Reason;

/// The header line. `record_number` counts an object's records from 1, `byte_offset` its plain text from 0;
/// `record_bytes` is the record's length, also where it is cut.
pub const HEADER: &[u8] = b"object,record_number,byte_offset,column,reason,record,record_bytes,record_base64\n";

/// What is kept of a record longer than [`RECORD_BYTES_MAX`]: enough to recognise it by, and short enough for readers
/// that limit the length of a line.
const CUT_BYTES: usize = 64 * 1024;

/// Writes the rejected records of chunks that come in order.
#[derive(Debug)]
pub struct RejectedWriter {
    formulas: CsvFormulas,
    /// The record written last, while it may go on in the next chunk.
    open: Option<OpenRecord>,
    /// The object of the last chunk, and the records it held up to its end.
    object: usize,
    records_before: u64,
}

/// A record that is not written yet.
#[derive(Debug)]
struct OpenRecord {
    /// The cells that say where it is.
    place: Vec<u8>,
    column: &'static str,
    reason: Reason,
    /// Its first bytes, a little more than the longest record that is not cut.
    bytes: Vec<u8>,
    /// Its length so far, and how much of that is the line end.
    length: u64,
    line_end_length: u64,
}

impl RejectedWriter {
    /// A writer that has written nothing.
    pub fn new(formulas: CsvFormulas) -> Self {
        Self { formulas, open: None, object: 0, records_before: 0 }
    }

    /// Writes those of the next chunk, which is of the object with this key.
    pub fn write(&mut self, chunk: &ParsedChunk, key: &str, out: &mut Vec<u8>) {
        if chunk.chunk.content == Content::MoreOfBroken {
            if let Some(open) = &mut self.open {
                open.append(&chunk.chunk.bytes);
            }
            return;
        }
        self.finish(out);
        if chunk.object != self.object {
            (self.object, self.records_before) = (chunk.object, 0);
        }
        for rejected in &chunk.rejected {
            self.finish(out);
            self.open = Some(self.opened(chunk, rejected, key));
        }
        self.records_before += chunk.record_count();
    }

    /// Ends the last record.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            open.write(self.formulas, out);
        }
    }

    fn opened(&self, chunk: &ParsedChunk, rejected: &Rejected, key: &str) -> OpenRecord {
        let (bytes, start) = chunk.rejected_bytes(rejected);
        let record_number = self.records_before + u64::from(rejected.record) + 1;
        let mut place = Vec::new();
        write_text(key.as_bytes(), &mut place);
        place.extend_from_slice(format!(",{record_number},{},", chunk.chunk.offset + start).as_bytes());
        let column = rejected.column.map_or("", |column| column.name());
        let mut open =
            OpenRecord { place, column, reason: rejected.reason, bytes: Vec::new(), length: 0, line_end_length: 0 };
        open.append(bytes);
        open
    }
}

impl OpenRecord {
    fn append(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.line_end_length = (bytes.len() - without_line_end(bytes).len()) as u64;
        // A line end more than a whole record.
        let room = (RECORD_BYTES_MAX + 2).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn write(self, formulas: CsvFormulas, out: &mut Vec<u8>) {
        let length = self.length - self.line_end_length;
        let kept = if length > RECORD_BYTES_MAX as u64 { CUT_BYTES } else { length as usize };
        let record = &self.bytes[..kept];
        out.extend_from_slice(&self.place);
        out.extend_from_slice(format!("{},{},\"", self.column, self.reason).as_bytes());
        if formulas == CsvFormulas::Defuse && is_formula(record) {
            out.push(b'\'');
        }
        let (text, base64) = match std::str::from_utf8(record) {
            Ok(text) => (Cow::Borrowed(text), String::new()),
            // A character that was cut in two is not the record's fault.
            Err(error) if (kept as u64) < length && error.error_len().is_none() => {
                (String::from_utf8_lossy(&record[..error.valid_up_to()]), String::new())
            }
            Err(_) => (String::from_utf8_lossy(record), BASE64_STANDARD.encode(record)),
        };
        write_quoted(text.as_bytes(), out);
        out.extend_from_slice(format!("\",{length},{base64}\n").as_bytes());
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let Some(mut line) = bytes.strip_suffix(b"\n") else { return bytes };
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    line
}
