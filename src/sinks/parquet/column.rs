//! One column of the filtered output: values gathered from the rows and encoded, texts page by page on a path of their
//! own, everything else batch by batch.

use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, FieldRef};
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::file::writer::SerializedRowGroupWriter;
use parquet::schema::types::ColumnDescPtr;

use foldhash::quality::SeedableRandomState;
use parquet_text::{GatheredTexts, TextChunk};

use super::encoding::{Choice, Storage};
use super::gathered::GatheredRows;
use super::{BATCH_ROWS, failed};
use crate::contract::ColumnType;
use crate::error::{Error, Result};
use crate::rows::{DerivedColumn, RowChunk};
use crate::schema::OutputColumn;
use crate::seed::Seed;
use crate::sinks::KeptRow;

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
    Texts(Box<TextChunk<SeedableRandomState>>),
    /// That of everything else.
    General(Box<ArrowColumnWriter>),
    /// What that has made of a row group.
    Ended(Box<ArrowColumnChunk>),
}

/// Values of the batch under way.
enum Values {
    /// Of the column of texts with this number; only until the file is begun.
    Text(usize, Texts),
    Int(OutputColumn, Numbers<Int32Type>),
    BigInt(OutputColumn, Numbers<Int64Type>),
    Double(OutputColumn, Numbers<Float64Type>),
    Decimal(OutputColumn, Numbers<Decimal128Type>, DataType),
    Boolean(OutputColumn, Booleans),
    Date(OutputColumn, Numbers<Date32Type>),
    Timestamp(OutputColumn, Numbers<TimestampMicrosecondType>),
}

impl Column {
    /// A column of this type. One of texts becomes the next of `text_columns`, whose texts are gathered.
    pub(super) fn new(
        column: OutputColumn,
        data_type: ColumnType,
        field: &FieldRef,
        text_columns: &mut Vec<OutputColumn>,
    ) -> Self {
        let values = match data_type {
            ColumnType::String => {
                text_columns.push(column);
                Values::Text(text_columns.len() - 1, Texts::default())
            }
            ColumnType::Int => Values::Int(column, Numbers::default()),
            ColumnType::BigInt => Values::BigInt(column, Numbers::default()),
            ColumnType::Double => Values::Double(column, Numbers::default()),
            ColumnType::Decimal { .. } => Values::Decimal(column, Numbers::default(), data_type.arrow()),
            ColumnType::Boolean => Values::Boolean(column, Booleans::default()),
            ColumnType::Date => Values::Date(column, Numbers::default()),
            ColumnType::Timestamp => Values::Timestamp(column, Numbers::default()),
        };
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
            return source.texts(number, rows).try_for_each(|(texts, rows)| chunk.append(texts, rows).map_err(failed));
        }
        while !rows.is_empty() {
            let room = BATCH_ROWS - self.values.len();
            if room == 0 {
                return Err(Error::internal("a column has no encoder"));
            }
            let now = rows.start..rows.end.min(rows.start + room);
            self.values.extend(source, now.clone())?;
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
            Values::Text(..) => Encoder::Texts(Box::new(TextChunk::new(
                descriptor,
                choice.storage == Storage::Dictionary,
                choice.compression,
                seed.hasher(),
            ))),
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
                chunk.end().map_err(failed)?;
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
                chunk.write_to(row_group).map_err(failed)?;
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
                chunk.append(&texts, 0..batch.len()).map_err(failed)
            }
        }
    }
}

