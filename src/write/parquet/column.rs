//! One column of the filtered output: values gathered from the rows and encoded, texts page by page on a path of their
//! own, everything else batch by batch.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, PrimitiveArray};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

use super::encoding::Choice;
use super::gathered::{GatheredRows, GatheredTexts};
use super::text::TextChunk;
use super::{BATCH_ROWS, failed};
use crate::error::{Error, Result};
use crate::parse::Row;
use crate::schema::{KnownColumn, OutputColumn};
use crate::seed::Seed;

/// A column with its encoder.
pub(super) struct Column {
    field: FieldRef,
    values: Values,
    /// The first batch, kept back until the file is begun.
    sample: Option<ArrayRef>,
    encoder: Encoder,
}

/// What takes in the values.
enum Encoder {
    /// The file is not begun.
    None,
    /// That of texts.
    Texts(Box<TextChunk>),
    /// That of everything else.
    General(Box<ArrowColumnWriter>),
    /// What that has made of a row group.
    Ended(Box<ArrowColumnChunk>),
}

/// Values of the batch under way.
enum Values {
    /// Of the column of texts with this number; only until the file is begun.
    Text(usize, Texts),
    Date(Numbers<Date32Type>),
    Timestamp(Numbers<TimestampMicrosecondType>),
    Int(OutputColumn, Numbers<Int32Type>),
    Double(OutputColumn, Numbers<Float64Type>),
}

impl Column {
    /// A column of texts: number `number` of those gathered.
    pub(super) fn of_texts(number: usize, field: &FieldRef) -> Self {
        Self::new(Values::Text(number, Texts::default()), field)
    }

    /// Any other column.
    pub(super) fn of_numbers(column: OutputColumn, field: &FieldRef) -> Self {
        let values = match field.data_type() {
            DataType::Date32 => Values::Date(Numbers::default()),
            DataType::Timestamp(..) => Values::Timestamp(Numbers::default()),
            DataType::Int32 => Values::Int(column, Numbers::default()),
            _ => Values::Double(column, Numbers::default()),
        };
        Self::new(values, field)
    }

    fn new(values: Values, field: &FieldRef) -> Self {
        Self { field: Arc::clone(field), values, sample: None, encoder: Encoder::None }
    }

    /// The first rows, as many as were appended before the file was begun.
    pub(super) fn sample(&mut self) -> &ArrayRef {
        let values = &mut self.values;
        self.sample.get_or_insert_with(|| values.finish())
    }

    /// Appends rows; what becomes full, a batch or a page, is encoded.
    pub(super) fn append(&mut self, source: GatheredRows<'_>, mut rows: Range<usize>) -> Result<()> {
        if let (Encoder::Texts(chunk), &Values::Text(number, _)) = (&mut self.encoder, &self.values) {
            return source.texts(number, rows).try_for_each(|(texts, rows)| chunk.append(texts, rows));
        }
        while !rows.is_empty() {
            let room = BATCH_ROWS - self.values.len();
            if room == 0 {
                return Err(Error::internal("a column has no encoder"));
            }
            let now = rows.start..rows.end.min(rows.start + room);
            self.values.extend(source, now.clone());
            rows.start = now.end;
            if self.values.len() == BATCH_ROWS && matches!(self.encoder, Encoder::General(_)) {
                self.encode_batch()?;
            }
        }
        Ok(())
    }

    /// Begins the file: the first row group's encoder takes in what was kept back. Texts leave the general one unused.
    pub(super) fn begin(
        &mut self,
        choice: Choice,
        general: ArrowColumnWriter,
        descriptor: ColumnDescPtr,
        seed: &Seed,
    ) -> Result<()> {
        self.encoder = match self.values {
            Values::Text(..) => Encoder::Texts(Box::new(TextChunk::new(descriptor, choice, seed.clone()))),
            _ => Encoder::General(Box::new(general)),
        };
        match self.sample.take() {
            Some(sample) if !sample.is_empty() => self.encode(&sample),
            _ => Ok(()),
        }
    }

    /// Encodes the rest of the row group.
    pub(super) fn end_row_group(&mut self) -> Result<()> {
        self.encode_batch()?;
        match std::mem::replace(&mut self.encoder, Encoder::None) {
            Encoder::Texts(mut chunk) => {
                chunk.end()?;
                self.encoder = Encoder::Texts(chunk);
            }
            Encoder::General(encoder) => self.encoder = Encoder::Ended(Box::new(encoder.close().map_err(failed)?)),
            Encoder::None | Encoder::Ended(_) => return Err(Error::internal("a column ended without encoder")),
        }
        Ok(())
    }

    /// Writes the row group's chunk as its next column.
    pub(super) fn write_to<W: Write + Send>(&mut self, row_group: &mut SerializedRowGroupWriter<'_, W>) -> Result<()> {
        match std::mem::replace(&mut self.encoder, Encoder::None) {
            Encoder::Texts(mut chunk) => {
                chunk.write_to(row_group)?;
                self.encoder = Encoder::Texts(chunk);
                Ok(())
            }
            Encoder::Ended(chunk) => chunk.append_to_row_group(row_group).map_err(failed),
            Encoder::None | Encoder::General(_) => Err(Error::internal("a column was not ended")),
        }
    }

    /// Begins another row group.
    pub(super) fn begin_row_group(&mut self, general: ArrowColumnWriter) {
        if let Encoder::None = self.encoder {
            self.encoder = Encoder::General(Box::new(general));
        }
    }

