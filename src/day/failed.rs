//! Notes that a run failed for good, and forgets it.

use std::time::Duration;

use super::Runner;
use crate::day::failed_run::FailedRun;
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::failed_key;
use crate::store::{ObjectVersion, Precondition, Published};
use crate::trigger::window::BatchDate;

/// A storage that does not answer must not keep a run that has failed beyond its deadline.
const NOTING_TIME_MAX: Duration = Duration::from_secs(2);

/// Whether a run that ends like this would end so again. Anything else may come right by itself.
pub(super) fn is_for_good(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::TooLarge)
}

impl Runner {
    /// Notes that the run over these inputs failed for good. That this fails is logged: the run's own error matters more.
    pub(super) async fn note_failure(&self, failed: &FailedRun) {
        if let Err(error) = in_noting_time(self.put_failure(failed)).await {
            let run_date = failed.run_date;
            tracing::warn!(%run_date, %error, "it could not be noted that the run failed for good");
        }
    }

    async fn put_failure(&self, failed: &FailedRun) -> Result<()> {
        let key = failed_key(&self.config.output_prefix, failed.run_date);
        let body = serde_json::to_vec_pretty(failed)
            .map_err(|error| Error::internal("the note of a failed run has no JSON form").caused_by(error))?;
        let seen = self.store.head(&key).await?;
        match self.store.put(&key, "application/json", body.into(), &Precondition::as_seen(seen.as_ref())).await? {
            Published::Done(_) => Ok(()),
            // Another run of the day has noted its own failure just now; either is right.
            Published::Lost => Ok(()),
        }
    }

    /// Forgets that the day failed, and that it was handed over with these inputs. What cannot be removed does no harm: a
    /// manifest that is right goes before it.
    pub(super) async fn forget_failure(&self, run_date: BatchDate, inputs: &[ObjectVersion]) {
        let removing = async {
            self.take_back(run_date, inputs).await?;
            self.store.delete(&failed_key(&self.config.output_prefix, run_date)).await
        };
        if let Err(error) = in_noting_time(removing).await {
            tracing::warn!(%run_date, %error, "the note of an earlier failure could not be removed");
        }
    }
}

/// The answer of the storage, if it comes soon.
pub(super) async fn in_noting_time<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    let answered = tokio::time::timeout(NOTING_TIME_MAX, answer).await;
    answered.unwrap_or_else(|_| Err(Error::storage("the storage did not answer in time")))
}
