//! The Parquet outputs. The filtered one is built column by column on all worker threads as the rows come; its
//! bytes depend on the rows alone, because batches, pages and row groups end at fixed row numbers, or earlier where their
//! texts have reached a fixed weight.

mod column;
mod encoding;
mod footer;
mod gathered;

use std::io::Write;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{FieldRef, SchemaRef};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet_text::ParquetCompression;
use rayon::prelude::*;

use super::format::{FormatOptions, GroupWriter, RowWriter};
use super::{KeptRow, Out, RowSource};

use crate::contract::ColumnType;
use crate::error::{Error, Result};
use crate::schema::{OutputColumn, OutputColumns};
use crate::seed::Seed;
use column::Column;
use encoding::Choice;
use gathered::{GatheredRows, Gatherer};

/// Begins a file of rows.
pub(super) fn begin<'o>(
    columns: &OutputColumns,
    options: &FormatOptions,
    out: Out<'o>,
) -> Result<Box<dyn RowWriter + 'o>> {
    Ok(Box::new(ParquetRows::new(columns, options.parquet, options.seed.clone(), out)))
}

impl RowWriter for ParquetRows<Out<'_>> {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        ParquetRows::append(self, source, kept)
    }

    fn memory_bytes(&self) -> u64 {
        ParquetRows::memory_bytes(self)
    }

    fn finish(self: Box<Self>, rows: u64) -> Result<()> {
        Ok(ParquetRows::finish(*self, rows)?.flush()?)
    }
}

/// Bytes of memory for gathering texts that are kept from wave to wave, however little a wave holds.
const GATHERED_BYTES_KEPT: usize = 1 << 20;

/// How Parquet files are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParquetOptions {
    /// Rows in a row group.
    pub row_group_rows: usize,
    /// How columns are compressed, where it pays.
    pub compression: ParquetCompression,
}

/// Rows that are handed to the encoders at once. The encodings are chosen by the first so many rows.
pub(crate) const BATCH_ROWS: usize = parquet_text::PAGE_ROWS_MAX;

/// The first rows, by which the encodings are chosen, end when their texts weigh so much; they are held several times.
pub(crate) const SAMPLE_WEIGHT_MAX: usize = 4 << 20;

/// A row group ends when its texts weigh so much for each row that it may have: more than usual, so that only rows of long
/// texts end it before its time.
const ROW_WEIGHT: usize = 400;

/// The least weight at which a row group ends.
const GROUP_WEIGHT_MIN: usize = 8 << 20;

/// Bytes of memory that the numbers and lengths of a row take in a row group under way.
const ROW_BYTES: usize = 48;

/// Bytes of memory that a column takes however little is in it: its first rows' places, a page's lengths and levels.
const COLUMN_BYTES: usize = 64 * 1024;

/// What the file's end says of a column in a row group, and of a page, in bytes of memory. It is kept until then.
const CHUNK_METADATA_BYTES: usize = 1536;
const PAGE_METADATA_BYTES: usize = 256;

/// The weight of texts at which a row group ends.
fn group_weight_max(options: ParquetOptions) -> usize {
    options.row_group_rows.saturating_mul(ROW_WEIGHT).max(GROUP_WEIGHT_MIN)
}

/// The bytes of memory that a filtered output of so many columns needs beside what [`ParquetRows::memory_bytes`] says:
/// a row group under way, and what the one before has left behind.
pub fn memory_bytes_max(columns: usize, options: ParquetOptions) -> u64 {
    let weight = group_weight_max(options) as u64;
    weight + kept_bytes_max(options) as u64 + (options.row_group_rows * ROW_BYTES + columns * COLUMN_BYTES) as u64
}

/// A row group leaves its memory behind for the next unless that is more: row groups of usual rows stay below.
fn kept_bytes_max(options: ParquetOptions) -> usize {
    group_weight_max(options) / 4 * 3
}

