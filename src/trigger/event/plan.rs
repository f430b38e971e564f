//! What is wanted and which batches exist → which runs. Whether a run has anything to do is not decided here: one
//! whose manifest matches its inputs and outputs is a no-op.

use std::collections::{BTreeMap, BTreeSet};

use super::{Force, Ignored, Origin, Want, Why, Wish};
use crate::error::{Error, Result};
use crate::trigger::window::{BatchDate, runs_touched_by, window};

/// The runs to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunPlan {
    /// Each run once, oldest first, with all that was wished of it.
    pub runs: BTreeMap<BatchDate, Wish>,
    /// Wishes that lead to no run, or not to all the runs they name.
    pub skipped: Vec<Ignored>,
}

/// The runs that follow from what is wanted, given the dates of all batches that exist.
///
/// A created batch asks for its own run and for those whose window holds it; a tick for the newest run not after
/// its date and for the `lookback_days` dates that end there (the tick's own is the first of them). Only dates
/// with a batch of their own have a run.
///
/// # Errors
///
/// `InvalidInput` if a single date was asked for and has no batch.
pub fn run_dates<'want>(
    wants: impl IntoIterator<Item = &'want Want>,
    existing: &BTreeSet<BatchDate>,
    window_days: u32,
    lookback_days: u32,
) -> Result<RunPlan> {
    let mut plan = RunPlan::default();
    for want in wants {
        match *want {
            Want::Batch(batch) => {
                if !existing.contains(&batch) {
                    plan.skip(batch, Why::BatchGone);
                }
                // A batch that is gone still changes the days that read it.
                let touched = runs_touched_by(batch, window_days);
                plan.add(touched.iter().filter(|date| existing.contains(date)), unforced(Origin::Batch));
            }
            Want::Tick(date) => {
                let newest = existing.range(..=date).next_back();
                if newest.is_none() {
                    plan.skip(format!("tick of {date}"), Why::NoBatch);
                }
                plan.add(newest, unforced(Origin::Tick));
                if lookback_days > 0 {
                    let looked_at = window(date, lookback_days);
                    let there = looked_at.iter().filter(|date| existing.contains(date));
                    plan.add(there, unforced(Origin::Tick));
                }
            }
            Want::Date { date, force } => {
                let date = existing.get(&date).ok_or_else(|| Error::invalid_input(format!("{date} has no batch")))?;
                plan.add([date], Wish { origin: Origin::Person, force });
            }
            Want::Range { from, to, force } => {
                let mut inside = existing.range(from..=to).peekable();
                if inside.peek().is_none() {
                    plan.skip(format!("{from} to {to}"), Why::NoBatch);
                }
                plan.add(inside, Wish { origin: Origin::Person, force });
            }
        }
    }
    Ok(plan)
}

fn unforced(origin: Origin) -> Wish {
    Wish { origin, force: Force::IfChanged }
}

