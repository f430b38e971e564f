//! The table of formats: everything that tells one kind of file from another.

use std::fmt;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::{KeptRow, Out, RowSource, csv, parquet};
use crate::contract::ColumnType;
use crate::error::Result;
use crate::schema::OutputColumns;
use crate::seed::Seed;
use crate::sinks::formulas::CsvFormulas;
use crate::sinks::parquet::ParquetOptions;

/// A kind of file that is published.
pub struct Format {
    /// Its name in settings, and of the folder its files lie in.
    pub name: &'static str,
    /// What the names of its files end with, after the point.
    pub extension: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// How Athena finds its columns.
    pub read_by: ReadBy,
    /// Begins a file of rows.
    pub rows: BeginRows,
    /// Begins a file of groups.
    pub groups: BeginGroups,
}

/// How readers of a whole folder, such as Athena, find the columns of its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// By name, with types, as in Parquet.
    Name,
    /// By position, all of them texts, as in CSV.
    Position,
}

impl ReadBy {
    /// Glue's name for files of this kind.
    pub fn classification(self) -> &'static str {
        match self {
            Self::Name => "parquet",
            Self::Position => "csv",
        }
    }
}

/// Begins a file of these columns.
pub type BeginRows = for<'o> fn(&OutputColumns, &FormatOptions, Out<'o>) -> Result<Box<dyn RowWriter + 'o>>;

/// Begins a file of groups with this schema.
pub type BeginGroups = for<'o> fn(&SchemaRef, &FormatOptions, Out<'o>) -> Result<Box<dyn GroupWriter + 'o>>;

/// All of them, in the order of publication.
pub const FORMATS: &[Format] = &[
    Format {
        name: "parquet",
        extension: "parquet",
        content_type: "application/vnd.apache.parquet",
        read_by: ReadBy::Name,
        rows: parquet::begin,
        groups: parquet::begin_groups,
    },
    Format {
        name: "csv",
        extension: "csv",
        content_type: "text/csv; charset=utf-8",
        read_by: ReadBy::Position,
        rows: csv::begin,
        groups: csv::begin_groups,
    },
];

/// What formats are told beside what they write.
#[derive(Clone, Debug)]
pub struct FormatOptions {
    /// How Parquet files are laid out.
    pub parquet: ParquetOptions,
    /// What becomes of texts in CSV files that a spreadsheet would take for formulas.
    pub csv_formulas: CsvFormulas,
    /// Where keys stand in tables; no output depends on it.
    pub seed: Seed,
}

/// A file of rows under way.
pub trait RowWriter: Send {
    /// Writes rows.
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()>;

    /// Bytes of memory that grow with the rows.
    fn memory_bytes(&self) -> u64;

    /// Ends the file, which must hold so many rows, and flushes it.
    fn finish(self: Box<Self>, rows: u64) -> Result<()>;
}

/// A file of groups under way.
pub trait GroupWriter: Send {
    /// Writes groups whose columns have these types.
    fn append(&mut self, types: &[ColumnType], groups: &RecordBatch) -> Result<()>;

    /// Ends the file and flushes it.
    fn finish(self: Box<Self>) -> Result<()>;
}

impl Format {
    /// The format of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
