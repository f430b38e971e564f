//! Reads the rows of a run's window for somebody who publishes nothing: the same objects, limits and rules as a run.

use std::sync::Arc;
use std::time::Instant;

use rayon::ThreadPool;

use super::{Inputs, Runner, Window, in_time};
use crate::contract::Contract;
use crate::day::manifest::LeftOutEntry;
use crate::engine::{self, Input, Plan, Progress, Selected, Watch};
use crate::error::{Error, Result};
use crate::read::header::Header;
use crate::rows::Rules;
use crate::sinks::Sink;
use crate::store::ObjectVersion;
use crate::trigger::window::BatchDate;

/// The window of a run, ready to be read.
pub struct Reading {
    /// The date of the run.
    pub run_date: BatchDate,
    /// The batch dates of the window, oldest first.
    pub window: Vec<BatchDate>,
    /// Those of them for which there is no batch.
    pub missing_days: Vec<BatchDate>,
    /// The objects that are read, in order.
    pub objects: Vec<ObjectVersion>,
    /// The objects that could not be used.
    pub left_out: Vec<LeftOutEntry>,
    /// The batch dates of which everything is left out.
    pub left_out_days: Vec<BatchDate>,
    /// How the rows are read.
    pub plan: Plan,
    inputs: Vec<Input>,
    workers: Arc<ThreadPool>,
    watch: Arc<Watch>,
}

impl Reading {
    /// Feeds the rows to the sinks.
    pub fn feed(&self, sinks: &mut [Box<dyn Sink + '_>]) -> Result<Selected> {
        engine::feed(&self.plan, self.inputs.clone(), sinks, &self.workers, &self.watch)
    }

    /// The threads for what is computed of the rows.
    pub fn workers(&self) -> &ThreadPool {
        &self.workers
    }
}

impl Runner {
    /// Reads the rows of the window that ends at `run_date`, by the contract that `contract_of` makes of the runner's own
    /// and of the headers. `work` feeds them to its sinks; it begins again, without what was made before, if an object
    /// turns out to be unusable and may be left out.
    pub async fn read<T: Send + 'static>(
        &self,
        run_date: BatchDate,
        progress: &Arc<Progress>,
        contract_of: impl Fn(&Contract, &[Arc<Header>]) -> Contract,
        work: impl Fn(Reading) -> Result<T> + Clone + Send + 'static,
    ) -> Result<T> {
        let deadline = self.deadline();
        let mut left_out = Vec::new();
        loop {
            let window = in_time(deadline, "the inputs were listed", self.window(run_date)).await?;
            let read = async {
                let mut inputs = self.usable(&window, &left_out).await?;
                let contract = contract_of(&self.config.rules.contract, &inputs.headers);
                let rules = Rules::compile(Arc::new(contract), self.config.rules.null_markers.clone())?;
                let plan = self.plan(&mut inputs, run_date, rules).await?;
                Ok((inputs, plan))
            };
            let (inputs, plan) = in_time(deadline, "the headers were read", read).await?;
            progress.begin(engine::passes(&plan) * inputs.objects.iter().map(|object| object.bytes).sum::<u64>());
            let (reading, work) = (self.reading(&window, inputs, plan, deadline, progress), work.clone());
            let done = tokio::task::spawn_blocking(move || work(reading)).await;
            match done.map_err(|_| Error::internal("the work on the rows panicked"))? {
                // Bounded: each time there is one object less to read.
                Err(error) if left_out.len() < window.objects.len() => left_out.push(self.leave_out(error, &window)?),
                outcome => return outcome,
            }
        }
    }

    fn reading(
        &self,
        window: &Window,
        inputs: Inputs,
        plan: Plan,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Reading {
        Reading {
            run_date: window.run_date(),
            window: window.days.clone(),
            missing_days: window.missing_days.clone(),
            left_out_days: inputs.left_out_days(),
            inputs: self.engine_inputs(&plan, &inputs.objects),
            objects: inputs.objects,
            left_out: inputs.left_out,
            workers: Arc::clone(&self.workers),
            watch: Arc::new(self.watch(&plan, deadline, progress)),
            plan,
        }
    }
}
