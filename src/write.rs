//! Rows and groups to bytes: CSV, Parquet and the rejected records. Blocking; the bytes go into staged uploads.

pub mod csv;
pub mod parquet;
pub mod rejected;

use std::io;

use crate::config::Rules;
use crate::parse::{ParsedChunk, Row, text_value};
use crate::rules::missing::{EMAIL_IF_MISSING, PHONE_IF_MISSING};
use crate::schema::{KnownColumn, Layout, OutputColumn};
use crate::store::Upload;

/// A row to be written: row number `row` of the rows of chunk number `chunk` of a wave.
#[derive(Clone, Copy, Debug)]
pub struct KeptRow {
    /// Index of the chunk in the wave.
    pub chunk: u32,
    /// Index among the chunk's rows.
    pub row: u32,
}

impl KeptRow {
    /// The chunk and the row.
    #[inline]
    pub fn of<'w>(&self, wave: &'w [ParsedChunk]) -> (&'w ParsedChunk, &'w Row) {
        let chunk = &wave[self.chunk as usize];
        (chunk, &chunk.rows[self.row as usize])
    }
}

/// What the rows of a wave are read with.
#[derive(Clone, Copy)]
pub struct RowSource<'a> {
    /// The wave's chunks.
    pub wave: &'a [ParsedChunk],
    /// The layout of each object of the run.
    pub layouts: &'a [Layout],
    /// The rules of the run.
    pub rules: &'a Rules,
}

impl RowSource<'_> {
    /// What a row holds in a column of texts; `None`: null. `scratch` holds it when quotes must be taken out.
    #[inline]
    pub fn text<'t>(
        &self,
        column: OutputColumn,
        chunk: &'t ParsedChunk,
        row: &Row,
        scratch: &'t mut Vec<u8>,
    ) -> Option<&'t [u8]> {
        let layout = &self.layouts[chunk.object];
        let field = match column {
            OutputColumn::Known(KnownColumn::Email) if row.email_missing => return Some(EMAIL_IF_MISSING.as_bytes()),
            OutputColumn::Known(KnownColumn::Phone) if row.phone_missing => return Some(PHONE_IF_MISSING.as_bytes()),
            OutputColumn::MaskedEmail => return Some(chunk.masked_email(row)),
            OutputColumn::ActivityLevel => {
                return Some(self.rules.activity.classify(row.session_duration).as_str().as_bytes());
            }
            OutputColumn::TotalBandwidth | OutputColumn::BirthYear => return None,
            OutputColumn::Known(known) => layout.known(known),
            OutputColumn::Extra(index) => layout.extra(index),
        };
        text_value(chunk.field(row, field), scratch)
    }
}

/// Lets encoders that want an [`io::Write`] write into an upload.
pub struct UploadWriter(pub Box<dyn Upload>);

impl io::Write for UploadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