    /// Bytes of memory that a column of texts keeps for the next row group.
    pub(super) fn kept_bytes(&self) -> usize {
        if let Encoder::Texts(chunk) = &self.encoder { chunk.kept_bytes() } else { 0 }
    }

    /// Lets go of that memory.
    pub(super) fn release(&mut self) {
        if let Encoder::Texts(chunk) = &mut self.encoder {
            chunk.release();
        }
    }

    /// Pages of texts in the chunk under way.
    pub(super) fn page_count(&self) -> usize {
        if let Encoder::Texts(chunk) = &self.encoder { chunk.page_count() } else { 0 }
    }

    fn encode_batch(&mut self) -> Result<()> {
        if self.values.len() == 0 {
            return Ok(());
        }
        let batch = self.values.finish();
        self.encode(&batch)
    }

    fn encode(&mut self, batch: &ArrayRef) -> Result<()> {
        match &mut self.encoder {
            Encoder::None | Encoder::Ended(_) => Err(Error::internal("a column has no encoder")),
            Encoder::General(encoder) => {
                // The file's schema has the column's type; here counts what the array is.
                let field = self.field.as_ref().clone().with_data_type(batch.data_type().clone());
                for leaf in compute_leaves(&field, batch).map_err(failed)? {
                    encoder.write(&leaf).map_err(failed)?;
                }
                Ok(())
            }
            Encoder::Texts(chunk) => {
                let texts: GatheredTexts = batch.as_binary::<i32>().iter().collect();
                chunk.append(&texts, 0..batch.len())
            }
        }
    }
}

impl Values {
    fn extend(&mut self, source: GatheredRows<'_>, now: Range<usize>) {
        let rows = source.rows(now.clone());
        match self {
            Self::Text(number, texts) => {
                for (gathered, rows) in source.texts(*number, now) {
                    gathered.texts(rows).for_each(|text| texts.push(text));
                }
            }
            Self::Date(numbers) => numbers.extend(rows.map(|row| row.birth_date)),
            Self::Timestamp(numbers) => numbers.extend(rows.map(|row| row.accessed_at)),
            Self::Int(OutputColumn::BirthYear, numbers) => numbers.extend(rows.map(Row::birth_year)),
            Self::Int(_, numbers) => numbers.extend(rows.map(|row| row.session_duration)),
            Self::Double(OutputColumn::Known(KnownColumn::DownloadSpeed), numbers) => {
                numbers.extend(rows.map(|row| row.download_speed));
            }
            Self::Double(OutputColumn::Known(KnownColumn::UploadSpeed), numbers) => {
                numbers.extend(rows.map(|row| row.upload_speed));
            }
            Self::Double(OutputColumn::Known(KnownColumn::ConsumedTraffic), numbers) => {
                numbers.extend(rows.map(|row| row.consumed_traffic));
            }
            Self::Double(_, numbers) => numbers.extend(rows.map(Row::total_bandwidth)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(_, texts) => texts.nulls.0.len(),
            Self::Date(numbers) => numbers.values.len(),
            Self::Timestamp(numbers) => numbers.values.len(),
            Self::Int(_, numbers) => numbers.values.len(),
            Self::Double(_, numbers) => numbers.values.len(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(_, texts) => texts.finish(),
            Self::Date(numbers) => numbers.finish(),
            Self::Timestamp(numbers) => numbers.finish(),
            Self::Int(_, numbers) => numbers.finish(),
            Self::Double(_, numbers) => numbers.finish(),
        }
    }
}

/// Nullable numbers.
struct Numbers<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: NullBufferBuilder,
}

impl<T: ArrowPrimitiveType> Default for Numbers<T> {
    fn default() -> Self {
        Self { values: Vec::with_capacity(BATCH_ROWS), nulls: NullBufferBuilder::new(BATCH_ROWS) }
    }
}

impl<T: ArrowPrimitiveType> Numbers<T> {
    fn extend(&mut self, values: impl Iterator<Item = Option<T::Native>> + Clone) {
        self.values.extend(values.clone().map(Option::unwrap_or_default));
        values.for_each(|value| self.nulls.append(value.is_some()));
    }

    fn finish(&mut self) -> ArrayRef {
        let Self { values, mut nulls } = std::mem::take(self);
        Arc::new(PrimitiveArray::<T>::new(ScalarBuffer::from(values), nulls.finish()))
    }
}

/// Nullable texts.
///
/// They become a binary array: the parser has checked that they are UTF-8, and a text array would check again.
/// The encoder takes the column's type from the schema, so in the file they are strings.
#[derive(Default)]
struct Texts {
    /// Where each begins and the last ends; empty before the first.
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: Nulls,
}

struct Nulls(NullBufferBuilder);

impl Default for Nulls {
    fn default() -> Self {
        Self(NullBufferBuilder::new(BATCH_ROWS))
    }
}

impl Texts {
    #[inline]
    fn push(&mut self, text: Option<&[u8]>) {
        if self.offsets.is_empty() {
            self.offsets.reserve_exact(BATCH_ROWS + 1);
            self.offsets.push(0);
        }
        self.nulls.0.append(text.is_some());
        self.bytes.extend_from_slice(text.unwrap_or_default());
        self.offsets.push(self.bytes.len() as i32);
    }

    fn finish(&mut self) -> ArrayRef {
        let Self { mut offsets, bytes, mut nulls } = std::mem::take(self);
        if offsets.is_empty() {
            offsets.push(0);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls.0.finish()))
    }
}
