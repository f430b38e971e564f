//! The steps that make rows of a chunk's records, in order.

use std::collections::BTreeSet;

use arrow_array::{Array, ArrayRef};
use memchr::memchr;

use super::arrays::{Arrays, DerivedColumn, predicate};
use super::cast::Oddity;
use super::key::key_text;
use super::{Cells, Marks, NullCell, Rejected, RowChunk, RowFlags, Rules, Verdict};
use crate::contract::GroupValue;
use crate::error::Result;
use crate::expr::Source;
use crate::group::{GroupKeys, KeyForm};
use crate::read::scan::{Quoting, Record, Records, unquote};
use crate::rows::identity::{Identity, identity};
use crate::rules::Reason;
use crate::schema::{Layout, OutputColumn};
use crate::seed::Seed;

/// What the steps look at.
pub(super) struct Parser<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) records: &'a Records,
    pub(super) layout: &'a Layout,
    pub(super) rules: &'a Rules,
    pub(super) seed: &'a Seed,
    pub(super) is_utf8: bool,
    pub(super) has_carriage_return: bool,
    scratch: Vec<u8>,
}

/// The rows so far, with what is known of each.
#[derive(Default)]
struct Rows {
    /// The record of each.
    records: Vec<u32>,
    identities: Vec<Identity>,
    arrays: Arrays,
    /// Cells without a value of their own.
    odd: Vec<NullCell>,
}

impl RowChunk {
    // Out of line, so that profiles show it; it is called once per chunk.
    #[inline(never)]
    pub(super) fn parse_records(&mut self, layout: &Layout, rules: &Rules, seed: &Seed) -> Result<()> {
        self.records.skips_marks = rules.rejects_odd_quotes();
        self.records.dialect = layout.dialect;
        self.records.comment.clone_from(&layout.comment);
        self.records.scan(&self.chunk.bytes);
        let mut rows = Rows {
            records: std::mem::take(&mut self.rows),
            identities: std::mem::take(&mut self.identities),
            ..Rows::default()
        };
        let mut parser = Parser::new(&self.chunk.bytes, &self.records, layout, rules, seed);
        parser.form(&mut rows, &mut self.rejected);
        parser.identities(&mut rows, &mut self.rejected);
        parser.gates(&mut rows, &mut self.rejected);
        parser.name_changed_headers(&mut self.rejected);
        parser.filters(&mut rows, &mut self.verdicts)?;
        let passing = (0..).zip(&self.verdicts).filter(|(_, verdict)| **verdict == Verdict::KEEP);
        self.passing.extend(passing.map(|(row, _): (usize, _)| rows.records[row]));
        let arrays = &mut rows.arrays;
        parser.rest(&self.passing, arrays, &mut rows.odd)?;
        self.flags.resize(self.passing.len(), RowFlags::PLAIN);
        self.filled = parser.take_filled(&self.passing, &mut rows.odd);
        parser.flag(&self.passing, arrays, &rows.odd, &self.filled, &mut self.flags);
        self.group_keys = parser.group_keys(&self.passing, arrays, &self.filled)?;

        let is_bare = |&&record: &&u32| self.records.get(record as usize).quoting == Quoting::BareQuote;
        self.bare_quote_rows = rows.records.iter().filter(is_bare).count() as u64;
        if layout.record_fields > layout.fields {
            self.surplus_field_rows = rows.records.len() as u64;
        }
        Rows { records: self.rows, identities: self.identities, arrays: self.arrays, odd: self.null_cells } = rows;
        Ok(())
    }
}

impl<'a> Parser<'a> {
    fn new(bytes: &'a [u8], records: &'a Records, layout: &'a Layout, rules: &'a Rules, seed: &'a Seed) -> Self {
        let is_utf8 = simdutf8::basic::from_utf8(bytes).is_ok();
        let has_carriage_return = memchr(b'\r', bytes).is_some();
        Self { bytes, records, layout, rules, seed, is_utf8, has_carriage_return, scratch: Vec::new() }
    }

