//! Warnings: what a run that succeeded should not keep to itself. One table says what is measured, from where on it is
//! worth a word, and how bad it is; each measure is a pure function of the run's figures and those of earlier runs.
//!
//! A warning names columns, dates, keys, counts and settings, and says what the likely reason is, but it never holds
//! (a part of) a cell: warnings stand in logs, replies and manifests.

mod measures;
pub mod shape;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::day::manifest::Manifest;
use crate::engine::Tally;
use crate::error::{Error, Result};
use crate::rows::Rules;
use crate::trigger::window::{BatchDate, ObjectPattern};

/// What a warning is about. The names are stable: metrics, settings and manifests use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// Many cells of a column hold something that could not be cast and became null.
    FailedCasts,
    /// Many rows of a batch repeat an id of the same batch.
    Duplicates,
    /// Rows were read, but none was written.
    NothingWritten,
    /// The batch has far fewer rows than those before it.
    FewRows,
    /// The batch has no rows, unlike one before it.
    EmptyBatch,
    /// One object alone does not end in a line end.
    UnterminatedLastRecord,
    /// Quotes inside text that is not quoted.
    BareQuotes,
    /// Records with one more field than the header, an empty last one.
    EmptyLastField,
    /// Objects of earlier days that could not be used and were left out.
    ObjectsLeftOut,
}

impl WarningKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::FailedCasts,
        Self::Duplicates,
        Self::NothingWritten,
        Self::FewRows,
        Self::EmptyBatch,
        Self::UnterminatedLastRecord,
        Self::BareQuotes,
        Self::EmptyLastField,
        Self::ObjectsLeftOut,
    ];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailedCasts => "failed_casts",
            Self::Duplicates => "duplicates",
            Self::NothingWritten => "nothing_written",
            Self::FewRows => "few_rows",
            Self::EmptyBatch => "empty_batch",
            Self::UnterminatedLastRecord => "unterminated_last_record",
            Self::BareQuotes => "bare_quotes",
            Self::EmptyLastField => "empty_last_field",
            Self::ObjectsLeftOut => "objects_left_out",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no kind of warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of warning")]
pub struct NotAWarningKind;

impl FromStr for WarningKind {
    type Err = NotAWarningKind;

    fn from_str(text: &str) -> Result<Self, NotAWarningKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(NotAWarningKind)
    }
}

/// One warning of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// Key of the object it is about, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Date of the batch it is about, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_date: Option<BatchDate>,
    /// The column it is about, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How many rows, cells or objects show it.
    pub rows: u64,
    /// Of how many.
    pub of: u64,
    /// The same in plain English, with the likely reason.
    pub message: String,
}

/// How bad a warning is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The day is published, with the warning.
    Warn,
    /// The run fails, and nothing is published.
    Fail,
}

/// From where on something is worth a warning. What `share` and `rows` are of, each row of [`RULES`] says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// A share of a whole, 0 to 1.
    pub share: f64,
    /// A number of rows or cells.
    pub rows: u64,
    /// How many earlier runs there must be to compare with.
    pub runs: usize,
}

/// One row of the table of warnings.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What it is about.
    pub kind: WarningKind,
    /// From where on.
    pub limit: Limit,
    /// How bad it is unless `FAIL_ON_WARNINGS` says otherwise.
    pub severity: Severity,
    measure: fn(&Facts<'_>, &Limit) -> Vec<Warning>,
}

const fn rule(
    kind: WarningKind,
    (share, rows, runs): (f64, u64, usize),
    measure: fn(&Facts<'_>, &Limit) -> Vec<Warning>,
) -> Rule {
    Rule { kind, limit: Limit { share, rows, runs }, severity: Severity::Warn, measure }
}

/// Everything that is looked at, in the order warnings are told.
pub const RULES: &[Rule] = &[
    // Rows read from here on.
    rule(WarningKind::NothingWritten, (0.0, 1, 0), measures::nothing_written),
    // Rows an earlier batch must have had.
    rule(WarningKind::EmptyBatch, (0.0, 100, 0), measures::empty_batch),
    // Below this share of the median, if the median is at least so many rows, of at least so many earlier runs.
    rule(WarningKind::FewRows, (0.1, 100, 5), measures::few_rows),
    // Above this share of a column's filled cells, and at least so many, or all of them.
    rule(WarningKind::FailedCasts, (0.05, 20, 0), measures::failed_casts),
    // Above this share of a batch's rows.
    rule(WarningKind::Duplicates, (0.2, 1, 0), measures::duplicates),
    // Every one.
    rule(WarningKind::UnterminatedLastRecord, (0.0, 1, 0), measures::unterminated_last_record),
    rule(WarningKind::BareQuotes, (0.0, 1, 0), measures::bare_quotes),
    rule(WarningKind::EmptyLastField, (0.0, 1, 0), measures::empty_last_field),
    rule(WarningKind::ObjectsLeftOut, (0.0, 1, 0), measures::objects_left_out),
];

/// What is known of a run before anything is published.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Its date, which is that of its own batch.
    pub run_date: BatchDate,
    /// The keys of its inputs, in the order of the tally's.
    pub keys: &'f [&'f str],
    /// Its figures.
    pub tally: &'f Tally,
    /// Its rules.
    pub rules: &'f Rules,
    /// Earlier runs, in any order.
    pub history: &'f [EarlierRun],
    /// Keys of objects of earlier days that could not be used.
    pub left_out: &'f [&'f str],
}

/// What is remembered of an earlier run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlierRun {
    /// Its date.
    pub run_date: BatchDate,
    /// Records of its own batch.
    pub rows: u64,
}

impl EarlierRun {
    /// That of a manifest, whose inputs are `objects` below `input_prefix`.
    pub fn of(manifest: &Manifest, objects: &ObjectPattern, input_prefix: &str) -> Self {
        let run_date = manifest.run_date;
        let batch_of = |key: &str| objects.batch_of_key(key, input_prefix);
        let own = manifest.inputs.iter().filter(|input| batch_of(&input.version.key) == Ok(run_date));
        Self { run_date, rows: own.map(|input| input.rows).sum() }
    }
}

/// The warnings of a run, by the table.
pub fn of_run(facts: &Facts<'_>) -> Vec<Warning> {
    RULES.iter().flat_map(|rule| (rule.measure)(facts, &rule.limit)).collect()
}

/// Fails if a warning is of a kind that may not pass: by the table, or because the operator said so.
pub fn check(warnings: &[Warning], fail_on: &BTreeSet<WarningKind>) -> Result<()> {
    let is_fatal_by_table = |kind| RULES.iter().any(|rule| rule.kind == kind && rule.severity == Severity::Fail);
    let fatal = warnings.iter().filter(|warning| fail_on.contains(&warning.kind) || is_fatal_by_table(warning.kind));
    let messages: Vec<String> = fatal.map(|warning| format!("{} ({})", warning.message, warning.kind)).collect();
    if messages.is_empty() {
        return Ok(());
    }
    let messages = messages.join("; ");
    Err(Error::invalid_input(format!("FAIL_ON_WARNINGS does not let this pass: {messages}; nothing was published")))
}
