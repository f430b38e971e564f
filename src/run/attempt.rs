//! One attempt at a run: from the look at what is published to the manifest.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::try_join;

use super::{Report, Runner, Status, Window, in_time};
use crate::engine::{self, Outputs, Pair, Plan, Progress, Staged, StagedPair, Tally};
use crate::error::{Error, ErrorKind, Result};
use crate::event::Force;
use crate::manifest::{Figures, InputEntry, Manifest, Memory, RuleSettings, Timings};
use crate::output::Output;
use crate::publish::{PublishedDay, StagedOutput, publish_manifest, publish_outputs};
use crate::schema::KnownColumn;
use crate::store::{ObjectVersion, Upload, UploadId};
use crate::warnings::{self, EarlierRun, Facts, Warning};
use crate::window::BatchDate;

/// How long a stopped engine is waited for, so that its uploads are still when they are aborted.
const STOPPING_TIME_MAX: Duration = Duration::from_secs(2);

/// What an attempt is made with.
pub(super) struct Attempt<'r> {
    pub(super) runner: &'r Runner,
    pub(super) run_date: BatchDate,
    pub(super) force: Force,
    pub(super) deadline: Option<Instant>,
    pub(super) progress: &'r Arc<Progress>,
}

impl Attempt<'_> {
    pub(super) async fn run(&self) -> Result<Report> {
        let started = (Instant::now(), (self.runner.host.now)());
        let (config, store) = (&self.runner.config, &*self.runner.store);
        let wanted: Vec<Output> = Output::ALL.into_iter().filter(|output| output.is_in(&config.formats)).collect();
        let settings = RuleSettings::of(config);

        // Invariant SEEN-FIRST: in this order.
        let look = PublishedDay::look(store, &config.output_prefix, self.run_date, &wanted);
        let seen = in_time(self.deadline, "it was known what is published", look).await?;
        let window = in_time(self.deadline, "the inputs were listed", self.runner.window(self.run_date)).await?;
        if self.force == Force::IfChanged
            && let Some(manifest) = &seen.manifest
            && manifest.matches(&window.objects, &settings, &seen.versions())
        {
            return Ok(Report { status: Status::Unchanged, manifest: manifest.clone() });
        }

        self.progress.begin(window.objects.iter().map(|object| object.bytes).sum());
        let plan = in_time(self.deadline, "the headers were read", self.runner.plan(&window.objects)).await?;
        let plan = Arc::new(plan);
        let (uploads, outputs) = self.stage(&wanted).await?;
        let published = async {
            let history = async { Ok(self.runner.history(self.run_date).await) };
            let (staged, history) = try_join(self.process(&plan, &window.objects, outputs), history).await?;
            let warnings = self.warnings(&window, &staged.tally, &history?)?;
            self.publish(&seen, &window, settings, staged, warnings, started).await
        };
        let published = published.await;
        if published.is_err() {
            store.abort(&uploads).await;
        }
        let manifest = published?;
        self.check_inputs(&window).await?;
        Ok(Report { status: Status::Published, manifest })
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

    /// Begins the upload of each output wanted.
    async fn stage(&self, wanted: &[Output]) -> Result<(Vec<UploadId>, Outputs)> {
        let mut ids = Vec::new();
        let mut uploads: HashMap<usize, Box<dyn Upload>> = HashMap::new();
        for &output in wanted {
            match self.begin_upload(output).await {
                Ok(upload) => {
                    ids.push(upload.id());
                    uploads.insert(output as usize, upload);
                }
                Err(error) => {
                    drop(uploads);
                    self.runner.store.abort(&ids).await;
                    return Err(error);
                }
            }
        }
        let mut take = |output: Output| uploads.remove(&(output as usize));
        let mut pair = |filtered, grouped| Some(Pair { filtered: take(filtered)?, grouped: take(grouped)? });
        let parquet = pair(Output::FilteredParquet, Output::GroupedParquet);
        let csv = pair(Output::FilteredCsv, Output::GroupedCsv);
        let rejected = take(Output::Rejected).ok_or_else(|| Error::internal("no upload for the rejected records"))?;
        Ok((ids, Outputs { parquet, csv, rejected }))
    }

    /// Begins an upload in time; one that begins too late is aborted as soon as its id is known.
    async fn begin_upload(&self, output: Output) -> Result<Box<dyn Upload>> {
        let store = Arc::clone(&self.runner.store);
        let key = output.key(&self.runner.config.output_prefix, self.run_date);
        let mut beginning = tokio::spawn(async move { store.stage(&key, output.content_type()).await });
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
    async fn process(&self, plan: &Arc<Plan>, objects: &[ObjectVersion], outputs: Outputs) -> Result<Staged> {
        let workers = Arc::clone(&self.runner.workers);
        let watch = Arc::new(self.runner.watch(plan, self.deadline, self.progress));
        let inputs = self.runner.inputs(plan, objects);
        let mut engine = {
            let (plan, watch) = (Arc::clone(plan), Arc::clone(&watch));
            tokio::task::spawn_blocking(move || engine::run(&plan, inputs, outputs, &workers, &watch))
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
        let staged = outcome.map_err(|_| Error::internal("the engine panicked"))??;
        self.check_rejected(&staged.tally, objects)?;
        Ok(staged)
    }

    fn check_rejected(&self, tally: &Tally, objects: &[ObjectVersion]) -> Result<()> {
        let balance = tally.balance;
        let ratio_max = self.runner.config.rejected_ratio_max;
        if balance.rejected as f64 <= ratio_max * balance.read as f64 {
            return Ok(());
        }
        let describe = |(&(column, reason), rows): (&(Option<KnownColumn>, _), &u64)| match column {
            Some(column) => format!("{} {reason}: {rows}", column.name()),
            None => format!("{reason}: {rows}"),
        };
        let reasons: Vec<String> = tally.rejected.iter().map(describe).collect();
        let first = tally.first_rejected.and_then(|(input, record)| Some((record, &objects.get(input)?.key)));
        let first = first.map(|(record, key)| format!("; the first is record {record} of {key}")).unwrap_or_default();
        Err(Error::invalid_input(format!(
            "{} of {} rows are rejected, more than MAX_REJECTED_RATIO {ratio_max} allows ({}){first}; nothing was published",
            balance.rejected,
            balance.read,
            reasons.join(", "),
        )))
    }

    /// What of a run should not pass unnoticed; an error if it may not pass at all.
    fn warnings(&self, window: &Window, tally: &Tally, history: &[EarlierRun]) -> Result<Vec<Warning>> {
        let config = &self.runner.config;
        let keys: Vec<&str> = window.objects.iter().map(|object| object.key.as_str()).collect();
        let (run_date, rules) = (self.run_date, &config.rules);
        let facts = Facts { run_date, keys: &keys, tally, rules, history, left_out: &[] };
        let warnings = warnings::of_run(&facts);
        warnings::check(&warnings, &config.fail_on_warnings)?;
        Ok(warnings)
    }

    /// Makes the day visible and writes its manifest.
    async fn publish(
        &self,
        seen: &PublishedDay,
        window: &Window,
        settings: RuleSettings,
        staged: Staged,
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
        let (tally, memory) = (staged.tally.clone(), staged.growing_memory_bytes);
        let inputs = window.objects.iter().zip(&tally.inputs);
        let (store, prefix) = (&*self.runner.store, &self.runner.config.output_prefix);
        let outputs = publish_outputs(store, seen, &in_order(staged)).await?;
        let manifest = Manifest {
            run_date: self.run_date,
            window: window.days.clone(),
            missing_days: window.missing_days.clone(),
            inputs: inputs
                .map(|(version, input)| InputEntry { version: version.clone(), rows: input.balance.read })
                .collect(),
            rules_fingerprint: settings.fingerprint(),
            settings,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            figures: Figures::of(&tally),
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

/// The staged outputs in the order of publication.
fn in_order(staged: Staged) -> Vec<StagedOutput> {
    let (written, groups, rejected) = (staged.tally.balance.written, staged.group_count, staged.tally.balance.rejected);
    let mut outputs = Vec::new();
    let mut pair = |pair: Option<StagedPair>, filtered, grouped| {
        if let Some(pair) = pair {
            outputs.push(StagedOutput { output: filtered, upload: pair.filtered, rows: written });
            outputs.push(StagedOutput { output: grouped, upload: pair.grouped, rows: groups });
        }
    };
    pair(staged.parquet, Output::FilteredParquet, Output::GroupedParquet);
    pair(staged.csv, Output::FilteredCsv, Output::GroupedCsv);
    outputs.push(StagedOutput { output: Output::Rejected, upload: staged.rejected, rows: rejected });
    outputs
}
