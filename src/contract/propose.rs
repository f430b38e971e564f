//! A contract proposed for a sample of a feed, with every guess marked.
//!
//! Pure: bytes and a name go in, a text comes out. Invariant NO-CELLS: comments hold counts, bytes of letters that are no
//! ASCII, and names of types, but no cell.

mod column;
mod form;
mod key;
mod layout;
mod number;
mod objects;
mod personal;
mod rename;
#[cfg(test)]
mod tests;
mod write;

use super::{ColumnType, DecimalSign, Dialect, Encoding};
use crate::error::{Error, Result};
use crate::read::header::guess::{not_csv, other_format};

/// How much plain text of a file is enough for a proposal, in bytes.
pub const SAMPLE_BYTES_MAX: usize = 1024 * 1024;

/// The beginning of a file.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'s> {
    /// Its plain text as stored, decompressed.
    pub bytes: &'s [u8],
    /// Whether the file ends there; if not, the last record may be cut off and is left out.
    pub is_whole: bool,
    /// The file's name, perhaps with its folders; a date in it shows how batches are called.
    pub path: &'s str,
}

/// What is guessed, and why, in words for whoever checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess<T> {
    /// What is guessed.
    pub value: T,
    /// Why, and what to check.
    pub why: String,
}

/// A proposed contract. [`ToString`] gives its YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The name, and in plain letters the id and the table.
    pub name: String,
    /// Name of the table of rows.
    pub table: String,
    /// Which objects are batches.
    pub objects: Guess<String>,
    /// What separates and encloses cells.
    pub dialect: Guess<Dialect>,
    /// How characters are stored.
    pub encoding: Guess<Encoding>,
    /// Number of the header line, from 1.
    pub header_line: Guess<u32>,
    /// What comments begin with.
    pub comment: Option<Guess<String>>,
    /// The columns, in the file's order.
    pub columns: Vec<ProposedColumn>,
    /// Which column is the key; `None`: none can be.
    pub key: Guess<Option<usize>>,
    /// Records looked at.
    pub records: usize,
    /// Records that have more or fewer fields than the header.
    pub odd_records: usize,
}

/// A proposed column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedColumn {
    /// The name in the outputs.
    pub name: String,
    /// The name in the files.
    pub source_name: String,
    /// The type and how cells are written.
    pub form: Guess<ProposedForm>,
    /// Texts that seem to mean a missing cell.
    pub nulls: Vec<&'static str>,
    /// Whether the name is one of personal data.
    pub is_personal: bool,
}

/// The type of a column, and how its cells are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedForm {
    /// The type.
    pub data_type: ColumnType,
    /// Patterns of dates and timestamps; none: as Spark reads them.
    pub formats: Vec<&'static str>,
    /// What stands before decimals.
    pub decimal: DecimalSign,
}

/// Proposes a contract; `name` is what it is to be called, or else it is called like the file.
///
/// # Errors
///
/// The sample is no CSV with a header line that the program could use; the message says what it looks like.
pub fn propose(sample: Sample<'_>, name: Option<&str>) -> Result<Proposal> {
    let invalid = |message: String| Error::invalid_input(message).at(sample.path);
    if let Some(format) = other_format(sample.bytes) {
        return Err(invalid(not_csv(format)));
    }
    let (text, encoding) = form::text(sample).map_err(invalid)?;
    let layout = layout::layout(&text).map_err(invalid)?;
    let table = layout::table(&text, &layout, encoding.value, sample.path)?;
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let uses_semicolons = layout.dialect.value.delimiter == b';';
    let columns: Vec<ProposedColumn> = table
        .columns
        .iter()
        .zip(rename::all(&names))
        .map(|(column, name)| column::propose(column, name, uses_semicolons))
        .collect();
    let key = key::key(&columns, &table.columns);
    let objects = objects::objects(sample.path);
    let name = name.map(str::to_owned).unwrap_or_else(|| objects::name_of(sample.path));
    Ok(Proposal {
        table: rename::table(&name),
        name,
        objects,
        dialect: layout.dialect,
        encoding,
        header_line: layout.header_line,
        comment: layout.comment,
        columns,
        key,
        records: table.records,
        odd_records: table.odd_records,
    })
}
