//! One chunk of one object: its records judged by the contract's rules, each a row or a rejected record, and the rows'
//! cells as columns. Pure; runs on workers.
//!
//! The gates come first, for all records: their form, their identity, cells that must be there and readable. Then the
//! filters, for all rows. Everything else is computed only for rows that pass.

mod arrays;
mod cast;
mod cells;
pub mod dedup;
mod form;
pub mod identity;
mod judge;
mod key;
mod no_data;
mod parser;
mod rules;
mod verbatim;

use std::ops::Range;

pub use arrays::{Arrays, DerivedColumn};
pub use cast::Cast;
use cells::{Cells, Marks};
pub use judge::row_judge;
pub use rules::{ColumnRule, Condition, Rules};

use crate::error::Error;
use crate::group::GroupKeys;
use crate::read::cutter::{Chunk, Content};
use crate::read::scan::{Fields, Record, Records, unquote, unquoted_place};
use crate::rows::identity::Identity;
use crate::rules::Reason;
use crate::schema::Layout;
use crate::seed::Seed;

/// A record that is not a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Which record of the chunk, counted from 0.
    pub record: u32,
    /// Why.
    pub reason: Reason,
    /// Index of the contract's column that decided it, if it was one.
    pub column: Option<usize>,
}

/// What the filters say of a row: that it passes, or which condition drops it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verdict(u8);

impl Verdict {
    /// It passes.
    pub const KEEP: Self = Self(0);

    /// How many kinds of drops there are with so many conditions.
    pub fn drops(conditions: usize) -> usize {
        2 * conditions
    }

    /// The [condition](Condition) with this index is not true: it is false, or null.
    fn dropped_by(condition: usize, is_null: bool) -> Self {
        Self((2 * condition + usize::from(is_null) + 1) as u8)
    }

    /// The number of the drop, from 0; `None`: it passes.
    #[inline]
    pub fn drop(self) -> Option<usize> {
        self.0.checked_sub(1).map(usize::from)
    }

    /// Which condition a drop is of, and whether because it is null.
    pub fn of_drop(drop: usize) -> (usize, bool) {
        (drop / 2, drop % 2 == 1)
    }
}

/// A cell of a passing row that is null although its column has a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NullCell {
    /// Index among the passing rows.
    pub row: u32,
    /// Index of the contract's column.
    pub column: u32,
    /// Whether it holds something that cannot be read; otherwise it is missing.
    pub is_unreadable: bool,
}

/// What is special about a passing row. Most rows are [`RowFlags::PLAIN`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowFlags(u8);

impl RowFlags {
    /// Nothing is.
    pub const PLAIN: Self = Self(0);
    /// The record's bytes cannot be copied to the CSV output.
    pub const CHANGED: Self = Self(1);
    /// A missing cell is filled in.
    const FILLED: Self = Self(2);
    /// A cell holds a text that means a missing one.
    const MARKED: Self = Self(4);
    /// A column with a type has a null.
    const NULL: Self = Self(8);

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the record's bytes are what the CSV output needs, unchanged.
    #[inline]
    pub fn is_verbatim(self) -> bool {
        !self.has(Self(Self::CHANGED.0 | Self::FILLED.0 | Self::MARKED.0))
    }

    /// Whether each of its texts is that of its cell.
    #[inline]
    pub fn has_plain_texts(self) -> bool {
        !self.has(Self(Self::FILLED.0 | Self::MARKED.0))
    }

    /// Whether some [`NullCell`] is one of its.
    #[inline]
    pub fn has_nulls(self) -> bool {
        self.has(Self::NULL)
    }

    /// Whether a cell may hold a text that means a missing one.
    #[inline]
    pub fn has_markers(self) -> bool {
        self.has(Self::MARKED)
    }
}

/// A chunk with everything that could be found out about it without looking at any other.
#[derive(Debug, Default)]
pub struct RowChunk {
    /// Which object of the run it is from.
    pub object: usize,
    /// The bytes that everything here points into.
    pub chunk: Chunk,
    records: Records,
    /// Rejected records in order.
    pub rejected: Vec<Rejected>,
    /// Why it could not be judged: a bug of ours, or texts too long to be joined.
    pub failure: Option<Error>,
    /// The record of each row.
    rows: Vec<u32>,
    /// What makes each row a duplicate of another; empty if the contract has no key.
    pub identities: Vec<Identity>,
    /// What the filters say of each row.
    pub verdicts: Vec<Verdict>,
    /// The record of each row that passes the filters.
    passing: Vec<u32>,
    /// What is special about each of these.
    pub flags: Vec<RowFlags>,
    /// Their values.
    pub arrays: Arrays,
    /// Their nulls, in the order of the rows.
    pub null_cells: Vec<NullCell>,
    /// Which of them are filled in, for each column with a fill.
    filled: Vec<Option<Vec<bool>>>,
    /// Their keys, for each table of groups.
    pub group_keys: Vec<GroupKeys>,
    /// Rows with a quote inside unquoted text: it is kept as part of the text, but may have been meant otherwise.
    pub bare_quote_rows: u64,
    /// Rows that end with the one empty field more that all records of their object have.
    pub surplus_field_rows: u64,
}

impl RowChunk {
    /// Parses a chunk of object number `object`. The memory of `self` is used again.
    pub fn parse(&mut self, object: usize, chunk: Chunk, layout: &Layout, rules: &Rules, seed: &Seed) {
        self.object = object;
        self.chunk = chunk;
        self.clear();
        match self.chunk.content {
            Content::Records => self.failure = self.parse_records(layout, rules, seed).err(),
            Content::Broken(reason) => {
                self.records.scan_lines(&self.chunk.bytes);
                let lines = 0..self.records.len() as u32;
                self.rejected.extend(lines.map(|record| Rejected { record, reason, column: None }));
            }
            Content::MoreOfBroken => {}
        }
    }

