//! The groups of one table: which group each row belongs to, and what is computed over its rows, in their order.
//!
//! With many workers the groups are split by the hash of their keys into partitions. All rows of a group are in the same
//! one, so sums of doubles come in the same order, and to the same bit, however many there are.

mod accumulate;
mod extreme;
mod ordered;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array};
use arrow_row::{RowConverter, Rows, SortField};
use hashbrown::HashTable;
use std::sync::Arc;

use crate::contract::{ColumnType, GroupTable, GroupValue};
use crate::error::{Error, Result};
use crate::expr::{Expr, Source};
use crate::rows::Arrays;
use crate::rows::dedup::growth_bytes;
use crate::schema::OutputColumn;
use crate::seed::{Seed, SplitRows};
use accumulate::Accumulators;
use ordered::Ordered;
pub use ordered::OrderedGroups;

/// How the keys of a table's groups are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyForm {
    /// By the text of one column.
    Text(OutputColumn),
    /// By bytes that all keys are encoded in, whose order is that of the keys.
    Encoded,
}

impl KeyForm {
    /// That of a table. Most have the text of one column for a key: its cells need not be copied to be compared.
    pub fn of(table: &GroupTable) -> Self {
        match (&table.keys[..], keys(table).next()) {
            ([_], Some(key)) if key.data_type() == ColumnType::String => match key.as_column() {
                Some(Source::Column(index)) => Self::Text(OutputColumn::File(index)),
                Some(Source::WrittenDate(_) | Source::Derived(_)) | None => Self::Encoded,
            },
            _ => Self::Encoded,
        }
    }
}

/// The keys of a table, in their order.
fn keys(table: &GroupTable) -> impl Iterator<Item = &Expr> {
    table.keys.iter().filter_map(|&key| match &table.columns[key].value {
        GroupValue::Key(key) => Some(key),
        GroupValue::Aggregate(_) => None,
    })
}

/// The keys of some rows in one table.
#[derive(Debug)]
pub enum GroupKeys {
    /// The hash of each row's text; `None`: null.
    Text(Vec<Option<u64>>),
    /// Each row's keys, encoded, and their hash.
    Encoded(Rows, Vec<u64>),
}

impl GroupKeys {
    /// The encoded keys of rows with these values.
    pub(crate) fn encoded(table: &GroupTable, arrays: &Arrays, seed: &Seed) -> Result<Self> {
        let keys = keys(table).map(|key| Ok(normal(key.evaluate(arrays)?))).collect::<Result<Vec<ArrayRef>>>()?;
        let rows = converter(table).convert_columns(&keys)?;
        let hashes = rows.iter().map(|row| seed.of_text(row.data())).collect();
        Ok(Self::Encoded(rows, hashes))
    }

    /// Bytes of memory they occupy.
    pub(crate) fn memory_bytes(&self) -> usize {
        match self {
            Self::Text(hashes) => hashes.capacity() * size_of::<Option<u64>>(),
            Self::Encoded(rows, hashes) => rows.size() + hashes.capacity() * size_of::<u64>(),
        }
    }

    /// The rows among `kept` whose keys belong into each partition. A key that is null as a whole is in the first.
    pub(crate) fn split(&self, kept: impl Iterator<Item = u32>, seed: &Seed, rows: &mut SplitRows) {
        // The lowest hash is one of the first partition.
        rows.split(seed, kept, |row| self.hash(row as usize).unwrap_or(0));
    }

    /// The hash of a row's key; `None`: it is null as a whole.
    #[inline]
    fn hash(&self, row: usize) -> Option<u64> {
        match self {
            Self::Text(hashes) => hashes[row],
            Self::Encoded(_, hashes) => Some(hashes[row]),
        }
    }
}

/// Negative zero is zero, and every NaN the same, as in Spark's groups.
fn normal(keys: ArrayRef) -> ArrayRef {
    let Some(doubles) = keys.as_primitive_opt::<Float64Type>() else { return keys };
    let normal = |double: f64| if double.is_nan() { f64::NAN } else { double + 0.0 };
    let normal: Float64Array = doubles.unary(normal);
    Arc::new(normal)
}

/// What encodes the keys of a table: nulls first, texts by their bytes.
fn converter(table: &GroupTable) -> RowConverter {
    let fields = keys(table).map(|key| SortField::new(key.data_type().arrow())).collect();
    RowConverter::new(fields).expect("every type of a column can be a key")
}

/// The groups of one partition, in the order their first rows came.
#[derive(Debug)]
pub struct Groups {
    seed: Seed,
    groups: Vec<Group>,
    /// Index of each named group, found by its name's hash.
    by_name: HashTable<u32>,
    /// Index of the group without name.
    nameless: Option<u32>,
    long_names: Vec<u8>,
    accumulators: Accumulators,
    /// Names compared.
    #[cfg(test)]
    steps: usize,
}

/// The words of a group that are kept with its name; tables that need more keep all of them elsewhere.
const WORDS: usize = 5;

/// One group.
///
/// A line of the cache: groups come up in any order, and the next line that is needed is most of what a row costs here.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Group {
    name: Name,
    words: [u64; WORDS],
}

/// The longest name that is kept in its group.
const SHORT_BYTES_MAX: usize = 22;

/// The name of a group: its key's text, or its encoded keys.
#[derive(Clone, Copy, Debug)]
enum Name {
    /// Most names.
    Short { bytes: [u8; SHORT_BYTES_MAX], length: u8 },
    /// Among the long ones.
    Long { start: usize, length: usize },
}

