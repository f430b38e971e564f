//! How each column is encoded and whether it is compressed, chosen from its first rows.

use std::collections::HashMap;
use std::hash::BuildHasher;

use arrow_array::{Array, ArrayRef};
use arrow_data::ArrayData;
use arrow_schema::{DataType, FieldRef};
use foldhash::fast::{FixedState, RandomState};
use parquet::basic::Encoding;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;
use parquet_text::{ParquetCompression, STATISTICS_BYTES_MAX, codec, pays};

use super::{failed, footer};
use crate::error::Result;
use crate::sinks::parquet::ParquetOptions;

/// A dictionary pays when a value occurs at least this often in a row group on average.
const REPEATS_MIN: f64 = 4.0;

/// How the values of a column are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Storage {
    /// Each different value once, then their numbers.
    Dictionary,
    /// Whole numbers as differences, which are packed so tightly that nothing is left to compress; texts one after the
    /// other behind their lengths, which are packed so.
    Deltas,
    /// One after the other.
    Plain,
}

/// What was chosen for a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) storage: Storage,
    pub(super) compression: Option<ParquetCompression>,
}

impl Choice {
    /// For a column whose first rows are `sample`.
    pub(super) fn of(sample: &ArrayRef, options: ParquetOptions) -> Result<Self> {
        let ParquetOptions { row_group_rows, compression } = options;
        // A bit each; there is nothing to gain.
        if *sample.data_type() == DataType::Boolean {
            return Ok(Self { storage: Storage::Plain, compression: None });
        }
        let sample = sample.to_data();
        let storage = if repeats(&sample, row_group_rows) {
            Storage::Dictionary
        } else if packs(sample.data_type()) || matches!(sample.data_type(), DataType::Utf8 | DataType::Binary) {
            Storage::Deltas
        } else {
            Storage::Plain
        };
        let is_compressed = match storage {
            Storage::Dictionary => true,
            Storage::Deltas if packs(sample.data_type()) => false,
            Storage::Deltas | Storage::Plain => {
                pays(&values(&sample).collect::<Vec<_>>().concat(), compression).map_err(failed)?
            }
        };
        Ok(Self { storage, compression: is_compressed.then_some(compression) })
    }
}

/// The most digits of decimals that Parquet stores as whole numbers.
const PACKED_PRECISION_MAX: u8 = 18;

/// Whether the values are stored as whole numbers, whose differences can be packed.
fn packs(data_type: &DataType) -> bool {
    match data_type {
        DataType::Int32 | DataType::Int64 | DataType::Date32 | DataType::Timestamp(..) => true,
        DataType::Decimal128(precision, _) => *precision <= PACKED_PRECISION_MAX,
        _ => false,
    }
}

/// The properties of a file with these columns.
pub(super) fn properties<'c>(columns: impl Iterator<Item = (&'c FieldRef, Choice)>) -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_key_value_metadata(footer::metadata())
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES_MAX));
    for (field, choice) in columns {
        builder = with_column(builder, field, choice)?;
    }
    Ok(builder.build())
}

fn with_column(
    builder: WriterPropertiesBuilder,
    field: &FieldRef,
    Choice { storage, compression }: Choice,
) -> Result<WriterPropertiesBuilder> {
    let path = ColumnPath::from(field.name().as_str());
    if *field.data_type() == DataType::Utf8 {
        // Texts have an encoder of their own. The general one, which there is for each column, is not to ask for memory.
        return Ok(builder.set_column_dictionary_enabled(path, false));
    }
    let builder = builder
        .set_column_compression(path.clone(), codec(compression).map_err(failed)?)
        .set_column_dictionary_enabled(path.clone(), storage == Storage::Dictionary);
    Ok(match storage {
        Storage::Deltas => builder.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
        Storage::Dictionary | Storage::Plain => builder,
    })
}

/// Whether the values of a row group repeat so often that a dictionary pays.
// Out of line, so that profiles show it; it is called once per column.
#[inline(never)]
fn repeats(sample: &ArrayData, row_group_rows: usize) -> bool {
    // The hashes are always the same: two values that share one, by chance or on purpose, count as one, and what is chosen
    // is the same in each run. As keys they are hashed once more, which need not be careful, as that would cost a small
    // day a quarter of its run; but nobody knows how, so nobody makes them collide.
    let hasher = FixedState::default();
    let mut counts: HashMap<u64, usize, RandomState> = HashMap::default();
    for value in values(sample) {
        *counts.entry(hasher.hash_one(value)).or_default() += 1;
    }
    let occurring = |times: usize| counts.values().filter(|&&count| count == times).count() as f64;
    // Chao's estimate: how many values were not seen yet follows from how many were seen once and twice.
    let (once, twice) = (occurring(1), occurring(2));
    let unseen = once * once / (2.0 * twice).max(1.0);
    let rows = (sample.len() - sample.null_count()) as f64;
    let rows_in_group = rows * (row_group_rows as f64 / sample.len().max(1) as f64).max(1.0);
    rows_in_group >= (counts.len() as f64 + unseen) * REPEATS_MIN
}

