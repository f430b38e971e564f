//! What a contract and the settings make of a record, compiled once per run: which columns are looked at for every
//! record, which only for rows that stay, and how each cell is read.

use std::collections::BTreeSet;
use std::sync::Arc;

use spark_cast::date::CALENDAR_DAYS;

use super::cast::Cast;
use crate::contract::{
    Column, ColumnType, Contract, CsvText, DateRange, FigureRules, GroupTable, GroupValue, IfMissing, IfUnreadable,
    MissingCells, ShortAndLong, TextAfterQuote, Value,
};
use crate::error::Result;
use crate::expr::{Expr, Source};
use crate::group::KeyForm;
use crate::rules::missing::NullMarkers;

/// The most conditions of filters that are told apart. What a filter has beyond that is counted under its last one.
const CONDITIONS_MAX: usize = 120;

/// Everything that decides what a record becomes. Same inputs and same rules give the same bytes.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The contract.
    pub contract: Arc<Contract>,
    /// How each column of the contract is read.
    pub columns: Vec<ColumnRule>,
    /// Columns that are read of every record, and may cost it its place among the rows, in the order of the reasons.
    pub(super) gates: Vec<usize>,
    /// The conditions of the filters, in order. A row stays where all are true.
    pub conditions: Vec<Condition>,
    /// What the conditions read, derived columns resolved.
    pub(super) of_conditions: BTreeSet<Source>,
    /// What derived columns, groups and figures read beyond that.
    pub(super) of_kept: BTreeSet<Source>,
    /// The dates by which the rows written are counted.
    pub rows_per_date: Option<Source>,
    /// How the keys of each table of groups are told apart.
    pub key_forms: Vec<KeyForm>,
    /// Texts that mean a missing cell in any column, by the operator.
    pub null_markers: NullMarkers,
    /// Whether any column has texts that mean a missing cell.
    pub(super) has_markers: bool,
}

/// How the cells of a column are read.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// How a text becomes a value.
    pub cast: Cast,
    /// Texts that mean a missing cell in this column alone.
    pub(super) markers: NullMarkers,
    /// What stands for a missing cell.
    pub fill: Option<Vec<u8>>,
    /// Whether a missing cell costs its record.
    pub(super) rejects_missing: bool,
    /// The same for one that cannot be read.
    pub(super) rejects_unreadable: bool,
    /// Whether the CSV output shows the value rather than the cell.
    pub is_canonical: bool,
}

/// One condition of a filter.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Index of the filter.
    pub filter: usize,
    /// What must be true.
    pub keep: Expr,
}

impl Rules {
    /// Compiles a contract.
    pub fn compile(contract: Arc<Contract>, null_markers: NullMarkers) -> Result<Self> {
        let columns = contract.rows.columns.iter().map(ColumnRule::of).collect::<Result<Vec<_>>>()?;
        let conditions = conditions(&contract);
        let of_conditions = sources(&contract, conditions.iter().map(|condition| &condition.keep));
        let mut of_kept = sources(&contract, contract.rows.derived.iter().map(|derived| &derived.value));
        for table in &contract.groups {
            of_kept.append(&mut sources(&contract, arguments(table)));
            let keys = table.keys.iter().filter_map(|&key| match &table.columns[key].value {
                GroupValue::Key(key) => Some(key),
                GroupValue::Aggregate(_) => None,
            });
            // A key that is one text is looked up from its cells.
            if KeyForm::of(table) == KeyForm::Encoded {
                of_kept.append(&mut sources(&contract, keys));
            }
        }
        let rows_per_date =
            contract.rows.figures.rows_per_date.map(|column| match contract.rows.columns[column].data_type {
                ColumnType::Date => Source::Column(column),
                ColumnType::Timestamp
                | ColumnType::String
                | ColumnType::Int
                | ColumnType::BigInt
                | ColumnType::Double
                | ColumnType::Decimal { .. }
                | ColumnType::Boolean => Source::WrittenDate(column),
            });
        of_kept.extend(rows_per_date);
        let mut gates: Vec<usize> = (0..columns.len())
            .filter(|&index| columns[index].is_gate())
            // That a key is there is known before.
            .filter(|&index| !columns[index].cast.is_text() || !contract.rows.identity.contains(&index))
            .collect();
        // What is read fastest comes first, so that a record without hope costs little.
        gates.sort_by_key(|&index| columns[index].cast.cost());
        let key_forms = contract.groups.iter().map(KeyForm::of).collect();
        let has_markers = !null_markers.is_empty() || columns.iter().any(|column| !column.markers.is_empty());
        Ok(Self {
            contract,
            columns,
            gates,
            conditions,
            of_conditions,
            of_kept,
            rows_per_date,
            key_forms,
            null_markers,
            has_markers,
        })
    }

