//! What a run counts: every record in exactly one place, and the figures its manifest shows.

use std::collections::BTreeMap;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Date32Type;

use super::{Balance, BatchRepeats, NumberFigure};
use crate::contract::Contract;
use crate::expr::Source;
use crate::read::scan::unquote;
use crate::rows::{Rejected, RowChunk, Rules, Verdict};
use crate::rules::Reason;
use crate::schema::Layout;
use crate::sinks::KeptRow;
use crate::trigger::window::BatchDate;
use crate::warnings::shape::ShapeCounts;

/// The figures of one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTally {
    /// The batch it is a part of.
    pub batch_date: BatchDate,
    /// Where its records ended.
    pub balance: Balance,
    /// Rows of each kind of [drop](Verdict::drop).
    pub dropped: Vec<u64>,
    /// Whether it has text after its header that does not end in a line end.
    pub is_unterminated: bool,
    /// Records with a quote inside text that is not quoted.
    pub bare_quotes: u64,
    /// Records with one field more than the header, an empty last one.
    pub empty_last_fields: u64,
    /// Rejected records that are no data, and count on neither side of the ratio of rejected ones.
    pub no_data: u64,
    /// Number of the first rejected record, from 1.
    pub first_rejected: Option<u64>,
    /// Cells of its written rows, by the columns of the contract.
    pub casts: Vec<CastCells>,
}

/// Cells of written rows that became null in a column with a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CastCells {
    /// Those that hold something which could not be cast.
    pub failed: u64,
    /// Those that are missing.
    pub blank: u64,
}

impl CastCells {
    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.failed += other.failed;
        self.blank += other.blank;
    }
}

/// All figures of a run.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Where the records ended.
    pub balance: Balance,
    /// The figures of each input, in order.
    pub inputs: Vec<InputTally>,
    /// Rejected records by column of the contract and reason.
    pub rejected: BTreeMap<(Option<usize>, Reason), u64>,
    /// The first rejected record: index of its input, and number in it from 1.
    pub first_rejected: Option<(usize, u64)>,
    /// Cells of written rows, by the columns of the contract.
    pub casts: Vec<CastCells>,
    /// What cells look like that could not be read, of written and of rejected rows, by the columns of the contract.
    pub unreadable: BTreeMap<usize, ShapeCounts>,
    /// Duplicates within each batch that has text after a header, in order.
    pub repeats: Vec<BatchRepeats>,
    /// Line feeds inside quotes, of all records.
    pub quoted_line_feeds: u64,
    /// Written rows per date, in days since 1970-01-01, if the contract names a column for that.
    pub rows_per_date: BTreeMap<i32, u64>,
    /// Rows of one date that came one after the other, as they mostly do, and are not in the map yet.
    date_under_way: Option<(i32, u64)>,
    /// Averages and maxima of the written rows, for each column that the contract names for that.
    pub numbers: Vec<NumberFigure>,
}

/// What one chunk adds.
pub(super) struct ChunkCounts {
    pub(super) duplicates: u64,
    /// Rows of each kind of drop.
    pub(super) dropped: Vec<u64>,
    written: u64,
    casts: Vec<CastCells>,
}

impl ChunkCounts {
    pub(super) fn new(rules: &Rules) -> Self {
        let (dropped, casts) =
            (vec![0; Verdict::drops(rules.conditions.len())], vec![CastCells::default(); rules.columns.len()]);
        Self { duplicates: 0, dropped, written: 0, casts }
    }
}

impl Tally {
    /// Nothing yet of inputs of these batches.
    pub fn new(rules: &Rules, batches: impl Iterator<Item = BatchDate>) -> Self {
        let table = &rules.contract.rows;
        let balance = Balance::of_filters(table.filters.iter().map(|filter| &filter.name[..]));
        let casts = vec![CastCells::default(); rules.columns.len()];
        let input = |batch_date| InputTally {
            batch_date,
            balance: balance.clone(),
            dropped: vec![0; Verdict::drops(rules.conditions.len())],
            is_unterminated: false,
            bare_quotes: 0,
            empty_last_fields: 0,
            no_data: 0,
            first_rejected: None,
            casts: casts.clone(),
        };
        Self {
            inputs: batches.map(input).collect(),
            balance: balance.clone(),
            rejected: BTreeMap::new(),
            first_rejected: None,
            casts: casts.clone(),
            unreadable: BTreeMap::new(),
            repeats: Vec::new(),
            quoted_line_feeds: 0,
            rows_per_date: BTreeMap::new(),
            date_under_way: None,
            numbers: table.figures.averages.iter().map(|_| NumberFigure::default()).collect(),
        }
    }

    /// Counts what is rejected of the chunk of `input` under way; they are not among its figures yet.
    pub(super) fn count_rejected(&mut self, input: usize, rejected: &[Rejected]) {
        let input_number = input;
        let input = &mut self.inputs[input];
        if let Some(first) = rejected.first() {
            let number = input.balance.read + u64::from(first.record) + 1;
            input.first_rejected.get_or_insert(number);
            self.first_rejected.get_or_insert((input_number, number));
        }
        for rejected in rejected {
            input.no_data += u64::from(!rejected.reason.counts_in_ratio());
            *self.rejected.entry((rejected.column, rejected.reason)).or_default() += 1;
        }
    }

