//! One attempt at a run: from the look at what is published to the manifest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join;

use super::compute::{Computed, compute};
use super::{Inputs, Outcome, Report, Runner, Status, Window, in_time, rejected};
use crate::day::manifest::{ContractEntry, Figures, InputEntry, LeftOutEntry, Manifest, Memory, RuleSettings, Timings};
use crate::day::publish::{PublishedDay, publish_manifest, publish_outputs};
use crate::engine::{self, Plan, Progress, Tally};
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::Output;
use crate::store::{Upload, UploadId};
use crate::trigger::event::{Force, Origin, Wish};
use crate::trigger::window::BatchDate;
use crate::warnings::{self, EarlierRun, Facts, Warning};

/// How long a stopped engine is waited for, so that its uploads are still when they are aborted.
const STOPPING_TIME_MAX: Duration = Duration::from_secs(2);

/// What an attempt is made with.
pub(super) struct Attempt<'r> {
    pub(super) runner: &'r Runner,
    pub(super) run_date: BatchDate,
    pub(super) wish: Wish,
    pub(super) deadline: Option<Instant>,
    pub(super) progress: &'r Arc<Progress>,
    /// Objects that earlier attempts found unusable.
    pub(super) left_out: &'r [LeftOutEntry],
}

/// How an attempt ended that did not fail.
pub(super) enum Ending {
    /// The run is over.
    Over(Box<Outcome>),
    /// These objects turned out to be unusable on the way; the run goes on without them.
    BeginWithout(Vec<LeftOutEntry>),
}

