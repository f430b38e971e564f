//! One column of the filtered output: values gathered from the rows, then encoded batch by batch.

use std::sync::Arc;

use arrow_array::types::{Date32Type, Float64Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BinaryArray, PrimitiveArray};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::FieldRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};

use super::{BATCH_ROWS, failed};
use crate::error::{Error, Result};
use crate::schema::{KnownColumn, OutputColumn};
use crate::write::{KeptRow, RowSource};

/// A column with its encoder.
pub(super) struct Column {
    column: OutputColumn,
    field: FieldRef,
    values: Values,
    /// The first batch, kept back until the file is begun.
    sample: Option<ArrayRef>,
    encoder: Option<ArrowColumnWriter>,
}

/// Values of the batch under way.
enum Values {
    Text(Texts),
    Date(Numbers<Date32Type>),
    Timestamp(Numbers<TimestampMicrosecondType>),
    Int(Numbers<Int32Type>),
    Double(Numbers<Float64Type>),
}

impl Column {
    pub(super) fn new(column: OutputColumn, field: &FieldRef) -> Self {
        let values = match column {
            OutputColumn::Known(KnownColumn::BirthDate) => Values::Date(Numbers::default()),
            OutputColumn::Known(KnownColumn::AccessedAt) => Values::Timestamp(Numbers::default()),
            OutputColumn::Known(KnownColumn::SessionDuration) | OutputColumn::BirthYear => {
                Values::Int(Numbers::default())
            }
            OutputColumn::Known(
                KnownColumn::DownloadSpeed | KnownColumn::UploadSpeed | KnownColumn::ConsumedTraffic,
            )
            | OutputColumn::TotalBandwidth => Values::Double(Numbers::default()),
            OutputColumn::Known(_)
            | OutputColumn::Extra(_)
            | OutputColumn::ActivityLevel
            | OutputColumn::MaskedEmail => Values::Text(Texts::default()),
        };
        Self { column, field: Arc::clone(field), values, sample: None, encoder: None }
    }

    /// The field and the first rows, as many as were appended before the file was begun.
    pub(super) fn sample(&mut self) -> (FieldRef, ArrayRef) {
        let values = &mut self.values;
        let sample = self.sample.get_or_insert_with(|| values.finish());
        (Arc::clone(&self.field), Arc::clone(sample))
    }

    /// Appends rows and encodes each batch that becomes full.
    pub(super) fn append(&mut self, source: RowSource<'_>, mut kept: &[KeptRow]) -> Result<()> {
        while !kept.is_empty() {
            let room = BATCH_ROWS - self.values.len();
            let (now, later) = kept.split_at(room.min(kept.len()));
            self.gather(source, now);
            kept = later;
            if self.values.len() == BATCH_ROWS && self.encoder.is_some() {
                self.encode_batch()?;
            }
        }
        Ok(())
    }

    /// Takes up a new row group; what was kept back goes into it.
    pub(super) fn begin_row_group(&mut self, encoder: ArrowColumnWriter) -> Result<()> {
        self.encoder = Some(encoder);
        match self.sample.take() {
            Some(sample) if !sample.is_empty() => self.encode(&sample),
            _ => Ok(()),
        }
    }

    pub(super) fn end_row_group(&mut self) -> Result<ArrowColumnChunk> {
        self.encode_batch()?;
        let encoder = self.encoder.take().ok_or_else(|| Error::internal("a column ended without encoder"))?;
        encoder.close().map_err(failed)
    }

    fn encode_batch(&mut self) -> Result<()> {
        if self.values.len() == 0 {
            return Ok(());
        }
        let batch = self.values.finish();
        self.encode(&batch)
    }

    fn encode(&mut self, batch: &ArrayRef) -> Result<()> {
        let encoder = self.encoder.as_mut().ok_or_else(|| Error::internal("a column has no encoder"))?;
        // The file's schema has the column's type; here counts what the array is.
        let field = self.field.as_ref().clone().with_data_type(batch.data_type().clone());
        for leaf in compute_leaves(&field, batch).map_err(failed)? {
            encoder.write(&leaf).map_err(failed)?;
        }
        Ok(())
    }

    fn gather(&mut self, source: RowSource<'_>, kept: &[KeptRow]) {
        let column = self.column;
        let rows = kept.iter().map(|kept| kept.of(source.wave));
        match &mut self.values {
            Values::Date(numbers) => numbers.extend(rows.map(|(_, row)| row.birth_date)),
            Values::Timestamp(numbers) => numbers.extend(rows.map(|(_, row)| row.accessed_at)),
            Values::Int(numbers) => match column {
                OutputColumn::BirthYear => numbers.extend(rows.map(|(_, row)| row.birth_year())),
                _ => numbers.extend(rows.map(|(_, row)| row.session_duration)),
            },
            Values::Double(numbers) => match column {
                OutputColumn::Known(KnownColumn::DownloadSpeed) => {
                    numbers.extend(rows.map(|(_, row)| row.download_speed));
                }
                OutputColumn::Known(KnownColumn::UploadSpeed) => numbers.extend(rows.map(|(_, row)| row.upload_speed)),
                OutputColumn::Known(KnownColumn::ConsumedTraffic) => {
                    numbers.extend(rows.map(|(_, row)| row.consumed_traffic));
                }
                _ => numbers.extend(rows.map(|(_, row)| row.total_bandwidth())),
            },
            Values::Text(texts) => {
                let mut scratch = Vec::new();
                for (chunk, row) in rows {
                    texts.push(source.text(column, chunk, row, &mut scratch));
                }
            }
        }
    }
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.nulls.len(),
            Self::Date(numbers) => numbers.values.len(),
            Self::Timestamp(numbers) => numbers.values.len(),
            Self::Int(numbers) => numbers.values.len(),
            Self::Double(numbers) => numbers.values.len(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text(texts) => texts.finish(),
            Self::Date(numbers) => numbers.finish(),
            Self::Timestamp(numbers) => numbers.finish(),
            Self::Int(numbers) => numbers.finish(),
            Self::Double(numbers) => numbers.finish(),
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
    fn extend(&mut self, values: impl Iterator<Item = Option<T::Native>>) {
        for value in values {
            self.nulls.append(value.is_some());
            self.values.push(value.unwrap_or_default());
        }
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
struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
    nulls: NullBufferBuilder,
}

impl Default for Texts {
    fn default() -> Self {
        let mut offsets = Vec::with_capacity(BATCH_ROWS + 1);
        offsets.push(0);
        Self { offsets, bytes: Vec::new(), nulls: NullBufferBuilder::new(BATCH_ROWS) }
    }
}

impl Texts {
    #[inline]
    fn push(&mut self, text: Option<&[u8]>) {
        self.nulls.append(text.is_some());
        self.bytes.extend_from_slice(text.unwrap_or_default());
        self.offsets.push(self.bytes.len() as i32);
    }

    fn finish(&mut self) -> ArrayRef {
        let capacity = self.bytes.capacity();
        let Self { offsets, bytes, mut nulls } = std::mem::take(self);
        self.bytes.reserve(capacity);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        Arc::new(BinaryArray::new(offsets, Buffer::from_vec(bytes), nulls.finish()))
    }
}
