//! The sink of the table of rows in one format.

use super::format::RowWriter;
use super::{KeptRow, RowSource, Sink, Staged};
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::output::Output;

/// Writes the rows that stay.
pub struct RowsSink {
    output: Output,
    /// `None` once it is finished.
    writer: Option<Box<dyn RowWriter>>,
}

impl RowsSink {
    /// Writes this output.
    pub fn new(output: Output, writer: Box<dyn RowWriter>) -> Self {
        Self { output, writer: Some(writer) }
    }
}

impl Sink for RowsSink {
    fn append(&mut self, source: RowSource<'_>, kept: &[KeptRow]) -> Result<()> {
        match &mut self.writer {
            Some(writer) => writer.append(source, kept),
            None => Err(Error::internal("rows come after the end of a file")),
        }
    }

    fn finish(&mut self, tally: &Tally) -> Result<Vec<Staged>> {
        let writer = self.writer.take().ok_or_else(|| Error::internal("a file was ended twice"))?;
        let rows = tally.balance.written;
        Ok(vec![Staged { output: self.output.clone(), upload: writer.finish(rows)?, rows }])
    }

    fn memory_bytes(&self) -> u64 {
        self.writer.as_ref().map_or(0, |writer| writer.memory_bytes())
    }
}