    fn form(&mut self, rows: &mut Rows, rejected: &mut Vec<Rejected>) {
        let records = self.records;
        for (number, record) in (0..).zip(records.iter()) {
            match self.check_form(record) {
                Ok(()) => rows.records.push(number),
                Err(reason) => rejected.push(Rejected { record: number, reason, column: None }),
            }
        }
    }

    /// What makes rows the same. A row without a part of its key that must be there is none.
    fn identities(&self, rows: &mut Rows, rejected: &mut Vec<Rejected>) {
        let (rules, records) = (self.rules, self.records);
        let key = &rules.contract.rows.identity[..];
        if key.is_empty() {
            return;
        }
        let mut scratch = Vec::new();
        rows.records.retain(|&number| {
            let record = records.get(number as usize);
            for &column in key.iter().filter(|&&column| rules.columns[column].rejects_missing) {
                let text = unquote(self.raw(record, column), &mut scratch, self.layout.dialect.quote);
                if (Marks { rules, column }).is_missing_text(text) {
                    rejected.push(Rejected { record: number, reason: Reason::Missing, column: Some(column) });
                    return false;
                }
            }
            let cell = |column| self.raw(record, column);
            rows.identities.push(identity(key_text(rules, cell, &mut scratch, self.layout.dialect.quote)));
            true
        });
    }

    /// Reads the cells that may cost a row its place.
    fn gates(&self, rows: &mut Rows, rejected: &mut Vec<Rejected>) {
        rows.arrays = Arrays::of_rows(rows.records.len(), self.rules);
        let mut lives: Vec<bool> = Vec::new();
        for &column in &self.rules.gates {
            let rule = &self.rules.columns[column];
            let begin = rows.odd.len();
            self.read(column, &rows.records, &mut rows.arrays, &mut rows.odd);
            let mut at = begin;
            while let Some(&NullCell { row, is_unreadable, .. }) = rows.odd.get(at) {
                if !(if is_unreadable { rule.rejects_unreadable } else { rule.rejects_missing }) {
                    at += 1;
                    continue;
                }
                rows.odd.swap_remove(at);
                lives.resize(rows.records.len(), true);
                if std::mem::take(&mut lives[row as usize]) {
                    let reason = if is_unreadable { Reason::Unreadable } else { Reason::Missing };
                    rejected.push(Rejected { record: rows.records[row as usize], reason, column: Some(column) });
                }
            }
        }
        if !lives.is_empty() {
            rows.retain(lives);
        }
        rejected.sort_unstable_by_key(|rejected| rejected.record);
    }

    fn name_changed_headers(&mut self, rejected: &mut [Rejected]) {
        let records = self.records;
        for rejected in rejected {
            let reason = self.reason_of(records.get(rejected.record as usize), rejected.reason);
            if reason != rejected.reason {
                (rejected.reason, rejected.column) = (reason, None);
            }
        }
    }

    /// Judges all rows by the filters. What was read for that stays of the rows that pass.
    fn filters(&self, rows: &mut Rows, verdicts: &mut Vec<Verdict>) -> Result<()> {
        verdicts.resize(rows.records.len(), Verdict::KEEP);
        let rules = self.rules;
        self.read_all(&rules.of_conditions, &rows.records, &mut rows.arrays, &mut rows.odd);
        self.derive(&rules.of_conditions, &mut rows.arrays)?;
        let mut any_dropped = false;
        for (number, condition) in rules.conditions.iter().enumerate() {
            let keeps = condition.keep.evaluate_filter(&rows.arrays)?;
            // Null is not true.
            if keeps.true_count() == verdicts.len() {
                continue;
            }
            any_dropped = true;
            for (row, verdict) in verdicts.iter_mut().enumerate().filter(|(_, verdict)| **verdict == Verdict::KEEP) {
                let is_null = keeps.is_null(row);
                if is_null || !keeps.value(row) {
                    *verdict = Verdict::dropped_by(number, is_null);
                }
            }
        }
        if any_dropped {
            let lives: Vec<bool> = verdicts.iter().map(|&verdict| verdict == Verdict::KEEP).collect();
            renumber(&lives, &mut rows.odd);
            rows.arrays.filter(&predicate(lives));
        }
        Ok(())
    }

