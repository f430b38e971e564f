//! Hands a day over that is too large for this machine: a note in the lake, of which the storage tells whoever starts
//! larger machines. One note is one request, so the same failure of the same inputs is noted once.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::Runner;
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::{hand_over_key, manifest_key};
use crate::store::{ObjectVersion, Precondition, Published, Store};
use crate::trigger::event::{Origin, Wish};
use crate::trigger::window::BatchDate;

/// The note that hands a day over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// The date the run is for.
    pub run_date: BatchDate,
    /// The objects that were listed.
    pub inputs: Vec<ObjectVersion>,
    /// The settings that decide what is published, as they were typed.
    pub settings: BTreeMap<String, String>,
    /// Why the run is too large.
    pub error_message: String,
    /// RFC 3339, UTC.
    pub handed_over_at: String,
    /// Version of the program.
    pub program_version: String,
}

impl HandOver {
    /// Whether it asks for the same run.
    fn is_like(&self, other: &Self) -> bool {
        self.inputs == other.inputs && self.settings == other.settings && self.program_version == other.program_version
    }

    /// Looks for the note under a key of the lake.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if what is there is no such note of its place, or if nothing is there and the day is not published.
    pub async fn look(store: &dyn Store, key: &str) -> Result<HandedOver> {
        let unreadable = || Error::invalid_input("this is no note that hands a day over").at(key);
        let (prefix, run_date) = place(key).ok_or_else(unreadable)?;
        if let Some((_, body)) = store.get(key).await? {
            let note: Self = serde_json::from_slice(&body).map_err(|_| unreadable())?;
            return if note.run_date == run_date { Ok(HandedOver::Open(note)) } else { Err(unreadable()) };
        }
        match store.head(&manifest_key(prefix, run_date)).await? {
            Some(_) => Ok(HandedOver::Done(run_date)),
            None => {
                let message = "the note is gone, and the day is not published; ask the function for the day again";
                Err(Error::invalid_input(message).at(key))
            }
        }
    }
}

/// What became of a day that was handed over.
#[derive(Clone, Debug, PartialEq)]
pub enum HandedOver {
    /// It is still to be run.
    Open(HandOver),
    /// The day is published, and its note is gone.
    Done(BatchDate),
}

/// The output prefix and the date of a note's key.
fn place(key: &str) -> Option<(&str, BatchDate)> {
    let (prefix, rest) = key.rsplit_once("state/run_date=")?;
    let run_date = rest.strip_suffix("/hand_over.json")?.parse().ok()?;
    (hand_over_key(prefix, run_date) == key).then_some((prefix, run_date))
}

/// Whether a larger machine would run what fails here like this.
pub(crate) fn would_help(error: &Error) -> bool {
    error.kind() == ErrorKind::TooLarge && error.unusable_object().is_none()
}

impl Runner {
    /// Hands the run of `run_date` over that failed by `error`; an error if that cannot be done.
    ///
    /// A person who asks again asks for another machine. What comes by itself, perhaps twice, does not.
    pub(crate) async fn hand_over(
        &self,
        settings: &BTreeMap<String, String>,
        run_date: BatchDate,
        wish: Wish,
        error: &Error,
    ) -> Result<HandOver> {
        let inputs = self.window(run_date).await?.objects;
        if wish.origin == Origin::Person {
            // The tick must know of it, too.
            self.note_failure(error, run_date, &inputs).await;
        }
        let note = HandOver {
            run_date,
            inputs,
            settings: settings.clone(),
            error_message: error.to_string(),
            handed_over_at: (self.host.now)().to_rfc3339_opts(SecondsFormat::Millis, true),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let key = hand_over_key(&self.config.output_prefix, run_date);
        let seen = self.store.get(&key).await?;
        if let Some((_, body)) = &seen
            && wish.origin != Origin::Person
            && let Ok(earlier) = serde_json::from_slice::<HandOver>(body)
            && earlier.is_like(&note)
        {
            return Ok(earlier);
        }
        let body = serde_json::to_vec_pretty(&note)
            .map_err(|error| Error::internal("the note of a day has no JSON form").caused_by(error))?;
        let precondition = Precondition::as_seen(seen.as_ref().map(|(version, _)| version));
        match self.store.put(&key, "application/json", body.into(), &precondition).await? {
            Published::Done(_) => Ok(note),
            Published::Lost => Err(Error::new(ErrorKind::Conflict, "another run handed the day over just now").at(key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_known_by_its_key() {
        let date = "2024-09-15".parse().expect("a date");
        for prefix in ["transformed_data/", "a/state/b/", ""] {
            assert_eq!(place(&hand_over_key(prefix, date)), Some((prefix, date)));
        }
        let others =
            ["", "hand_over.json", "a/state/run_date=2024-09-15/failed.json", "a/state/run_date=today/hand_over.json"];
        assert_eq!(others.map(place), [None; 4]);
    }
}
