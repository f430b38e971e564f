//! Outputs and stored answers as tables whose cells compare exactly.

use std::fs;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// A value. Doubles are their bits, with one for every NaN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Text(String),
    /// A whole number, a date in days or a moment in microseconds since 1970.
    Whole(i64),
    Double(u64),
}

impl Cell {
    fn double(value: f64) -> Self {
        Self::Double(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() })
    }

    pub(crate) fn as_double(&self) -> Option<f64> {
        match self {
            Self::Double(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Rows of cells.
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// Columns of the outputs that hold doubles, which JSON holds as texts.
const DOUBLES: [&str; 6] = [
    "download_speed",
    "upload_speed",
    "consumed_traffic",
    "total_bandwidth",
    "avg_session_duration",
    "sum_consumed_traffic",
];

impl Table {
    pub(crate) fn of_parquet(path: &Path) -> Self {
        let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let reader = SerializedFileReader::new(file).expect("a Parquet file");
        let schema = reader.metadata().file_metadata().schema_descr();
        let columns = schema.columns().iter().map(|column| column.name().to_owned()).collect();
        let rows = reader.get_row_iter(None).expect("rows");
        let cells = |row: parquet::record::Row| row.get_column_iter().map(|(_, field)| of_field(field)).collect();
        Self { columns, rows: rows.map(|row| cells(row.expect("a row"))).collect() }
    }

    /// Every cell as a text; an empty one is null.
    pub(crate) fn of_csv(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).expect("a CSV file");
        let columns = reader.headers().expect("a header").iter().map(str::to_owned).collect();
        let cell = |text: &str| if text.is_empty() { Cell::Null } else { Cell::Text(text.to_owned()) };
        let rows = reader.records().map(|record| record.expect("a record").iter().map(cell).collect()).collect();
        Self { columns, rows }
    }

    pub(crate) fn of_json(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.split_terminator('\n');
        let columns: Vec<String> = serde_json::from_str(lines.next().expect("column names")).expect("names");
        let row = |line| {
            let values: Vec<serde_json::Value> = serde_json::from_str(line).expect("a row");
            columns.iter().zip(values).map(|(column, value)| of_json(column, value)).collect()
        };
        let rows = lines.map(row).collect();
        Self { columns, rows }
    }

    pub(crate) fn cell(&self, row: usize, column: &str) -> &Cell {
        let at = self.columns.iter().position(|name| name == column);
        &self.rows[row][at.unwrap_or_else(|| panic!("no column {column}"))]
    }

    /// The text of a cell; null is the empty one.
    pub(crate) fn text(&self, row: usize, column: &str) -> &str {
        self.cell(row, column).as_text().unwrap_or_default()
    }
}

fn of_field(field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Null,
        Field::Str(text) => Cell::Text(text.clone()),
        Field::Int(value) | Field::Date(value) => Cell::Whole((*value).into()),
        Field::Long(value) | Field::TimestampMicros(value) => Cell::Whole(*value),
        Field::Double(value) => Cell::double(*value),
        other => panic!("no output holds {other:?}"),
    }
}

fn of_json(column: &str, value: serde_json::Value) -> Cell {
    match value {
        serde_json::Value::Null => Cell::Null,
        serde_json::Value::String(text) if DOUBLES.contains(&column) => Cell::double(text.parse().expect("a double")),
        serde_json::Value::String(text) => Cell::Text(text),
        number => Cell::Whole(number.as_i64().expect("a whole number")),
    }
}

/// Whether a moment's text gives its zone by region or abbreviation, which this program does not know.
pub(crate) fn names_a_region(text: &str) -> bool {
    let zone = text.trim_end().trim_start_matches(|c: char| c.is_ascii_digit() || "+-:. T".contains(c));
    !matches!(zone.trim_end_matches(|c: char| c.is_ascii_digit() || "+-:".contains(c)), "" | "Z" | "UTC" | "GMT" | "UT")
}
