//! The sink of one table of groups: it sums them up in the order of the rows, and writes them in every format at the end.

use rayon::prelude::*;

use super::format::{FormatOptions, GroupWriter};
use super::parquet::{BATCH_ROWS, SAMPLE_WEIGHT_MAX};
use super::{KeptRow, Out, RowSource, Sink, Written};
use crate::contract::{ColumnType, GroupTable};
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::group::{GroupKeys, Groups, KeyForm, OrderedGroups};
use crate::rows::RowChunk;
use crate::seed::SplitRows;
use crate::sinks::output::Output;

/// Sums up the rows that stay.
pub struct GroupsSink<'o> {
    /// Number of the table in the contract.
    table: usize,
    of: GroupTable,
    partitions: Vec<Groups>,
    options: FormatOptions,
    outputs: Vec<(Output, Out<'o>)>,
    /// For each chunk of a wave that has kept rows, these by partition.
    rows: Vec<SplitRows>,
}

impl<'o> GroupsSink<'o> {
    /// Sums up groups of a table, number `table` of the contract, for these outputs.
    pub fn new(table: usize, of: &GroupTable, options: FormatOptions, outputs: Vec<(Output, Out<'o>)>) -> Self {
        let partitions = (0..options.seed.partitions()).map(|_| Groups::new(of, options.seed.clone())).collect();
        Self { table, of: of.clone(), partitions, options, outputs, rows: Vec::new() }
    }

    /// Bytes of memory for the kept rows of a wave.
    fn rows_bytes(&self) -> u64 {
        self.rows.iter().map(SplitRows::memory_bytes).sum()
    }
}

impl<'o> Sink for GroupsSink<'o> {
    // Out of line, so that profiles show it; it is called once per wave.
    #[inline(never)]
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        let Self { table, of, partitions, rows, options, .. } = self;
        let key = KeyForm::of(of);
        let with_keys = |(chunk, kept): (_, _)| -> Result<(&RowChunk, &GroupKeys, &[KeptRow])> {
            let chunk: &RowChunk = chunk;
            let keys = chunk.group_keys.get(*table).ok_or_else(|| Error::internal("a chunk has no keys"))?;
            Ok((chunk, keys, kept))
        };
        let chunks = source.by_chunk(kept).map(with_keys).collect::<Result<Vec<_>>>()?;
        rows.resize_with(chunks.len(), SplitRows::default);
        rows.par_iter_mut().zip(&chunks).for_each(|(rows, (_, keys, kept))| {
            keys.split(kept.iter().map(|kept| kept.row), &options.seed, rows);
        });
        let rows = &*rows;
        partitions.par_iter_mut().enumerate().try_for_each(|(partition, groups)| {
            let mut scratch = Vec::new();
            for (&(chunk, keys, _), rows) in chunks.iter().zip(rows) {
                groups.add_rows(rows.of(partition), keys, &chunk.arrays, *table, |row, take| match key {
                    KeyForm::Text(column) => take(source.text(column, chunk, row as usize, &mut scratch)),
                    KeyForm::Encoded => take(None),
                })?;
            }
            Ok(())
        })
    }

    fn finish(&mut self, _: &Tally) -> Result<Vec<Written>> {
        let ordered = OrderedGroups::new(&self.of, &self.partitions);
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
        self.partitions.iter().map(Groups::memory_bytes_to_grow).sum::<u64>() + self.rows_bytes()
    }

    fn group_bytes(&self) -> u64 {
        self.partitions.iter().map(Groups::memory_bytes).sum()
    }
}