impl Attempt<'_> {
    /// Leaves in `listed` what it finds to read, also when it fails.
    pub(super) async fn run(&self, listed: &mut Option<Window>) -> Result<Ending> {
        *listed = None;
        let started = (Instant::now(), (self.runner.host.now)());
        let (config, store) = (&self.runner.config, &*self.runner.store);
        let wanted = Output::of(&config.rules.contract, &config.formats);

        // Invariant SEEN-FIRST: in this order.
        let look = PublishedDay::look(store, &config.output_prefix, self.run_date, &wanted);
        let seen = in_time(self.deadline, "it was known what is published", look).await?;
        let window = in_time(self.deadline, "the inputs were listed", self.runner.window(self.run_date)).await?;
        let window = &*listed.insert(window);
        if let Some(outcome) = self.settled(&seen, window) {
            if seen.failed.is_some() && matches!(outcome, Outcome::Done(_)) {
                self.runner.forget_failure(self.run_date, &window.objects).await;
            }
            return Ok(Ending::Over(Box::new(outcome)));
        }

        let reading = async {
            let mut inputs = self.runner.usable(window, self.left_out).await?;
            let plan = self.runner.plan(&mut inputs, self.run_date, config.rules.clone()).await?;
            Ok((inputs, Arc::new(plan)))
        };
        let (inputs, plan) = in_time(self.deadline, "the headers were read", reading).await?;
        self.progress.begin(engine::passes(&plan) * inputs.objects.iter().map(|object| object.bytes).sum::<u64>());
        let fits = self.runner.check_size(self.run_date, &inputs.objects, &plan, self.deadline, self.progress);
        in_time(self.deadline, "it was known whether the run fits", fits).await?;
        let (uploads, outputs) = self.stage(wanted).await?;
        let published = async {
            let history = async { Ok(self.runner.history(self.run_date).await) };
            let (processed, history) = try_join(self.process(&plan, &inputs, window, outputs), history).await?;
            match processed {
                Processed::Staged(staged) => {
                    let warnings = self.warnings(&inputs, &staged.tally, &history?)?;
                    self.publish(&seen, window, inputs, *staged, warnings, started).await.map(Ok)
                }
                Processed::Without(unusable) => Ok(Err(unusable)),
            }
        };
        let published = published.await;
        if !matches!(published, Ok(Ok(_))) {
            store.abort(&uploads).await;
        }
        match published? {
            Ok(manifest) => {
                self.check_inputs(window).await?;
                if seen.failed.is_some() {
                    self.runner.forget_failure(self.run_date, &window.objects).await;
                }
                let report = Report { status: Status::Published, manifest };
                Ok(Ending::Over(Box::new(Outcome::Done(report))))
            }
            Err(unusable) => Ok(Ending::BeginWithout(unusable)),
        }
    }

    /// What the run comes out as without reading anything: unchanged, or waiting because it would only fail again.
    fn settled(&self, seen: &PublishedDay, window: &Window) -> Option<Outcome> {
        if self.wish.force == Force::Always {
            return None;
        }
        let config = &self.runner.config;
        if let Some(manifest) = &seen.manifest
            && manifest.matches(&window.objects, &RuleSettings::of(config), &seen.versions())
        {
            return Some(Outcome::Done(Report { status: Status::Unchanged, manifest: manifest.clone() }));
        }
        let failed = seen.failed.as_ref().and_then(Option::as_ref)?;
        let waits = self.wish.origin == Origin::Tick && failed.matches(&window.objects, config);
        waits.then(|| Outcome::Waiting(failed.clone()))
    }

    /// [`Attempt::settled`] by a look at the lake; `None` if there is something to do.
    pub(super) async fn look(&self) -> Result<Option<Outcome>> {
        let config = &self.runner.config;
        let wanted = Output::of(&config.rules.contract, &config.formats);
        let looking = async {
            let seen = PublishedDay::look(&*self.runner.store, &config.output_prefix, self.run_date, &wanted).await?;
            let window = self.runner.window(self.run_date).await?;
            Ok(self.settled(&seen, &window))
        };
        in_time(self.deadline, "it was known what is published", looking).await
    }

    /// Makes sure that the inputs are still those that were read.
    ///
    /// Invariant LISTED-LAST: a run with newer inputs may have found nothing to do, because they are those of what was
    /// published before us (a correction taken back). It looked before we wrote the manifest, so they are there by now.
    async fn check_inputs(&self, read: &Window) -> Result<()> {
        if self.runner.window(self.run_date).await?.objects == read.objects {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Conflict, "inputs changed while they were published"))
    }

    /// Begins the uploads of all outputs.
    async fn stage(&self, wanted: Vec<Output>) -> Result<(Vec<UploadId>, Vec<(Output, Box<dyn Upload>)>)> {
        let mut uploads: Vec<(Output, Box<dyn Upload>)> = Vec::with_capacity(wanted.len());
        let ids = |uploads: &[(Output, Box<dyn Upload>)]| uploads.iter().map(|(_, upload)| upload.id()).collect();
        for output in wanted {
            match self.begin_upload(&output).await {
                Ok(upload) => uploads.push((output, upload)),
                Err(error) => {
                    let ids: Vec<UploadId> = ids(&uploads);
                    drop(uploads);
                    self.runner.store.abort(&ids).await;
                    return Err(error);
                }
            }
        }
        Ok((ids(&uploads), uploads))
    }

    /// Begins an upload in time; one that begins too late is aborted as soon as its id is known.
    async fn begin_upload(&self, output: &Output) -> Result<Box<dyn Upload>> {
        let store = Arc::clone(&self.runner.store);
        let key = output.key(&self.runner.config.output_prefix, self.run_date);
        let content_type = output.content_type();
        let mut beginning = tokio::spawn(async move { store.stage(&key, content_type).await });
        let begun = async { Ok((&mut beginning).await) };
        match in_time(self.deadline, "the uploads were begun", begun).await {
            Ok(begun) => begun.map_err(|error| Error::internal("an upload did not begin").caused_by(error))?,
            Err(late) => {
                let store = Arc::clone(&self.runner.store);
                tokio::spawn(async move {
                    if let Ok(Ok(unwanted)) = beginning.await {
                        store.abort(&[unwanted.id()]).await;
                    }
                });
                Err(late)
            }
        }
    }

    /// Lets the engine read, clean and stage, on its own threads.
    async fn process(
        &self,
        plan: &Arc<Plan>,
        inputs: &Inputs,
        window: &Window,
        outputs: Vec<(Output, Box<dyn Upload>)>,
    ) -> Result<Processed> {
        let workers = Arc::clone(&self.runner.workers);
        let watch = Arc::new(self.runner.watch(plan, self.deadline, self.progress));
        let engine_inputs = self.runner.engine_inputs(plan, &inputs.objects);
        let keys = inputs.objects.iter().map(|object| object.key.clone()).collect();
        let mut engine = {
            let (plan, watch) = (Arc::clone(plan), Arc::clone(&watch));
            tokio::task::spawn_blocking(move || compute(&plan, engine_inputs, keys, outputs, &workers, &watch))
        };
        let outcome = match self.deadline {
            None => (&mut engine).await,
            Some(deadline) => match tokio::time::timeout_at(deadline.into(), &mut engine).await {
                Ok(outcome) => outcome,
                Err(_) => {
                    watch.stop();
                    // Whether it stops in time or not, the run is over; its uploads are aborted either way.
                    let _ = tokio::time::timeout(STOPPING_TIME_MAX, engine).await;
                    return Err(watch.too_late());
                }
            },
        };
        let staged = match outcome.map_err(|_| Error::internal("the engine panicked"))? {
            Ok(staged) => staged,
            // Damaged after its header.
            Err(error) => return Ok(Processed::Without(vec![self.runner.leave_out(error, window)?])),
        };
        let may_leave_out = |at: usize| self.runner.may_leave_out(inputs.dates[at], self.run_date);
        let ratio_max = self.runner.config.rejected_ratio_max;
        let contract = &plan.rules.contract;
        let unusable = rejected::judge(&staged.tally, contract, inputs, ratio_max, may_leave_out)?;
        Ok(if unusable.is_empty() { Processed::Staged(Box::new(staged)) } else { Processed::Without(unusable) })
    }

    /// What of a run should not pass unnoticed; an error if it may not pass at all.
    fn warnings(&self, inputs: &Inputs, tally: &Tally, history: &[EarlierRun]) -> Result<Vec<Warning>> {
        let config = &self.runner.config;
        let keys: Vec<&str> = inputs.objects.iter().map(|object| object.key.as_str()).collect();
        let left_out: Vec<&str> = inputs.left_out.iter().map(|entry| entry.version.key.as_str()).collect();
        let (run_date, rules) = (self.run_date, &config.rules);
        let facts = Facts { run_date, keys: &keys, tally, rules, history, left_out: &left_out };
        let warnings = warnings::of_run(&facts);
        warnings::check(&warnings, &config.fail_on_warnings)?;
        Ok(warnings)
    }

    /// Makes the day visible and writes its manifest.
    async fn publish(
        &self,
        seen: &PublishedDay,
        window: &Window,
        inputs: Inputs,
        staged: Computed,
        warnings: Vec<Warning>,
        (started, started_at): (Instant, chrono::DateTime<chrono::Utc>),
    ) -> Result<Manifest> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(
                ErrorKind::DeadlineExceeded,
                "the time granted is up before anything was published",
            ));
        }
        let processing_ms = started.elapsed().as_millis() as u64;
        let Computed { staged, tally, growing_memory_bytes: memory } = staged;
        let settings = RuleSettings::of(&self.runner.config);
        let (store, prefix) = (&*self.runner.store, &self.runner.config.output_prefix);
        let outputs = publish_outputs(store, seen, &staged).await?;
        let manifest = Manifest {
            run_date: self.run_date,
            window: window.days.clone(),
            missing_days: window.missing_days.clone(),
            left_out_days: inputs.left_out_days(),
            inputs: inputs
                .objects
                .into_iter()
                .zip(&tally.inputs)
                .map(|(version, input)| InputEntry { version, rows: input.balance.read })
                .collect(),
            left_out: inputs.left_out,
            rules_fingerprint: settings.fingerprint(),
            settings: settings.to_json(),
            contract: ContractEntry::of(&self.runner.config),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            figures: Figures::of(&tally, &self.runner.config.rules.contract),
            warnings,
            outputs,
            timings: Timings {
                started_at: started_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
                processing_ms,
                total_ms: started.elapsed().as_millis() as u64,
            },
            memory: Memory {
                peak_bytes: (self.runner.host.peak_memory_bytes)(),
                identities_bytes: memory.identities,
                groups_bytes: memory.groups,
            },
        };
        publish_manifest(store, prefix, seen, &manifest).await?;
        Ok(manifest)
    }
}

/// What the engine made of the inputs.
enum Processed {
    /// Everything is staged.
    Staged(Box<Computed>),
    /// Nothing that may be published, because of these objects.
    Without(Vec<LeftOutEntry>),
}
