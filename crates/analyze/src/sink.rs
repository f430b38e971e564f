//! Takes in the rows of an analysis, wave by wave: each figure is computed in the order of the rows, all at once.

use std::collections::BTreeMap;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type};
use rayon::prelude::*;

use super::cell::Cell;
use super::describe::Summary;
use super::export::Export;
use super::traffic::TrafficSums;
use drivendata_transform::contract::ColumnType;
use drivendata_transform::engine::{Plan, Tally};
use drivendata_transform::error::Result;
use drivendata_transform::schema::{OutputColumn, OutputColumns};
use drivendata_transform::sinks::{KeptRow, RowSource, Sink, Written};
use spark_cast::date::year_of;

/// Bytes of memory that a date or a year takes with its count.
const DATE_BYTES: u64 = 32;

/// The figures under way.
pub(super) struct AnalysisSink {
    columns: Vec<(OutputColumn, ColumnType)>,
    places: Places,
    rows_wanted: usize,
    /// The first rows, as many as are wanted.
    pub(super) first_rows: Vec<Vec<Option<Cell>>>,
    first_rows_bytes: u64,
    /// For each column that is described.
    pub(super) summaries: Vec<Summary>,
    /// Traffic per IP address.
    pub(super) traffic: TrafficSums,
    /// Days and years.
    pub(super) calendar: Calendar,
    /// The processed rows as a file, if wanted.
    pub(super) export: Option<Export>,
}

/// The columns that have figures of their own; a contract need not have them.
#[derive(Clone, Copy, Debug)]
struct Places {
    /// What traffic is summed by.
    address: Option<OutputColumn>,
    /// Index of the column with the traffic.
    traffic: Option<usize>,
    /// Index of the column whose written dates sessions are counted by.
    accessed: Option<usize>,
    /// Index of the column with the dates of birth.
    birth: Option<usize>,
}

impl Places {
    fn of(columns: &OutputColumns) -> Self {
        let place = |name: &str, data_type: ColumnType| {
            let of_contract = &columns.contract().rows.columns;
            of_contract.iter().position(|column| column.name == name && column.data_type == data_type)
        };
        Self {
            address: place("ip_address", ColumnType::String).map(OutputColumn::File),
            traffic: place("consumed_traffic", ColumnType::Double),
            accessed: columns.contract().rows.figures.rows_per_date,
            birth: place("birth_date", ColumnType::Date),
        }
    }
}

/// Rows per access date and per year of birth; dates in days since 1970-01-01, `None`: null.
#[derive(Default)]
pub(super) struct Calendar {
    pub(super) sessions_per_day: BTreeMap<Option<i32>, u64>,
    pub(super) birth_years: BTreeMap<Option<i32>, u64>,
}

impl AnalysisSink {
    pub(super) fn new(plan: &Plan, rows_wanted: usize, export: Option<Export>) -> Self {
        let columns = &plan.columns;
        let summary = |column| Summary::new(column, columns.data_type(column), columns.name(column));
        Self {
            columns: columns.iter().map(|column| (column, columns.data_type(column))).collect(),
            places: Places::of(columns),
            rows_wanted,
            first_rows: Vec::new(),
            first_rows_bytes: 0,
            summaries: columns.iter().filter_map(summary).collect(),
            traffic: TrafficSums::new(plan.seed.clone()),
            calendar: Calendar::default(),
            export,
        }
    }
}

/// Lent to the engine: the figures are wanted afterwards.
impl Sink for &mut AnalysisSink {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let AnalysisSink {
            columns,
            places,
            rows_wanted,
            first_rows,
            first_rows_bytes,
            summaries,
            traffic,
            calendar,
            export,
        } = &mut **self;
        for kept in kept.iter().take(*rows_wanted - first_rows.len()) {
            let (chunk, row) = (&source.wave[kept.chunk as usize], kept.row as usize);
            let cells: Vec<_> =
                columns.iter().map(|&(column, data_type)| Cell::of(source, column, data_type, chunk, row)).collect();
            *first_rows_bytes += cells.iter().map(|cell| cell.as_ref().map_or(0, Cell::memory_bytes)).sum::<u64>();
            first_rows.push(cells);
        }
        let places = *places;
        let figures = || {
            rayon::join(
                || summaries.par_iter_mut().for_each(|summary| summary.append(source, kept)),
                || rayon::join(|| add_traffic(traffic, places, source, kept), || calendar.append(places, source, kept)),
            )
        };
        let export = || export.as_mut().map_or(Ok(()), |export| export.append(source, kept));
        rayon::join(figures, export).1
    }

    fn finish(&mut self, _: &Tally) -> Result<Vec<Written>> {
        // It stages nothing.
        Ok(Vec::new())
    }

    fn memory_bytes(&self) -> u64 {
        let summaries: u64 = self.summaries.iter().map(Summary::memory_bytes).sum();
        let dates = (self.calendar.sessions_per_day.len() + self.calendar.birth_years.len()) as u64 * DATE_BYTES;
        let export = self.export.as_ref().map_or(0, Export::memory_bytes);
        self.traffic.memory_bytes_to_finish() + summaries + self.first_rows_bytes + dates + export
    }
}

fn add_traffic(traffic: &mut TrafficSums, places: Places, source: RowSource<'_>, kept: &[KeptRow]) {
    let (Some(address), Some(amount)) = (places.address, places.traffic) else { return };
    let mut scratch = Vec::new();
    for (chunk, kept) in source.by_chunk(kept) {
        let Some(amounts) = chunk.arrays.column(amount).and_then(|array| array.as_primitive_opt::<Float64Type>())
        else {
            continue;
        };
        for row in kept.iter().map(|kept| kept.row as usize) {
            let amount = amounts.is_valid(row).then(|| amounts.value(row));
            traffic.add(source.text(address, chunk, row, &mut scratch), amount);
        }
    }
}

impl Calendar {
    fn append(&mut self, places: Places, source: RowSource<'_>, kept: &[KeptRow]) {
        for (chunk, kept) in source.by_chunk(kept) {
            let rows = || kept.iter().map(|kept| kept.row as usize);
            let accessed = places
                .accessed
                .and_then(|column| chunk.arrays.written_dates(column).or_else(|| chunk.arrays.column(column)));
            if let Some(dates) = accessed.and_then(|array| array.as_primitive_opt::<Date32Type>()) {
                for row in rows() {
                    let date = dates.is_valid(row).then(|| dates.value(row));
                    *self.sessions_per_day.entry(date).or_default() += 1;
                }
            }
            let born = places.birth.and_then(|column| chunk.arrays.column(column));
            if let Some(dates) = born.and_then(|array| array.as_primitive_opt::<Date32Type>()) {
                for row in rows() {
                    let year = dates.is_valid(row).then(|| year_of(dates.value(row)));
                    *self.birth_years.entry(year).or_default() += 1;
                }
            }
        }
    }
}
