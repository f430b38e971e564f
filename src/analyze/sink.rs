//! Takes in the rows of an analysis, wave by wave: each figure is computed in the order of the rows, all at once.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cell::Cell;
use super::describe::Summary;
use super::export::Export;
use super::traffic::TrafficSums;
use crate::engine::{Plan, RowSink};
use crate::error::Result;
use crate::schema::{KnownColumn, OutputColumn};
use crate::write::{KeptRow, RowSource};

/// Bytes of memory that a date or a year takes with its count.
const DATE_BYTES: u64 = 32;

/// The figures under way.
pub(super) struct AnalysisSink {
    columns: Vec<OutputColumn>,
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

/// Rows per access date and per year of birth; dates in days since 1970-01-01, `None`: null.
#[derive(Default)]
pub(super) struct Calendar {
    pub(super) sessions_per_day: BTreeMap<Option<i32>, u64>,
    pub(super) birth_years: BTreeMap<Option<i32>, u64>,
}

impl AnalysisSink {
    pub(super) fn new(plan: &Plan, rows_wanted: usize, export: Option<Export>) -> Self {
        let columns = &plan.columns;
        let summary = |column| Summary::new(column, columns.name(column));
        Self {
            columns: columns.iter().collect(),
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

impl RowSink for AnalysisSink {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let Self { columns, rows_wanted, first_rows, first_rows_bytes, summaries, traffic, calendar, export } = self;
        for kept in kept.iter().take(*rows_wanted - first_rows.len()) {
            let (chunk, row) = kept.of(source.wave);
            let cells: Vec<_> = columns.iter().map(|column| Cell::of(source, *column, chunk, row)).collect();
            *first_rows_bytes += cells.iter().map(|cell| cell.as_ref().map_or(0, Cell::memory_bytes)).sum::<u64>();
            first_rows.push(cells);
        }
        let figures = || {
            rayon::join(
                || summaries.par_iter_mut().for_each(|summary| summary.append(source, kept)),
                || rayon::join(|| add_traffic(traffic, source, kept), || calendar.append(source, kept)),
            )
        };
        let export = || export.as_mut().map_or(Ok(()), |export| export.append(source, kept));
        rayon::join(figures, export).1
    }

    fn memory_bytes(&self) -> u64 {
        let summaries: u64 = self.summaries.iter().map(Summary::memory_bytes).sum();
        let dates = (self.calendar.sessions_per_day.len() + self.calendar.birth_years.len()) as u64 * DATE_BYTES;
        let export = self.export.as_ref().map_or(0, Export::memory_bytes);
        self.traffic.memory_bytes_to_finish() + summaries + self.first_rows_bytes + dates + export
    }
}

fn add_traffic(traffic: &mut TrafficSums, source: RowSource<'_>, kept: &[KeptRow]) {
    let column = OutputColumn::Known(KnownColumn::IpAddress);
    let mut scratch = Vec::new();
    for (chunk, row) in kept.iter().map(|kept| kept.of(source.wave)) {
        traffic.add(source.text(column, chunk, row, &mut scratch), row.consumed_traffic);
    }
}

impl Calendar {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) {
        for (_, row) in kept.iter().map(|kept| kept.of(source.wave)) {
            *self.sessions_per_day.entry(row.accessed_date).or_default() += 1;
            *self.birth_years.entry(row.birth_year()).or_default() += 1;
        }
    }
}
