//! Batch dates: which key belongs to which day, which days a run reads, which runs a day touches.
//!
//! Dates come from keys and requests only, never from a clock, and nothing is looked up here: which batches exist
//! is for whoever lists the lake to say. Window lengths are in days and count the run date itself; 0 counts as 1.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, TimeDelta};

mod pattern;

pub use pattern::{NotABatch, ObjectPattern, PatternMistake};

/// Days from 0001-01-01 to 1970-01-01, counted as chrono counts them (0001-01-01 is day 1).
const EPOCH_DAYS_FROM_CE: i32 = 719_163;

/// The day of a batch or of a run; written `YYYY-MM-DD`, also in JSON. Years 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BatchDate(NaiveDate);

/// The text is not a calendar date written `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a calendar date written YYYY-MM-DD")]
pub struct NotADate;

impl BatchDate {
    /// The first date that can be written.
    pub const MIN: Self = Self(NaiveDate::from_ymd_opt(1, 1, 1).expect("a calendar date"));

    /// The last date that can be written in four digits of year.
    pub const MAX: Self = Self(NaiveDate::from_ymd_opt(9999, 12, 31).expect("a calendar date"));

    /// The date, unless its year needs more or less than four digits.
    pub fn new(date: NaiveDate) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&date).then_some(Self(date))
    }

    /// The date `days` later, or earlier if negative; stops at [`Self::MIN`] and [`Self::MAX`].
    pub fn plus_days(self, days: i64) -> Self {
        TimeDelta::try_days(days)
            .and_then(|delta| self.0.checked_add_signed(delta))
            .and_then(Self::new)
            .unwrap_or(if days < 0 { Self::MIN } else { Self::MAX })
    }

    /// Days since 1970-01-01, as Parquet and Arrow store a date.
    pub fn days_since_epoch(self) -> i32 {
        self.0.num_days_from_ce() - EPOCH_DAYS_FROM_CE
    }

    /// Every date from this one to `last`, both included.
    fn through(self, last: Self) -> impl Iterator<Item = Self> {
        let first = (self <= last).then_some(self);
        std::iter::successors(first, move |date| (*date < last).then(|| date.plus_days(1)))
    }
}

impl fmt::Display for BatchDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for BatchDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for BatchDate {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        // chrono's own parser also takes signs, spaces and single digits.
        let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return Err(NotADate) };
        let number = |digits: &[u8]| {
            digits.iter().try_fold(0, |sum: u32, digit| {
                digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')).ok_or(NotADate)
            })
        };
        let year = i32::try_from(number(&[y1, y2, y3, y4])?).map_err(|_| NotADate)?;
        NaiveDate::from_ymd_opt(year, number(&[m1, m2])?, number(&[d1, d2])?).and_then(Self::new).ok_or(NotADate)
    }
}