impl RunPlan {
    fn add<'date>(&mut self, dates: impl IntoIterator<Item = &'date BatchDate>, wish: Wish) {
        for date in dates {
            let planned = self.runs.entry(*date).or_insert(wish);
            *planned = planned.and(wish);
        }
    }

    fn skip(&mut self, what: impl ToString, why: Why) {
        self.skipped.push(Ignored { what: what.to_string(), why });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    /// A day of September 2024.
    fn day(day: i64) -> BatchDate {
        "2024-08-31".parse::<BatchDate>().expect("a date").plus_days(day)
    }

    fn days(days: &[i64]) -> BTreeSet<BatchDate> {
        days.iter().copied().map(day).collect()
    }

    fn dates(plan: &RunPlan) -> BTreeSet<BatchDate> {
        plan.runs.keys().copied().collect()
    }

    fn planned(wants: &[Want], existing: &[i64], window_days: u32, lookback_days: u32) -> RunPlan {
        run_dates(wants, &days(existing), window_days, lookback_days).expect("a plan")
    }

    #[test]
    fn a_batch_runs_its_own_day_and_the_days_after_it_that_have_a_batch() {
        let plan = planned(&[Want::Batch(day(15))], &[13, 14, 15, 16, 17], 2, 7);
        assert_eq!(dates(&plan), days(&[15, 16]));
        let plan = planned(&[Want::Batch(day(15))], &[14, 15, 18, 21, 22], 7, 7);
        assert_eq!(dates(&plan), days(&[15, 18, 21]));
        assert!(plan.runs.values().all(|wish| *wish == unforced(Origin::Batch)));
        assert_eq!(plan.skipped, []);
    }

    #[test]
    fn a_batch_deleted_meanwhile_still_runs_the_days_that_read_it() {
        let plan = planned(&[Want::Batch(day(15))], &[14, 16], 2, 7);
        assert_eq!(dates(&plan), days(&[16]));
        assert_eq!(plan.skipped, [Ignored { what: "2024-09-15".into(), why: Why::BatchGone }]);
    }

    #[test]
    fn a_tick_runs_the_newest_batch_and_looks_back() {
        let tick = [Want::Tick(day(15))];
        assert_eq!(dates(&planned(&tick, &[7, 8, 9, 11, 15, 16], 2, 7)), days(&[9, 11, 15]));
        assert_eq!(dates(&planned(&tick, &[1, 2, 16], 2, 7)), days(&[2]), "the newest is older than the look back");
        assert_eq!(dates(&planned(&tick, &[13, 14], 2, 0)), days(&[14]), "no look back");
        assert_eq!(dates(&planned(&tick, &[13, 14], 2, 1)), days(&[14]));
    }

    #[test]
    fn a_tick_before_any_batch_runs_nothing_and_says_so() {
        let plan = planned(&[Want::Tick(day(15))], &[16], 2, 7);
        assert_eq!(dates(&plan), days(&[]));
        assert_eq!(plan.skipped, [Ignored { what: "tick of 2024-09-15".into(), why: Why::NoBatch }]);
    }

    #[test]
    fn a_date_without_a_batch_is_an_error_and_a_range_takes_what_is_there() {
        let date = Want::Date { date: day(15), force: Force::IfChanged };
        let error = run_dates(&[date], &days(&[14, 16]), 2, 7).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "2024-09-15 has no batch");
        assert_eq!(dates(&planned(&[date], &[14, 15, 16], 2, 7)), days(&[15]), "only the date itself");

        let range = Want::Range { from: day(13), to: day(15), force: Force::Always };
        assert_eq!(dates(&planned(&[range], &[12, 13, 15, 16], 2, 7)), days(&[13, 15]));
        let plan = planned(&[range], &[12, 16], 2, 7);
        assert_eq!(dates(&plan), days(&[]));
        assert_eq!(plan.skipped, [Ignored { what: "2024-09-13 to 2024-09-15".into(), why: Why::NoBatch }]);
    }

    #[test]
    fn a_wish_to_force_and_whoever_asked_prevail_in_any_order() {
        let mut wants = [Want::Batch(day(14)), Want::Date { date: day(15), force: Force::Always }];
        let asked = Wish { origin: Origin::Person, force: Force::Always };
        let expected = BTreeMap::from([(day(14), unforced(Origin::Batch)), (day(15), asked)]);
        assert_eq!(planned(&wants, &[14, 15], 2, 7).runs, expected);
        wants.reverse();
        assert_eq!(planned(&wants, &[14, 15], 2, 7).runs, expected);

        let mut wants = [Want::Batch(day(15)), Want::Tick(day(15))];
        let expected = BTreeMap::from([(day(14), unforced(Origin::Tick)), (day(15), unforced(Origin::Batch))]);
        assert_eq!(planned(&wants, &[14, 15], 2, 7).runs, expected);
        wants.reverse();
        assert_eq!(planned(&wants, &[14, 15], 2, 7).runs, expected);
    }

    proptest! {
        #[test]
        fn only_days_with_a_batch_are_run_and_every_day_that_reads_a_new_batch_is(
            existing in prop::collection::btree_set(1_i64..30, 0..20), batch in 1_i64..30, window_days in 0_u32..9,
        ) {
            let existing = existing.into_iter().map(day).collect();
            let plan = run_dates(&[Want::Batch(day(batch))], &existing, window_days, 7).expect("a plan");
            let reading: BTreeSet<_> =
                existing.iter().copied().filter(|run| window(*run, window_days).contains(&day(batch))).collect();
            prop_assert_eq!(dates(&plan), reading);
        }
    }
}
