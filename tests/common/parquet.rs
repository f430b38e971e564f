//! A Parquet file as text: its schema and each row, read by another path than the one that wrote it.

use std::fmt::Write;
use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::printer::print_schema;

/// The schema, then a line per row.
pub fn table(path: &Path) -> String {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = SerializedFileReader::new(file).expect("a Parquet file");
    let calendar = reader.metadata().file_metadata().key_value_metadata().into_iter().flatten();
    let calendar =
        calendar.filter(|pair| pair.key == "org.apache.spark.version").find_map(|pair| pair.value.as_deref());
    assert_eq!(calendar, Some("3.5.0"), "Spark refuses dates before 1582-10-15 without it: {}", path.display());
    let mut schema = Vec::new();
    print_schema(&mut schema, reader.metadata().file_metadata().schema());
    let mut text = String::from_utf8(schema).expect("text");
    for row in reader.get_row_iter(None).expect("rows") {
        writeln!(text, "{}", row.expect("a row")).expect("memory");
    }
    text
}
