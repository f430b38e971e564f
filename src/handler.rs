//! What the Lambda does with an event: which runs it asks for, one after the other, and a reply that sums them up.

mod reply;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::Value;

use crate::day::failed_run::FailedRun;
use crate::day::hand_over::HandOver;
use crate::day::manifest::Manifest;
use crate::day::{Outcome, Report, Runner, Status, in_time};
use crate::engine::{Balance, Progress};
use crate::error::{Error, ErrorKind, Result};
use crate::lake::LakeLocation;
use crate::trigger::event::{self, Ignored, LakeScope, Message, Request, Wanted, Wish};
use crate::trigger::window::BatchDate;
use crate::warnings::Warning;
pub use reply::{IgnoredReply, ItemFailure, LeftOutReply, Reply, RunOutcome, RunReply, WarningReply};
use reply::{came_out, run_failed};

/// Handles events on one lake.
pub struct Handler {
    runner: Runner,
    scope: LakeScope,
    observe: Box<Observer>,
}

/// Is told how each run came out, right after it.
type Observer = dyn Fn(BatchDate, &Result<Outcome>) + Send + Sync;

/// The runs of one message, or why it has none.
type Planned = Result<BTreeMap<BatchDate, Wish>>;

impl Handler {
    /// A handler whose runs `runner` does.
    pub fn new(runner: Runner) -> Self {
        let scope = scope(&runner);
        Self { runner, scope, observe: Box::new(|_, _| ()) }
    }

    /// The same handler, which tells `observe` of each run as soon as it came out.
    pub fn observed_by(self, observe: impl Fn(BatchDate, &Result<Outcome>) + Send + Sync + 'static) -> Self {
        Self { observe: Box::new(observe), ..self }
    }

    /// Handles one event, which must be done by `deadline`.
    ///
    /// # Errors
    ///
    /// A direct event fails when one of its runs does, after all others were tried; SQS messages fail one by one.
    pub async fn handle(&self, payload: Value, deadline: Option<Instant>, progress: &Arc<Progress>) -> Result<Reply> {
        match event::parse(payload, &self.scope)? {
            Request::Direct(wanted) => self.handle_direct(wanted, deadline, progress).await,
            Request::Sqs(messages) => self.handle_messages(messages, deadline, progress).await,
        }
    }

