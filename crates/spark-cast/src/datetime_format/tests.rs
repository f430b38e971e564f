use proptest::prelude::*;

use super::*;
use crate::date::{CALENDAR_DAYS, civil_from_days, parse_date, write_date};
use crate::timestamp::{parse_timestamp, write_timestamp};

fn format(pattern: &str) -> DateTimeFormat {
    DateTimeFormat::new(pattern).expect(pattern)
}

#[test]
fn dates_are_read_as_their_pattern_says_and_in_no_other_form() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "dd.MM.yyyy",
            &["06.05.2024", " 06.05.2024\t"],
            &["6.5.2024", "06/05/2024", "2024-05-06", "06.05.24", "06.05.2024 x", "x06.05.2024", "06.05.20245", ""],
        ),
        ("d.M.yyyy", &["6.5.2024", "06.05.2024", "6.05.2024"], &["006.5.2024", ".5.2024", "6.5.2024."]),
        ("yyyyMMdd", &["20240506"], &["2024056", "202405061", "2024-05-06", "+20240506"]),
        ("MM/dd/yyyy", &["05/06/2024"], &["5/6/2024", "05-06-2024"]),
        ("yyyy-MM-dd", &["2024-05-06"], &["2024-5-6", "2024-05-06T00:00", "-2024-05-06"]),
        ("dd 'de' MM'' yyyy", &["06 de 05' 2024"], &["06 DE 05' 2024", "06 de 05 2024"]),
        ("'o''clock 'd/M/yyyy", &["o'clock 6/5/2024"], &["oclock 6/5/2024"]),
        ("yyyy年MM月dd日", &["2024年05月06日"], &["2024年05月06"]),
    ];
    for (pattern, readable, unreadable) in cases {
        assert!(!format(pattern).has_time(), "{pattern}");
        for text in *readable {
            assert_eq!(format(pattern).parse_date(text.as_bytes()), parse_date(b"2024-05-06"), "{pattern} {text:?}");
        }
        for text in *unreadable {
            assert_eq!(format(pattern).parse_date(text.as_bytes()), None, "{pattern} {text:?}");
        }
    }
}

#[test]
fn only_days_of_the_calendar_are_dates() {
    let read = |text: &str| format("dd.MM.yyyy").parse_date(text.as_bytes());
    for text in ["29.02.2023", "30.02.2024", "31.04.2024", "00.05.2024", "32.05.2024", "01.00.2024", "01.13.2024"] {
        assert_eq!(read(text), None, "{text}");
    }
    assert_eq!(read("29.02.2024"), parse_date(b"2024-02-29"));
    assert_eq!(read("01.01.0000"), None, "Parquet's readers have no year 0");
    assert_eq!((read("01.01.0001"), read("31.12.9999")), (Some(*CALENDAR_DAYS.start()), Some(*CALENDAR_DAYS.end())));
}

#[test]
fn timestamps_are_read_as_their_pattern_says_and_in_no_other_form() {
    let cases: &[(&str, &str, Option<&str>)] = &[
        ("dd.MM.yyyy HH:mm:ss", " 06.05.2024 07:08:09\n", Some("2024-05-06 07:08:09")),
        ("dd.MM.yyyy HH:mm", "06.05.2024 07:08", Some("2024-05-06 07:08:00")),
        ("dd.MM.yyyy H", "06.05.2024 7", Some("2024-05-06 07:00:00")),
        ("dd.MM.yyyy H", "06.05.2024 17", Some("2024-05-06 17:00:00")),
        ("dd.MM.yyyy", "06.05.2024", Some("2024-05-06 00:00:00")),
        ("yyyyMMdd'T'HHmmss", "20240506T070809", Some("2024-05-06 07:08:09")),
        ("yyyyMMddHHmmssS", "202405060708095", Some("2024-05-06 07:08:09.5")),
        ("HH:mm:ss,SSS dd/MM/yyyy", "07:08:09,5 06/05/2024", Some("2024-05-06 07:08:09.5")),
        ("HH:mm:ss,SSS dd/MM/yyyy", "07:08:09,123 06/05/2024", Some("2024-05-06 07:08:09.123")),
        ("HH:mm:ss,SSS dd/MM/yyyy", "07:08:09,1234 06/05/2024", None),
        ("HH:mm:ss,SSS dd/MM/yyyy", "07:08:09, 06/05/2024", None),
        ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2024-05-06 07:08:09.123456789", Some("2024-05-06 07:08:09.123456")),
        ("yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-05-06T07:08:09Z", Some("2024-05-06 07:08:09")),
        ("yyyy-MM-dd'T'HH:mm:ss'Z'", "2024-05-06T07:08:09", None),
        ("dd.MM.yyyy HH:mm:ss", "06.05.2024 24:00:00", None),
        ("dd.MM.yyyy HH:mm:ss", "06.05.2024 23:60:00", None),
        ("dd.MM.yyyy HH:mm:ss", "06.05.2024 23:59:60", None),
        ("dd.MM.yyyy HH:mm:ss", "06.05.2024 7:08:09", None),
        ("dd.MM.yyyy HH:mm:ss", "06.05.2024", None),
        ("dd.MM.yyyy HH:mm:ss", "31.12.1969 23:59:59", Some("1969-12-31 23:59:59")),
    ];
    for &(pattern, text, expected) in cases {
        let expected = expected.and_then(|text| parse_timestamp(text.as_bytes())).map(|moment| moment.micros);
        assert_eq!(format(pattern).parse_timestamp(text.as_bytes()), expected, "{pattern} {text:?}");
    }
    assert!(format("yyyyMMddHH").has_time());
    assert_eq!(format("yyyyMMddHH").parse_date(b"2024050607"), parse_date(b"2024-05-06"));
}

