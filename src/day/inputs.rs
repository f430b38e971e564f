//! What a run or an analysis reads: the objects of the window, the columns of their headers, and the limits while reading.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};

use super::{Inputs, Runner};
use crate::contract::Contract;
use crate::engine::{self, Input, Plan, Progress, Watch};
use crate::error::{Error, ErrorKind, Result};
use crate::lake::LakeLocation;
use crate::read::header::Header;
use crate::rows::{Rules, row_judge};
use crate::schema::{Layout, OutputColumns, UnfitHeader};
use crate::seed::Seed;
use crate::sinks::format::FormatOptions;
use crate::sinks::output::Output;
use crate::store::ObjectVersion;
use crate::trigger::window::{BatchDate, window};

/// Days of a window that are listed at once.
const LISTINGS_AT_ONCE: usize = 16;

/// What an object of the window takes in memory beside its header: its key and version in several lists, its layout, its
/// entry in the manifest.
const OBJECT_BYTES: u64 = 2 * 1024;

const MIB: u64 = 1024 * 1024;

/// What there is to read for a run.
pub(crate) struct Window {
    /// The batch dates, oldest first.
    pub(crate) days: Vec<BatchDate>,
    /// Those of them for which there is no batch.
    pub(crate) missing_days: Vec<BatchDate>,
    /// The objects, oldest day first and in key order.
    pub(crate) objects: Vec<ObjectVersion>,
    /// The batch date of each object.
    pub(crate) dates: Vec<BatchDate>,
    run_date: BatchDate,
}

impl Window {
    /// The date of the run whose window it is.
    pub(crate) fn run_date(&self) -> BatchDate {
        self.run_date
    }
}

impl Runner {
    /// Lists the objects of the window that ends at `run_date`, which must have a batch.
    pub(crate) async fn window(&self, run_date: BatchDate) -> Result<Window> {
        let days = window(run_date, self.config.window_days);
        let listings: Vec<BoxFuture<'_, _>> = days.iter().map(|day| self.batch(*day).boxed()).collect();
        let batches: Vec<Vec<ObjectVersion>> = stream::iter(listings).buffered(LISTINGS_AT_ONCE).try_collect().await?;
        let is_missing = |(day, batch): (&BatchDate, &Vec<ObjectVersion>)| batch.is_empty().then_some(*day);
        let missing_days: Vec<BatchDate> = days.iter().zip(&batches).filter_map(is_missing).collect();
        if missing_days.contains(&run_date) {
            let keys = self.objects().keys(run_date, &self.config.input_prefix);
            let message = format!("there is no batch for {run_date}: no object {keys}");
            return Err(Error::invalid_input(message));
        }
        let dates = days.iter().zip(&batches).flat_map(|(day, batch)| batch.iter().map(|_| *day)).collect();
        Ok(Window { days, missing_days, objects: batches.concat(), dates, run_date })
    }

    /// The objects of one batch, in key order.
    pub(super) async fn batch(&self, date: BatchDate) -> Result<Vec<ObjectVersion>> {
        let prefix = &self.config.input_prefix;
        let mut objects = self.store.list(&self.objects().prefix(date, prefix)).await?;
        objects.retain(|object| self.objects().batch_of_key(&object.key, prefix) == Ok(date));
        Ok(objects)
    }

    /// The plan for these inputs and the columns made of their headers. An object whose columns do not go together with
    /// those of newer ones is left out of them, if it may be.
    pub(crate) async fn plan(&self, inputs: &mut Inputs, run_date: BatchDate, rules: Rules) -> Result<Plan> {
        // Newest first: it is the older one that has to give way.
        let contract = &rules.contract;
        while let Err(UnfitHeader { header, message }) = self.columns(contract, inputs.headers.iter().rev()).await? {
            let at = inputs.headers.len() - 1 - header;
            let (object, date) = (&inputs.objects[at], inputs.dates[at]);
            let error = Error::invalid_input(message).at(&object.key);
            let entry = self.entry(error, object, date, run_date)?;
            inputs.leave_out(at, entry);
        }
        let unfit = |UnfitHeader { message, .. }| Error::invalid_input(message);
        let columns = self.columns(contract, inputs.headers.iter()).await?.map_err(unfit)?;
        self.check_window_memory(inputs.objects.len(), columns.extras.len(), 0)?;

        let headers = inputs.headers.clone();
        let layouts = tokio::task::spawn_blocking(move || {
            let mut layouts: Vec<Layout> = Vec::with_capacity(headers.len());
            for (at, header) in headers.iter().enumerate() {
                let layout = match layouts.last() {
                    Some(last) if Arc::ptr_eq(header, &headers[at - 1]) => last.clone(),
                    _ => Layout::new(header, &columns),
                };
                layouts.push(layout);
            }
            (columns, layouts)
        });
        let (columns, layouts) = layouts.await.map_err(|_| Error::internal("the columns could not be placed"))?;
        let seed = Seed::random().with_partitions(engine::partitions(self.workers.current_num_threads()));
        let (parquet, csv_formulas) = (self.config.parquet, self.config.csv_formulas);
        Ok(Plan {
            rules,
            layouts,
            columns,
            format: FormatOptions { parquet, csv_formulas, seed: seed.clone() },
            rejected_bytes_max: self.config.rejected_bytes_max,
            seed,
            chunk_bytes: self.config.limits.chunk_bytes,
        })
    }