/// A file of rows under way.
pub struct ParquetRows<W: Write + Send> {
    schema: SchemaRef,
    columns: Vec<Column>,
    /// Those whose texts are gathered.
    text_columns: Vec<OutputColumn>,
    gatherer: Gatherer,
    /// Begun with the first full batch, because that decides the encodings.
    file: Option<File<W>>,
    output: Option<W>,
    options: ParquetOptions,
    seed: Seed,
    /// Bytes of memory that what the file's end will say takes.
    metadata_bytes: usize,
    /// What the texts of the row group under way weigh.
    weight_in_group: usize,
    /// Rows in the row group under way, those of the batch under way among them.
    rows_in_group: usize,
}

struct File<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    row_groups: ArrowRowGroupWriterFactory,
}

impl<W: Write + Send> ParquetRows<W> {
    /// A writer of these columns into `output`.
    pub fn new(columns: &OutputColumns, options: ParquetOptions, seed: Seed, output: W) -> Self {
        let schema = columns.schema();
        let mut text_columns = Vec::new();
        let column = |(column, field): (OutputColumn, &FieldRef)| {
            Column::new(column, columns.data_type(column), field, &mut text_columns)
        };
        let columns = columns.iter().zip(schema.fields()).map(column).collect();
        let gatherer = Gatherer::default();
        Self {
            schema,
            columns,
            text_columns,
            gatherer,
            file: None,
            output: Some(output),
            options,
            seed,
            metadata_bytes: 0,
            weight_in_group: 0,
            rows_in_group: 0,
        }
    }

    /// Appends rows, in parallel by column.
    pub fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let mut gatherer = std::mem::take(&mut self.gatherer);
        for kept in kept.chunks(gathered::rows_at_once(self.text_columns.len())) {
            self.append_gathered(gatherer.gather(&self.text_columns, source, kept), kept.len())?;
        }
        let wave_bytes: usize = source.wave.iter().map(|chunk| chunk.chunk.bytes.len()).sum();
        gatherer.release_beyond(4 * wave_bytes + GATHERED_BYTES_KEPT);
        self.gatherer = gatherer;
        Ok(())
    }

    fn append_gathered(&mut self, rows: GatheredRows<'_>, count: usize) -> Result<()> {
        let mut appended = 0;
        while appended < count {
            let (rows_max, weight_max) = self.room();
            let last = count.min(appended + rows_max);
            let (end, weight) = rows.fitting(appended..last, weight_max);
            let now = appended..end;
            self.columns.par_iter_mut().try_for_each(|column| column.append(rows, now.clone()))?;
            self.rows_in_group += now.len();
            self.weight_in_group += weight;
            appended = end;
            let is_full = now.len() == rows_max || weight >= weight_max;
            if is_full && self.file.is_none() {
                self.begin_file()?;
            }
            if is_full && self.is_group_full() {
                self.end_row_group()?;
            }
        }
        Ok(())
    }

    /// How many rows may come next, and of what weight, until the first rows or the row group end.
    fn room(&self) -> (usize, usize) {
        let rows = self.options.row_group_rows - self.rows_in_group;
        let weight = group_weight_max(self.options) - self.weight_in_group;
        match self.file {
            Some(_) => (rows, weight),
            None => (rows.min(BATCH_ROWS - self.rows_in_group), SAMPLE_WEIGHT_MAX - self.weight_in_group),
        }
    }

    fn is_group_full(&self) -> bool {
        self.rows_in_group == self.options.row_group_rows || self.weight_in_group >= group_weight_max(self.options)
    }

    /// Bytes of memory that grow with the row groups: what the file's end will say of them.
    pub fn memory_bytes(&self) -> u64 {
        self.metadata_bytes as u64
    }

    /// Ends the file, which must hold `rows_counted` rows, and returns what it was written into.
    pub fn finish(mut self, rows_counted: u64) -> Result<W> {
        if self.file.is_none() {
            self.begin_file()?;
        }
        if self.rows_in_group > 0 {
            self.end_row_group()?;
        }
        let file = self.file.take().ok_or_else(|| Error::internal("the Parquet file was not begun"))?;
        let rows: i64 = file.writer.flushed_row_groups().iter().map(|row_group| row_group.num_rows()).sum();
        if rows != rows_counted as i64 {
            return Err(Error::internal(format!(
                "{rows} rows are in the Parquet file, but {rows_counted} were counted"
            )));
        }
        file.writer.into_inner().map_err(failed)
    }

    /// Chooses the encodings by the first rows, which go into the first row group.
    fn begin_file(&mut self) -> Result<()> {
        let output = self.output.take().ok_or_else(|| Error::internal("the Parquet file was begun twice"))?;
        let options = self.options;
        let choose = |column: &mut Column| Choice::of(column.sample(), options);
        let choices: Vec<Choice> = self.columns.par_iter_mut().map(choose).collect::<Result<_>>()?;
        let properties = encoding::properties(self.schema.fields().iter().zip(choices.iter().copied()))?;
        let parquet_schema = ArrowSchemaConverter::new().convert(&self.schema).map_err(failed)?;
        let writer = SerializedFileWriter::new(output, parquet_schema.root_schema_ptr(), Arc::new(properties))
            .map_err(failed)?;
        let row_groups = ArrowRowGroupWriterFactory::new(&writer, Arc::clone(&self.schema));
        let encoders = row_groups.create_column_writers(0).map_err(failed)?;
        let descriptors = writer.schema_descr().columns().to_vec();
        for (((column, choice), encoder), descriptor) in
            self.columns.iter_mut().zip(choices).zip(encoders).zip(descriptors)
        {
            column.begin(choice, encoder, descriptor, &self.seed)?;
        }
        self.file = Some(File { writer, row_groups });
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<()> {
        self.columns.par_iter_mut().try_for_each(Column::end_row_group)?;
        let pages: usize = self.columns.iter().map(Column::page_count).sum();
        self.metadata_bytes += self.columns.len() * CHUNK_METADATA_BYTES + pages * PAGE_METADATA_BYTES;
        let file = self.file.as_mut().ok_or_else(|| Error::internal("a row group ended in no file"))?;
        let mut row_group = file.writer.next_row_group().map_err(failed)?;
        self.columns.iter_mut().try_for_each(|column| column.write_to(&mut row_group))?;
        row_group.close().map_err(failed)?;
        (self.rows_in_group, self.weight_in_group) = (0, 0);
        let next = file.writer.flushed_row_groups().len();
        let encoders = file.row_groups.create_column_writers(next).map_err(failed)?;
        for (column, encoder) in self.columns.iter_mut().zip(encoders) {
            column.begin_row_group(encoder);
        }
        let kept: usize = self.columns.iter().map(Column::kept_bytes).sum();
        if kept > kept_bytes_max(self.options) {
            self.columns.iter_mut().for_each(Column::release);
        }
        Ok(())
    }
}