    async fn handle_direct(
        &self,
        wanted: Wanted,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Reply> {
        let mut ignored = Vec::new();
        let existing = self.existing_batches([&wanted], deadline).await?;
        let planned = self.plan(wanted, &existing, &mut ignored)?;
        let outcomes = self.run_all(&planned, deadline, progress).await;
        let failures = outcomes.values().filter(|outcome| outcome.is_err()).count();
        let runs = outcomes.len();
        let mut replies = Vec::new();
        for (run_date, outcome) in outcomes {
            let outcome = outcome.map_err(|error| in_run(error, run_date, failures, runs))?;
            replies.push(RunReply { run_date, outcome: came_out(&outcome) });
        }
        Ok(Reply { runs: replies, ignored, batch_item_failures: None })
    }

    async fn handle_messages(
        &self,
        messages: Vec<Message>,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> Result<Reply> {
        let understood = messages.iter().filter_map(|message| message.wanted.as_ref().ok());
        let existing = self.existing_batches(understood, deadline).await?;
        let mut ignored = Vec::new();
        let mut planned: Vec<(String, Planned)> = Vec::new();
        for Message { id, wanted } in messages {
            let plan = wanted.and_then(|wanted| self.plan(wanted, &existing, &mut ignored));
            if let Err(error) = &plan {
                tracing::error!(message_id = %id, error_type = %error.kind(), %error, "message failed");
            }
            planned.push((id, plan));
        }
        let mut all = BTreeMap::new();
        for (&date, &wish) in planned.iter().flat_map(|(_, plan)| plan.iter().flatten()) {
            let wished: &mut Wish = all.entry(date).or_insert(wish);
            *wished = wished.and(wish);
        }
        let outcomes = self.run_all(&all, deadline, progress).await;
        let failed = |plan: &Planned| match plan {
            Ok(runs) => runs.keys().any(|date| outcomes.get(date).is_none_or(Result::is_err)),
            Err(_) => true,
        };
        let failures = planned.iter().filter(|(_, plan)| failed(plan));
        let failures = failures.map(|(id, _)| ItemFailure { item_identifier: id.clone() }).collect();
        let reply = |(&run_date, outcome): (&BatchDate, &Result<Outcome>)| RunReply {
            run_date,
            outcome: outcome.as_ref().map_or_else(run_failed, came_out),
        };
        let runs = outcomes.iter().map(reply).collect();
        Ok(Reply { runs, ignored, batch_item_failures: Some(failures) })
    }

    /// The dates of all batches in the lake, unless nothing is wanted of them.
    async fn existing_batches<'w>(
        &self,
        wanted: impl IntoIterator<Item = &'w Wanted>,
        deadline: Option<Instant>,
    ) -> Result<BTreeSet<BatchDate>> {
        match wanted.into_iter().any(|wanted| !wanted.wants.is_empty()) {
            true => in_time(deadline, "the batches were listed", self.runner.existing_batches()).await,
            false => Ok(BTreeSet::new()),
        }
    }

    fn plan(&self, wanted: Wanted, existing: &BTreeSet<BatchDate>, ignored: &mut Vec<IgnoredReply>) -> Planned {
        let config = self.runner.config();
        let plan = event::run_dates(&wanted.wants, existing, config.window_days, config.lookback_days);
        let skipped = plan.as_ref().map(|plan| plan.skipped.clone()).unwrap_or_default();
        for Ignored { what, why } in wanted.ignored.into_iter().chain(skipped) {
            tracing::info!(what, %why, "ignored");
            ignored.push(IgnoredReply { what, why: why.to_string() });
        }
        Ok(plan?.runs)
    }

    /// Runs newest first: it is what people wait for. A run that fails does not keep the others from being tried.
    ///
    /// What has nothing to do is told first, at the price of a look, so that the time is shared among the runs that do
    /// something: each but the last gets at most three quarters of what is left, and none can take all of it.
    async fn run_all(
        &self,
        planned: &BTreeMap<BatchDate, Wish>,
        deadline: Option<Instant>,
        progress: &Arc<Progress>,
    ) -> BTreeMap<BatchDate, Result<Outcome>> {
        let mut outcomes = BTreeMap::new();
        let mut to_do = Vec::new();
        for (&run_date, &wish) in planned.iter().rev() {
            // A look that fails is repeated, and its failure told, when the run's turn comes.
            let settled = match planned.len() {
                1 => None,
                _ => catch_panic(self.runner.settled(run_date, wish, deadline)).await.ok().flatten(),
            };
            match settled {
                Some(outcome) => self.tell(run_date, Ok(outcome), &mut outcomes),
                None => to_do.push((run_date, wish)),
            }
        }
        let runs = to_do.len();
        for (number, (run_date, wish)) in (1..).zip(to_do) {
            let others_wait = number < runs;
            let outcome = match deadline {
                Some(deadline) if Instant::now() >= deadline => {
                    Err(Error::new(ErrorKind::DeadlineExceeded, "no time was left to begin the run"))
                }
                Some(deadline) if others_wait => {
                    let share = Instant::now() + share_of(deadline.saturating_duration_since(Instant::now()));
                    let run = self.runner.run_for(run_date, wish, Some(share), progress);
                    catch_panic(run).await.map_err(|error| in_share(error, Instant::now() < deadline))
                }
                _ => catch_panic(self.runner.run_for(run_date, wish, deadline, progress)).await,
            };
            self.tell(run_date, outcome, &mut outcomes);
        }
        outcomes
    }

    fn tell(&self, run_date: BatchDate, outcome: Result<Outcome>, outcomes: &mut BTreeMap<BatchDate, Result<Outcome>>) {
        log(run_date, &outcome);
        (self.observe)(run_date, &outcome);
        outcomes.insert(run_date, outcome);
    }
}

/// What a run may take of the time that is left while others wait.
fn share_of(left: Duration) -> Duration {
    left * 3 / 4
}

/// Says of a run that ran out of its share of the time that there was more, which others had to have.
fn in_share(error: Error, is_time_left: bool) -> Error {
    if error.kind() != ErrorKind::DeadlineExceeded || !is_time_left {
        return error;
    }
    let message = "the run took the three quarters of the time that a run may take while others wait; asked for alone \
                   it has all of it";
    Error::new(ErrorKind::DeadlineExceeded, message).caused_by(error)
}

/// Makes a panic an error. Left to others, its message would be told, and it may quote what was being read.
pub async fn catch_panic<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let panicked = |_| Err(Error::internal("the function panicked; its log says where"));
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(panicked)
}

