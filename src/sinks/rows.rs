//! The sink of the table of rows in one format.

use super::format::RowWriter;
use super::{KeptRow, RowSource, Sink, Written};
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::sinks::output::Output;

/// Writes the rows that stay.
pub struct RowsSink<'o> {
    output: Output,
    /// `None` once it is finished.
    writer: Option<Box<dyn RowWriter + 'o>>,
}

impl<'o> RowsSink<'o> {
    /// Writes this output.
    pub fn new(output: Output, writer: Box<dyn RowWriter + 'o>) -> Self {
        Self { output, writer: Some(writer) }
    }
}

impl Sink for RowsSink<'_> {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        match &mut self.writer {
            Some(writer) => writer.append(source, kept),
            None => Err(Error::internal("rows come after the end of a file")),
        }
    }

    fn finish(&mut self, tally: &Tally) -> Result<Vec<Written>> {
        let writer = self.writer.take().ok_or_else(|| Error::internal("a file was ended twice"))?;
        let rows = tally.balance.written;
        writer.finish(rows)?;
        Ok(vec![Written { output: self.output.clone(), rows }])
    }

    fn memory_bytes(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.memory_bytes())
    }
}
