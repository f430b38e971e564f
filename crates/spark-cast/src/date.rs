//! Dates as Spark casts them from text, as days since 1970-01-01 in the proleptic Gregorian calendar.

use std::ops::RangeInclusive;

use crate::{digit, split_sign, trim_space_and_controls, two_digits};

/// Days since 1970-01-01 of the date at the beginning of the cell, or `None` when Spark's cast gives null.
///
/// Accepted, after removing ASCII white space and control characters on both sides, with an optional sign before the year:
/// - `yyyy` and `yyyy-[m]m`, and nothing after them: the first of January, the first of the month;
/// - `yyyy-[m]m-[d]d`, alone or followed by a space or `T` and anything.
///
/// The year has four to seven digits. The day must exist (year 0 is a leap year) and its number fit 32 bits.
pub fn parse_date(text: &[u8]) -> Option<i32> {
    parse_plain_date(text).or_else(|| parse_any_date(text))
}

/// The days of the years 1 to 9999. pandas, Polars and pyarrow cannot hold others, and CSV readers do not know them.
pub const CALENDAR_DAYS: RangeInclusive<i32> = -719_162..=2_932_896;

/// The common form `dddd-dd-dd` and nothing else. `None` for any other form, and for days that do not exist.
pub(super) fn parse_plain_date(text: &[u8]) -> Option<i32> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else { return None };
    let year = two_digits(y1, y2)? * 100 + two_digits(y3, y4)?;
    days_from_civil(i64::from(year), two_digits(m1, m2)?, two_digits(d1, d2)?)
}

fn parse_any_date(text: &[u8]) -> Option<i32> {
    let (date, rest) = take_date(trim_space_and_controls(text), 4..=7)?;
    // Shorter forms leave no rest, see `take_date`.
    matches!(rest.first(), None | Some(b' ' | b'T')).then_some(date)
}

/// The date a trimmed text begins with, and the rest of the text, which is empty unless all three fields were there.
pub(super) fn take_date(text: &[u8], year_digits: RangeInclusive<usize>) -> Option<(i32, &[u8])> {
    let (negative, text) = split_sign(text);
    let (year, rest) = take_number(text, year_digits)?;
    let year = if negative { -i64::from(year) } else { i64::from(year) };
    if rest.is_empty() {
        return Some((days_from_civil(year, 1, 1)?, rest));
    }
    let (month, rest) = take_number(rest.strip_prefix(b"-")?, 1..=2)?;
    if rest.is_empty() {
        return Some((days_from_civil(year, month, 1)?, rest));
    }
    let (day, rest) = take_number(rest.strip_prefix(b"-")?, 1..=2)?;
    Some((days_from_civil(year, month, day)?, rest))
}

/// All the digits a text begins with, if there are as many as allowed (at most nine), and the rest of the text.
pub(super) fn take_number(text: &[u8], digits: RangeInclusive<usize>) -> Option<(u32, &[u8])> {
    let mut value = 0;
    let mut count = 0;
    while let Some(digit) = text.get(count).copied().and_then(digit) {
        if count == *digits.end() {
            return None;
        }
        value = value * 10 + digit;
        count += 1;
    }
    digits.contains(&count).then(|| (value, &text[count..]))
}

/// Appends the date as Spark writes it: `yyyy-mm-dd`; `+10000-01-01` beyond the year 9999, `-0001-01-01` before year 0.
pub fn write_date(days: i32, out: &mut Vec<u8>) {
    let (year, month, day) = civil_from_days(days);
    match year {
        ..0 => out.push(b'-'),
        0..=9999 => {}
        _ => out.push(b'+'),
    }
    let year = year.unsigned_abs();
    let mut power = 1000;
    while year / power >= 10 {
        power *= 10;
    }
    while power > 0 {
        out.push(ascii_digit(year / power));
        power /= 10;
    }
    let fields = [b'-', ascii_digit(month / 10), ascii_digit(month), b'-', ascii_digit(day / 10), ascii_digit(day)];
    out.extend_from_slice(&fields);
}

/// The year of a day since 1970-01-01, as Spark's `year` gives it.
pub fn year_of(days: i32) -> i32 {
    civil_from_days(days).0
}

/// The last decimal digit of `value`.
fn ascii_digit(value: u32) -> u8 {
    b'0' + (value % 10) as u8
}

const DAYS_PER_ERA: i64 = 146_097;
const YEARS_PER_ERA: i64 = 400;
/// From 0000-03-01, where the first era begins, to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Days since 1970-01-01, or `None` for a day that does not exist or does not fit.
///
/// Years are taken to begin in March, so that the leap day is the last of its year, and come in eras of 400.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i32> {
    if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(YEARS_PER_ERA), year.rem_euclid(YEARS_PER_ERA));
    let months_since_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * months_since_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    i32::try_from(era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH).ok()
}

