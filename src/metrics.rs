//! A run in figures, as a line of the CloudWatch embedded metric format: a log line of which CloudWatch makes metrics.
//! Pure: the program that prints it takes the clock and the memory from the machine.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::day::manifest::Manifest;
use crate::day::{Outcome, Report, Status};
use crate::error::Result;
use crate::log::{Function, Invocation};
use crate::trigger::window::BatchDate;
use crate::warnings::WarningKind;

const SECONDS_PER_DAY: i64 = 86_400;

/// Where and when a run came out.
#[derive(Clone, Debug)]
pub struct Circumstances<'c> {
    /// The function that ran.
    pub function: &'c Function,
    /// The invocation it ran in.
    pub invocation: &'c Invocation,
    /// The moment the metrics are of.
    pub now: DateTime<Utc>,
    /// The largest resident size of the process so far, where the system tells.
    pub peak_memory_bytes: Option<u64>,
}

/// A metric: its name, CloudWatch's unit and its value.
type Metric = (Cow<'static, str>, &'static str, u64);

/// The metrics of one run.
pub fn of_run(run_date: BatchDate, outcome: &Result<Outcome>, at: &Circumstances) -> Value {
    let metrics = metrics(outcome, at);
    let definitions: Vec<Value> = metrics.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.now.timestamp_millis(),
            "CloudWatchMetrics": [{
                "Namespace": at.function.metrics_namespace,
                "Dimensions": [["service"]],
                "Metrics": definitions,
            }],
        }),
    );
    line.insert("service".to_owned(), json!(at.function.service));
    line.insert("run_date".to_owned(), json!(run_date));
    line.insert("cold_start".to_owned(), json!(at.invocation.cold_start));
    line.insert("function_request_id".to_owned(), json!(at.invocation.ids.function_request_id));
    line.insert("correlation_id".to_owned(), json!(at.invocation.ids.correlation_id));
    let error_type = match outcome {
        Err(error) => Some(error.kind().as_str()),
        Ok(Outcome::Waiting(failed)) => Some(failed.error_type.as_str()),
        Ok(Outcome::HandedOver(note)) => Some(note.failed.error_type.as_str()),
        Ok(Outcome::Done(_)) => None,
    };
    line.extend(error_type.map(|error_type| ("error_type".to_owned(), json!(error_type))));
    line.extend(metrics.into_iter().map(|(name, _, value)| (name.into_owned(), json!(value))));
    Value::Object(line)
}

fn metrics(outcome: &Result<Outcome>, at: &Circumstances) -> Vec<Metric> {
    let report = outcome.as_ref().ok().and_then(Outcome::report);
    let is = |status| u64::from(report.is_some_and(|report| report.status == status));
    let mut metrics = vec![
        count("RunsPublished", is(Status::Published)),
        count("RunsUnchanged", is(Status::Unchanged)),
        count("RunsFailed", u64::from(outcome.is_err())),
        count("RunsWaiting", u64::from(matches!(outcome, Ok(Outcome::Waiting(_))))),
    ];
    // Left out elsewhere, as it is with most functions: each metric costs money in every hour it is written.
    if matches!(outcome, Ok(Outcome::HandedOver(_))) {
        metrics.push(count("RunsHandedOver", 1));
    }
    if let Some(Report { status, manifest }) = report {
        let age =
            newest_input(manifest).map(|date| (Cow::Borrowed("NewestInputAge"), "Seconds", age_seconds(date, at.now)));
        metrics.extend(age);
        if *status == Status::Published {
            metrics.extend(work(manifest));
        }
    }
    metrics.extend(at.peak_memory_bytes.map(|bytes| (Cow::Borrowed("PeakMemory"), "Bytes", bytes)));
    metrics
}

/// What a run did that published. An unchanged one did nothing: its manifest tells of an earlier one.
fn work(manifest: &Manifest) -> Vec<Metric> {
    let balance = &manifest.figures.balance;
    let mut metrics = vec![count("RowsRead", balance.read), count("RowsWritten", balance.written)];
    metrics.extend(balance.filtered.iter().map(|by| count(filtered_by(&by.filter), by.rows)));
    metrics.extend([
        count("RowsDuplicate", balance.duplicates),
        count("RowsRejected", balance.rejected),
        count("ObjectsLeftOut", manifest.left_out.len() as u64),
        ("BytesRead".into(), "Bytes", manifest.inputs.iter().map(|input| input.version.bytes).sum()),
        ("BytesWritten".into(), "Bytes", manifest.outputs.iter().map(|output| output.version.bytes).sum()),
        ("RunDuration".into(), "Milliseconds", manifest.timings.total_ms),
        count("Warnings", manifest.warnings.len() as u64),
    ]);
    // Kinds that did not occur are left out, for what they would cost.
    for kind in WarningKind::ALL {
        let warnings = manifest.warnings.iter().filter(|warning| warning.kind == kind).count() as u64;
        metrics.extend((warnings > 0).then(|| count(metric_of(kind), warnings)));
    }
    metrics
}

fn count(name: impl Into<Cow<'static, str>>, value: u64) -> Metric {
    (name.into(), "Count", value)
}

/// The metric of the rows that a filter dropped.
pub fn filtered_by(filter: &str) -> String {
    format!("RowsFilteredBy{}", camel(filter))
}

/// A name of the contract in the form of a metric's: `session_length` is `SessionLength`.
pub fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('_').map(word).collect()
}

fn metric_of(kind: WarningKind) -> &'static str {
    match kind {
        WarningKind::FailedCasts => "WarningsFailedCasts",
        WarningKind::Duplicates => "WarningsDuplicates",
        WarningKind::NothingWritten => "WarningsNothingWritten",
        WarningKind::FewRows => "WarningsFewRows",
        WarningKind::EmptyBatch => "WarningsEmptyBatch",
        WarningKind::UnterminatedLastRecord => "WarningsUnterminatedLastRecord",
        WarningKind::BareQuotes => "WarningsBareQuotes",
        WarningKind::EmptyLastField => "WarningsEmptyLastField",
        WarningKind::ObjectsLeftOut => "WarningsObjectsLeftOut",
    }
}

/// The newest batch date of the window that has a batch.
fn newest_input(manifest: &Manifest) -> Option<BatchDate> {
    manifest.window.iter().filter(|date| !manifest.missing_days.contains(date)).max().copied()
}

/// From the start of a date, UTC; 0 if that is still to come.
fn age_seconds(date: BatchDate, now: DateTime<Utc>) -> u64 {
    let start = i64::from(date.days_since_epoch()) * SECONDS_PER_DAY;
    u64::try_from(now.timestamp() - start).unwrap_or(0)
}

#[cfg(test)]
mod tests;
