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
use super::{KeptRow, Out, RowSource, Sink, Written};
use crate::contract::Contract;
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::read::cutter::{Content, RECORD_BYTES_MAX};
use crate::rows::{Rejected, RowChunk};
use crate::rules::Reason;
use crate::sinks::formulas::CsvFormulas;
use crate::sinks::output::Output;

/// The header line. `record_number` counts an object's records from 1, `byte_offset` its plain text from 0;
/// `record_bytes` is the record's length, also where it is cut.
pub const HEADER: &[u8] = b"object,record_number,byte_offset,column,reason,record,record_bytes,record_base64\n";

/// What is kept of a record longer than [`RECORD_BYTES_MAX`]: enough to recognise it by, and short enough for readers
/// that limit the length of a line.
const CUT_BYTES: usize = 64 * 1024;

/// The sink of the rejected records.
pub struct RejectedSink<'o> {
    output: Output,
    /// `None` once it is finished.
    out: Option<Out<'o>>,
    writer: RejectedWriter,
    /// The keys of the inputs.
    keys: Vec<String>,
    bytes: u64,
    bytes_max: u64,
}

impl<'o> RejectedSink<'o> {
    /// Begins the file, which may have so many bytes, of the records of inputs with these keys.
    pub fn new(
        output: Output,
        mut out: Out<'o>,
        keys: Vec<String>,
        formulas: CsvFormulas,
        bytes_max: u64,
    ) -> Result<Self> {
        out.write_all(HEADER)?;
        let writer = RejectedWriter { formulas, open: None, object: 0, records_before: 0 };
        Ok(Self { output, out: Some(out), writer, keys, bytes: 0, bytes_max })
    }
}

impl Sink for RejectedSink<'_> {
    fn append(&mut self, source: RowSource<'_>, _: &[KeptRow]) -> Result<()> {
        let out = self.out.as_mut().ok_or_else(|| Error::internal("records are rejected after the end"))?;
        let mut bytes = Vec::new();
        for chunk in source.wave {
            let key = &self.keys[chunk.object];
            self.writer.write(chunk, key, &source.rules.contract, &mut bytes);
            // Chunk by chunk: short records take many times their own size here.
            self.bytes += bytes.len() as u64;
            if self.bytes > self.bytes_max {
                return Err(too_many(self.bytes_max).at(key));
            }
            if !bytes.is_empty() {
                out.write_all(&bytes)?;
                bytes.clear();
            }
        }
        Ok(())
    }

    fn finish(&mut self, tally: &Tally) -> Result<Vec<Written>> {
        let mut out = self.out.take().ok_or_else(|| Error::internal("the rejected records ended twice"))?;
        let mut bytes = Vec::new();
        self.writer.finish(&mut bytes);
        out.write_all(&bytes)?;
        out.flush()?;
        Ok(vec![Written { output: self.output.clone(), rows: tally.balance.rejected }])
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}

fn too_many(bytes_max: u64) -> Error {
    Error::invalid_input(format!(
        "the rejected records fill more than MAX_REJECTED_MB ({} MiB) up to this object; nothing was published: the sender must repair the file",
        bytes_max >> 20
    ))
}

/// Writes the rejected records of chunks that come in order.
#[derive(Debug)]
struct RejectedWriter {
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
    column: Vec<u8>,
    reason: Reason,
    /// Its first bytes, a little more than the longest record that is not cut.
    bytes: Vec<u8>,
    /// Its length so far, and how much of that is the line end.
    length: u64,
    line_end_length: u64,
}

impl RejectedWriter {
    /// Writes those of the next chunk, which is of the object with this key.
    fn write(&mut self, chunk: &RowChunk, key: &str, contract: &Contract, out: &mut Vec<u8>) {
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
            self.open = Some(self.opened(chunk, rejected, key, contract));
        }
        self.records_before += chunk.record_count();
    }

    /// Ends the last record.
    fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            open.write(self.formulas, out);
        }
    }

    fn opened(&self, chunk: &RowChunk, rejected: &Rejected, key: &str, contract: &Contract) -> OpenRecord {
        let (bytes, start) = chunk.rejected_bytes(rejected);
        let record_number = self.records_before + u64::from(rejected.record) + 1;
        let mut place = Vec::new();
        write_text(key.as_bytes(), &mut place);
        place.extend_from_slice(format!(",{record_number},{},", chunk.chunk.offset + start).as_bytes());
        let mut column = Vec::new();
        if let Some(index) = rejected.column {
            write_text(contract.rows.columns[index].name.as_bytes(), &mut column);
        }
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
        out.extend_from_slice(&self.column);
        out.extend_from_slice(format!(",{},\"", self.reason).as_bytes());
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
