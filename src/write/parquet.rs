//! The Parquet outputs. The filtered one is built column by column on all worker threads as the rows come; its
//! bytes depend on the rows alone, because batches, pages and row groups end at fixed row numbers.

mod column;
mod compression;
mod encoding;
mod gathered;
mod text;
mod varint;

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, FieldRef, SchemaRef};
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use super::{KeptRow, RowSource, UploadWriter};
use crate::config::{ParquetCompression, ParquetOptions};
use crate::error::{Error, Result};
use crate::group::NamedGroup;
use crate::schema::{OutputColumn, OutputColumns, grouped_schema};
use crate::store::{StagedUpload, Upload};
use column::Column;
use encoding::Choice;
use gathered::Gatherer;

/// Rows that are handed to the encoders at once. The encodings are chosen by the first so many rows.
pub(crate) const BATCH_ROWS: usize = 8192;

/// The filtered output under way.
pub struct FilteredParquet<W: Write + Send> {
    schema: SchemaRef,
    columns: Vec<Column>,
    /// Those whose texts are gathered.
    text_columns: Vec<OutputColumn>,
    gatherer: Gatherer,
    /// Begun with the first full batch, because that decides the encodings.
    file: Option<File<W>>,
    output: Option<W>,
    options: ParquetOptions,
    /// Rows in the row group under way, those of the batch under way among them.
    rows_in_group: usize,
}

struct File<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    row_groups: ArrowRowGroupWriterFactory,
}

impl<W: Write + Send> FilteredParquet<W> {
    /// A writer of these columns into `output`.
    pub fn new(columns: &OutputColumns, options: ParquetOptions, output: W) -> Self {
        let schema = columns.schema();
        let mut text_columns = Vec::new();
        let column = |(column, field): (OutputColumn, &FieldRef)| match field.data_type() {
            DataType::Utf8 => {
                text_columns.push(column);
                Column::of_texts(text_columns.len() - 1, field)
            }
            _ => Column::of_numbers(column, field),
        };
        let columns = columns.iter().zip(schema.fields()).map(column).collect();
        let gatherer = Gatherer::default();
        Self { schema, columns, text_columns, gatherer, file: None, output: Some(output), options, rows_in_group: 0 }
    }

    /// Appends rows, in parallel by column.
    pub fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let mut gatherer = std::mem::take(&mut self.gatherer);
        let rows = gatherer.gather(&self.text_columns, source, kept);
        let mut appended = 0;
        while appended < kept.len() {
            let until_batch_ends = BATCH_ROWS - self.rows_in_group % BATCH_ROWS;
            let until_group_ends = self.options.row_group_rows - self.rows_in_group;
            let room = if self.file.is_none() { until_batch_ends.min(until_group_ends) } else { until_group_ends };
            let now = appended..kept.len().min(appended + room);
            self.columns.par_iter_mut().try_for_each(|column| column.append(rows, now.clone()))?;
            self.rows_in_group += now.len();
            appended = now.end;
            if self.file.is_none() && now.len() == room {
                self.begin_file()?;
            }
            if self.rows_in_group == self.options.row_group_rows {
                self.end_row_group()?;
            }
        }
        self.gatherer = gatherer;
        Ok(())
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
            column.begin(choice, encoder, descriptor)?;
        }
        self.file = Some(File { writer, row_groups });
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<()> {
        self.columns.par_iter_mut().try_for_each(Column::end_row_group)?;
        let file = self.file.as_mut().ok_or_else(|| Error::internal("a row group ended in no file"))?;
        let mut row_group = file.writer.next_row_group().map_err(failed)?;
        self.columns.iter_mut().try_for_each(|column| column.write_to(&mut row_group))?;
        row_group.close().map_err(failed)?;
        self.rows_in_group = 0;
        let next = file.writer.flushed_row_groups().len();
        let encoders = file.row_groups.create_column_writers(next).map_err(failed)?;
        for (column, encoder) in self.columns.iter_mut().zip(encoders) {
            column.begin_row_group(encoder);
        }
        Ok(())
    }
}

/// Writes the whole grouped output.
pub fn grouped(
    groups: &[NamedGroup<'_>],
    compression: ParquetCompression,
    upload: Box<dyn Upload>,
) -> Result<StagedUpload> {
    let schema = grouped_schema();
    let codec = compression::codec(Some(compression))?;
    // Each name occurs once, and hardly a figure twice.
    let properties = WriterProperties::builder().set_compression(codec).set_dictionary_enabled(false).build();
    let mut writer =
        ArrowWriter::try_new(UploadWriter(upload), Arc::clone(&schema), Some(properties)).map_err(failed)?;
    for groups in groups.chunks(BATCH_ROWS) {
        let text = |name| simdutf8::basic::from_utf8(name).map_err(|_| Error::internal("a name is no UTF-8"));
        let names = groups.iter().map(|(name, _)| name.map(text).transpose()).collect::<Result<StringArray>>()?;
        let averages: Float64Array = groups.iter().map(|(_, group)| Some(group.avg_session_duration())).collect();
        let traffic: Float64Array = groups.iter().map(|(_, group)| group.consumed_traffic).collect();
        let sessions = Int64Array::from_iter_values(groups.iter().map(|(_, group)| group.sessions));
        let columns: Vec<ArrayRef> = vec![Arc::new(names), Arc::new(averages), Arc::new(traffic), Arc::new(sessions)];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
            .map_err(|error| Error::internal("the groups do not fit their schema").caused_by(error))?;
        writer.write(&batch).map_err(failed)?;
    }
    writer.into_inner().map_err(failed)?.0.finish()
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
