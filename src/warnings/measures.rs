//! What each row of the table measures, and the words for it. Pure.

use std::collections::BTreeMap;

use super::shape::Shape;
use super::{EarlierRun, Facts, Limit, Warning, WarningKind};
use crate::contract::{Contract, Value};
use crate::engine::{Balance, CastCells};
use crate::rows::{Condition, Verdict};
use crate::trigger::window::BatchDate;

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
    let columns = facts.tally.casts.len();
    let mut batches = BTreeMap::<BatchDate, (u64, Vec<CastCells>)>::new();
    for input in &facts.tally.inputs {
        let (written, casts) =
            batches.entry(input.batch_date).or_insert_with(|| (0, vec![CastCells::default(); columns]));
        *written += input.balance.written;
        casts.iter_mut().zip(&input.casts).for_each(|(sum, cells)| sum.add(*cells));
    }
    let mut warnings = Vec::new();
    for column in 0..columns {
        let found = |batch_date, written: u64, cells: &CastCells| {
            let filled = written.saturating_sub(cells.blank);
            let is_much = cells.failed >= limit.rows || cells.failed == filled;
            let is_found = cells.failed > 0 && is_much && cells.failed as f64 > limit.share * filled as f64;
            is_found.then(|| unreadable_cells(facts, column, batch_date, cells.failed, filled))
        };
        match found(None, facts.tally.balance.written, &facts.tally.casts[column]) {
            Some(of_window) => warnings.push(of_window),
            None => warnings.extend(
                batches.iter().filter_map(|(&date, (written, casts))| found(Some(date), *written, &casts[column])),
            ),
        }
    }
    warnings
}

fn unreadable_cells(
    facts: &Facts<'_>,
    column: usize,
    batch_date: Option<BatchDate>,
    failed: u64,
    filled: u64,
) -> Warning {
    let reason = facts.tally.likely_reason(&facts.rules.contract, column);
    let reason = reason.as_deref().unwrap_or("they have no common form");
    let name = &facts.rules.contract.rows.columns[column].name;
    let of_batch = batch_date.map(|date| format!(" in the batch of {date}")).unwrap_or_default();
    let message = format!(
        "{failed} of {filled} filled cells of {name}{of_batch} ({}) cannot be read and are null: {reason}",
        percent(failed, filled)
    );
    let warning = warning(WarningKind::FailedCasts, failed, filled, message);
    Warning { column: Some(name.clone()), batch_date, ..warning }
}

/// Rows whose id an earlier row of the same batch has: above the limit's share of the batch's rows. Rows of earlier
/// batches that come again are normal and no part of it.
pub(super) fn duplicates(facts: &Facts<'_>, limit: &Limit) -> Vec<Warning> {
    let is_much = |rows: u64, of: u64| rows >= limit.rows && rows as f64 > limit.share * of as f64;
    let repeated = facts.tally.repeats.iter().filter(|batch| is_much(batch.repeats, batch.rows));
    let warning = |batch: &crate::engine::BatchRepeats| {
        let (date, rows, repeats) = (batch.batch_date, batch.rows, batch.repeats);
        let key = key_names(&facts.rules.contract);
        let mut message = format!(
            "{repeats} of {rows} rows of the batch of {date} ({}) repeat a {key} of the same batch",
            percent(repeats, rows)
        );
        if batch.rows_of_one_id > 0 {
            message += &format!("; {} rows share one id", batch.rows_of_one_id);
        }
        let is_telling =
            // An id may be any text or number.
            |shape: &Shape| !matches!(shape, Shape::Text | Shape::Unit | Shape::OutOfRange);
        match batch.likely.filter(is_telling) {
            Some(shape) => message += &format!("; the id {}", shape.hint()),
            None => {
                message +=
                    &format!("; the file may hold its rows twice, or another column may have been exported as {key}")
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

/// The names of the columns that make two rows the same.
fn key_names(contract: &Contract) -> String {
    let names = contract.rows.identity.iter().map(|&column| &contract.rows.columns[column].name[..]);
    names.collect::<Vec<_>>().join(" and ")
}

/// Where the rows of some inputs ended.
struct Ended {
    balance: Balance,
    dropped: Vec<u64>,
}

impl Ended {
    fn of(facts: &Facts<'_>, is_meant: impl Fn(BatchDate) -> bool) -> Self {
        let balance = Balance { filtered: facts.tally.balance.filtered.clone(), ..Balance::default() };
        let mut ended = Self { balance, dropped: vec![0; Verdict::drops(facts.rules.conditions.len())] };
        ended.balance.filtered.iter_mut().for_each(|by| by.rows = 0);
        for input in facts.tally.inputs.iter().filter(|input| is_meant(input.batch_date)) {
            ended.balance.add(&input.balance);
            ended.dropped.iter_mut().zip(&input.dropped).for_each(|(sum, rows)| *sum += rows);
        }
        ended
    }

    /// Why none of the rows was written.
    fn reasons(&self, facts: &Facts<'_>) -> String {
        let dropped = self.dropped.iter().enumerate().map(|(drop, &rows)| {
            let (condition, is_null) = Verdict::of_drop(drop);
            (rows, dropped_by(&facts.rules.conditions[condition], is_null, &facts.rules.contract))
        });
        let others = [
            (self.balance.duplicates, "duplicates of earlier rows".to_owned()),
            (self.balance.rejected, rejected(facts)),
        ];
        let some: Vec<_> = dropped.chain(others).filter(|(rows, _)| *rows > 0).collect();
        match &some[..] {
            [(1, reason)] => format!("the only row is {reason}"),
            [(rows, reason)] => format!("all rows are {reason} ({rows} rows)"),
            _ => some.iter().map(|(rows, reason)| format!("{rows} {reason}")).collect::<Vec<_>>().join(", "),
        }
    }
}

/// Which filter drops a row that does not meet a condition, and what an operator has set it to.
fn dropped_by(condition: &Condition, is_null: bool, contract: &Contract) -> String {
    let name = &contract.rows.filters[condition.filter].name;
    if is_null {
        return format!("without a value that the filter {name} needs");
    }
    let setting = |(name, value): (String, Value)| {
        let parameter = contract.parameters.iter().find(|parameter| parameter.name == name);
        format!("{} {value}", parameter.map_or(&name[..], |parameter| &parameter.variable[..]))
    };
    let settings: Vec<String> = condition.keep.parameters().into_iter().map(setting).collect();
    match &settings[..] {
        [] => format!("dropped by the filter {name}"),
        settings => format!("dropped by the filter {name} ({})", settings.join(", ")),
    }
}

/// What most rejected records were rejected for.
fn rejected(facts: &Facts<'_>) -> String {
    let Some((&(column, reason), _)) = facts.tally.rejected.iter().max_by_key(|(_, rows)| **rows) else {
        return "rejected".to_owned();
    };
    let likely = column
        .and_then(|column| facts.tally.likely_reason(&facts.rules.contract, column))
        .map(|likely| format!(": {likely}"));
    let name = |column: usize| format!("{} ", facts.rules.contract.rows.columns[column].name);
    let column = column.map(name).unwrap_or_default();
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
