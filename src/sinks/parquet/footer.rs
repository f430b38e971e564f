//! What a file's footer says beside the format's own fields.

use parquet::file::metadata::KeyValue;

/// By this key Spark knows a file of its own, and by the version which calendar dates are in. From 3.0.0 on it is the
/// proleptic Gregorian, as everywhere else. Without the key, Spark refuses to read a column with a date before 1582-10-15,
/// because older writers would have meant another day.
const CALENDAR_KEY: &str = "org.apache.spark.version";

/// The first version of the proleptic calendar whose rules for all types of dates and times are those of today.
const CALENDAR_VERSION: &str = "3.5.0";

/// The footer's pairs of keys and values.
pub(super) fn metadata() -> Option<Vec<KeyValue>> {
    Some(vec![KeyValue::new(CALENDAR_KEY.to_owned(), CALENDAR_VERSION.to_owned())])
}
