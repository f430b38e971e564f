//! Timestamps as Spark casts them from text in a session whose time zone is UTC.
//!
//! Two forms Spark knows are `None` here: times without a date, for which it takes today's (no rule reads the clock),
//! and zones given by region or abbreviation (`Europe/Bucharest`, `EST`), which need the history of every region.

use crate::date::{CALENDAR_DAYS, parse_plain_date, take_date, take_number, write_date};
use crate::{split_sign, trim_java, trim_space_and_controls, two_digits};

/// A moment, and the date its cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    /// Microseconds since 1970-01-01T00:00:00Z.
    pub micros: i64,
    /// The date as written in the cell, in days since 1970-01-01: a zone in the cell does not shift it.
    pub written_date: i32,
}

impl Timestamp {
    /// Whether both the moment and the date as written are of the years 1 to 9999.
    pub fn is_in_calendar(&self) -> bool {
        let day = self.micros.div_euclid(SECONDS_PER_DAY * MICROS_PER_SECOND as i64);
        let moment = i32::try_from(day).is_ok_and(|day| CALENDAR_DAYS.contains(&day));
        moment && CALENDAR_DAYS.contains(&self.written_date)
    }
}

/// The moment a cell names, or `None` when Spark's cast gives null and for the two forms not supported (see the module).
///
/// Accepted, after removing ASCII white space and control characters on both sides:
/// - a date alone, at midnight: `yyyy`, `yyyy-[m]m`, `yyyy-[m]m-[d]d`;
/// - a full date, a space or `T`, and a time: `[h]h`, `[h]h:[m]m`, `[h]h:[m]m:[s]s`, the last one optionally with a
///   `.` and any number of digits, of which those after the sixth are dropped;
/// - after seconds or their fraction, optionally after spaces, a zone: `Z`; `UTC`, `GMT` or `UT`, alone or followed by
///   an offset; or an offset: `+h`, `+hh`, `+hhmm`, `+hhmmss`, `+[h]h:[m]m`, `+[h]h:mm:ss`, or the same with `-`,
///   of at most 18 hours. Without a zone the time is UTC.
///
/// The year has four to six digits and an optional sign; its microseconds must fit 64 bits. Hours end at 23, seconds at 59.
pub fn parse_timestamp(text: &[u8]) -> Option<Timestamp> {
    parse_plain(text).or_else(|| parse_any(text))
}

/// The common form `dddd-dd-dd dd:dd:dd[.f{1,6}]`. `None` for any other, and for moments that do not exist.
fn parse_plain(text: &[u8]) -> Option<Timestamp> {
    let (date, time) = text.split_at_checked(10)?;
    let &[b' ' | b'T', h1, h2, b':', m1, m2, b':', s1, s2, ref fraction @ ..] = time else { return None };
    let fraction_micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=6).contains(&digits.len()) => match take_fraction(digits) {
            (micros, []) => micros,
            _ => return None,
        },
        _ => return None,
    };
    let seconds = seconds_of_day(two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?)?;
    timestamp(parse_plain_date(date)?, seconds, fraction_micros, 0)
}

fn parse_any(text: &[u8]) -> Option<Timestamp> {
    let (date, rest) = take_date(trim_space_and_controls(text), 4..=6)?;
    let [separator, time @ ..] = rest else { return timestamp(date, 0, 0, 0) };
    if !matches!(separator, b' ' | b'T') {
        return None;
    }
    let (hour, rest) = take_number(time, 1..=2)?;
    if rest.is_empty() {
        return timestamp(date, seconds_of_day(hour, 0, 0)?, 0, 0);
    }
    let (minute, rest) = take_number(rest.strip_prefix(b":")?, 1..=2)?;
    if rest.is_empty() {
        return timestamp(date, seconds_of_day(hour, minute, 0)?, 0, 0);
    }
    let (second, rest) = take_number(rest.strip_prefix(b":")?, 1..=2)?;
    let (fraction_micros, zone) = match rest {
        [b'.', digits @ ..] => take_fraction(digits),
        _ => (0, rest),
    };
    let offset_seconds = if zone.is_empty() { 0 } else { parse_zone(trim_java(zone))? };
    timestamp(date, seconds_of_day(hour, minute, second)?, fraction_micros, offset_seconds)
}

