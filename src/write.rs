//! Rows and groups to bytes: CSV, Parquet and the rejected records. Blocking; the bytes go into staged uploads.

pub mod csv;
pub mod formulas;
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

/// What a row shows in a column in place of a missing value; `None`: nothing is missing there.
#[inline]
pub(crate) fn filled_in(column: OutputColumn, row: &Row) -> Option<&'static [u8]> {
    match column {
        OutputColumn::Known(KnownColumn::Email) if row.email_missing => Some(EMAIL_IF_MISSING.as_bytes()),
        OutputColumn::Known(KnownColumn::Phone) if row.phone_missing => Some(PHONE_IF_MISSING.as_bytes()),
        _ => None,
    }
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
        match column {
            OutputColumn::MaskedEmail => Some(chunk.masked_email(row)),
            OutputColumn::ActivityLevel => Some(self.rules.activity.classify(row.session_duration).as_str().as_bytes()),
            _ => match filled_in(column, row) {
                None => text_value(chunk.field(row, self.field(column, chunk)?), scratch)
                    .filter(|text| !(row.has_null_marker && self.rules.null_markers.contain(text))),
                filled_in => filled_in,
            },
        }
    }

    /// The field that a column shows of the records of a chunk, where nothing is filled in; `None`: it is derived.
    #[inline]
    pub fn field(&self, column: OutputColumn, chunk: &ParsedChunk) -> Option<usize> {
        let layout = &self.layouts[chunk.object];
        match column {
            OutputColumn::Known(known) => Some(layout.known(known)),
            OutputColumn::Extra(index) => Some(layout.extra(index)),
            _ => None,
        }
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