    /// Reads what only rows that pass need, and computes what is derived from it.
    fn rest(&self, passing: &[u32], arrays: &mut Arrays, odd: &mut Vec<NullCell>) -> Result<()> {
        let rules = self.rules;
        self.read_all(&rules.of_kept, passing, arrays, odd);
        for column in 0..rules.columns.len() {
            if !rules.columns[column].cast.is_text() && !arrays.has(Source::Column(column)) {
                self.read(column, passing, arrays, odd);
            }
        }
        for (index, derived) in rules.contract.rows.derived.iter().enumerate() {
            if arrays.has(Source::Derived(index)) {
                continue;
            }
            let column = match derived.value.evaluate_choices(&*arrays)? {
                Some(choices) => DerivedColumn::Choices(choices),
                None => DerivedColumn::Values(derived.value.evaluate(&*arrays)?),
            };
            arrays.set_derived(index, column);
        }
        for table in &rules.contract.groups {
            let arguments = table.columns.iter().map(|column| match &column.value {
                GroupValue::Aggregate(call) => {
                    let argument = call.argument.as_ref().filter(|argument| argument.as_column().is_none());
                    argument.map(|argument| argument.evaluate(&*arrays)).transpose()
                }
                GroupValue::Key(_) => Ok(None),
            });
            let arguments = arguments.collect::<Result<Vec<Option<ArrayRef>>>>()?;
            arrays.arguments.push(arguments);
        }
        Ok(())
    }

    /// Reads what is not read yet of these sources but the derived ones.
    fn read_all(&self, sources: &BTreeSet<Source>, rows: &[u32], arrays: &mut Arrays, odd: &mut Vec<NullCell>) {
        for &source in sources {
            match source {
                _ if arrays.has(source) => {}
                Source::Column(column) | Source::WrittenDate(column) => self.read(column, rows, arrays, odd),
                Source::Derived(_) => {}
            }
        }
    }

    /// Computes the derived columns among these sources.
    fn derive(&self, sources: &BTreeSet<Source>, arrays: &mut Arrays) -> Result<()> {
        for &source in sources {
            if let Source::Derived(index) = source {
                let value = &self.rules.contract.rows.derived[index].value;
                let values = value.evaluate(&*arrays)?;
                arrays.set_derived(index, DerivedColumn::Values(values));
            }
        }
        Ok(())
    }

    /// Reads a column, with the dates written in it if anything wants them.
    fn read(&self, column: usize, rows: &[u32], arrays: &mut Arrays, odd: &mut Vec<NullCell>) {
        let with_dates = self.rules.reads(Source::WrittenDate(column));
        let mut cells = self.cells(column, rows);
        let read = self.rules.columns[column].cast.read(&mut cells, with_dates);
        arrays.set_column(column, read.values);
        if let Some(dates) = read.written_dates {
            arrays.set_written_dates(column, dates);
        }
        odd.extend(read.odd.into_iter().map(|(row, oddity)| NullCell {
            row,
            column: column as u32,
            is_unreadable: oddity == Oddity::Unreadable,
        }));
    }

    pub(super) fn cells<'s>(&'s self, column: usize, rows: &'s [u32]) -> Cells<'s> {
        let marks = Marks { rules: self.rules, column };
        let field = self.layout.column(column);
        let quote = self.layout.dialect.quote;
        Cells { bytes: self.bytes, records: self.records, rows, field, quote, marks, scratch: Vec::new() }
    }

