//! Rows and groups to bytes: the sinks of a run. Blocking; where the bytes go is left to the caller.

pub mod csv;
pub mod format;
pub mod formulas;
pub mod groups;
pub mod output;
pub mod parquet;
mod print;
pub mod rejected;
pub mod rows;

use std::io;

use arrow_array::cast::AsArray;

use crate::engine::Tally;
use crate::error::Result;
use crate::rows::{DerivedColumn, RowChunk, Rules, text_value};
use crate::schema::{Layout, OutputColumn};
use crate::sinks::output::Output;

/// What takes in the rows of a run, wave by wave and in order.
pub trait Sink: Send {
    /// Takes in the next wave, of whose rows `kept` stay. Runs on the workers, next to the parsing of the wave behind.
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()>;

    /// Ends, once all rows are counted. Its outputs are complete then, and flushed.
    fn finish(&mut self, tally: &Tally) -> Result<Vec<Written>>;

    /// Bytes of memory that grow with the rows taken in.
    fn memory_bytes(&self) -> u64;

    /// Bytes of memory of groups, a part of these.
    fn group_bytes(&self) -> u64 {
        0
    }
}

/// Where the bytes of an output go.
pub type Out<'o> = Box<dyn io::Write + Send + 'o>;

/// An output that is complete.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is.
    pub output: Output,
    /// Rows in it.
    pub rows: u64,
}

/// A row to be written: row number `row` of those of chunk number `chunk` of a wave that pass the filters.
#[derive(Clone, Copy, Debug)]
pub struct KeptRow {
    /// Index of the chunk in the wave.
    pub chunk: u32,
    /// Index among the chunk's passing rows.
    pub row: u32,
}

/// What the rows of a wave are read with.
#[derive(Clone, Copy)]
pub struct RowSource<'a> {
    /// The wave's chunks.
    pub wave: &'a [RowChunk],
    /// The layout of each object of the run.
    pub layouts: &'a [Layout],
    /// The rules of the run.
    pub rules: &'a Rules,
}

impl<'a> RowSource<'a> {
    /// The kept rows of each chunk that has some, with the chunk.
    pub fn by_chunk<'k>(
        &self,
        kept: &'k [KeptRow],
    ) -> impl Iterator<Item = (&'a RowChunk, &'k [KeptRow])> + use<'a, 'k> {
        let wave = self.wave;
        let chunks = kept.chunk_by(|a, b| a.chunk == b.chunk);
        chunks.filter_map(move |kept| Some((&wave[kept.first()?.chunk as usize], kept)))
    }

    /// What a row holds in a column of texts; `None`: null. `scratch` holds it when quotes must be taken out.
    #[inline]
    pub fn text<'t>(
        &self,
        column: OutputColumn,
        chunk: &'t RowChunk,
        row: usize,
        scratch: &'t mut Vec<u8>,
    ) -> Option<&'t [u8]>
    where
        'a: 't,
    {
        let layout = &self.layouts[chunk.object];
        let flags = chunk.flags[row];
        match column {
            OutputColumn::File(index) if !flags.has_plain_texts() => {
                if chunk.is_filled(row, index) {
                    return self.rules.columns[index].fill.as_deref();
                }
                text_value(chunk.field(row, layout.column(index)), scratch, layout.dialect.quote)
                    .filter(|text| !(flags.has_markers() && self.rules.is_marker(index, text)))
            }
            OutputColumn::File(index) => {
                text_value(chunk.field(row, layout.column(index)), scratch, layout.dialect.quote)
            }
            OutputColumn::Extra(index) => {
                text_value(chunk.field(row, layout.extra(index)), scratch, layout.dialect.quote)
                    .filter(|text| !(flags.has_markers() && self.rules.null_markers.contain(text)))
            }
            OutputColumn::Derived(index) => match chunk.arrays.derived(index)? {
                DerivedColumn::Choices(choices) => choices.text(row).map(str::as_bytes),
                DerivedColumn::Values(values) => {
                    let texts = values.as_string_opt::<i32>()?;
                    (!arrow_array::Array::is_null(texts, row)).then(|| texts.value(row).as_bytes())
                }
            },
        }
    }
}
