//! A contract whose every name and type is checked. It cannot be built otherwise than by [`super::read`].

use spark_cast::DecimalSign;

use crate::contract::{ColumnType, Value};
use crate::expr::{AggregateCall, Expr};
use crate::read::header::ExtraColumns;
use crate::read::{Dialect, Encoding};
use crate::trigger::window::ObjectPattern;

/// What the program does with one feed. Parameters have their values in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// The `id`.
    pub id: String,
    /// The `name`, or else the `id`.
    pub name: String,
    /// The `version`.
    pub version: String,
    /// Where batches are and how their text is written.
    pub input: InputFormat,
    /// What becomes of records of odd form.
    pub records: RecordRules,
    /// What becomes of columns that the contract does not name.
    pub extra_columns: ExtraColumns,
    /// The numbers an operator turns, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// The table of rows.
    pub rows: RowTable,
    /// The tables of groups, in the order of the file.
    pub groups: Vec<GroupTable>,
}

/// Where batches are and how their text is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFormat {
    /// Which objects below the input prefix are parts of a batch, and of which date.
    pub objects: ObjectPattern,
    /// What separates and encloses cells.
    pub dialect: Dialect,
    /// How characters are stored.
    pub encoding: Encoding,
    /// Number of the header line, from 1. The lines before it are skipped.
    pub header_line: u32,
    /// A record that begins with this text is no data.
    pub comment: Option<String>,
    /// Batch dates that a run reads, ending at its run date.
    pub window_days: u32,
}

/// What becomes of records of odd form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordRules {
    /// Records with fewer or more fields than the header.
    pub short_and_long: ShortAndLong,
    /// Cells with text after their closing quote.
    pub text_after_quote: TextAfterQuote,
    /// Which cells are missing.
    pub missing: MissingCells,
    /// Which dates are readable.
    pub dates: DateRange,
}

/// What becomes of records with fewer or more fields than the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShortAndLong {
    /// They are rejected. Blank records and repeated headers are told from data.
    #[default]
    Reject,
    /// Fields that are not there are missing cells, others are dropped, as Spark does.
    Pad,
}

/// What becomes of cells with text after their closing quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextAfterQuote {
    /// Their record is rejected, and quotes that swallow rows are found.
    #[default]
    Reject,
    /// Their quotes are a part of the text, as Spark does.
    Keep,
}

/// Which cells are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingCells {
    /// Those that are empty or hold white space alone.
    #[default]
    Blank,
    /// Those that are empty.
    Empty,
}

/// Which dates are readable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DateRange {
    /// Those of the years 1 to 9999, which every reader of Parquet knows.
    #[default]
    Calendar,
    /// All that Spark reads.
    Spark,
}

/// A number that an operator turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name in expressions, after a colon.
    pub name: String,
    /// The setting that overrides it.
    pub variable: String,
    /// Its value: the contract's, or what the setting says.
    pub value: Value,
}

/// The table of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct RowTable {
    /// Its name, a part of the outputs' keys.
    pub name: String,
    /// The columns of the files, in output order.
    pub columns: Vec<Column>,
    /// The derived columns, in output order. Each may use the ones before it.
    pub derived: Vec<Derived>,
    /// Indices of the columns that make two rows the same, by their position in the key; without any, no row is a duplicate.
    pub identity: Vec<usize>,
    /// Which of several rows with the same key stays.
    pub duplicates: KeepDuplicate,
    /// The filters, in order.
    pub filters: Vec<Filter>,
    /// FigureRules for the manifest.
    pub figures: FigureRules,
}

/// Which of several rows with the same key stays, by window order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeepDuplicate {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
}

/// A column of the files.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name in the outputs.
    pub name: String,
    /// Its name in the files.
    pub source_name: String,
    /// Its type.
    pub data_type: ColumnType,
    /// How its cells are written.
    pub form: CellForm,
    /// Texts that mean a missing cell, besides what [`RecordRules::missing`] says.
    pub nulls: Vec<String>,
    /// Whether a file may lack it.
    pub is_optional: bool,
    /// What becomes of a missing cell.
    pub if_missing: IfMissing,
    /// What becomes of a cell that holds something which cannot be read as the type.
    pub if_unreadable: IfUnreadable,
    /// What the CSV output shows.
    pub csv_text: CsvText,
    /// The `classification`.
    pub classification: Option<String>,
    /// The `description`.
    pub description: Option<String>,
}

/// How cells of a type are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellForm {
    /// Java patterns of dates or timestamps, tried in order; none: as Spark's casts read them.
    pub formats: Vec<String>,
    /// What stands before the decimals of a number.
    pub decimal: DecimalSign,
}

/// What becomes of a missing cell.
#[derive(Clone, Debug, PartialEq)]
pub enum IfMissing {
    /// It is null.
    Null,
    /// Its row is rejected.
    Reject,
    /// It becomes this text, which can be read as the column's type.
    Fill(String),
}

/// What becomes of a cell that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfUnreadable {
    /// It is null, and counted.
    Null,
    /// Its row is rejected.
    Reject,
}

/// What the CSV output shows of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvText {
    /// The cell as it came.
    Source,
    /// The value as the type prints it.
    Canonical,
}

/// A column computed from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Derived {
    /// Its name.
    pub name: String,
    /// What it is; its type is the column's.
    pub value: Expr,
    /// The SQL text, as in the contract.
    pub sql: String,
    /// The `description`.
    pub description: Option<String>,
}

/// A condition that rows must meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// Its name, under which the rows it drops are counted.
    pub name: String,
    /// A row stays where this is true.
    pub keep: Expr,
    /// The SQL text, as in the contract.
    pub sql: String,
}

/// FigureRules that the manifest shows of the rows written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FigureRules {
    /// Index of the date or timestamp column by whose written date rows are counted.
    pub rows_per_date: Option<usize>,
    /// Indices of the columns of numbers whose average and maximum are shown.
    pub averages: Vec<usize>,
}

/// A table of groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupTable {
    /// Its name, a part of the outputs' keys.
    pub name: String,
    /// Its columns, in output order.
    pub columns: Vec<GroupColumn>,
    /// Indices in `columns` of the keys, by their position in the key.
    pub keys: Vec<usize>,
}

/// A column of a table of groups.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupColumn {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub value: GroupValue,
    /// Whether it may be null.
    pub is_nullable: bool,
    /// The SQL text; of a key that is a column, its name.
    pub sql: String,
    /// The `description`.
    pub description: Option<String>,
}

/// What a column of a table of groups holds.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupValue {
    /// What all rows of a group have in common.
    Key(Expr),
    /// What is computed over the rows of a group.
    Aggregate(AggregateCall),
}

impl GroupColumn {
    /// Its type.
    pub fn data_type(&self) -> ColumnType {
        match &self.value {
            GroupValue::Key(key) => key.data_type(),
            GroupValue::Aggregate(call) => call.data_type,
        }
    }
}