/// The microseconds in the digits a text begins with, however many, and the rest of the text.
fn take_fraction(text: &[u8]) -> (u32, &[u8]) {
    let count = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(count);
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
    (padded.take(6).fold(0, |micros, byte| micros * 10 + u32::from(byte - b'0')), rest)
}

fn seconds_of_day(hour: u32, minute: u32, second: u32) -> Option<u32> {
    (hour < 24 && minute < 60 && second < 60).then_some((hour * 60 + minute) * 60 + second)
}

/// The offset a zone stands for, in seconds to the east.
fn parse_zone(zone: &[u8]) -> Option<i32> {
    if let b"Z" | b"UTC" | b"GMT" | b"UT" = zone {
        return Some(0);
    }
    let prefixes: [&[u8]; 3] = [b"UTC", b"GMT", b"UT"];
    let offset = prefixes.iter().find_map(|prefix| zone.strip_prefix(*prefix)).unwrap_or(zone);
    if !matches!(offset.first(), Some(b'+' | b'-')) {
        return None;
    }
    let (negative, digits) = split_sign(offset);
    let (hours, minutes, seconds) = match *digits {
        [h] => (two_digits(b'0', h)?, 0, 0),
        [h1, h2] => (two_digits(h1, h2)?, 0, 0),
        [h, b':', ref rest @ ..] => after_hours(two_digits(b'0', h)?, rest)?,
        [h1, h2, b':', ref rest @ ..] => after_hours(two_digits(h1, h2)?, rest)?,
        [h1, h2, m1, m2] => (two_digits(h1, h2)?, two_digits(m1, m2)?, 0),
        [h1, h2, m1, m2, s1, s2] => (two_digits(h1, h2)?, two_digits(m1, m2)?, two_digits(s1, s2)?),
        _ => return None,
    };
    let total = (hours * 60 + minutes) * 60 + seconds;
    if minutes > 59 || seconds > 59 || total > OFFSET_SECONDS_MAX {
        return None;
    }
    Some(if negative { -(total as i32) } else { total as i32 })
}

/// What `java.time.ZoneOffset` allows: 18 hours.
const OFFSET_SECONDS_MAX: u32 = 18 * 3600;

/// The rest of an offset whose hours end with a colon: a single digit of minutes is only read at the very end.
fn after_hours(hours: u32, rest: &[u8]) -> Option<(u32, u32, u32)> {
    match *rest {
        [m] => Some((hours, two_digits(b'0', m)?, 0)),
        [m1, m2] => Some((hours, two_digits(m1, m2)?, 0)),
        [m1, m2, b':', s1, s2] => Some((hours, two_digits(m1, m2)?, two_digits(s1, s2)?)),
        _ => None,
    }
}

const MICROS_PER_SECOND: i128 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

fn timestamp(date: i32, seconds: u32, fraction_micros: u32, offset_seconds: i32) -> Option<Timestamp> {
    let seconds = i64::from(date) * SECONDS_PER_DAY + i64::from(seconds) - i64::from(offset_seconds);
    // Wider than the result: the very first moment's whole seconds do not fit 64 bits of microseconds, the moment does.
    let micros = i128::from(seconds) * MICROS_PER_SECOND + i128::from(fraction_micros);
    Some(Timestamp { micros: i64::try_from(micros).ok()?, written_date: date })
}

/// Appends the moment as Spark writes it, in UTC: `yyyy-mm-dd hh:mm:ss`, then a point and up to six digits without zeros at
/// the end. Years are as [`write_date`] writes them.
pub fn write_timestamp(micros: i64, out: &mut Vec<u8>) {
    let seconds = micros.div_euclid(MICROS_PER_SECOND as i64);
    let mut fraction = micros.rem_euclid(MICROS_PER_SECOND as i64) as u32;
    // 64 bits of microseconds are fewer than 32 bits of days.
    write_date(seconds.div_euclid(SECONDS_PER_DAY) as i32, out);
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
    for (before, value) in [(b' ', second_of_day / 3600), (b':', second_of_day / 60 % 60), (b':', second_of_day % 60)] {
        out.extend_from_slice(&[before, b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]);
    }
    if fraction > 0 {
        out.push(b'.');
    }
    let mut weight = 100_000;
    while fraction > 0 {
        out.push(b'0' + (fraction / weight) as u8);
        fraction %= weight;
        weight /= 10;
    }
}

#[cfg(test)]
mod tests;
