//! The answer to an event: how each of its runs came out, in JSON.

use serde::Serialize;

use crate::day::failed_run::FailedRun;
use crate::day::hand_over::HandOver;
use crate::day::{Outcome, Report, Status};
use crate::engine::Balance;
use crate::error::Error;
use crate::trigger::window::BatchDate;
use crate::warnings::{Warning, WarningKind};

/// The answer to an event whose runs succeeded, or to SQS messages, of which some may have failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reply {
    /// Each run, oldest first, although the newest is done first.
    pub runs: Vec<RunReply>,
    /// What in the event asked for no run.
    pub ignored: Vec<IgnoredReply>,
    /// The SQS messages that have to be delivered again; only in the answer to SQS.
    #[serde(rename = "batchItemFailures", skip_serializing_if = "Option::is_none")]
    pub batch_item_failures: Option<Vec<ItemFailure>>,
}

/// How one run came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunReply {
    /// Its date.
    pub run_date: BatchDate,
    /// How it came out.
    #[serde(flatten)]
    pub outcome: RunOutcome,
}

/// How one run came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum RunOutcome {
    /// What is published is right.
    Succeeded {
        /// Whether it had to be published.
        status: Status,
        /// Where the records ended.
        balance: Balance,
        /// Keys of the outputs.
        outputs: Vec<String>,
        /// How long the run that published it took.
        duration_ms: u64,
        /// What should not pass unnoticed.
        warnings: Vec<WarningReply>,
        /// The objects of the window that could not be used.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        left_out: Vec<LeftOutReply>,
    },
    /// It failed for good earlier, nothing has changed since, and nobody asked for it.
    Waiting {
        /// Always `waiting`.
        status: &'static str,
        /// The stable error type of the failure.
        error_type: String,
        /// What happened.
        error_message: String,
        /// When, RFC 3339 in UTC.
        failed_at: String,
    },
    /// It is too large for the function, and a larger machine is asked to run it.
    HandedOver {
        /// Always `handed_over`.
        status: &'static str,
        /// Why.
        error_message: String,
    },
    /// Nothing was changed.
    Failed {
        /// Always `failed`.
        status: &'static str,
        /// The stable error type.
        error_type: &'static str,
        /// What happened.
        error_message: String,
    },
}

/// A warning of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WarningReply {
    /// What it is about.
    pub kind: WarningKind,
    /// What is the matter, and the likely reason.
    pub message: String,
}

/// An object that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOutReply {
    /// Its key.
    pub key: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// Something in an event that asked for no run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IgnoredReply {
    /// An object's key, an event's name, or a date.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// An SQS message that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ItemFailure {
    /// The message's id.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

/// What is said of a run that did not fail.
pub(super) fn came_out(outcome: &Outcome) -> RunOutcome {
    match outcome {
        Outcome::Done(Report { status, manifest }) => RunOutcome::Succeeded {
            status: *status,
            balance: manifest.figures.balance.clone(),
            outputs: manifest.outputs.iter().map(|output| output.version.key.clone()).collect(),
            duration_ms: manifest.timings.total_ms,
            warnings: manifest.warnings.iter().map(warning_reply).collect(),
            left_out: manifest
                .left_out
                .iter()
                .map(|entry| LeftOutReply { key: entry.version.key.clone(), reason: entry.reason.clone() })
                .collect(),
        },
        Outcome::Waiting(FailedRun { error_type, error_message, failed_at, .. }) => RunOutcome::Waiting {
            status: "waiting",
            error_type: error_type.clone(),
            error_message: error_message.clone(),
            failed_at: failed_at.clone(),
        },
        Outcome::HandedOver(HandOver { failed, .. }) => {
            RunOutcome::HandedOver { status: "handed_over", error_message: failed.error_message.clone() }
        }
    }
}

fn warning_reply(warning: &Warning) -> WarningReply {
    WarningReply { kind: warning.kind, message: warning.message.clone() }
}

/// What is said of one that did.
pub(super) fn run_failed(error: &Error) -> RunOutcome {
    RunOutcome::Failed { status: "failed", error_type: error.kind().as_str(), error_message: error.to_string() }
}