    /// The columns of objects with these headers. Off the async threads: with many columns it takes its time.
    async fn columns<'h>(
        &self,
        contract: &Arc<Contract>,
        headers: impl Iterator<Item = &'h Arc<Header>>,
    ) -> Result<Result<OutputColumns, UnfitHeader>> {
        let columns_max = self.config.columns_max;
        let headers: Vec<Arc<Header>> = headers.cloned().collect();
        let contract = Arc::clone(contract);
        let of_window =
            move || OutputColumns::of_window(&contract, headers.iter().map(|header| &**header), columns_max);
        let columns = tokio::task::spawn_blocking(of_window).await;
        columns.map_err(|_| Error::internal("the columns could not be put together"))
    }

    /// The objects as the engine reads them, each opened when its turn comes.
    pub(crate) fn engine_inputs(&self, plan: &Plan, objects: &[ObjectVersion]) -> Vec<Input> {
        let input = |(object, layout): (&ObjectVersion, &Layout)| {
            let (store, version) = (Arc::clone(&self.store), object.clone());
            let open = Arc::new(move || store.open(&version));
            let judge = row_judge(layout, &plan.rules);
            let batch_date = self.objects().batch_of_key(&object.key, &self.config.input_prefix);
            Input {
                key: object.key.clone(),
                batch_date: batch_date.unwrap_or(BatchDate::MIN),
                header_bytes: layout.header_bytes,
                judge,
                plain_bytes_max: self.config.limits.plain_bytes_max_of(object.bytes),
                open,
            }
        };
        objects.iter().zip(&plan.layouts).map(input).collect()
    }

    /// The limits of work that begins now.
    pub(crate) fn watch(&self, plan: &Plan, deadline: Option<Instant>, progress: &Arc<Progress>) -> Watch {
        let limits = &self.config.limits;
        let engine_bytes = engine::memory_bytes(plan, self.workers.current_num_threads());
        let transfer_bytes = match self.config.lake {
            LakeLocation::Folder(_) => 0,
            LakeLocation::S3 { .. } => {
                limits.transfer_memory_bytes(Output::of(&plan.rules.contract, &self.config.formats).len())
            }
        };
        // A few objects are part of every constant.
        let window_bytes = window_bytes(plan.layouts.len(), plan.columns.extras.len());
        let fixed_bytes = engine_bytes + transfer_bytes + window_bytes.saturating_sub(WINDOW_BYTES_GRANTED);
        Watch::new(Arc::clone(progress), deadline, limits.memory_bytes_max, fixed_bytes, self.host.memory_bytes)
    }

    /// Fails when what must be kept of the window's objects does not fit the memory granted, before it is allocated.
    pub(super) fn check_window_memory(&self, objects: usize, extras: usize, more_bytes: u64) -> Result<()> {
        let needed = window_bytes(objects, extras).saturating_add(more_bytes);
        match self.config.limits.memory_bytes_max {
            Some(granted) if needed > granted => Err(Error::new(
                ErrorKind::TooLarge,
                format!(
                    "{objects} objects with their columns need {} MiB of memory before the first row is read; {} MiB are \
                     granted",
                    needed.div_ceil(MIB),
                    granted / MIB,
                ),
            )),
            _ => Ok(()),
        }
    }
}

/// What [`engine::memory_bytes`] leaves room for.
const WINDOW_BYTES_GRANTED: u64 = MIB;

/// The bytes of memory that so many objects take, whose layouts each have a place for every extra column.
fn window_bytes(objects: usize, extras: usize) -> u64 {
    let layout_bytes = (extras as u64).saturating_mul(size_of::<usize>() as u64);
    (objects as u64).saturating_mul(OBJECT_BYTES.saturating_add(layout_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_count_with_each_of_their_columns() {
        assert_eq!(window_bytes(1200, 0), 1200 * 2048);
        assert_eq!(window_bytes(1200, 1000), 1200 * (2048 + 8000));
        assert_eq!(window_bytes(usize::MAX, usize::MAX), u64::MAX, "no overflow hides what is needed");
    }
}