/// The bytes of each value that is not null.
fn values(sample: &ArrayData) -> impl Iterator<Item = &[u8]> {
    let buffers = sample.buffers();
    let rows = (0..sample.len()).filter(|&row| sample.is_valid(row));
    rows.map(move |row| match sample.data_type().primitive_width() {
        Some(width) => &buffers[0].as_slice()[row * width..(row + 1) * width],
        None => {
            let offsets = buffers[0].typed_data::<i32>();
            &buffers[1].as_slice()[offsets[row] as usize..offsets[row + 1] as usize]
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BinaryArray, Date32Array, Float64Array, Int32Array};

    use super::*;

    const ROWS: usize = 8192;

    fn choice(sample: ArrayRef, compression: ParquetCompression) -> Choice {
        Choice::of(&sample, ParquetOptions { row_group_rows: 8 * ROWS, compression }).expect("a choice")
    }

    fn texts(text: impl Fn(usize) -> String) -> ArrayRef {
        let texts: Vec<String> = (0..ROWS).map(text).collect();
        Arc::new(BinaryArray::from_iter_values(&texts))
    }

    /// Digits without a pattern.
    fn random(row: usize) -> u64 {
        FixedState::default().hash_one(row)
    }

    #[test]
    fn a_dictionary_is_for_values_that_repeat_often_within_a_row_group() {
        let storage = |sample| choice(sample, ParquetCompression::Snappy).storage;
        assert_eq!(storage(texts(|_| "active".to_owned())), Storage::Dictionary);
        // Of 10 000 values, the first batch shows hardly more than half; a row group holds each six times.
        assert_eq!(storage(texts(|row| format!("name {}", random(row) % 10_000))), Storage::Dictionary);
        assert_eq!(storage(texts(|row| format!("name {}", random(row) % 60_000))), Storage::Deltas);
        assert_eq!(storage(texts(|row| row.to_string())), Storage::Deltas);
        assert_eq!(
            storage(Arc::new(Int32Array::from_iter_values((0..ROWS).map(|row| row as i32 % 7)))),
            Storage::Dictionary
        );
    }

    #[test]
    fn whole_numbers_become_deltas_that_nothing_compresses() {
        let numbers: [ArrayRef; 2] = [
            Arc::new(Int32Array::from_iter_values((0..ROWS).map(|row| random(row) as i32))),
            Arc::new(Date32Array::from_iter_values((0..ROWS).map(|row| row as i32))),
        ];
        for sample in numbers {
            let expected = Choice { storage: Storage::Deltas, compression: None };
            assert_eq!(choice(sample, ParquetCompression::Zstd), expected);
        }
    }

    #[test]
    fn only_what_becomes_much_smaller_is_compressed() {
        for compression in [ParquetCompression::Snappy, ParquetCompression::Zstd] {
            let compressed = |sample| choice(sample, compression).compression;
            assert_eq!(compressed(texts(|row| format!("Strada Principală {row}, Deva"))), Some(compression));
            let doubles = (0..ROWS).map(|row| f64::from_bits(random(row) >> 2));
            assert_eq!(compressed(Arc::new(Float64Array::from_iter_values(doubles))), None);
        }
        let ids = |row| format!("{:016x}{:016x}", random(row), random(row + ROWS));
        assert_eq!(choice(texts(ids), ParquetCompression::Snappy).compression, None);
        assert_eq!(
            choice(texts(ids), ParquetCompression::Zstd).compression,
            Some(ParquetCompression::Zstd),
            "hex digits"
        );
    }

    #[test]
    fn a_sample_without_rows_or_with_nulls_only_decides_as_well() {
        for rows in [0, 5] {
            let nulls: ArrayRef = Arc::new(BinaryArray::from(vec![None; rows]));
            assert_eq!(choice(nulls, ParquetCompression::Snappy).storage, Storage::Dictionary);
        }
    }
}
