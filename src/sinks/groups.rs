//! The sink of one table of groups: it sums them up in the order of the rows, and writes them in every format at the end.

use rayon::prelude::*;

use super::format::{FormatOptions, GroupWriter};
use super::parquet::{BATCH_ROWS, SAMPLE_WEIGHT_MAX};
use super::{KeptRow, Out, RowSource, Sink, Written};
use crate::contract::{ColumnType, GroupTable};
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::group::{Groups, KeyForm};
use crate::sinks::output::Output;

/// Sums up the rows that stay.
pub struct GroupsSink<'o> {
    /// Number of the table in the contract.
    table: usize,
    key: KeyForm,
    groups: Groups,
    options: FormatOptions,
    outputs: Vec<(Output, Out<'o>)>,
    rows: Vec<u32>,
}

impl<'o> GroupsSink<'o> {
    /// Sums up groups of a table, number `table` of the contract, for these outputs.
    pub fn new(table: usize, of: &GroupTable, options: FormatOptions, outputs: Vec<(Output, Out<'o>)>) -> Self {
        let groups = Groups::new(of.clone(), options.seed.clone());
        Self { table, key: KeyForm::of(of), groups, options, outputs, rows: Vec::new() }
    }
}

impl<'o> Sink for GroupsSink<'o> {
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let Self { table, key, groups, rows, .. } = self;
        let mut scratch = Vec::new();
        for (chunk, kept) in source.by_chunk(kept) {
            rows.clear();
            rows.extend(kept.iter().map(|kept| kept.row));
            let keys = chunk.group_keys.get(*table).ok_or_else(|| Error::internal("a chunk has no keys"))?;
            groups.add_rows(rows, keys, &chunk.arrays, *table, |row, take| match *key {
                KeyForm::Text(column) => take(source.text(column, chunk, row as usize, &mut scratch)),
                KeyForm::Encoded => take(None),
            })?;
        }
        Ok(())
    }

    fn finish(&mut self, _: &Tally) -> Result<Vec<Written>> {
        let ordered = self.groups.in_order();
        let types: Vec<ColumnType> = ordered.data_types().collect();
        let begin = |(output, out): (Output, Out<'o>)| {
            let format = output.format.ok_or_else(|| Error::internal("groups are written in no format"))?;
            Ok((output, (format.groups)(ordered.schema(), &self.options, out)?))
        };
        let outputs = std::mem::take(&mut self.outputs).into_iter().map(begin);
        let mut writers = outputs.collect::<Result<Vec<(Output, Box<dyn GroupWriter + 'o>)>>>()?;
        let mut done = 0;
        while done < ordered.len() {
            let now = ordered.fitting(done..ordered.len(), BATCH_ROWS, SAMPLE_WEIGHT_MAX);
            done = now.end;
            let batch = ordered.batch(now)?;
            writers.par_iter_mut().try_for_each(|(_, writer)| writer.append(&types, &batch))?;
        }
        let rows = ordered.len() as u64;
        let finish = |(output, writer): (Output, Box<dyn GroupWriter + 'o>)| {
            writer.finish()?;
            Ok(Written { output, rows })
        };
        writers.into_par_iter().map(finish).collect()
    }

    fn memory_bytes(&self) -> u64 {
        self.groups.memory_bytes_to_grow()
    }

    fn group_bytes(&self) -> u64 {
        self.groups.memory_bytes()
    }
}