impl Name {
    fn new(name: &[u8], long_names: &mut Vec<u8>) -> Self {
        let length = name.len();
        if length <= SHORT_BYTES_MAX {
            let mut bytes = [0; SHORT_BYTES_MAX];
            bytes[..length].copy_from_slice(name);
            return Self::Short { bytes, length: length as u8 };
        }
        let start = long_names.len();
        long_names.extend_from_slice(name);
        Self::Long { start, length }
    }

    #[inline]
    fn get<'n>(&'n self, long_names: &'n [u8]) -> &'n [u8] {
        match self {
            Self::Short { bytes, length } => &bytes[..usize::from(*length)],
            Self::Long { start, length } => &long_names[*start..start + length],
        }
    }
}

/// Rows whose places among the groups are asked for at once.
const LOOKAHEAD_ROWS: usize = 32;

impl Groups {
    /// No groups of a table. Where a name stands depends on `seed`.
    pub fn new(table: &GroupTable, seed: Seed) -> Self {
        let accumulators = Accumulators::of(table);
        Self {
            seed,
            groups: Vec::new(),
            by_name: HashTable::new(),
            nameless: None,
            long_names: Vec::new(),
            accumulators,
            #[cfg(test)]
            steps: 0,
        }
    }

    /// Adds rows of one chunk: `kept` are their numbers among the chunk's passing rows, `keys` and `arrays` what the
    /// chunk holds, and `text` gives the key's text of a row where that is what tells groups apart.
    pub fn add_rows(
        &mut self,
        kept: &[u32],
        keys: &GroupKeys,
        arrays: &Arrays,
        table_number: usize,
        mut text: impl FnMut(u32, &mut dyn FnMut(Option<&[u8]>)),
    ) -> Result<()> {
        let arguments = self.accumulators.arguments(arrays, table_number);
        for block in kept.chunks(LOOKAHEAD_ROWS) {
            let mut guesses = [None; LOOKAHEAD_ROWS];
            // Asked for several rows in a row, the waits for memory overlap instead of following one another.
            for (guess, &row) in guesses.iter_mut().zip(block) {
                *guess = keys.hash(row as usize).and_then(|hash| self.by_name.find(hash, |_| true).copied());
            }
            let touched = guesses.iter().flatten().fold(0, |sum, &guess| sum ^ self.groups[guess as usize].words[0]);
            std::hint::black_box(touched);
            let mut at = [0_u32; LOOKAHEAD_ROWS];
            for ((at, &row), &guess) in at.iter_mut().zip(block).zip(&guesses) {
                *at = match keys {
                    GroupKeys::Encoded(rows, hashes) => {
                        self.named(rows.row(row as usize).data(), hashes[row as usize], guess)
                    }
                    GroupKeys::Text(hashes) => match hashes[row as usize] {
                        None => self.nameless(),
                        Some(hash) => {
                            let mut found = None;
                            text(row, &mut |name| found = name.map(|name| self.named(name, hash, guess)));
                            found.ok_or_else(|| Error::internal("a row has a hash of its name, but no name"))?
                        }
                    },
                };
            }
            self.accumulators.add(&mut self.groups, &at[..block.len()], block, &arguments);
        }
        Ok(())
    }

    fn nameless(&mut self) -> u32 {
        if let Some(index) = self.nameless {
            return index;
        }
        *self.nameless.insert(push(&mut self.groups, &mut self.long_names, &mut self.accumulators, b""))
    }

    #[inline]
    fn named(&mut self, name: &[u8], hash: u64, guess: Option<u32>) -> u32 {
        let (groups, long_names, seed) = (&mut self.groups, &mut self.long_names, &self.seed);
        if let Some(index) = guess
            && groups[index as usize].name.get(long_names) == name
        {
            return index;
        }
        #[cfg(test)]
        let steps = std::cell::Cell::from_mut(&mut self.steps);
        let is_name = |&index: &u32| {
            #[cfg(test)]
            steps.set(steps.get() + 1);
            groups[index as usize].name.get(long_names) == name
        };
        if let Some(&index) = self.by_name.find(hash, is_name) {
            return index;
        }
        let index = push(groups, long_names, &mut self.accumulators, name);
        self.by_name.insert_unique(hash, index, |&index| seed.of_text(groups[index as usize].name.get(long_names)));
        index
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Bytes of memory the groups occupy.
    pub fn memory_bytes(&self) -> u64 {
        let groups = self.groups.capacity() * size_of::<Group>() + self.accumulators.memory_bytes();
        (groups + self.by_name.allocation_size() + self.long_names.capacity()) as u64
    }

    /// The same while the table grows next, if that is soon, or while they are put in order at the end.
    pub fn memory_bytes_to_grow(&self) -> u64 {
        let ordered = (self.len() * size_of::<Ordered<'_>>()) as u64;
        self.memory_bytes() + growth_bytes(&self.by_name).max(ordered)
    }

    /// The name of a group; `None`: null.
    fn name(&self, index: u32) -> Option<&[u8]> {
        Some(self.groups[index as usize].name.get(&self.long_names)).filter(|_| self.nameless != Some(index))
    }
}

fn push(groups: &mut Vec<Group>, long_names: &mut Vec<u8>, accumulators: &mut Accumulators, name: &[u8]) -> u32 {
    let index = groups.len() as u32;
    let name = Name::new(name, long_names);
    groups.push(Group { name, words: [0; WORDS] });
    accumulators.push();
    index
}

#[cfg(test)]
mod tests;