impl Values {
    fn extend(&mut self, source: GatheredRows<'_>, now: Range<usize>) -> Result<()> {
        match self {
            Self::Text(number, texts) => {
                for (gathered, rows) in source.texts(*number, now) {
                    gathered.texts(rows).for_each(|text| texts.push(text));
                }
                Ok(())
            }
            Self::Int(column, numbers) => numbers.extend(*column, source, now),
            Self::BigInt(column, numbers) => numbers.extend(*column, source, now),
            Self::Double(column, numbers) => numbers.extend(*column, source, now),
            Self::Decimal(column, numbers, _) => numbers.extend(*column, source, now),
            Self::Boolean(column, booleans) => booleans.extend(*column, source, now),
            Self::Date(column, numbers) => numbers.extend(*column, source, now),
            Self::Timestamp(column, numbers) => numbers.extend(*column, source, now),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(_, texts) => texts.nulls.0.len(),
            Self::Int(_, numbers) => numbers.values.len(),
            Self::BigInt(_, numbers) => numbers.values.len(),
            Self::Double(_, numbers) => numbers.values.len(),
            Self::Decimal(_, numbers, _) => numbers.values.len(),
            Self::Boolean(_, booleans) => booleans.values.len(),
            Self::Date(_, numbers) => numbers.values.len(),
            Self::Timestamp(_, numbers) => numbers.values.len(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(_, texts) => texts.finish(),
            Self::Int(_, numbers) => Arc::new(numbers.finish()),
            Self::BigInt(_, numbers) => Arc::new(numbers.finish()),
            Self::Double(_, numbers) => Arc::new(numbers.finish()),
            Self::Decimal(_, numbers, data_type) => Arc::new(numbers.finish().with_data_type(data_type.clone())),
            Self::Boolean(_, booleans) => booleans.finish(),
            Self::Date(_, numbers) => Arc::new(numbers.finish()),
            Self::Timestamp(_, numbers) => Arc::new(numbers.finish()),
        }
    }
}

/// The values of a column in the passing rows of a chunk.
fn array_of(column: OutputColumn, chunk: &RowChunk) -> Result<&ArrayRef> {
    let array = match column {
        OutputColumn::File(index) => chunk.arrays.column(index),
        OutputColumn::Derived(index) => match chunk.arrays.derived(index) {
            Some(DerivedColumn::Values(values)) => Some(values),
            Some(DerivedColumn::Choices(_)) | None => None,
        },
        OutputColumn::Extra(_) => None,
    };
    array.ok_or_else(|| Error::internal("a chunk lacks the values of a column"))
}

fn row_numbers(kept: &[KeptRow]) -> impl Iterator<Item = usize> {
    kept.iter().map(|kept| kept.row as usize)
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
    fn extend(&mut self, column: OutputColumn, source: GatheredRows<'_>, now: Range<usize>) -> Result<()> {
        for (chunk, kept) in source.by_chunk(now) {
            let array = array_of(column, chunk)?;
            let array = array.as_primitive_opt::<T>().ok_or_else(|| Error::internal("a column has another type"))?;
            let values = array.values();
            match array.nulls() {
                None => {
                    self.values.extend(row_numbers(kept).map(|row| values[row]));
                    self.nulls.append_n_non_nulls(kept.len());
                }
                Some(nulls) => {
                    let value = |row| if nulls.is_valid(row) { values[row] } else { T::Native::default() };
                    self.values.extend(row_numbers(kept).map(value));
                    row_numbers(kept).for_each(|row| self.nulls.append(nulls.is_valid(row)));
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> PrimitiveArray<T> {
        let Self { values, mut nulls } = std::mem::take(self);
        PrimitiveArray::new(ScalarBuffer::from(values), nulls.finish())
    }
}

/// Nullable truths.
struct Booleans {
    values: BooleanBufferBuilder,
    nulls: NullBufferBuilder,
}

impl Default for Booleans {
    fn default() -> Self {
        Self { values: BooleanBufferBuilder::new(BATCH_ROWS), nulls: NullBufferBuilder::new(BATCH_ROWS) }
    }
}

impl Booleans {
    fn extend(&mut self, column: OutputColumn, source: GatheredRows<'_>, now: Range<usize>) -> Result<()> {
        for (chunk, kept) in source.by_chunk(now) {
            let array = array_of(column, chunk)?;
            let array = array.as_boolean_opt().ok_or_else(|| Error::internal("a column has another type"))?;
            for row in row_numbers(kept) {
                let is_valid = array.is_valid(row);
                self.values.append(is_valid && array.value(row));
                self.nulls.append(is_valid);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> ArrayRef {
        let Self { mut values, mut nulls } = std::mem::take(self);
        Arc::new(BooleanArray::new(values.finish(), nulls.finish()))
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
