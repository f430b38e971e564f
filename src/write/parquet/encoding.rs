//! How each column is encoded, chosen from its first rows: dictionaries where values repeat, deltas elsewhere.

use std::collections::HashSet;
use std::hash::BuildHasher;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, FieldRef};
use foldhash::fast::FixedState;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

/// What every reader understands and costs little.
pub(super) const COMPRESSION: Compression = Compression::SNAPPY;

/// A dictionary pays when a value occurs at least this often on average.
const REPEATS_MIN: usize = 4;

/// Statistics longer than this are cut, which keeps them valid bounds.
const STATISTICS_BYTES_MAX: usize = 64;

/// The properties of a file with these columns, whose first rows are known.
pub(super) fn properties(columns: impl Iterator<Item = (FieldRef, ArrayRef)>) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_compression(COMPRESSION)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_statistics_truncate_length(Some(STATISTICS_BYTES_MAX))
        .set_column_index_truncate_length(Some(STATISTICS_BYTES_MAX));
    for (field, sample) in columns {
        let path = ColumnPath::from(field.name().as_str());
        let has_dictionary = repeats(&sample);
        builder = builder.set_column_dictionary_enabled(path.clone(), has_dictionary);
        if let (false, Some(encoding)) = (has_dictionary, plain_alternative(field.data_type())) {
            builder = builder.set_column_encoding(path, encoding);
        }
    }
    builder.build()
}

/// Smaller and cheaper to compress than PLAIN where there is one.
///
/// Not DELTA_LENGTH_BYTE_ARRAY for texts: behind a null, Spark 3.5.6 (and Glue's is older) then reads wrong texts and
/// does not notice (SPARK-52240).
fn plain_alternative(data_type: &DataType) -> Option<Encoding> {
    match data_type {
        DataType::Int32 | DataType::Date32 | DataType::Timestamp(..) => Some(Encoding::DELTA_BINARY_PACKED),
        _ => None,
    }
}

/// Whether the values of the sample repeat so often that a dictionary pays.
fn repeats(sample: &ArrayRef) -> bool {
    let values = sample.len() - sample.null_count();
    let data = sample.to_data();
    let hasher = FixedState::default();
    let mut hashes = HashSet::new();
    for row in (0..sample.len()).filter(|&row| sample.is_valid(row)) {
        let hash = match sample.as_binary_opt::<i32>() {
            Some(texts) => hasher.hash_one(texts.value(row)),
            None => {
                let width = data.buffers()[0].len() / sample.len();
                hasher.hash_one(&data.buffers()[0].as_slice()[row * width..(row + 1) * width])
            }
        };
        hashes.insert(hash);
    }
    values >= hashes.len() * REPEATS_MIN
}
