//! Event JSON → what is wanted, and what was ignored and why. Pure: nothing is read but the event.
//!
//! Any of the shapes below may come alone, in an SNS message, in an SQS message, or in an SNS message in an SQS
//! message. Which runs follow from what is wanted depends on the batches that exist: [`run_dates`] says so once the
//! lake has been listed. Running them, and answering SQS, is the caller's.
//!
//! | shape | told by |
//! | --- | --- |
//! | S3 notification | `Records[].eventSource` = `aws:s3` |
//! | `s3:TestEvent` | `Event` |
//! | EventBridge `Object Created`, tick of a rule or of the Scheduler | `detail-type` |
//! | manual request | `date`, `from`, `to` or `force` |
//!
//! Messages hold keys, names of events and of fields, never another part of an event.

mod correlation;
mod manual;
mod objects;
mod plan;

use std::collections::BTreeSet;

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::s3::S3Event;
use aws_lambda_events::event::sns::{SnsEvent, SnsMessage};
use aws_lambda_events::event::sqs::SqsEvent;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::correlation::correlation_id;
pub use self::plan::{RunPlan, run_dates};
use crate::error::{Error, Result};
use crate::trigger::window::{BatchDate, NotABatch, ObjectPattern};

/// Which objects concern this lake. Prefixes are folders, with or without a slash at their end.
#[derive(Clone, Debug)]
pub struct LakeScope {
    /// Folder of the batches, below the lake's root.
    pub input_prefix: String,
    /// Which objects of that folder are parts of a batch.
    pub objects: ObjectPattern,
    /// Folder of our own outputs, below the lake's root.
    pub output_prefix: String,
    /// The lake's bucket; `None` takes events of any bucket.
    pub bucket: Option<String>,
    /// The lake's root in the bucket; empty if the lake is the whole bucket.
    pub key_prefix: String,
}

/// An event, understood.
#[derive(Debug)]
pub enum Request {
    /// It succeeds or fails as a whole.
    Direct(Wanted),
    /// A batch of SQS messages; each succeeds or fails by itself and is reported by its id.
    Sqs(Vec<Message>),
}

/// One SQS message.
#[derive(Debug)]
pub struct Message {
    /// The id to report if it fails.
    pub id: String,
    /// What it asks for; an error if it could not be understood.
    pub wanted: Result<Wanted>,
}

/// What an event or a message asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Each wish once, however many records had it.
    pub wants: BTreeSet<Want>,
    /// What asks for nothing, in the order it came.
    pub ignored: Vec<Ignored>,
}

/// One wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Want {
    /// An object of this batch was created or replaced: run every day that reads it.
    Batch(BatchDate),
    /// The daily tick of this date (UTC): run the newest batch, and look back.
    Tick(BatchDate),
    /// Somebody asked for the run of this date.
    Date {
        /// The run date; its batch must exist.
        date: BatchDate,
        /// Whether to run it if nothing changed.
        force: Force,
    },
    /// Somebody asked for every run from one date to another, both included.
    Range {
        /// The first date.
        from: BatchDate,
        /// The last date, not before the first.
        to: BatchDate,
        /// Whether to run them if nothing changed.
        force: Force,
    },
}

/// What to do with a run whose manifest matches its inputs and outputs. The greater of two wishes prevails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Force {
    /// Leave it as it is.
    IfChanged,
    /// Run it all the same.
    Always,
}

/// Who wants a run. The greater of two prevails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The daily tick. It leaves a run alone that failed for good until something changes.
    Tick,
    /// An event of a batch. What it starts is tried, and a failure for good is noted for the tick.
    Batch,
    /// Somebody who asked for the date. What it starts is tried, and whoever asked sees the failure.
    Person,
}

/// A run that is wanted: by whom, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Who wants it.
    pub origin: Origin,
    /// What to do if nothing changed.
    pub force: Force,
}

impl Wish {
    /// What both want.
    pub fn and(self, other: Self) -> Self {
        Self { origin: self.origin.max(other.origin), force: self.force.max(other.force) }
    }
}

/// Something that asks for no run, for one log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The object's key in its bucket, the event's name, or the dates asked for.
    pub what: String,
    /// The reason.
    pub why: Why,
}

/// Why something asks for no run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// S3 sends it when notifications are switched on.
    #[error("a test event")]
    TestEvent,
    /// Nothing was created.
    #[error("not about a created object")]
    NotACreation,
    /// The object lies in the bucket named.
    #[error("in the bucket {0}, which is not the lake's")]
    OtherBucket(String),
    /// The object lies outside the lake's part of the bucket.
    #[error("outside the lake's prefix in its bucket")]
    OutsideLake,
    /// We wrote it; running for it would never end.
    #[error("under the output prefix")]
    OwnOutput,
    /// The key is no text once decoded. S3 has no such keys.
    #[error("the decoded key is not UTF-8")]
    KeyNotUtf8,
    /// The key is not one of a batch's.
    #[error(transparent)]
    NotABatch(#[from] NotABatch),
    /// The batch was announced, but is no longer listed.
    #[error("the batch no longer exists")]
    BatchGone,
    /// There is nothing to run on these dates.
    #[error("no batch exists")]
    NoBatch,
}

/// The outermost shape of an event.
enum Shape {
    S3,
    S3Test,
    EventBridge,
    Manual,
    /// SNS invoking us.
    Sns,
    /// An SNS message as SQS hands it on, unless raw delivery is on.
    SnsEnvelope,
    Sqs,
}