    /// The same rules for the keys of rows alone: which records are rows, and nothing about what becomes of them.
    pub(crate) fn of_keys(&self) -> Result<Self> {
        let mut contract = (*self.contract).clone();
        contract.groups.clear();
        let rows = &mut contract.rows;
        rows.derived.clear();
        rows.filters.clear();
        rows.figures = FigureRules::default();
        let columns = rows.columns.iter_mut().zip(&self.columns).enumerate();
        let is_needed = |index: usize, rule: &ColumnRule| rule.is_gate() || rows.identity.contains(&index);
        for (_, (column, _)) in columns.filter(|(index, (_, rule))| !is_needed(*index, rule)) {
            (column.data_type, column.if_missing) = (ColumnType::String, IfMissing::Null);
        }
        Self::compile(Arc::new(contract), self.null_markers.clone())
    }

    /// Whether a condition, a derived column or a table of groups reads this.
    pub(super) fn reads(&self, source: Source) -> bool {
        self.of_conditions.contains(&source) || self.of_kept.contains(&source)
    }

    /// Whether blank records and repeated headers are told from data.
    pub(crate) fn tells_no_data(&self) -> bool {
        self.contract.records.short_and_long == ShortAndLong::Reject
    }

    /// Whether quotes that stand where they should not cost their record.
    pub(crate) fn rejects_odd_quotes(&self) -> bool {
        self.contract.records.text_after_quote == TextAfterQuote::Reject
    }

    pub(super) fn blank_is_missing(&self) -> bool {
        self.contract.records.missing == MissingCells::Blank
    }

    /// Whether dates beyond the years 1 to 9999 are unreadable.
    pub(super) fn keeps_to_calendar(&self) -> bool {
        self.contract.records.dates == DateRange::Calendar
    }

    pub(super) fn is_readable_date(&self, days: i32) -> bool {
        !self.keeps_to_calendar() || CALENDAR_DAYS.contains(&days)
    }

    /// Whether a cell of a column, given unquoted, holds what means a missing one.
    #[inline]
    pub(crate) fn is_marker(&self, column: usize, text: &[u8]) -> bool {
        self.has_markers && self.is_one_of_the_markers(column, text)
    }

    #[cold]
    fn is_one_of_the_markers(&self, column: usize, text: &[u8]) -> bool {
        self.null_markers.contain(text) || self.columns[column].markers.contain(text)
    }

    /// The columns that every row needs, and needs readable, but the identity.
    pub(super) fn typed_gates(&self) -> impl Iterator<Item = usize> + '_ {
        let is_needed = |&column: &usize| {
            let rule = &self.columns[column];
            rule.rejects_missing && rule.rejects_unreadable && !rule.cast.is_text()
        };
        self.gates.iter().copied().filter(is_needed)
    }
}

impl ColumnRule {
    fn of(column: &Column) -> Result<Self> {
        Ok(Self {
            cast: Cast::of(column.data_type, &column.form)?,
            markers: NullMarkers::new(column.nulls.iter().filter(|text| !text.is_empty()).cloned()),
            fill: match &column.if_missing {
                IfMissing::Fill(text) => Some(text.as_bytes().to_vec()),
                IfMissing::Null | IfMissing::Reject => None,
            },
            rejects_missing: column.if_missing == IfMissing::Reject,
            rejects_unreadable: column.if_unreadable == IfUnreadable::Reject,
            is_canonical: column.csv_text == CsvText::Canonical,
        })
    }

    fn is_gate(&self) -> bool {
        self.rejects_missing || self.rejects_unreadable && !self.cast.is_text()
    }
}

/// The filters' conditions. Of a filter that joins conditions by AND each is one of its own, so that the figures tell
/// which of them drops rows.
fn conditions(contract: &Contract) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (number, filter) in contract.rows.filters.iter().enumerate() {
        let parts = filter.keep.clone().conjuncts();
        let parts: Vec<Expr> =
            parts.into_iter().filter(|part| part.constant() != Some(&Value::Boolean(true))).collect();
        let others = contract.rows.filters.len() - number;
        if conditions.len() + parts.len() + others > CONDITIONS_MAX {
            conditions.push(Condition { filter: number, keep: filter.keep.clone() });
        } else {
            conditions.extend(parts.into_iter().map(|keep| Condition { filter: number, keep }));
        }
    }
    conditions
}

/// The arguments of a table's aggregates.
fn arguments(table: &GroupTable) -> impl Iterator<Item = &Expr> {
    table.columns.iter().filter_map(|column| match &column.value {
        GroupValue::Aggregate(call) => call.argument.as_ref(),
        GroupValue::Key(_) => None,
    })
}

/// What expressions read, with what the derived columns among it read.
fn sources<'e>(contract: &Contract, expressions: impl Iterator<Item = &'e Expr>) -> BTreeSet<Source> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Source> = expressions.flat_map(|expression| expression.sources()).collect();
    while let Some(source) = open.pop() {
        if found.insert(source)
            && let Source::Derived(index) = source
        {
            open.extend(contract.rows.derived[index].value.sources());
        }
    }
    found
}
