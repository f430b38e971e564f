//! What a run or an analysis reads: the objects of the window, the columns of their headers, and the limits while reading.

use std::sync::Arc;
use std::time::Instant;

use super::Runner;
use crate::config::LakeLocation;
use crate::engine::{self, Input, Plan, Progress, Watch};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::parse::row_judge;
use crate::read::decompress::plain_text;
use crate::read::header::{HEADER_BYTES_MAX, Header};
use crate::schema::{Layout, OutputColumns, UnfitHeader};
use crate::seed::Seed;
use crate::store::ObjectVersion;
use crate::window::{BatchDate, batch_of_key, batch_prefix, window};

/// The inputs of a run.
pub(crate) struct Window {
    /// The batch dates, oldest first.
    pub(crate) days: Vec<BatchDate>,
    /// Those of them for which there is no batch.
    pub(crate) missing_days: Vec<BatchDate>,
    /// The objects, oldest day first and in key order.
    pub(crate) objects: Vec<ObjectVersion>,
}

impl Runner {
    /// Lists the objects of the window that ends at `run_date`, which must have a batch.
    pub(crate) async fn window(&self, run_date: BatchDate) -> Result<Window> {
        let days = window(run_date, self.config.window_days);
        let batches = futures_util::future::try_join_all(days.iter().map(|day| self.batch(*day))).await?;
        let is_missing = |(day, batch): (&BatchDate, &Vec<ObjectVersion>)| batch.is_empty().then_some(*day);
        let missing_days: Vec<BatchDate> = days.iter().zip(&batches).filter_map(is_missing).collect();
        if missing_days.contains(&run_date) {
            let prefix = batch_prefix(run_date, &self.config.input_prefix);
            let message = format!("there is no batch for {run_date}: no object {prefix}*.csv[.gz|.zst]");
            return Err(Error::invalid_input(message));
        }
        Ok(Window { days, missing_days, objects: batches.concat() })
    }

    /// The objects of one batch, in key order.
    async fn batch(&self, date: BatchDate) -> Result<Vec<ObjectVersion>> {
        let prefix = &self.config.input_prefix;
        let mut objects = self.store.list(&batch_prefix(date, prefix), None).await?;
        objects.retain(|object| batch_of_key(&object.key, prefix) == Ok(date));
        Ok(objects)
    }

    /// Reads all headers, which together decide the columns, for a run.
    pub(crate) async fn plan(&self, objects: &[ObjectVersion]) -> Result<Plan> {
        let headers = self.headers(objects).await?;
        Ok(self.plan_with(&headers, self.columns(objects, &headers)?))
    }

    /// The columns of the window's outputs.
    pub(crate) fn columns(&self, objects: &[ObjectVersion], headers: &[Header]) -> Result<OutputColumns> {
        OutputColumns::of_window(headers, self.config.columns_max).map_err(|UnfitHeader { header, message }| {
            let object = objects.get(header).map_or("", |object| &object.key);
            Error::invalid_input(message).at(object)
        })
    }

    /// The headers of these objects.
    pub(crate) async fn headers(&self, objects: &[ObjectVersion]) -> Result<Vec<Header>> {
        futures_util::future::try_join_all(objects.iter().map(|object| self.header(object))).await
    }

    async fn header(&self, object: &ObjectVersion) -> Result<Header> {
        let beginning = self.store.peek(object, HEADER_BYTES_MAX as u64).await?;
        Header::read(plain_text(&beginning[..], &object.key)?, &object.key, self.config.columns_max)
    }

    /// The plan for objects with these headers and these columns in the output.
    pub(crate) fn plan_with(&self, headers: &[Header], columns: OutputColumns) -> Plan {
        Plan {
            rules: self.config.rules.clone(),
            layouts: headers.iter().map(|header| Layout::new(header, &columns)).collect(),
            columns,
            parquet: self.config.parquet,
            rejected_bytes_max: self.config.rejected_bytes_max,
            seed: Seed::random(),
            chunk_bytes: self.config.limits.chunk_bytes,
        }
    }

    /// The objects as the engine reads them.
    pub(crate) fn inputs(&self, plan: &Plan, objects: &[ObjectVersion]) -> Vec<Input> {
        let input = |(object, layout): (&ObjectVersion, &Layout)| {
            let (store, version) = (Arc::clone(&self.store), object.clone());
            let open = Box::new(move || store.open(&version));
            let judge = row_judge(layout, &plan.rules);
            let batch_date = batch_of_key(&object.key, &self.config.input_prefix).unwrap_or(BatchDate::MIN);
            Input { key: object.key.clone(), batch_date, header_bytes: layout.header_bytes, judge, open }
        };
        objects.iter().zip(&plan.layouts).map(input).collect()
    }

    /// The limits of work that begins now.
    pub(crate) fn watch(&self, plan: &Plan, deadline: Option<Instant>, progress: &Arc<Progress>) -> Watch {
        let limits = &self.config.limits;
        let engine_bytes = engine::memory_bytes(plan, self.workers.current_num_threads());
        let transfer_bytes = match self.config.lake {
            LakeLocation::Folder(_) => 0,
            LakeLocation::S3 { .. } => limits.transfer_memory_bytes(Output::ALL.len()),
        };
        Watch::new(
            Arc::clone(progress),
            deadline,
            limits.memory_bytes_max,
            engine_bytes + transfer_bytes,
            self.host.memory_bytes,
        )
    }
}
