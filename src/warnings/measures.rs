//! What each row of the table measures, and the words for it. Pure.

use std::collections::BTreeMap;

use super::{EarlierRun, Facts, Limit, Warning, WarningKind};
use crate::engine::{Balance, CastCells};
use crate::parse::CASTS;
use crate::rules::date::write_date;
use crate::schema::KnownColumn;
use crate::window::BatchDate;

/// Keys that a message names before it only counts the others.
const KEYS_NAMED: usize = 3;

/// A warning about `rows` of `of`, and about nothing smaller than the run.
fn warning(kind: WarningKind, rows: u64, of: u64, message: String) -> Warning {
    Warning { kind, object: None, batch_date: None, column: None, rows, of, message }
}

/// Cells that hold something, but became null: above the limit's share of a column's filled cells and at least its
/// number of them. A column that is null throughout although cells are filled is never silent, however few rows
/// there are. Looked at over the window, and else batch by batch: a large day must not hide that a small one is unreadable.
pub(super) fn failed_casts(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let mut batches = BTreeMap::<BatchDate, (u64, [CastCells; CASTS.len()])>::new();
    for input in &facts.tally.inputs {
        let (written, casts) = batches.entry(input.batch_date).or_default();
        *written += input.balance.written;
        for (sum, cells) in casts.iter_mut().zip(&input.casts) {
            sum.failed += cells.failed;
            sum.blank += cells.blank;
        }
    }
    let mut warnings = Vec::new();
    for (bit, column) in CASTS.into_iter().enumerate() {
        let found = |batch_date, written: u64, cells: &CastCells| {
            let filled = written.saturating_sub(cells.blank);
            let is_much = cells.failed >= limit.rows || cells.failed == filled;
            let is_found = cells.failed > 0 && is_much && cells.failed as f64 > limit.share * filled as f64;
            is_found.then(|| unreadable_cells(facts, column, batch_date, cells.failed, filled))
        };
        match found(None, facts.tally.balance.written, &facts.tally.casts[bit]) {
            Some(of_window) => warnings.push(of_window),
            None => warnings.extend(
                batches.iter().filter_map(|(&date, (written, casts))| found(Some(date), *written, &casts[bit])),
            ),
        }
    }
    warnings
}

fn unreadable_cells(
    facts: &Facts<'_>,
    column: KnownColumn,
    batch_date: Option<BatchDate>,
    failed: u64,
    filled: u64,
) -> Warning {
    let reason = facts.tally.likely_reason(column).unwrap_or("they have no common form");
    let name = column.name();
    let of_batch = batch_date.map(|date| format!(" in the batch of {date}")).unwrap_or_default();
    let message = format!(
        "{failed} of {filled} filled cells of {name}{of_batch} ({}) cannot be read and are null: {reason}",
        percent(failed, filled)
    );
    let warning = warning(WarningKind::FailedCasts, failed, filled, message);
    Warning { column: Some(name.to_owned()), batch_date, ..warning }
}

/// Rows whose id an earlier row of the same batch has: above the limit's share of the batch's rows. Rows of earlier
/// batches that come again are normal and no part of it.
pub(super) fn duplicates(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let is_much = |rows: u64, of: u64| rows >= limit.rows && rows as f64 > limit.share * of as f64;
    let repeated = facts.tally.repeats.iter().filter(|batch| is_much(batch.repeats, batch.rows));
    let warning = |batch: &crate::engine::BatchRepeats| {
        let (date, rows, repeats) = (batch.batch_date, batch.rows, batch.repeats);
        let mut message = format!(
            "{repeats} of {rows} rows of the batch of {date} ({}) repeat a unique_id of the same batch",
            percent(repeats, rows)
        );
        if batch.rows_of_one_id > 0 {
            message += &format!("; {} rows share one id", batch.rows_of_one_id);
        }
        let is_telling =
            |shape: &super::shape::Shape| !matches!(shape, super::shape::Shape::Text | super::shape::Shape::Unit);
        match batch.likely.filter(is_telling) {
            Some(shape) => message += &format!("; the id {}", shape.hint()),
            None => {
                message += "; the file may hold its rows twice, or another column may have been exported as unique_id"
            }
        }
        Warning { batch_date: Some(date), ..self::warning(WarningKind::Duplicates, repeats, rows, message) }
    };
    repeated.map(warning).collect()
}

