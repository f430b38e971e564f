//! What earlier runs read, to compare a batch with. Only warnings depend on it, so a lake that does not answer takes a
//! warning away, and not the run, unless the operator wants runs to fail on it.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::Runner;
use crate::day::manifest::Manifest;
use crate::error::{Error, Result};
use crate::sinks::output::manifest_key;
use crate::trigger::window::BatchDate;
use crate::warnings::{EarlierRun, WarningKind};

/// How many dates before a run's are looked at.
const DAYS: i64 = 14;

/// Manifests asked for at once.
const REQUESTS: usize = 4;

/// How long all of it may take. It usually takes less than the engine, next to which it runs.
const PATIENCE: Duration = Duration::from_secs(10);

impl Runner {
    /// The runs of the dates before `run_date` that left a manifest.
    pub(super) async fn history(&self, run_date: BatchDate) -> Result<Vec<EarlierRun>> {
        let fail_on = &self.config.fail_on_warnings;
        let is_needed = fail_on.contains(&WarningKind::FewRows) || fail_on.contains(&WarningKind::EmptyBatch);
        let earlier = (1..=DAYS).map(|days| run_date.plus_days(-days)).filter(|date| *date < run_date);
        let runs = stream::iter(earlier).map(|date| self.earlier_run(date)).buffer_unordered(REQUESTS).try_collect();
        let runs: Result<Vec<Option<EarlierRun>>> = match tokio::time::timeout(PATIENCE, runs).await {
            Ok(runs) => runs,
            Err(_) => Err(Error::storage("the manifests of earlier runs did not come in time")),
        };
        match runs {
            Ok(runs) => Ok(runs.into_iter().flatten().collect()),
            Err(error) if is_needed => Err(error),
            Err(error) => {
                tracing::warn!(%run_date, %error, "the batch is not compared with earlier ones");
                Ok(Vec::new())
            }
        }
    }

    async fn earlier_run(&self, date: BatchDate) -> Result<Option<EarlierRun>> {
        let found = self.store.get(&manifest_key(&self.config.output_prefix, date)).await?;
        // One that cannot be read vouches for nothing, as for its own run.
        let manifest = found.and_then(|(_, body)| serde_json::from_slice::<Manifest>(&body).ok());
        Ok(manifest.map(|manifest| EarlierRun::of(&manifest, self.objects(), &self.config.input_prefix)))
    }
}