/// A row group of the grouped output ends when it is so long.
const GROUPS_BYTES_MAX: usize = 16 << 20;

/// Begins a file of groups.
pub(super) fn begin_groups<'o>(
    schema: &SchemaRef,
    options: &FormatOptions,
    out: Out<'o>,
) -> Result<Box<dyn GroupWriter + 'o>> {
    let codec = parquet_text::codec(Some(options.parquet.compression)).map_err(failed)?;
    // Each key occurs once, and hardly a figure twice.
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_dictionary_enabled(false)
        .set_key_value_metadata(footer::metadata())
        .build();
    let writer = ArrowWriter::try_new(out, Arc::clone(schema), Some(properties)).map_err(failed)?;
    Ok(Box::new(ParquetGroups(writer)))
}

/// A file of groups under way.
struct ParquetGroups<'o>(ArrowWriter<Out<'o>>);

impl GroupWriter for ParquetGroups<'_> {
    fn append(&mut self, _: &[ColumnType], groups: &RecordBatch) -> Result<()> {
        self.0.write(groups).map_err(failed)?;
        if self.0.in_progress_size() > GROUPS_BYTES_MAX {
            self.0.flush().map_err(failed)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(self.0.into_inner().map_err(failed)?.flush()?)
    }
}

/// A failure of the upload comes out as it went in; anything else is a bug.
fn failed(error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => Error::from(*error),
            Err(source) => Error::internal("the Parquet encoder failed").caused_by(source),
        },
        error => Error::internal("the Parquet encoder failed").caused_by(error),
    }
}