    /// Counts the rows of a chunk that are written.
    pub(super) fn count_written(
        &mut self,
        (rules, layout): (&Rules, &Layout),
        chunk: &RowChunk,
        kept: &[KeptRow],
        counts: &mut ChunkCounts,
    ) {
        counts.written = kept.len() as u64;
        self.count_nulls((rules, layout), chunk, kept, counts);
        self.count_dates(rules, chunk, kept);
        for (number, &column) in self.numbers.iter_mut().zip(&rules.contract.rows.figures.averages) {
            if let Some(values) = chunk.arrays.column(column) {
                number.add(rules.contract.rows.columns[column].data_type, values, kept);
            }
        }
    }

    /// Both are in the order of the rows.
    fn count_nulls(
        &mut self,
        (rules, layout): (&Rules, &Layout),
        chunk: &RowChunk,
        kept: &[KeptRow],
        counts: &mut ChunkCounts,
    ) {
        let mut kept = kept.iter().map(|kept| kept.row).peekable();
        let mut scratch = Vec::new();
        for cell in &chunk.null_cells {
            while kept.next_if(|&row| row < cell.row).is_some() {}
            if kept.peek() != Some(&cell.row) {
                continue;
            }
            let column = cell.column as usize;
            if cell.is_unreadable {
                counts.casts[column].failed += 1;
                let field = chunk.field(cell.row as usize, layout.column(column));
                self.look_at_unreadable(rules, column, unquote(field, &mut scratch, layout.dialect.quote));
            } else {
                counts.casts[column].blank += 1;
            }
        }
    }

    fn count_dates(&mut self, rules: &Rules, chunk: &RowChunk, kept: &[KeptRow]) {
        let dates = rules.rows_per_date.and_then(|source| match source {
            Source::Column(column) => chunk.arrays.column(column),
            Source::WrittenDate(column) => chunk.arrays.written_dates(column),
            Source::Derived(_) => None,
        });
        let Some(dates) = dates.and_then(|dates| dates.as_primitive_opt::<Date32Type>()) else { return };
        for row in kept.iter().map(|kept| kept.row as usize).filter(|&row| dates.is_valid(row)) {
            let date = dates.value(row);
            match &mut self.date_under_way {
                Some((of_last, rows)) if *of_last == date => *rows += 1,
                _ => self.begin_date(date),
            }
        }
    }

    /// Counts what all of a chunk has in common, and what was counted of its rows.
    pub(super) fn count_chunk(&mut self, rules: &Rules, chunk: &RowChunk, counts: &ChunkCounts) {
        let input = &mut self.inputs[chunk.object];
        for balance in [&mut self.balance, &mut input.balance] {
            balance.read += chunk.record_count();
            balance.written += counts.written;
            balance.duplicates += counts.duplicates;
            balance.rejected += chunk.rejected.len() as u64;
            for (drop, rows) in counts.dropped.iter().enumerate() {
                let (condition, _) = Verdict::of_drop(drop);
                balance.filtered[rules.conditions[condition].filter].rows += rows;
            }
        }
        for (sum, rows) in input.dropped.iter_mut().zip(&counts.dropped) {
            *sum += rows;
        }
        for casts in [&mut self.casts, &mut input.casts] {
            casts.iter_mut().zip(&counts.casts).for_each(|(sum, cells)| sum.add(*cells));
        }
        input.bare_quotes += chunk.bare_quote_rows;
        input.empty_last_fields += chunk.surplus_field_rows;
        self.quoted_line_feeds += chunk.quoted_line_feeds();
        // The last chunk of the input decides, unless all it holds is what ends a line written LF CR.
        if chunk.chunk.bytes.iter().any(|&byte| byte != b'\r') {
            input.is_unterminated = chunk.chunk.bytes.last().is_some_and(|&byte| byte != b'\n');
        }
    }

    /// Counts what a cell looks like that cannot be read; only the first ones of each column.
    pub(crate) fn look_at_unreadable(&mut self, rules: &Rules, column: usize, cell: &[u8]) {
        let shapes = self.unreadable.entry(column).or_default();
        if !shapes.is_full() {
            shapes.add(cell, rules.contract.rows.columns[column].data_type);
        }
    }

    /// What most cells of a column look like that cannot be read, in words for its sender.
    pub fn likely_reason(&self, contract: &Contract, column: usize) -> Option<String> {
        let shape = self.unreadable.get(&column)?.likely()?;
        let form = &contract.rows.columns[column].form;
        Some(shape.hint_of_form(form).unwrap_or_else(|| shape.hint().to_owned()))
    }

    fn begin_date(&mut self, date: i32) {
        if let Some((date, rows)) = self.date_under_way.replace((date, 1)) {
            *self.rows_per_date.entry(date).or_default() += rows;
        }
    }

    /// The figures, once all rows are counted.
    pub(super) fn finish(mut self) -> Self {
        if let Some((date, rows)) = self.date_under_way.take() {
            *self.rows_per_date.entry(date).or_default() += rows;
        }
        self
    }
}
