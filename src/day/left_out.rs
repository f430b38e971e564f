//! Which objects of the window a run reads: those that can be used. What becomes of the others a setting decides.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use super::{Runner, Window};
use crate::day::manifest::LeftOutEntry;
use crate::error::{Error, Result};
use crate::read::decompress::plain_text;
use crate::read::encoding::to_utf8;
use crate::read::header::{HEADER_BYTES_MAX, Header};
use crate::store::ObjectVersion;
use crate::trigger::window::BatchDate;

/// Objects whose first bytes are asked for at once: enough to hide the way to a bucket, few enough for open files and
/// memory, however many objects a window has.
const HEADERS_AT_ONCE: usize = 8;

/// What becomes of an object of the window that cannot be used: no header, a column missing, damaged, too many rejected
/// rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusableObjects {
    /// One of an older day is left out and named; one of the run's own batch date fails the run.
    #[default]
    LeaveOutOlder,
    /// It fails the run.
    Fail,
    /// It is left out and named, whatever its date. A run without any usable object of its own date still fails.
    LeaveOut,
}

/// The objects that a run reads.
#[derive(Default)]
pub(crate) struct Inputs {
    /// Oldest day first and in key order.
    pub(crate) objects: Vec<ObjectVersion>,
    /// The batch date of each.
    pub(crate) dates: Vec<BatchDate>,
    /// The header of each; one that is the same as the header before it takes no memory.
    pub(crate) headers: Vec<Arc<Header>>,
    /// The other objects of the window.
    pub(crate) left_out: Vec<LeftOutEntry>,
}

impl Inputs {
    /// Leaves out the object with this index.
    pub(super) fn leave_out(&mut self, at: usize, entry: LeftOutEntry) {
        self.objects.remove(at);
        self.dates.remove(at);
        self.headers.remove(at);
        self.left_out.push(entry);
        // The order in which a window is listed.
        self.left_out.sort_by(|one, other| one.version.key.cmp(&other.version.key));
    }

    /// The batch dates of which everything is left out.
    pub(crate) fn left_out_days(&self) -> Vec<BatchDate> {
        let mut days: Vec<BatchDate> = self.left_out.iter().map(|entry| entry.batch_date).collect();
        days.dedup();
        days.retain(|day| !self.dates.contains(day));
        days
    }
}

impl Runner {
    /// Reads the headers of the window's objects but those that are `known` to be unusable.
    ///
    /// # Errors
    ///
    /// `InvalidInput` of the first object that cannot be used and may not be left out.
    pub(crate) async fn usable(&self, window: &Window, known: &[LeftOutEntry]) -> Result<Inputs> {
        let mut inputs = Inputs::default();
        let mut kept_bytes = 0;
        let known: HashMap<&str, &LeftOutEntry> =
            known.iter().map(|entry| (entry.version.key.as_str(), entry)).collect();
        let beginnings: Vec<BoxFuture<'_, _>> =
            window.objects.iter().map(|object| self.beginning(object, &known).boxed()).collect();
        let mut beginnings = stream::iter(beginnings).buffered(HEADERS_AT_ONCE);
        for (object, &date) in window.objects.iter().zip(&window.dates) {
            let Some(beginning) = beginnings.next().await else { break };
            let key = object.key.clone();
            let header = match beginning {
                Ok(Beginning::Known(entry)) => {
                    inputs.left_out.push(entry);
                    continue;
                }
                // Off the async threads, so that a deadline interrupts the wait for it, and one after the other, so
                // that only one decompressor is open.
                Ok(Beginning::Bytes(bytes)) => {
                    let rules = self.config.rules.contract.header_rules(self.config.columns_max);
                    let parsed = tokio::task::spawn_blocking(move || {
                        Header::read(to_utf8(plain_text(&bytes[..], &key)?, rules.encoding), &key, &rules)
                    });
                    parsed.await.map_err(|_| Error::internal("a header could not be read").at(&object.key))?
                }
                Err(error) => Err(error),
            };
            match header {
                Ok(header) => {
                    let header = match inputs.headers.last() {
                        Some(last) if **last == header => Arc::clone(last),
                        _ => {
                            kept_bytes += header_bytes(&header);
                            Arc::new(header)
                        }
                    };
                    inputs.headers.push(header);
                    inputs.objects.push(object.clone());
                    inputs.dates.push(date);
                    self.check_window_memory(inputs.objects.len(), 0, kept_bytes)?;
                }
                Err(error) => inputs.left_out.push(self.entry(error, object, date, window.run_date())?),
            }
        }
        self.check_own_batch(&inputs, window)?;
        Ok(inputs)
    }

    async fn beginning(&self, object: &ObjectVersion, known: &HashMap<&str, &LeftOutEntry>) -> Result<Beginning> {
        match known.get(object.key.as_str()) {
            Some(&entry) if entry.version == *object => Ok(Beginning::Known(entry.clone())),
            _ => self.store.peek(object, HEADER_BYTES_MAX as u64).await.map(Beginning::Bytes),
        }
    }

    /// The entry of the object that `error` is about.
    ///
    /// # Errors
    ///
    /// The same error, if it is about no object, or about one that may not be left out.
    pub(crate) fn leave_out(&self, error: Error, window: &Window) -> Result<LeftOutEntry> {
        let Some(key) = error.unusable_object() else { return Err(error) };
        match window.objects.iter().zip(&window.dates).find(|(object, _)| object.key == key) {
            Some((object, &date)) => self.entry(error, object, date, window.run_date()),
            None => Err(error),
        }
    }

    /// The entry of an object that failed with `error`; the same error if that is not the object's, or it may not be
    /// left out.
    pub(super) fn entry(
        &self,
        error: Error,
        object: &ObjectVersion,
        batch_date: BatchDate,
        run_date: BatchDate,
    ) -> Result<LeftOutEntry> {
        match error.unusable_object() == Some(&object.key) && self.may_leave_out(batch_date, run_date) {
            true => Ok(LeftOutEntry { version: object.clone(), batch_date, reason: error.reason() }),
            false => Err(error),
        }
    }

    /// Whether an unusable object of this date is left out of a run.
    pub(super) fn may_leave_out(&self, date: BatchDate, run_date: BatchDate) -> bool {
        match self.config.unusable_objects {
            UnusableObjects::Fail => false,
            UnusableObjects::LeaveOutOlder => date < run_date,
            UnusableObjects::LeaveOut => true,
        }
    }

    /// A run without anything of its own date would publish yesterday as today.
    fn check_own_batch(&self, inputs: &Inputs, window: &Window) -> Result<()> {
        let run_date = window.run_date();
        if inputs.dates.contains(&run_date) {
            return Ok(());
        }
        let first = inputs.left_out.iter().find(|entry| entry.batch_date == run_date);
        let (key, reason) = first.map_or(("", ""), |entry| (&entry.version.key, &entry.reason));
        Err(Error::invalid_input(format!("no object of the batch of {run_date} can be used: {reason}")).at(key))
    }
}

/// What is to be looked at for a header.
enum Beginning {
    /// Nothing: it was found out before that the object cannot be used.
    Known(LeftOutEntry),
    /// The object's first bytes.
    Bytes(bytes::Bytes),
}

/// The memory that a header's names take, about.
fn header_bytes(header: &Header) -> u64 {
    header.names.iter().map(|name| (size_of::<String>() + name.len() + 16) as u64).sum()
}
