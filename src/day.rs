//! A day: runs, each of which tries until what is published is what its inputs and settings give; the outputs, and the
//! manifest that vouches for them.

mod attempt;
mod compute;
mod failed;
pub mod failed_run;
pub mod hand_over;
mod history;
mod inputs;
mod left_out;
pub mod manifest;
mod publish;
mod reading;
mod rejected;
mod size;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::config::Config;
use crate::day::failed_run::FailedRun;
use crate::day::hand_over::HandOver;
use crate::day::manifest::{LeftOutEntry, Manifest};
use crate::engine::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::host::Host;
use crate::store::Store;
use crate::trigger::event::{Force, Origin, Wish};
use crate::trigger::window::{BatchDate, ObjectPattern};
use attempt::{Attempt, Ending};
use inputs::Window;
use left_out::Inputs;
pub use left_out::UnusableObjects;
pub use reading::Reading;

/// How often a run starts over because an input or an output was replaced meanwhile.
const ATTEMPTS_MAX: u32 = 6;

/// How often a run starts over because objects turn out to be unusable on the way. Each time costs as much as reading
/// up to there, so a lake with more of them needs somebody to look at it.
const BEGINNINGS_WITHOUT_MAX: u32 = 16;

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

/// How a wish for a run came out that did not fail.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per run")]
pub enum Outcome {
    /// What is published is right.
    Done(Report),
    /// It failed for good earlier, and nothing has changed since. It is left alone until something does.
    Waiting(FailedRun),
    /// It is too large for this machine, and a larger one is asked to run it.
    HandedOver(HandOver),
}

impl Outcome {
    /// The report of a run that is done.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Done(report) => Some(report),
            Self::Waiting(_) | Self::HandedOver(_) => None,
        }
    }
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

    /// Which objects below the input prefix are parts of a batch.
    pub fn objects(&self) -> &ObjectPattern {
        &self.config.rules.contract.input.objects
    }

    /// The lake.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Runs `run_date` for somebody who asks for it, and publishes it, unless what is published is already right.
    pub async fn run(
        &self,
        run_date: BatchDate,
        force: Force,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Report> {
        let wish = Wish { origin: Origin::Person, force };
        match self.try_until_done(run_date, wish, deadline, progress, &mut None).await? {
            Outcome::Done(report) => Ok(report),
            Outcome::Waiting(_) | Outcome::HandedOver(_) => {
                Err(Error::internal("a run that somebody asked for was left to others"))
            }
        }
    }

    /// Runs `run_date` as it is wished. What fails for good is noted for the tick, or handed over to a larger machine.
    pub async fn run_for(
        &self,
        run_date: BatchDate,
        wish: Wish,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Outcome> {
        let mut listed = None;
        let outcome = self.try_until_done(run_date, wish, deadline, progress, &mut listed).await;
        let (Err(error), Some(window)) = (&outcome, &listed) else { return outcome };
        let failed = || FailedRun::new(error, run_date, &window.objects, &self.config, (self.host.now)());
        match &self.config.hand_over {
            Some(settings) if hand_over::would_help(error) => {
                let note = HandOver::new(failed(), settings, wish.force);
                // A day that could not be handed over is not noted either: then the tick tries it again.
                self.hand_over(note, wish.origin).await.map_or(outcome, Ok)
            }
            _ => {
                if wish.origin != Origin::Person && failed::is_for_good(error) {
                    self.note_failure(&failed()).await;
                }
                outcome
            }
        }
    }

    /// Whether a run has nothing to do, by a look at what is published and at the inputs, without reading either.
    pub async fn settled(&self, run_date: BatchDate, wish: Wish, deadline: Option<Instant>) -> Result<Option<Outcome>> {
        Attempt { runner: self, run_date, wish, deadline, progress: &Arc::default(), left_out: &[] }.look().await
    }

    async fn try_until_done(
        &self,
        run_date: BatchDate,
        wish: Wish,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
        listed: &mut Option<Window>,
    ) -> Result<Outcome> {
        let deadline = [deadline, self.deadline()].into_iter().flatten().min();
        let (mut attempt, mut beginnings_without) = (1, 0);
        let mut left_out: Vec<LeftOutEntry> = Vec::new();
        loop {
            let this = Attempt { runner: self, run_date, wish, deadline, progress, left_out: &left_out };
            match this.run(listed).await {
                Err(error) if error.kind() == ErrorKind::Conflict && attempt < ATTEMPTS_MAX => {
                    tracing::info!(%run_date, attempt, %error, "run begins anew");
                    tokio::time::sleep(pause_before(attempt)).await;
                    attempt += 1;
                }
                Ok(Ending::BeginWithout(unusable)) => {
                    if beginnings_without == BEGINNINGS_WITHOUT_MAX {
                        return Err(too_many_unusable(&unusable));
                    }
                    for LeftOutEntry { version, reason, .. } in &unusable {
                        tracing::warn!(%run_date, key = version.key, reason, "run starts over without an object");
                    }
                    beginnings_without += 1;
                    left_out.extend(unusable);
                }
                Ok(Ending::Over(outcome)) => return Ok(*outcome),
                Err(error) => return Err(error),
            }
        }
    }

    /// When work that begins now must end by the settings.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.config.limits.run_time_max.map(|time| Instant::now() + time)
    }

    /// The date after the one that it is now, UTC: a batch of it may have come from a time zone further east.
    pub fn tomorrow(&self) -> BatchDate {
        BatchDate::new((self.host.now)().date_naive()).map_or(BatchDate::MAX, |today| today.plus_days(1))
    }

    /// The dates of all batches in the lake.
    pub async fn existing_batches(&self) -> Result<BTreeSet<BatchDate>> {
        let prefix = &self.config.input_prefix;
        let objects = self.store.list(prefix).await?;
        Ok(objects.iter().filter_map(|object| self.objects().batch_of_key(&object.key, prefix).ok()).collect())
    }
}

fn too_many_unusable(last: &[LeftOutEntry]) -> Error {
    let (key, reason) = last.first().map_or(("", ""), |entry| (&entry.version.key, &entry.reason));
    let message = format!(
        "the run started over without unusable objects {BEGINNINGS_WITHOUT_MAX} times, and there is one more: {reason}"
    );
    Error::invalid_input(message).at(key)
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
