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
    let mut schema = Vec::new();
    print_schema(&mut schema, reader.metadata().file_metadata().schema());
    let mut text = String::from_utf8(schema).expect("text");
    for row in reader.get_row_iter(None).expect("rows") {
        writeln!(text, "{}", row.expect("a row")).expect("memory");
    }
    text
}