/// Which keys of which bucket are ours.
fn scope(runner: &Runner) -> LakeScope {
    let config = runner.config();
    let (bucket, key_prefix) = match &config.lake {
        LakeLocation::Folder(_) => (None, String::new()),
        LakeLocation::S3 { bucket, prefix } => (Some(bucket.clone()), prefix.clone()),
    };
    LakeScope {
        input_prefix: config.input_prefix.clone(),
        objects: runner.objects().clone(),
        output_prefix: config.output_prefix.clone(),
        bucket,
        key_prefix,
    }
}

fn log(run_date: BatchDate, outcome: &Result<Outcome>) {
    match outcome {
        Ok(Outcome::Done(Report { status: Status::Unchanged, .. })) => tracing::info!(%run_date, "run unchanged"),
        Ok(Outcome::Done(Report { status: Status::Published, manifest })) => {
            log_left_out(run_date, manifest);
            let Balance { read, written, filtered, duplicates, rejected } = &manifest.figures.balance;
            let filtered: Vec<String> = filtered.iter().map(|by| format!("{}: {}", by.filter, by.rows)).collect();
            let filtered = filtered.join(", ");
            tracing::info!(
                %run_date, read, written, filtered, duplicates, rejected,
                duration_ms = manifest.timings.total_ms, "run published"
            );
            manifest.warnings.iter().for_each(|warning| log_warning(run_date, warning));
        }
        Ok(Outcome::Waiting(FailedRun { error_type, error_message, failed_at, .. })) => tracing::warn!(
            %run_date, error_type, error = error_message, failed_at,
            "run waits: it failed for good, and its inputs, settings and program are the same"
        ),
        Ok(Outcome::HandedOver(HandOver { failed: FailedRun { error_type, error_message, .. }, .. })) => {
            tracing::warn!(
                %run_date, error_type, error = error_message, "run handed over to a larger machine"
            )
        }
        Err(error) => tracing::error!(%run_date, error_type = %error.kind(), %error, "run failed"),
    }
}

fn log_warning(run_date: BatchDate, warning: &Warning) {
    let Warning { kind, object, batch_date, column, rows, of, message } = warning;
    let batch_date = batch_date.map(tracing::field::display);
    tracing::warn!(%run_date, warning = %kind, object, batch_date, column, rows, of, reason = message, "run warned");
}

fn log_left_out(run_date: BatchDate, manifest: &Manifest) {
    for entry in &manifest.left_out {
        tracing::warn!(
            %run_date, key = entry.version.key, batch_date = %entry.batch_date, reason = entry.reason,
            "an unusable object was left out"
        );
    }
    for day in &manifest.left_out_days {
        tracing::warn!(%run_date, batch_date = %day, "nothing of a batch could be used: the day is as good as missing");
    }
}

fn in_run(error: Error, run_date: BatchDate, failures: usize, runs: usize) -> Error {
    let others = if runs > 1 { format!(" ({failures} of {runs} runs failed)") } else { String::new() };
    Error::new(error.kind(), format!("run of {run_date} failed{others}")).caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_internal_error_without_its_message() {
        let error = catch_panic::<()>(async { panic!("a cell") }).await.expect_err("a panic");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.to_string(), "the function panicked; its log says where");
    }
}
