//! Computes a day into uploads: a sink for each output, and an upload below it. Blocking.

use std::io;
use std::sync::Arc;

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::day::publish::Staged;
use crate::engine::{self, Finished, GrowingMemory, Input, Plan, Tally, Watch};
use crate::error::{Error, Result};
use crate::sinks::groups::GroupsSink;
use crate::sinks::output::{Output, Table};
use crate::sinks::rejected::RejectedSink;
use crate::sinks::rows::RowsSink;
use crate::sinks::{Out, Sink};
use crate::store::Upload;

/// A day, stored but not published.
pub(super) struct Computed {
    pub(super) staged: Vec<Staged>,
    pub(super) tally: Tally,
    /// Bytes of memory that the set of identities and the groups occupied.
    pub(super) growing_memory_bytes: GrowingMemory,
}

/// Runs the inputs, whose objects have these keys, through the plan into the uploads, and finishes these.
pub(super) fn compute(
    plan: &Plan,
    inputs: Vec<Input>,
    keys: Vec<String>,
    mut uploads: Vec<(Output, Box<dyn Upload>)>,
    workers: &ThreadPool,
    watch: &Arc<Watch>,
) -> Result<Computed> {
    let mut sinks = sinks(plan, &mut uploads, keys)?;
    let Finished { written, tally, growing_memory_bytes } = engine::run(plan, inputs, &mut sinks, workers, watch)?;
    drop(sinks);
    let finish = |(output, upload): (Output, Box<dyn Upload>)| {
        let of_output = written.iter().find(|written| written.output == output);
        let rows = of_output.ok_or_else(|| Error::internal("an output was not written"))?.rows;
        Ok(Staged { output, upload: upload.finish()?, rows })
    };
    let staged = workers.install(|| uploads.into_par_iter().map(finish).collect::<Result<Vec<_>>>())?;
    Ok(Computed { staged, tally, growing_memory_bytes })
}

/// Lets sinks write into an upload.
struct UploadWriter<'u>(&'u mut dyn Upload);

impl io::Write for UploadWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What takes in the rows: a sink for each output of rows, for each table of groups, and for the rejected records.
fn sinks<'u>(
    plan: &Plan,
    uploads: &'u mut [(Output, Box<dyn Upload>)],
    keys: Vec<String>,
) -> Result<Vec<Box<dyn Sink + 'u>>> {
    let tables = &plan.rules.contract.groups;
    let mut of_groups: Vec<Vec<(Output, Out<'u>)>> = tables.iter().map(|_| Vec::new()).collect();
    let mut sinks: Vec<Box<dyn Sink + 'u>> = Vec::new();
    for (output, upload) in uploads {
        let (output, out) = (output.clone(), Box::new(UploadWriter(&mut **upload)));
        match (output.table, output.format) {
            (Table::Rows, Some(format)) => {
                let writer = (format.rows)(&plan.columns, &plan.format, out)?;
                sinks.push(Box::new(RowsSink::new(output, writer)));
            }
            (Table::Groups(number), Some(_)) => of_groups[number].push((output, out)),
            (Table::Rejected, _) | (_, None) => {
                let formulas = plan.format.csv_formulas;
                let bytes_max = plan.rejected_bytes_max;
                sinks.push(Box::new(RejectedSink::new(output, out, keys.clone(), formulas, bytes_max)?));
            }
        }
    }
    let groups = tables.iter().zip(of_groups).enumerate();
    sinks.extend(groups.map(|(number, (table, outputs))| -> Box<dyn Sink + 'u> {
        Box::new(GroupsSink::new(number, table, plan.format.clone(), outputs))
    }));
    Ok(sinks)
}
