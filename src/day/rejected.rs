//! Whether too many rows are rejected: in an object, in the batch of a date, or in the whole window.
//!
//! An object or a batch is judged by itself once [`TELLING_ROWS`] of its rows are rejected, or all of them: three rows
//! of which one is bad say little. The window is judged always.

use std::collections::BTreeMap;

use super::Inputs;
use crate::contract::Contract;
use crate::day::manifest::LeftOutEntry;
use crate::engine::{InputTally, Tally};
use crate::error::{Error, Result};
use crate::rules::Reason;
use crate::trigger::window::BatchDate;

/// So many rejected rows of one object or batch date tell something about it.
const TELLING_ROWS: u64 = 20;

/// Rejected rows of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Share {
    rows: u64,
    rejected: u64,
}

impl Share {
    fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, rejected: self.rejected + other.rejected }
    }

    fn exceeds(self, ratio_max: f64) -> bool {
        self.rejected as f64 > ratio_max * self.rows as f64
    }

    fn tells(self) -> bool {
        self.rejected >= TELLING_ROWS || self.rejected == self.rows
    }

    fn complaint(self, what: &str, ratio_max: f64) -> String {
        let Self { rows, rejected } = self;
        format!("{rejected} of {rows} {what} are rejected, more than MAX_REJECTED_RATIO {ratio_max} allows")
    }
}

/// Judges what was counted over the inputs. `Ok`: the objects to be left out, if the run is to start over without some.
///
/// # Errors
///
/// `InvalidInput` if too many rows are rejected and `may_leave_out` none of the objects that they are in.
pub(super) fn judge(
    tally: &Tally,
    contract: &Contract,
    inputs: &Inputs,
    ratio_max: f64,
    may_leave_out: impl Fn(usize) -> bool,
) -> Result<Vec<LeftOutEntry>> {
    let shares = shares(tally);
    let exceeds = |at: &usize| shares[*at].exceeds(ratio_max);
    let mut left_out = vec![false; shares.len()];

    for at in (0..shares.len()).filter(exceeds).filter(|&at| shares[at].tells()) {
        if !may_leave_out(at) {
            let complaint = shares[at].complaint("rows", ratio_max);
            let in_window = format!(" (in the window {})", reasons(tally, contract));
            return Err(failed(complaint, in_window, first_of(tally, at)).at(&inputs.objects[at].key));
        }
        left_out[at] = true;
    }
    let mut of_dates: BTreeMap<BatchDate, Share> = BTreeMap::new();
    for at in (0..shares.len()).filter(|&at| !left_out[at]) {
        let share = of_dates.entry(inputs.dates[at]).or_default();
        *share = share.and(shares[at]);
    }
    of_dates.retain(|_, share| share.tells() && share.exceeds(ratio_max));
    // One of a date's objects exceeds the ratio, or together they would not.
    for at in (0..shares.len()).filter(exceeds) {
        let Some(share) = of_dates.get(&inputs.dates[at]) else { continue };
        if !may_leave_out(at) {
            let complaint = share.complaint(&format!("rows of the batch of {}", inputs.dates[at]), ratio_max);
            return Err(failed(complaint, format!(" (in the window {})", reasons(tally, contract)), String::new()));
        }
        left_out[at] = true;
    }
    let whole = shares.iter().copied().fold(Share::default(), Share::and);
    if !left_out.contains(&true) && whole.exceeds(ratio_max) {
        (0..shares.len()).filter(exceeds).filter(|&at| may_leave_out(at)).for_each(|at| left_out[at] = true);
        if !left_out.contains(&true) {
            let first =
                tally.first_rejected.and_then(|(input, record)| Some((record, &inputs.objects.get(input)?.key)));
            let first = first.map(|(record, key)| format!("; the first is record {record} of {key}"));
            let reasons = format!(" ({})", reasons(tally, contract));
            return Err(failed(whole.complaint("rows", ratio_max), reasons, first.unwrap_or_default()));
        }
    }
    let entry = |at: usize| LeftOutEntry {
        version: inputs.objects[at].clone(),
        batch_date: inputs.dates[at],
        reason: format!("{}{}", shares[at].complaint("rows", ratio_max), first_of(tally, at)),
    };
    Ok((0..shares.len()).filter(|&at| left_out[at]).map(entry).collect())
}

/// The share of each input. Records that are no data are on neither side.
fn shares(tally: &Tally) -> Vec<Share> {
    let share = |InputTally { balance, no_data, .. }: &InputTally| Share {
        rows: balance.read - no_data,
        rejected: balance.rejected - no_data,
    };
    tally.inputs.iter().map(share).collect()
}

fn first_of(tally: &Tally, input: usize) -> String {
    let first = tally.inputs[input].first_rejected;
    first.map(|record| format!("; the first is record {record}")).unwrap_or_default()
}

fn reasons(tally: &Tally, contract: &Contract) -> String {
    let describe = |(&(column, reason), rows): (&(Option<usize>, Reason), &u64)| match column {
        Some(column) => {
            let name = &contract.rows.columns[column].name;
            match tally.likely_reason(contract, column).filter(|_| reason == Reason::Unreadable) {
                Some(likely) => format!("{name} {reason}: {rows}, {likely}"),
                None => format!("{name} {reason}: {rows}"),
            }
        }
        None => format!("{reason}: {rows}"),
    };
    tally.rejected.iter().map(describe).collect::<Vec<_>>().join(", ")
}

fn failed(complaint: String, reasons: String, first: String) -> Error {
    Error::invalid_input(format!("{complaint}{reasons}{first}; nothing was published"))
}
