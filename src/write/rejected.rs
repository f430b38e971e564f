//! `rejected.csv`: each record that could not be used, verbatim, with where it stands and why it was rejected.

use super::csv::{write_quoted, write_text};
use crate::parse::{ParsedChunk, Rejected};
use crate::read::cutter::Content;

/// The header line. `record_number` counts an object's records from 1, `byte_offset` its plain text from 0.
pub const HEADER: &[u8] = b"object,record_number,byte_offset,column,reason,record\n";

/// Writes the rejected records of chunks that come in order.
#[derive(Debug, Default)]
pub struct RejectedWriter {
    /// Whether the record written last may go on in the next chunk.
    is_open: bool,
    /// The object of the last chunk, and the records it held up to its end.
    object: usize,
    records_before: u64,
}

impl RejectedWriter {
    /// Writes those of the next chunk, which is of the object with this key.
    pub fn write(&mut self, chunk: &ParsedChunk, key: &str, out: &mut Vec<u8>) {
        if chunk.object != self.object {
            (self.object, self.records_before) = (chunk.object, 0);
        }
        if chunk.chunk.content == Content::MoreOfBroken {
            write_quoted(without_line_end(&chunk.chunk.bytes), out);
            return;
        }
        self.finish(out);
        for rejected in &chunk.rejected {
            self.finish(out);
            self.open(chunk, rejected, key, out);
        }
        self.records_before += chunk.record_count();
    }

    /// Ends the last record.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.is_open) {
            out.extend_from_slice(b"\"\n");
        }
    }

    fn open(&mut self, chunk: &ParsedChunk, rejected: &Rejected, key: &str, out: &mut Vec<u8>) {
        let (bytes, start) = chunk.rejected_bytes(rejected);
        write_text(key.as_bytes(), out);
        let record_number = self.records_before + u64::from(rejected.record) + 1;
        let column = rejected.column.map_or("", |column| column.name());
        let offset = chunk.chunk.offset + start;
        out.extend_from_slice(format!(",{record_number},{offset},{column},{},\"", rejected.reason).as_bytes());
        write_quoted(without_line_end(bytes), out);
        self.is_open = true;
    }
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    match bytes {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => line,
        line => line,
    }
}
