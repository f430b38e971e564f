//! The values of some rows as Arrow arrays, one per column that anything reads.

use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_select::filter::FilterPredicate;

use super::Rules;
use crate::expr::{Choices, Columns, Source};

/// The values of some rows.
#[derive(Debug, Default)]
pub struct Arrays {
    rows: usize,
    columns: Vec<Option<ArrayRef>>,
    written_dates: Vec<Option<ArrayRef>>,
    derived: Vec<Option<DerivedColumn>>,
    /// The arguments of the aggregates of each table of groups that are no columns.
    pub(super) arguments: Vec<Vec<Option<ArrayRef>>>,
}

/// The values of a derived column.
#[derive(Debug, Clone)]
pub enum DerivedColumn {
    /// Each row's own.
    Values(ArrayRef),
    /// One of a few texts.
    Choices(Choices),
}

impl DerivedColumn {
    /// The values as an array.
    pub fn to_array(&self) -> ArrayRef {
        match self {
            Self::Values(values) => values.clone(),
            Self::Choices(choices) => choices.to_array(),
        }
    }
}

impl Arrays {
    /// No arrays of so many rows; a place for each column.
    pub(super) fn of_rows(rows: usize, rules: &Rules) -> Self {
        let (columns, derived) = (rules.columns.len(), rules.contract.rows.derived.len());
        Self {
            rows,
            columns: vec![None; columns],
            written_dates: vec![None; columns],
            derived: vec![None; derived],
            arguments: Vec::new(),
        }
    }

    /// The arrays of these columns of the contract.
    #[cfg(test)]
    pub(crate) fn of_columns(rows: usize, columns: impl IntoIterator<Item = (usize, ArrayRef)>) -> Self {
        let mut arrays = Self { rows, columns: vec![None; 16], ..Self::default() };
        columns.into_iter().for_each(|(index, values)| arrays.set_column(index, values));
        arrays
    }

    /// The values of a column of the contract; `None`: they are texts that nothing but the outputs reads.
    #[inline]
    pub fn column(&self, index: usize) -> Option<&ArrayRef> {
        self.columns.get(index)?.as_ref()
    }

    /// The dates written in a column's cells, if anything reads them.
    pub fn written_dates(&self, index: usize) -> Option<&ArrayRef> {
        self.written_dates.get(index)?.as_ref()
    }

    /// The values of a derived column.
    #[inline]
    pub fn derived(&self, index: usize) -> Option<&DerivedColumn> {
        self.derived.get(index)?.as_ref()
    }

    /// The argument of an aggregate that is an expression.
    pub fn argument(&self, table: usize, column: usize) -> Option<&ArrayRef> {
        self.arguments.get(table)?.get(column)?.as_ref()
    }

    pub(super) fn set_column(&mut self, index: usize, values: ArrayRef) {
        self.columns[index] = Some(values);
    }

    pub(super) fn set_written_dates(&mut self, index: usize, values: ArrayRef) {
        self.written_dates[index] = Some(values);
    }

    pub(super) fn set_derived(&mut self, index: usize, values: DerivedColumn) {
        self.derived[index] = Some(values);
    }

    pub(super) fn has(&self, source: Source) -> bool {
        match source {
            Source::Column(index) => self.columns[index].is_some(),
            Source::WrittenDate(index) => self.written_dates[index].is_some(),
            Source::Derived(index) => self.derived[index].is_some(),
        }
    }

    /// Leaves only the rows where `predicate` is true.
    pub(super) fn filter(&mut self, predicate: &FilterPredicate) {
        let filter = |array: &mut ArrayRef| {
            *array = predicate.filter(array).expect("the predicate has a place for every row");
        };
        self.rows = predicate.count();
        self.columns.iter_mut().chain(&mut self.written_dates).flatten().for_each(filter);
        for derived in self.derived.iter_mut().flatten() {
            let mut values = derived.to_array();
            filter(&mut values);
            *derived = DerivedColumn::Values(values);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let arrays = self.columns.iter().chain(&self.written_dates).flatten();
        let arrays: usize = arrays.map(|array| array.get_buffer_memory_size()).sum();
        let derived = |derived: &DerivedColumn| match derived {
            DerivedColumn::Values(values) => values.get_buffer_memory_size(),
            DerivedColumn::Choices(choices) => choices.numbers.len(),
        };
        let arguments: usize =
            self.arguments.iter().flatten().flatten().map(|array| array.get_buffer_memory_size()).sum();
        arrays + arguments + self.derived.iter().flatten().map(derived).sum::<usize>()
    }
}

impl Columns for Arrays {
    fn row_count(&self) -> usize {
        self.rows
    }

    fn array(&self, source: Source) -> ArrayRef {
        let array = match source {
            Source::Column(index) => self.columns[index].clone(),
            Source::WrittenDate(index) => self.written_dates[index].clone(),
            Source::Derived(index) => self.derived[index].as_ref().map(DerivedColumn::to_array),
        };
        array.expect("the rules list everything that expressions read")
    }
}

/// Which rows a predicate leaves.
pub(super) fn predicate(kept: Vec<bool>) -> FilterPredicate {
    arrow_select::filter::FilterBuilder::new(&BooleanArray::from(kept)).optimize().build()
}
