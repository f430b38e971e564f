//! The answers in the tables are Spark's, in a session whose time zone is UTC.

use proptest::prelude::*;

use super::*;
use crate::date::{parse_date, write_date};

/// 2015-03-18T00:00:00Z.
const MIDNIGHT: i64 = 1_426_636_800_000_000;
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// 12:03:17 on that day.
const T: i64 = MIDNIGHT + 12 * HOUR + 3 * MINUTE + 17 * SECOND;

const CASES: &[(&str, Option<i64>)] = &[
    ("2015-03-18 12:03:17", Some(T)),
    ("2015-03-18T12:03:17", Some(T)),
    (" \t\x002015-03-18 12:03:17\x7f\r\n", Some(T)),
    ("+2015-3-18 12:3:17", Some(T)),
    ("2015-03-18 12:03:7", Some(T - 10 * SECOND)),
    ("2015-03-18", Some(MIDNIGHT)),
    ("2015-03-18 ", Some(MIDNIGHT)),
    ("2015-03", Some(MIDNIGHT - 17 * 24 * HOUR)),
    ("2015", Some(MIDNIGHT - 76 * 24 * HOUR)),
    ("2015-03-18 1", Some(MIDNIGHT + HOUR)),
    ("2015-03-18T12:3", Some(T - 17 * SECOND)),
    ("2015-03-18 0:0:0", Some(MIDNIGHT)),
    ("2015-03-18 12:03:17.", Some(T)),
    ("2015-03-18 12:03:17.5", Some(T + 500_000)),
    ("2015-03-18 12:03:17.000001", Some(T + 1)),
    ("2015-03-18 12:03:17.123456", Some(T + 123_456)),
    ("2015-03-18 12:03:17.1234569", Some(T + 123_456)),
    ("2015-03-18 12:03:17.99999999999999", Some(T + 999_999)),
    ("1969-12-31 23:59:59.9999999", Some(-1)),
    ("2015-03-18 12:03:17Z", Some(T)),
    ("2015-03-18 12:03:17 Z", Some(T)),
    ("2015-03-18 12:03:17.5Z", Some(T + 500_000)),
    ("2015-03-18 12:03:17.+01:00", Some(T - HOUR)),
    ("2015-03-18 12:03:17UTC", Some(T)),
    ("2015-03-18 12:03:17\t GMT", Some(T)),
    ("2015-03-18 12:03:17UT", Some(T)),
    ("2015-03-18 12:03:17UTC+1", Some(T - HOUR)),
    ("2015-03-18 12:03:17GMT-01:30", Some(T + 90 * MINUTE)),
    ("2015-03-18 12:03:17UT+1:5", Some(T - 65 * MINUTE)),
    ("2015-03-18 12:03:17+1", Some(T - HOUR)),
    ("2015-03-18 12:03:17-01", Some(T + HOUR)),
    ("2015-03-18 12:03:17+0130", Some(T - 90 * MINUTE)),
    ("2015-03-18 12:03:17+013015", Some(T - 90 * MINUTE - 15 * SECOND)),
    ("2015-03-18 12:03:17 -01:30", Some(T + 90 * MINUTE)),
    ("2015-03-18 12:03:17+1:30", Some(T - 90 * MINUTE)),
    ("2015-03-18 12:03:17+01:5", Some(T - 65 * MINUTE)),
    ("2015-03-18 12:03:17+01:00:59", Some(T - HOUR - 59 * SECOND)),
    ("2015-03-18 12:03:17+1:00:59", Some(T - HOUR - 59 * SECOND)),
    ("2015-03-18 12:03:17+18:00", Some(T - 18 * HOUR)),
    ("2015-03-18 12:03:17-18:00", Some(T + 18 * HOUR)),
    ("294247-01-10 04:00:54.775807", Some(i64::MAX)),
    ("-290308-12-21 19:59:05.224192", Some(i64::MIN)),
    ("294247-01-10 04:00:54.775808", None),
    ("-290308-12-21 19:59:05.224191", None),
    ("999999-12-31 00:00:00", None),
    ("1000000-01-01", None),
    ("", None),
    ("T", None),
    ("20150318", None),
    ("2015-03-18T", None),
    ("2015-03 12:03:17", None),
    ("2015-03-18  12:03:17", None),
    ("2015-03-18\t12:03:17", None),
    ("2015-03-18t12:03:17", None),
    ("2015-03-18Z", None),
    ("2015-03-18 12Z", None),
    ("2015-03-18 12:03Z", None),
    ("2015-03-18 12:03:", None),
    ("2015-03-18 123:03:17", None),
    ("2015-03-18 12:03:017", None),
    ("2015-03-18 12:-3:17", None),
    ("2015-03-18 24:00:00", None),
    ("2015-03-18 23:60:00", None),
    ("2015-03-18 23:59:60", None),
    ("2015-02-29 00:00:00", None),
    ("2015-03-18 12:03:17,5", None),
    ("2015-03-18 12:03:17.1.2", None),
    ("2015-03-18 12:03:17:18", None),
    ("2015-03-18 12:03:17x", None),
    ("2015-03-18 12:03:17z", None),
    ("2015-03-18 12:03:17utc", None),
    ("2015-03-18 12:03:17UTCZ", None),
    ("2015-03-18 12:03:17UTC ", Some(T)),
    ("2015-03-18 12:03:17UTC +1", None),
    ("2015-03-18 12:03:17UTC+", None),
    ("2015-03-18 12:03:17+", None),
    ("2015-03-18 12:03:17+100", None),
    ("2015-03-18 12:03:17+01:", None),
    ("2015-03-18 12:03:17+1:2:3", None),
    ("2015-03-18 12:03:17+01:02:3", None),
    ("2015-03-18 12:03:17+01:60", None),
    ("2015-03-18 12:03:17+01:00:60", None),
    ("2015-03-18 12:03:17+18:00:01", None),
    ("2015-03-18 12:03:17-19", None),
    ("2015-03-18 12:03:17+01:00Z", None),
    ("2015-03-18 12:03:17\u{a0}Z", None),
    ("18.03.2015 12:03:17", None),
];