    /// Takes the missing cells that are filled in out of the odd ones, and leaves those that are null in columns with a
    /// type, in the order of the rows.
    fn take_filled(&self, passing: &[u32], odd: &mut Vec<NullCell>) -> Vec<Option<Vec<bool>>> {
        let rules = self.rules;
        let mut filled: Vec<Option<Vec<bool>>> = Vec::new();
        for (column, rule) in rules.columns.iter().enumerate() {
            filled.push(rule.fill.as_ref().map(|_| vec![false; passing.len()]));
            // Texts that nothing but the outputs reads were not looked at yet.
            if rule.fill.is_some()
                && rule.cast.is_text()
                && !rules.reads(Source::Column(column))
                && !rules.reads(Source::WrittenDate(column))
            {
                let fill = |row| NullCell { row, column: column as u32, is_unreadable: false };
                odd.extend(self.cells(column, passing).missing_texts().into_iter().map(fill));
            }
        }
        odd.retain(|cell| match &mut filled[cell.column as usize] {
            Some(filled) if !cell.is_unreadable => {
                filled[cell.row as usize] = true;
                false
            }
            _ => !rules.columns[cell.column as usize].cast.is_text(),
        });
        odd.sort_unstable();
        filled
    }

    /// The keys of the rows in each table of groups.
    fn group_keys(&self, passing: &[u32], arrays: &Arrays, filled: &[Option<Vec<bool>>]) -> Result<Vec<GroupKeys>> {
        let rules = self.rules;
        let tables = rules.contract.groups.iter().zip(&rules.key_forms);
        tables
            .map(|(table, form)| match *form {
                KeyForm::Text(OutputColumn::File(column)) => {
                    let (rule, seed) = (&rules.columns[column], self.seed);
                    let of_fill = rule.fill.as_ref().map(|fill| seed.of_text(fill));
                    let filled = filled[column].as_deref();
                    let mut hashes = Vec::with_capacity(passing.len());
                    self.cells(column, passing).each(|at, text, marks| {
                        let is_filled = filled.is_some_and(|filled| filled[at as usize]);
                        hashes.push(match is_filled {
                            true => of_fill,
                            false if text.is_empty() || rules.has_markers && marks.is_marker(text) => None,
                            false => Some(seed.of_text(text)),
                        });
                    });
                    Ok(GroupKeys::Text(hashes))
                }
                KeyForm::Text(OutputColumn::Derived(_) | OutputColumn::Extra(_)) | KeyForm::Encoded => {
                    GroupKeys::encoded(table, arrays, self.seed)
                }
            })
            .collect()
    }

    pub(super) fn raw(&self, record: &Record, column: usize) -> &'a [u8] {
        self.records.field(self.bytes, record, self.layout.column(column))
    }

    pub(super) fn text_at(&mut self, record: &Record, index: usize) -> &[u8] {
        unquote(self.records.field(self.bytes, record, index), &mut self.scratch, self.layout.dialect.quote)
    }

    pub(super) fn text_is_empty(&self, record: &Record, index: usize) -> bool {
        let raw = self.records.field(self.bytes, record, index);
        raw.is_empty() || raw == [self.layout.dialect.quote; 2]
    }

    pub(super) fn record_bytes(&self, record: &Record) -> &'a [u8] {
        &self.bytes[record.start as usize..self.records.end(record)]
    }
}

impl Rows {
    /// Leaves only the rows that live.
    fn retain(&mut self, lives: Vec<bool>) {
        let mut of_records = lives.iter();
        self.records.retain(|_| of_records.next().is_some_and(|lives| *lives));
        let mut of_identities = lives.iter();
        self.identities.retain(|_| of_identities.next().is_some_and(|lives| *lives));
        renumber(&lives, &mut self.odd);
        self.arrays.filter(&predicate(lives));
    }
}

/// Gives the cells of rows that live their new numbers, and drops those of the others.
fn renumber(lives: &[bool], odd: &mut Vec<NullCell>) {
    if odd.is_empty() {
        return;
    }
    let mut next = 0;
    let numbers: Vec<u32> = lives
        .iter()
        .map(|&lives| {
            let number = next;
            next += u32::from(lives);
            number
        })
        .collect();
    odd.retain_mut(|cell| {
        let lives = lives[cell.row as usize];
        cell.row = numbers[cell.row as usize];
        lives
    });
}