    fn clear(&mut self) {
        self.failure = None;
        self.rejected.clear();
        self.rows.clear();
        self.identities.clear();
        self.verdicts.clear();
        self.passing.clear();
        self.flags.clear();
        self.arrays = Arrays::default();
        self.null_cells.clear();
        self.group_keys.clear();
        (self.bare_quote_rows, self.surplus_field_rows) = (0, 0);
    }

    /// Bytes of memory it occupies.
    pub(crate) fn memory_bytes(&self) -> u64 {
        let numbers = (self.rows.capacity() + self.passing.capacity()) * size_of::<u32>();
        let identities = self.identities.capacity() * size_of::<Identity>();
        let rejected = self.rejected.capacity() * size_of::<Rejected>();
        let flags = self.verdicts.capacity() + self.flags.capacity();
        let nulls = self.null_cells.capacity() * size_of::<NullCell>();
        let filled: usize = self.filled.iter().flatten().map(Vec::capacity).sum();
        let keys: usize = self.group_keys.iter().map(GroupKeys::memory_bytes).sum();
        let bytes = self.chunk.bytes.capacity() + self.records.memory_bytes() + self.arrays.memory_bytes();
        (numbers + identities + rejected + flags + nulls + filled + keys + bytes) as u64
    }

    /// How many records the chunk holds.
    pub fn record_count(&self) -> u64 {
        match self.chunk.content {
            Content::Records | Content::Broken(_) => self.records.len() as u64,
            Content::MoreOfBroken => 0,
        }
    }

    /// How many rows it holds, those that the filters drop among them.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// Line feeds inside quotes.
    pub fn quoted_line_feeds(&self) -> u64 {
        match self.chunk.content {
            Content::Records => self.records.quoted_line_feeds,
            Content::Broken(_) | Content::MoreOfBroken => 0,
        }
    }

    /// The bytes of a rejected record without its line end, and where they begin in the chunk. Of the last record of a
    /// broken chunk, they may be only the first piece.
    pub fn rejected_bytes(&self, rejected: &Rejected) -> (&[u8], u64) {
        let record = self.records.get(rejected.record as usize);
        let is_last = rejected.record as usize + 1 == self.records.len();
        let bytes = match self.chunk.content {
            Content::Broken(_) if is_last => &self.chunk.bytes[record.start as usize..],
            Content::Records | Content::Broken(_) | Content::MoreOfBroken => self.record_bytes(record),
        };
        (bytes, u64::from(record.start))
    }

    /// The raw bytes of a field of a rejected record, quotes included; empty where it has none.
    pub fn rejected_field(&self, rejected: &Rejected, index: usize) -> &[u8] {
        match self.chunk.content {
            Content::Records => {
                self.records.field(&self.chunk.bytes, self.records.get(rejected.record as usize), index)
            }
            Content::Broken(_) | Content::MoreOfBroken => &[],
        }
    }

    fn record_bytes(&self, record: &Record) -> &[u8] {
        &self.chunk.bytes[record.start as usize..self.records.end(record)]
    }

    /// The text that the identity of a row was made from; only needed when the identity is not the text itself.
    pub fn identity_text<'a>(
        &'a self,
        row: usize,
        layout: &Layout,
        rules: &'a Rules,
        scratch: &'a mut Vec<u8>,
    ) -> &'a [u8] {
        match self.identities.get(row) {
            Some(Identity::Text) => self.key_text(row, layout, rules, scratch),
            Some(Identity::Packed(..)) | None => &[],
        }
    }

    /// The text of a row's key: the cell, or, of a key of several columns, their cells with their lengths.
    pub fn key_text<'a>(&'a self, row: usize, layout: &Layout, rules: &'a Rules, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let record = self.records.get(self.rows[row] as usize);
        let cell = |column: usize| self.records.field(&self.chunk.bytes, record, layout.column(column));
        key::key_text(rules, cell, scratch, layout.dialect.quote)
    }

    /// The bytes of a passing row's record, without the line end.
    pub fn row_bytes(&self, row: usize) -> &[u8] {
        self.record_bytes(self.records.get(self.passing[row] as usize))
    }

    /// The raw bytes of a passing row's field, quotes included; empty when the record has no such field.
    #[inline]
    pub fn field(&self, row: usize, index: usize) -> &[u8] {
        self.records.field(&self.chunk.bytes, self.records.get(self.passing[row] as usize), index)
    }

    /// The fields of a passing row's record.
    #[inline]
    pub fn fields(&self, row: usize) -> Fields<'_> {
        self.records.fields(self.records.get(self.passing[row] as usize))
    }

    /// The place among the chunk's bytes of the text in a field; `None` where there is none, or one with quotes to be
    /// taken out.
    #[inline]
    pub fn text_place(&self, fields: Fields<'_>, index: usize) -> Option<Range<usize>> {
        unquoted_place(&self.chunk.bytes, fields.place(index), self.records.dialect.quote)
            .filter(|place| !place.is_empty())
    }

    /// Whether a passing row's cell in a column is missing and filled in.
    #[inline]
    pub fn is_filled(&self, row: usize, column: usize) -> bool {
        self.filled.get(column).and_then(Option::as_ref).is_some_and(|filled| filled[row])
    }
}

/// The value of a raw field that is kept as text; `None`: null.
///
/// An empty cell is null, quoted or not, as Spark reads it. So no text is ever empty.
#[inline]
pub(crate) fn text_value<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>, quote: u8) -> Option<&'a [u8]> {
    match unquote(raw, scratch, quote) {
        [] => None,
        text => Some(text),
    }
}