impl TryFrom<String> for BatchDate {
    type Error = NotADate;

    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<BatchDate> for String {
    fn from(date: BatchDate) -> Self {
        date.to_string()
    }
}

/// The batch dates a run reads, oldest first: the `window_days` dates ending at `run_date`.
pub fn window(run_date: BatchDate, window_days: u32) -> Vec<BatchDate> {
    run_date.plus_days(-days_besides_own(window_days)).through(run_date).collect()
}

/// The runs whose window holds this batch, oldest first: its own and the `window_days - 1` after it.
pub fn runs_touched_by(batch: BatchDate, window_days: u32) -> Vec<BatchDate> {
    batch.through(batch.plus_days(days_besides_own(window_days))).collect()
}

/// The length of a window without its own date.
fn days_besides_own(window_days: u32) -> i64 {
    i64::from(window_days).saturating_sub(1).max(0)
}

/// The rest of a key that lies in a folder. The folder may be given with or without a slash at its end; the empty
/// folder holds every key.
pub(crate) fn below<'key>(key: &'key str, folder: &str) -> Option<&'key str> {
    match folder.trim_end_matches('/') {
        "" => Some(key),
        folder => key.strip_prefix(folder)?.strip_prefix('/'),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> BatchDate {
        text.parse().expect("a date")
    }

    fn any_date() -> impl Strategy<Value = BatchDate> {
        let last = i64::from(BatchDate::MAX.days_since_epoch() - BatchDate::MIN.days_since_epoch());
        // The edges of the calendar are where arithmetic breaks, so they come up often.
        prop_oneof![0..=last, 0..=40_i64, last - 40..=last].prop_map(|days| BatchDate::MIN.plus_days(days))
    }

    #[test]
    fn only_calendar_dates_in_four_two_and_two_digits_are_read() {
        for text in ["2024-09-15", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31"] {
            assert_eq!(text.parse().map(|date: BatchDate| date.to_string()), Ok(text.to_owned()));
        }
        let refused = [
            "",
            "2024-9-15",
            "2024-09-5",
            "24-09-15",
            "2024/09/15",
            "2024-09-15 ",
            " 2024-09-15",
            "+024-09-15",
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-04-31",
            "2024-04-00",
            "0000-01-01",
            "10000-01-01",
            "2024-09-1\u{664}",
            "2024-09-15T00:00:00Z",
        ];
        for text in refused {
            assert_eq!(text.parse::<BatchDate>(), Err(NotADate), "{text:?}");
        }
    }

    #[test]
    fn a_date_is_its_text_in_json() {
        let json = serde_json::to_string(&date("2024-09-15")).expect("JSON");
        assert_eq!(json, r#""2024-09-15""#);
        assert_eq!(serde_json::from_str::<BatchDate>(&json).expect("a date"), date("2024-09-15"));
        assert!(serde_json::from_str::<BatchDate>(r#""2024-02-30""#).is_err());
    }

    #[test]
    fn days_are_counted_from_1970_and_across_leap_days() {
        assert_eq!(date("1970-01-01").days_since_epoch(), 0);
        assert_eq!(date("1969-12-31").days_since_epoch(), -1);
        assert_eq!(date("2024-09-15").days_since_epoch(), 19_981);
        assert_eq!(date("2024-02-28").plus_days(1), date("2024-02-29"));
        assert_eq!(date("2024-03-01").plus_days(-1), date("2024-02-29"));
        assert_eq!(date("2023-02-28").plus_days(1), date("2023-03-01"));
        assert_eq!(date("2024-12-31").plus_days(1), date("2025-01-01"));
    }

    #[test]
    fn arithmetic_stops_at_the_first_and_last_date() {
        for days in [1, i64::from(u32::MAX), i64::MAX] {
            assert_eq!(BatchDate::MAX.plus_days(days), BatchDate::MAX);
            assert_eq!(BatchDate::MIN.plus_days(-days), BatchDate::MIN);
        }
        assert_eq!(BatchDate::MIN.plus_days(i64::MIN), BatchDate::MIN);
        assert_eq!(window(date("0001-01-02"), 7), [date("0001-01-01"), date("0001-01-02")]);
        assert_eq!(runs_touched_by(BatchDate::MAX, 7), [BatchDate::MAX]);
    }

    #[test]
    fn a_window_ends_at_its_run_date_and_a_batch_touches_the_runs_from_its_own_on() {
        assert_eq!(window(date("2024-03-01"), 2), [date("2024-02-29"), date("2024-03-01")]);
        assert_eq!(runs_touched_by(date("2024-02-29"), 2), [date("2024-02-29"), date("2024-03-01")]);
        assert_eq!(window(date("2024-09-15"), 7).len(), 7);
        assert_eq!(window(date("2024-09-15"), 7).first(), Some(&date("2024-09-09")));
        for window_days in [0, 1] {
            assert_eq!(window(date("2024-09-15"), window_days), [date("2024-09-15")]);
            assert_eq!(runs_touched_by(date("2024-09-15"), window_days), [date("2024-09-15")]);
        }
    }

    proptest! {
        #[test]
        fn a_date_written_is_the_date_read(date in any_date()) {
            prop_assert_eq!(date.to_string().parse(), Ok(date));
        }

        #[test]
        fn text_order_is_date_order(a in any_date(), b in any_date()) {
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn days_added_are_days_counted(date in any_date(), days in -400_i32..400) {
            let later = date.plus_days(days.into());
            let inside = later != BatchDate::MIN && later != BatchDate::MAX;
            prop_assert!(!inside || later.days_since_epoch() - date.days_since_epoch() == days);
        }

        #[test]
        fn a_run_is_touched_exactly_by_the_batches_of_its_window(
            run in any_date(), distance in -12_i64..12, window_days in 0_u32..10,
        ) {
            let batch = run.plus_days(distance);
            prop_assert_eq!(
                runs_touched_by(batch, window_days).contains(&run),
                window(run, window_days).contains(&batch),
            );
        }

        #[test]
        fn windows_are_consecutive_days(run in any_date(), window_days in 1_u32..40) {
            let dates = window(run, window_days);
            prop_assert_eq!(dates.last(), Some(&run));
            prop_assert!(dates.windows(2).all(|pair| pair[0].days_since_epoch() + 1 == pair[1].days_since_epoch()));
            prop_assert!(dates.len() == window_days as usize || dates[0] == BatchDate::MIN);
        }
    }
}