#[test]
fn patterns_that_cannot_be_meant_are_refused_with_what_is_wrong() {
    let cases = [
        ("", "there is no year (yyyy)"),
        ("MM-dd", "there is no year (yyyy)"),
        ("yyyy-dd", "there is no month (MM or M)"),
        ("yyyy-MM", "there is no day (dd or d)"),
        ("HH:mm", "there is no year (yyyy)"),
        ("dd.MM.yy", "yy does not tell the century: cells must show years in four digits (yyyy)"),
        ("yyyy-MM-dd d", "the day (dd or d) stands more than once"),
        ("yyyy-MM-dd mm", "there is a minute (mm) and no hour (HH or H)"),
        ("yyyy-MM-dd HH:ss", "there is a second (ss) and no minute (mm)"),
        ("yyyy-MM-dd HH:mm.S", "there is a fraction of a second (S) and no second (ss)"),
        ("Mdyyyy", "a digit may follow the month (MM or M), whose digits vary: put something between them"),
        ("yyyy-MM-d'5'", "a digit may follow the day (dd or d), whose digits vary: put something between them"),
        ("yyyy-MM-dd'T", "a single quote is not closed"),
        ("yyyy-MM-dd[ HH]", "'[' must stand in single quotes"),
    ];
    for (pattern, message) in cases {
        assert_eq!(DateTimeFormat::new(pattern).map(|_| ()), Err(message.to_owned()), "{pattern}");
    }
    for unknown in
        ["yyyyy-MM-dd", "y-MM-dd", "uuuu-MM-dd", "yyyy-MMM-dd", "YYYY-MM-dd", "yyyy-MM-DD", "yyyy-MM-dd hh:mm a"]
    {
        let message = DateTimeFormat::new(unknown).expect_err(unknown);
        assert!(message.ends_with("and other letters in single quotes"), "{message}");
    }
    assert!(DateTimeFormat::new("yyyy-MM-dd HH:mm:ss.SSSSSSSSSS").is_err(), "ten digits");
}

proptest! {
    #[test]
    fn a_date_in_any_form_is_the_same_day(days in *CALENDAR_DAYS.start()..=*CALENDAR_DAYS.end()) {
        let (year, month, day) = civil_from_days(days);
        let cases = [
            ("d.M.yyyy", format!("{day}.{month}.{year:04}")),
            ("MM/dd/yyyy", format!("{month:02}/{day:02}/{year:04}")),
            ("yyyyMMdd", format!("{year:04}{month:02}{day:02}")),
        ];
        for (pattern, text) in cases {
            prop_assert_eq!(super::DateTimeFormat::new(pattern).expect("a pattern").parse_date(text.as_bytes()), Some(days));
        }
    }

    #[test]
    fn what_spark_writes_is_read_by_the_pattern_of_it(
        micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000, has_fraction: bool,
    ) {
        let micros = if has_fraction { micros } else { micros.div_euclid(1_000_000) * 1_000_000 };
        let has_fraction = micros.rem_euclid(1_000_000) != 0;
        let pattern = if has_fraction { "yyyy-MM-dd HH:mm:ss.SSSSSS" } else { "yyyy-MM-dd HH:mm:ss" };
        let mut text = Vec::new();
        write_timestamp(micros, &mut text);
        prop_assert_eq!(format(pattern).parse_timestamp(&text), Some(micros));
    }

    #[test]
    fn a_plain_date_is_read_as_the_cast_reads_it(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}") {
        let is_in_calendar = |days: &i32| CALENDAR_DAYS.contains(days);
        prop_assert_eq!(format("yyyy-MM-dd").parse_date(text.as_bytes()), parse_date(text.as_bytes()).filter(is_in_calendar));
    }

    #[test]
    fn no_cell_and_no_pattern_makes_it_fail(pattern in "([yMdHmsS'. :]|yyyy|MM|dd|HH|mm|ss){0,12}", text in "\\PC{0,20}") {
        if let Ok(format) = DateTimeFormat::new(&pattern) {
            let date = format.parse_date(text.as_bytes());
            prop_assert_eq!(date.is_some(), format.parse_timestamp(text.as_bytes()).is_some());
            let mut out = Vec::new();
            date.into_iter().for_each(|days| write_date(days, &mut out));
            prop_assert!(out.len() <= 10);
        }
    }
}