/// Rows were read, of the window or of the run's own batch, but none was written.
pub(super) fn nothing_written(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let (window, own) = (Ended::of(facts, |_| true), Ended::of(facts, |date| date == facts.run_date));
    let is_empty = |ended: &Ended| ended.balance.read >= limit.rows && ended.balance.written == 0;
    let (ended, what, batch_date) = match () {
        () if is_empty(&window) => (window, "none of the rows read was written".to_owned(), None),
        () if is_empty(&own) => {
            (own, format!("no row of the batch of {} was written", facts.run_date), Some(facts.run_date))
        }
        () => return Vec::new(),
    };
    let read = ended.balance.read;
    let warning = warning(WarningKind::NothingWritten, read, read, format!("{what}: {}", ended.reasons(facts)));
    vec![Warning { batch_date, ..warning }]
}

/// Where the rows of some inputs ended.
struct Ended {
    balance: Balance,
    before_range: u64,
    after_range: u64,
}

impl Ended {
    fn of(facts: &Facts<'_>, is_meant: impl Fn(BatchDate) -> bool) -> Self {
        let mut ended = Self { balance: Balance::default(), before_range: 0, after_range: 0 };
        for input in facts.tally.inputs.iter().filter(|input| is_meant(input.batch_date)) {
            ended.balance.add(&input.balance);
            ended.before_range += input.before_range;
            ended.after_range += input.after_range;
        }
        ended
    }

