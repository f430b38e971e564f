//! Runs: each tries until what is published is what its inputs and settings give.

mod attempt;
mod history;
mod inputs;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::config::Config;
use crate::engine::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Force;
use crate::host::Host;
use crate::manifest::Manifest;
use crate::store::Store;
use crate::window::{BatchDate, batch_of_key};
use attempt::Attempt;
pub(crate) use inputs::Window;

/// How often a run begins anew because an input or an output was replaced meanwhile.
const ATTEMPTS_MAX: u32 = 6;

/// Everything that runs need, whatever their dates.
pub struct Runner {
    store: Arc<dyn Store>,
    config: Config,
    workers: Arc<ThreadPool>,
    host: Host,
}

/// How a run that succeeded came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether anything had to be done.
    pub status: Status,
    /// The record of the run, or of the earlier one that still stands.
    pub manifest: Manifest,
}

/// Whether a run published anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The day was computed and published.
    Published,
    /// What is published already is what the run would publish; no data was read.
    Unchanged,
}

impl Runner {
    /// A runner on a lake.
    pub fn new(store: Arc<dyn Store>, config: Config, host: Host) -> Result<Self> {
        let mut workers = rayon::ThreadPoolBuilder::new().thread_name(|number| format!("worker-{number}"));
        if let Some(threads) = config.limits.threads {
            workers = workers.num_threads(threads);
        }
        let workers =
            workers.build().map_err(|error| Error::internal("worker threads cannot be started").caused_by(error))?;
        Ok(Self { store, config, workers: Arc::new(workers), host })
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The lake.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Runs `run_date` and publishes it, unless what is published is already right.
    pub async fn run(
        &self,
        run_date: BatchDate,
        force: Force,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Report> {
        let deadline = [deadline, self.deadline()].into_iter().flatten().min();
        let mut attempt = 1;
        loop {
            match (Attempt { runner: self, run_date, force, deadline, progress }).run().await {
                Err(error) if error.kind() == ErrorKind::Conflict && attempt < ATTEMPTS_MAX => {
                    tracing::info!(%run_date, attempt, %error, "run begins anew");
                    tokio::time::sleep(pause_before(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// When work that begins now must end by the settings.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.config.limits.run_time_max.map(|time| Instant::now() + time)
    }

    /// The worker threads.
    #[cfg(feature = "cli")]
    pub(crate) fn workers(&self) -> Arc<ThreadPool> {
        Arc::clone(&self.workers)
    }

    /// The dates of all batches in the lake.
    pub async fn existing_batches(&self) -> Result<BTreeSet<BatchDate>> {
        let prefix = &self.config.input_prefix;
        let objects = self.store.list(prefix, None).await?;
        Ok(objects.iter().filter_map(|object| batch_of_key(&object.key, prefix).ok()).collect())
    }
}

/// Doubles each time, and differs between two runs that have just met.
fn pause_before(attempt: u32) -> Duration {
    use std::hash::{BuildHasher, RandomState};
    let jitter_ms = RandomState::new().hash_one(attempt) % 100;
    Duration::from_millis((50 << attempt.min(6)) + jitter_ms)
}

/// What the storage answers, if it does so in time. Not for publishing: that goes on, as the time kept free allows.
pub(crate) async fn in_time<T>(
    deadline: Option<Instant>,
    before: &str,
    answer: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(deadline) = deadline else { return answer.await };
    let too_late = || {
        let message = format!("the time granted, less DEADLINE_MARGIN_SECONDS, is up before {before}");
        Err(Error::new(ErrorKind::DeadlineExceeded, message))
    };
    // A wait of no time at all would still let through an answer that is there at once.
    if Instant::now() >= deadline {
        return too_late();
    }
    tokio::time::timeout_at(deadline.into(), answer).await.unwrap_or_else(|_| too_late())
}
