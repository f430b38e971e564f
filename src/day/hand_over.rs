//! Hands a day over that is too large for this machine: a note in the lake, of which the storage tells whoever starts
//! larger machines. One note is one request, so the same failure of the same inputs is noted once.

use std::collections::BTreeMap;

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use super::Runner;
use crate::error::{Error, ErrorKind, Result};
use crate::sinks::output::hand_over_key;
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

    /// Reads the note under a key of the lake; `None` if there is none, because the day has been published meanwhile.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if what is there is no such note of its place.
    pub async fn read(store: &dyn Store, key: &str) -> Result<Option<Self>> {
        let Some((_, body)) = store.get(key).await? else { return Ok(None) };
        let unreadable = || Error::invalid_input("this is no note that hands a day over").at(key);
        let note: Self = serde_json::from_slice(&body).map_err(|_| unreadable())?;
        let is_in_place = key.ends_with(&format!("/{}", hand_over_key("", note.run_date)));
        if is_in_place { Ok(Some(note)) } else { Err(unreadable()) }
    }
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