#[test]
fn timestamps_are_read_as_by_spark() {
    for (text, expected) in CASES {
        assert_eq!(parse_timestamp(text.as_bytes()).map(|read| read.micros), *expected, "{text:?}");
    }
}

#[test]
fn what_needs_a_clock_or_a_history_of_zones_is_not_read() {
    let cases = ["12:03:17", "12:03", "T12:03:17Z", "2015-03-18 12:03:17 Europe/Bucharest", "2015-03-18 12:03:17EST"];
    for text in cases {
        assert_eq!(parse_timestamp(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_zone_moves_the_moment_but_not_the_written_date() {
    for zone in ["", "Z", "+02:00", "-18:00", "UTC+18"] {
        for time in ["00:30:00", "23:30:00.5"] {
            let read = parse_timestamp(format!("2015-03-18 {time}{zone}").as_bytes()).expect("a timestamp");
            assert_eq!(Some(read.written_date), parse_date(b"2015-03-18"), "{time}{zone}");
        }
    }
}

fn written(micros: i64) -> String {
    let mut out = b"before,".to_vec();
    write_timestamp(micros, &mut out);
    String::from_utf8(out)
        .expect("timestamps are ASCII")
        .strip_prefix("before,")
        .expect("what was there stays")
        .to_owned()
}

#[test]
fn timestamps_are_written_as_by_spark() {
    let cases = [
        (0, "1970-01-01 00:00:00"),
        (T, "2015-03-18 12:03:17"),
        (T + 500_000, "2015-03-18 12:03:17.5"),
        (T + 1, "2015-03-18 12:03:17.000001"),
        (T + 120_300, "2015-03-18 12:03:17.1203"),
        (-1, "1969-12-31 23:59:59.999999"),
        (-62_167_219_200_000_000, "0000-01-01 00:00:00"),
        (-62_167_219_200_000_001, "-0001-12-31 23:59:59.999999"),
        (253_402_300_800_000_000, "+10000-01-01 00:00:00"),
        (i64::MAX, "+294247-01-10 04:00:54.775807"),
        (i64::MIN, "-290308-12-21 19:59:05.224192"),
    ];
    for (micros, expected) in cases {
        assert_eq!(written(micros), expected);
    }
}

proptest! {
    #[test]
    fn every_timestamp_is_read_back_as_it_was_written(micros: i64) {
        let text = written(micros);
        prop_assert_eq!(parse_timestamp(text.as_bytes()).map(|read| read.micros), Some(micros), "{}", text);
    }

    #[test]
    fn the_short_way_agrees_with_the_long_one(
        text in "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9]([.][0-9]{0,8})?[Z ]?|[0-9T :.-]{19}",
    ) {
        let short = parse_plain(text.as_bytes());
        prop_assert!(short.is_none() || short == parse_any(text.as_bytes()));
    }

    #[test]
    fn the_fields_of_a_cell_add_up(
        date in -719_528i32..2_932_897,
        second_of_day in 0i64..86_400,
        fraction in 0i64..1_000_000,
        offset_minutes in -18 * 60..=18 * 60i64,
    ) {
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let mut cell = Vec::new();
        write_date(date, &mut cell);
        cell.extend_from_slice(format!(" {hour:02}:{minute:02}:{second:02}.{fraction:06}").as_bytes());
        let micros = (i64::from(date) * 86_400 + second_of_day) * SECOND + fraction;
        let common = Timestamp { micros, written_date: date };
        prop_assert_eq!(parse_plain(&cell), Some(common));

        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let offset = offset_minutes.abs();
        cell.extend_from_slice(format!("{sign}{:02}:{:02}", offset / 60, offset % 60).as_bytes());
        let zoned = Timestamp { micros: micros - offset_minutes * MINUTE, written_date: date };
        prop_assert_eq!(parse_timestamp(&cell), Some(zoned));
    }
}