    /// Why none of the rows was written.
    fn reasons(&self, facts: &Facts<'_>) -> String {
        let (balance, rules) = (&self.balance, facts.rules);
        let date = |days: Option<i32>| days.map(date_text).unwrap_or_default();
        let reasons = [
            (self.after_range, format!("dated after ACCESSED_TO {}", date(rules.accessed_to))),
            (self.before_range, format!("dated before ACCESSED_FROM {}", date(rules.accessed_from))),
            (
                balance.filtered_by_date.saturating_sub(self.after_range + self.before_range),
                "without an access date that can be read".to_owned(),
            ),
            (
                balance.filtered_by_duration,
                format!("of sessions not longer than MIN_SESSION_DURATION {}", rules.min_session_duration),
            ),
            (balance.duplicates, "duplicates of earlier rows".to_owned()),
            (balance.rejected, rejected(facts)),
        ];
        let some: Vec<_> = reasons.into_iter().filter(|(rows, _)| *rows > 0).collect();
        match &some[..] {
            [(1, reason)] => format!("the only row is {reason}"),
            [(rows, reason)] => format!("all rows are {reason} ({rows} rows)"),
            _ => some.iter().map(|(rows, reason)| format!("{rows} {reason}")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// What most rejected records were rejected for.
fn rejected(facts: &Facts<'_>) -> String {
    let Some((&(column, reason), _)) = facts.tally.rejected.iter().max_by_key(|(_, rows)| **rows) else {
        return "rejected".to_owned();
    };
    let likely = column.and_then(|column| facts.tally.likely_reason(column)).map(|likely| format!(": {likely}"));
    let column = column.map(|column| format!("{} ", column.name())).unwrap_or_default();
    format!("rejected (mostly {column}{reason}{})", likely.unwrap_or_default())
}

/// The run's own batch has no rows, while an earlier one, of the window or of an earlier run, has the limit's number.
pub(super) fn empty_batch(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let run_date = facts.run_date;
    if Ended::of(facts, |date| date == run_date).balance.read > 0 {
        return Vec::new();
    }
    let mut of_window = BTreeMap::new();
    for input in facts.tally.inputs.iter().filter(|input| input.batch_date < run_date) {
        *of_window.entry(input.batch_date).or_default() += input.balance.read;
    }
    let of_history = facts.history.iter().map(|&EarlierRun { run_date, rows }| (run_date, rows));
    let earlier = of_window.into_iter().chain(of_history).filter(|&(_, rows)| rows >= limit.rows);
    let Some((date, rows)) = earlier.max() else { return Vec::new() };
    let message =
        format!("the batch of {run_date} has no rows, while that of {date} had {rows}: the export may have failed");
    vec![Warning { batch_date: Some(run_date), ..warning(WarningKind::EmptyBatch, 0, rows, message) }]
}

/// The run's own batch has some rows, but fewer than the limit's share of the median of earlier runs' own batches.
pub(super) fn few_rows(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let run_date = facts.run_date;
    let rows = Ended::of(facts, |date| date == run_date).balance.read;
    let earlier = facts.history.iter().map(|earlier| earlier.rows);
    let Some(median) = median(earlier.collect()).filter(|_| facts.history.len() >= limit.runs) else {
        return Vec::new();
    };
    if rows == 0 || median < limit.rows || rows as f64 >= limit.share * median as f64 {
        return Vec::new();
    }
    let message = format!(
        "the batch of {run_date} has {rows} rows, while the {} runs before it had {median} in the median: a part may be missing",
        facts.history.len()
    );
    vec![Warning { batch_date: Some(run_date), ..warning(WarningKind::FewRows, rows, median, message) }]
}

fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(lower + (upper - lower) / 2)
}

/// Exactly one object of those with text after the header does not end in a line end. Where none does, the sender
/// writes files that way.
pub(super) fn unterminated_last_record(facts: &Facts<'_>, _: &Limit) -> Vec<Warning> {
    let inputs = || facts.tally.inputs.iter().zip(facts.keys).filter(|(input, _)| input.balance.read > 0);
    let mut unterminated = inputs().filter(|(input, _)| input.is_unterminated);
    let (Some((input, key)), None) = (unterminated.next(), unterminated.next()) else { return Vec::new() };
    let others = if inputs().count() > 1 { ", while every other object of the window does" } else { "" };
    let message = format!("{key} does not end in a line end{others}: its end may be missing");
    let warning = warning(WarningKind::UnterminatedLastRecord, 1, input.balance.read, message);
    vec![Warning { object: Some((*key).to_owned()), batch_date: Some(input.batch_date), ..warning }]
}

/// Records with a quote inside text that is not quoted, which is kept as text.
pub(super) fn bare_quotes(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    in_records(
        facts,
        limit,
        WarningKind::BareQuotes,
        |input| input.bare_quotes,
        |records, first| {
            format!(
                "{records} hold quotes inside text that is not quoted, the first in {first}; they were kept as text, but the sender's CSV may not be quoted as RFC 4180 says"
            )
        },
    )
}

/// Records with one field more than the header, an empty last one, which is left out.
pub(super) fn empty_last_field(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    in_records(
        facts,
        limit,
        WarningKind::EmptyLastField,
        |input| input.empty_last_fields,
        |records, first| {
            format!(
                "{records} have one field more than the header, an empty last one, the first in {first}; it was left out, but lines should not end in a comma"
            )
        },
    )
}

fn in_records(
    facts: &Facts<'_>,
    limit: &Limit,
    kind: WarningKind,
    count: impl Fn(&crate::engine::InputTally) -> u64,
    message: impl Fn(&str, &str) -> String,
) -> Vec<Warning> {
    let found: Vec<_> = facts.tally.inputs.iter().zip(facts.keys).filter(|(input, _)| count(input) > 0).collect();
    let records: u64 = found.iter().map(|(input, _)| count(input)).sum();
    let Some((input, key)) = found.first().filter(|_| records >= limit.rows) else { return Vec::new() };
    let read = facts.tally.balance.read;
    let warning = warning(kind, records, read, message(&format!("{records} of {read} records"), key));
    vec![Warning { object: Some((**key).to_owned()), batch_date: Some(input.batch_date), ..warning }]
}

/// Objects of the window that could not be used.
pub(super) fn objects_left_out(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let objects = facts.left_out.len() as u64;
    if objects < limit.rows {
        return Vec::new();
    }
    let mut named = facts.left_out[..facts.left_out.len().min(KEYS_NAMED)].join(", ");
    if facts.left_out.len() > KEYS_NAMED {
        named += &format!(" and {} more", facts.left_out.len() - KEYS_NAMED);
    }
    let message = format!("objects of the window cannot be used and were left out: {named}");
    let all = objects + facts.keys.len() as u64;
    let object = facts.left_out.first().map(|&key| key.to_owned());
    vec![Warning { object, ..warning(WarningKind::ObjectsLeftOut, objects, all, message) }]
}

fn percent(rows: u64, of: u64) -> String {
    let percent = 100.0 * rows as f64 / of as f64;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

fn date_text(days: i32) -> String {
    let mut text = Vec::new();
    write_date(days, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}
