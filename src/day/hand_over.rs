//! Hands a day over that is too large for this machine: a note in the lake, of which the storage tells whoever starts
//! larger machines. It is the note of the failure, with what the larger machine must know.
//!
//! The note is written first, and the failure is noted for the tick after that: a day of which the tick knows has been
//! handed over. The same failure is handed over once; whoever repeats the request is told that the day waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::failed::in_noting_time;
use super::{Outcome, Report, Runner};
use crate::day::failed_run::FailedRun;
use crate::day::manifest::Manifest;
use crate::engine::Progress;
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::{hand_over_key, manifest_key};
use crate::store::{ObjectVersion, Precondition, Published};
use crate::trigger::event::{Force, Origin};
use crate::trigger::window::BatchDate;

/// Room for the names of far more objects than a window has.
const NOTE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The note that hands a day over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// What failed here.
    #[serde(flatten)]
    pub failed: FailedRun,
    /// The settings that decide what is published, as they were typed.
    pub settings: BTreeMap<String, String>,
    /// Whether the run was asked for even if nothing has changed.
    pub force: bool,
}

impl HandOver {
    pub(super) fn new(failed: FailedRun, settings: &BTreeMap<String, String>, force: Force) -> Self {
        Self { failed, settings: settings.clone(), force: force == Force::Always }
    }

    fn force(&self) -> Force {
        if self.force { Force::Always } else { Force::IfChanged }
    }
}

/// Whether a larger machine would run what fails here like this.
pub(super) fn would_help(error: &Error) -> bool {
    error.kind() == ErrorKind::TooLarge && error.unusable_object().is_none()
}

impl Runner {
    /// Hands a run over. `None` if that cannot be done; the log says why.
    pub(super) async fn hand_over(&self, note: HandOver, origin: Origin) -> Option<Outcome> {
        let run_date = note.failed.run_date;
        match in_noting_time(self.put_hand_over(note, origin)).await {
            Ok(outcome) => {
                if let Outcome::HandedOver(HandOver { failed, .. }) | Outcome::Waiting(failed) = &outcome {
                    self.note_failure(failed).await;
                }
                Some(outcome)
            }
            Err(error) => {
                tracing::warn!(%run_date, %error, "the day could not be handed over to a larger machine");
                None
            }
        }
    }

    /// A person who asks again asks for another machine. For others a day waits that was handed over before.
    async fn put_hand_over(&self, note: HandOver, origin: Origin) -> Result<Outcome> {
        let HandOver { failed, force, .. } = &note;
        let key = hand_over_key(&self.config.output_prefix, failed.run_date);
        let seen = self.store.get(&key).await?;
        let earlier = |body: &[u8]| {
            let earlier: HandOver = serde_json::from_slice(body).ok()?;
            earlier.failed.matches(&failed.inputs, &self.config).then_some(Outcome::Waiting(earlier.failed))
        };
        if let Some((_, body)) = &seen
            && origin != Origin::Person
            && !force
            && let Some(waiting) = earlier(body)
        {
            return Ok(waiting);
        }
        let body = serde_json::to_vec_pretty(&note)
            .map_err(|error| Error::internal("the note of a day has no JSON form").caused_by(error))?;
        let precondition = Precondition::as_seen(seen.as_ref().map(|(version, _)| version));
        match self.store.put(&key, "application/json", body.into(), &precondition).await? {
            Published::Done(_) => Ok(Outcome::HandedOver(note)),
            // Another run was faster. It may have handed over just this.
            Published::Lost => {
                let theirs = self.store.get(&key).await?.and_then(|(_, body)| earlier(&body));
                theirs.ok_or_else(|| Error::new(ErrorKind::Conflict, "another run hands the day over").at(key))
            }
        }
    }

    /// The note under a key of the lake; `None` if the day has been published since, and the note removed.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if no such note belongs there, or if there is none and what is published is not of the objects that
    /// there are now.
    pub async fn handed_over(&self, key: &str) -> Result<Option<HandOver>> {
        let wrong = |what: &str| Error::invalid_input(what).at(key);
        let prefix = &self.config.output_prefix;
        let run_date = date_of(prefix, key).ok_or_else(|| {
            wrong(&format!("this is not the key of a note: {prefix}state/run_date=YYYY-MM-DD/hand_over.json expected"))
        })?;
        if self.store.head(key).await?.is_some_and(|version| version.bytes > NOTE_BYTES_MAX) {
            return Err(wrong("this is too large for a note"));
        }
        if let Some((_, body)) = self.store.get(key).await? {
            let note = serde_json::from_slice::<HandOver>(&body).ok().filter(|note| note.failed.run_date == run_date);
            return note.map(Some).ok_or_else(|| wrong("this is not a note that hands the day over"));
        }
        match self.is_published(run_date).await? {
            true => Ok(None),
            false => {
                Err(wrong("there is no note, and the day is not published as its objects are now; ask for it again"))
            }
        }
    }

    /// Whether a day is published from the objects that there are now, by whatever rules.
    async fn is_published(&self, run_date: BatchDate) -> Result<bool> {
        let manifest = self.store.get(&manifest_key(&self.config.output_prefix, run_date)).await?;
        let manifest: Option<Manifest> = manifest.and_then(|(_, body)| serde_json::from_slice(&body).ok());
        let Some(manifest) = manifest else { return Ok(false) };
        let objects = try_join_all(manifest.window.iter().map(|day| self.batch(*day))).await?.concat();
        Ok(manifest.is_of(&objects))
    }

    /// Runs a day that was handed over to this machine.
    pub async fn run_handed_over(&self, note: &HandOver, progress: &Arc<Progress>) -> Result<Report> {
        let FailedRun { run_date, inputs, .. } = &note.failed;
        let report = self.run(*run_date, note.force(), None, progress).await?;
        self.forget_failure(*run_date, inputs).await;
        Ok(report)
    }

    /// Removes the note that handed the day over with these inputs. One with others asks for another run.
    pub(super) async fn take_back(&self, run_date: BatchDate, inputs: &[ObjectVersion]) -> Result<()> {
        let key = hand_over_key(&self.config.output_prefix, run_date);
        let Some((_, body)) = self.store.get(&key).await? else { return Ok(()) };
        match serde_json::from_slice::<HandOver>(&body) {
            Ok(note) if note.failed.inputs != inputs => Ok(()),
            _ => self.store.delete(&key).await,
        }
    }
}

/// The date of a note, by its key.
fn date_of(output_prefix: &str, key: &str) -> Option<BatchDate> {
    let run_date = key.strip_suffix("/hand_over.json")?.rsplit_once("run_date=")?.1.parse().ok()?;
    (hand_over_key(output_prefix, run_date) == key).then_some(run_date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_known_by_its_key() {
        let date = "2024-09-15".parse().expect("a date");
        let key = hand_over_key("a/b/", date);
        assert_eq!(date_of("a/b/", &key), Some(date));
        let others = [
            "",
            "hand_over.json",
            "c/state/run_date=2024-09-15/hand_over.json",
            "a/b/state/run_date=2024-09-15/failed.json",
            "a/b/state/run_date=today/hand_over.json",
        ];
        assert_eq!(others.map(|key| date_of("a/b/", key)), [None; 5]);
    }
}