/// Year, month (1–12) and day of the month of a day since 1970-01-01.
pub fn civil_from_days(days: i32) -> (i32, u32, u32) {
    let days = i64::from(days) + DAYS_TO_EPOCH;
    let (era, day_of_era) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = (months_since_march + 2) % 12 + 1;
    let year = era * YEARS_PER_ERA + year_of_era + i64::from(month <= 2);
    (year as i32, month as u32, day as u32)
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(days: i32) -> String {
        let mut out = Vec::new();
        write_date(days, &mut out);
        String::from_utf8(out).expect("dates are ASCII")
    }

    /// Text, and Spark's `cast(cast(text as date) as string)`.
    const CASES: &[(&str, Option<&str>)] = &[
        ("2015-03-18", Some("2015-03-18")),
        ("2015-3-8", Some("2015-03-08")),
        ("2015-3", Some("2015-03-01")),
        ("2015", Some("2015-01-01")),
        (" \t\x002015-03-18\x7f\r\n", Some("2015-03-18")),
        ("2015 ", Some("2015-01-01")),
        ("2015-03 ", Some("2015-03-01")),
        ("2015-03-18 ", Some("2015-03-18")),
        ("2015-03-18 x", Some("2015-03-18")),
        ("2015-03-18T", Some("2015-03-18")),
        ("2015-03-18Tă", Some("2015-03-18")),
        ("2015-03-18 25:61:61", Some("2015-03-18")),
        ("2015-3-8T12:03:17Z", Some("2015-03-08")),
        ("+2015-03-18", Some("2015-03-18")),
        ("-2015-03-18", Some("-2015-03-18")),
        ("0000", Some("0000-01-01")),
        ("-0000", Some("0000-01-01")),
        ("0000-02-29", Some("0000-02-29")),
        ("-0004-02-29", Some("-0004-02-29")),
        ("2016-02-29", Some("2016-02-29")),
        ("2000-02-29", Some("2000-02-29")),
        ("1582-10-10", Some("1582-10-10")),
        ("9999-12-31", Some("9999-12-31")),
        ("10000-01-01", Some("+10000-01-01")),
        ("02015-01-01", Some("2015-01-01")),
        ("5881580-07-11", Some("+5881580-07-11")),
        ("-5877641-06-23", Some("-5877641-06-23")),
        ("5881580-07-12", None),
        ("-5877641-06-22", None),
        ("9999999", None),
        ("20150318", None),
        ("999-01-01", None),
        ("", None),
        (" ", None),
        ("-", None),
        ("T", None),
        ("2015 x", None),
        ("2015-03 x", None),
        ("2015T", None),
        ("2015-03T12:00", None),
        ("2015-", None),
        ("2015-3-", None),
        ("2015-003-18", None),
        ("2015-03-018", None),
        ("2015-03-18x", None),
        ("2015-03-18t", None),
        ("2015-03-18Z", None),
        ("2015-03-18\t12:00", None),
        ("2015-03-18-01", None),
        ("2015-13-01", None),
        ("2015-00-01", None),
        ("2015-01-00", None),
        ("2015-01-32", None),
        ("2015-04-31", None),
        ("2015-02-29", None),
        ("1900-02-29", None),
        ("2015/03/18", None),
        ("18-03-2015", None),
        ("--2015-03-18", None),
        ("\u{a0}2015-03-18", None),
        ("２015-03-18", None),
        ("today", None),
    ];

    #[test]
    fn dates_are_read_and_written_as_by_spark() {
        for (text, expected) in CASES {
            assert_eq!(parse_date(text.as_bytes()).map(written).as_deref(), *expected, "{text:?}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        let cases =
            [("1970-01-01", 0), ("1969-12-31", -1), ("2000-03-01", 11_017), ("2024-12-31", 20_088), ("0000", -719_528)];
        for (text, days) in cases {
            assert_eq!(parse_date(text.as_bytes()), Some(days), "{text}");
        }
        assert_eq!(parse_date(b"5881580-07-11"), Some(i32::MAX));
        assert_eq!(parse_date(b"-5877641-06-23"), Some(i32::MIN));
    }

    proptest! {
        #[test]
        fn every_day_is_read_back_as_it_was_written(days: i32) {
            prop_assert_eq!(parse_date(written(days).as_bytes()), Some(days));
        }

        #[test]
        fn the_day_after_a_date_is_the_next_one(days in i32::MIN..i32::MAX) {
            let (year, month, day) = civil_from_days(days);
            let next = if day < days_in_month(i64::from(year), month) {
                (year, month, day + 1)
            } else if month < 12 {
                (year, month + 1, 1)
            } else {
                (year + 1, 1, 1)
            };
            prop_assert_eq!(civil_from_days(days + 1), next);
        }

        #[test]
        fn the_short_way_agrees_with_the_long_one(text in "[0-9]{4}-[01][0-9]-[0-3][0-9]|[0-9T -]{10}") {
            let short = parse_plain_date(text.as_bytes());
            prop_assert!(short.is_none() || short == parse_any_date(text.as_bytes()));
        }
    }
}