/// Understands an event.
///
/// # Errors
///
/// `InvalidInput` if the event has none of the shapes known, or one of them with something missing or wrong. An SQS
/// message that cannot be understood fails alone: its error is in [`Message::wanted`].
pub fn parse(payload: Value, scope: &LakeScope) -> Result<Request> {
    match shape(&payload) {
        Some(Shape::Sqs) => sqs(payload, scope).map(Request::Sqs),
        _ => wanted(payload, scope).map(Request::Direct),
    }
}

fn sqs(payload: Value, scope: &LakeScope) -> Result<Vec<Message>> {
    let event: SqsEvent = typed(payload, "an SQS event")?;
    let messages = event.records.into_iter().map(|record| {
        let id = record.message_id.ok_or_else(|| Error::invalid_input("an SQS message has no messageId"))?;
        let wanted = json(record.body.as_deref().unwrap_or_default()).and_then(|body| wanted(body, scope));
        Ok(Message { id, wanted })
    });
    messages.collect()
}

/// What any event asks for, except SQS's, whose messages succeed and fail one by one.
///
/// Calls itself for what lies in an envelope. Escaping JSON in JSON doubles it at least, so the size limits of
/// Lambda and SQS keep this shallow.
fn wanted(payload: Value, scope: &LakeScope) -> Result<Wanted> {
    match shape(&payload) {
        Some(Shape::S3) => {
            let event: S3Event = typed(payload, "an S3 notification")?;
            objects::of_notification(event, scope)
        }
        Some(Shape::S3Test) => Ok(Wanted::nothing("s3:TestEvent", Why::TestEvent)),
        Some(Shape::EventBridge) => {
            let event: EventBridgeEvent = typed(payload, "an EventBridge event")?;
            eventbridge(event, scope)
        }
        Some(Shape::Manual) => manual::want(&payload).map(Wanted::only),
        Some(Shape::Sns) => {
            let event: SnsEvent = typed(payload, "an SNS event")?;
            event.records.iter().try_fold(Wanted::default(), |mut all, record| {
                let more = wanted(json(&record.sns.message)?, scope)?;
                all.wants.extend(more.wants);
                all.ignored.extend(more.ignored);
                Ok(all)
            })
        }
        Some(Shape::SnsEnvelope) => {
            let envelope: SnsMessage = typed(payload, "an SNS message")?;
            wanted(json(&envelope.message)?, scope)
        }
        Some(Shape::Sqs) | None => Err(unknown_shape()),
    }
}

fn eventbridge(event: EventBridgeEvent, scope: &LakeScope) -> Result<Wanted> {
    match (event.source.as_str(), event.detail_type.as_str()) {
        ("aws.s3", "Object Created") => {
            let detail: objects::ObjectCreated = typed(event.detail, "the detail of an Object Created event")?;
            Ok(objects::of_eventbridge(detail, scope))
        }
        ("aws.s3", _) => Ok(Wanted::nothing(event.detail_type, Why::NotACreation)),
        ("aws.events" | "aws.scheduler", "Scheduled Event") => event
            .time
            .and_then(|time| BatchDate::new(time.date_naive()))
            .map(|date| Wanted::only(Want::Tick(date)))
            .ok_or_else(|| Error::invalid_input("a scheduled event has no usable time")),
        _ => Err(unknown_shape()),
    }
}

impl Wanted {
    fn only(want: Want) -> Self {
        Self { wants: BTreeSet::from([want]), ignored: Vec::new() }
    }

    fn nothing(what: impl Into<String>, why: Why) -> Self {
        Self { wants: BTreeSet::new(), ignored: vec![Ignored { what: what.into(), why }] }
    }
}

fn shape(payload: &Value) -> Option<Shape> {
    let object = payload.as_object()?;
    if let Some(records) = object.get("Records") {
        // AWS never mixes sources, so the first record speaks for all. SNS writes its fields with capitals.
        let first = records.get(0)?;
        return match first.get("eventSource").or_else(|| first.get("EventSource"))?.as_str()? {
            "aws:s3" => Some(Shape::S3),
            "aws:sns" => Some(Shape::Sns),
            "aws:sqs" => Some(Shape::Sqs),
            _ => None,
        };
    }
    let is = |field: &str, text: &str| object.get(field).is_some_and(|value| value == text);
    if is("Event", "s3:TestEvent") {
        Some(Shape::S3Test)
    } else if object.contains_key("detail-type") {
        Some(Shape::EventBridge)
    } else if is("Type", "Notification") {
        Some(Shape::SnsEnvelope)
    } else {
        manual::FIELDS.iter().any(|field| object.contains_key(*field)).then_some(Shape::Manual)
    }
}

/// The parser's own message is dropped: it quotes the payload.
fn typed<T: DeserializeOwned>(payload: Value, what: &str) -> Result<T> {
    serde_json::from_value(payload).map_err(|_| Error::invalid_input(format!("{what} is not as AWS sends it")))
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|_| Error::invalid_input("the body of a message is not JSON"))
}

fn unknown_shape() -> Error {
    Error::invalid_input(
        "unknown event: expected an S3 notification (alone, or by way of SNS or SQS), an EventBridge Object Created \
         or Scheduled Event, or a manual request: {\"date\": \"YYYY-MM-DD\"} or {\"from\": \"YYYY-MM-DD\", \
         \"to\": \"YYYY-MM-DD\"}, optionally with \"force\": true",
    )
}
