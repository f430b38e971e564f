//! The answers in the tables are Spark's.

use proptest::prelude::*;

use super::*;

const INTS: &[(&str, Option<i32>)] = &[
    ("0", Some(0)),
    ("36000", Some(36_000)),
    ("+1", Some(1)),
    ("-1", Some(-1)),
    ("-0", Some(0)),
    ("45.9", Some(45)),
    ("-45.9", Some(-45)),
    ("-0.9", Some(0)),
    ("45.", Some(45)),
    (".5", Some(0)),
    (".", Some(0)),
    ("-.", Some(0)),
    (" \t\r\n\x007\x1f\x7f ", Some(7)),
    ("0000000000000000000001", Some(1)),
    ("2147483647", Some(i32::MAX)),
    ("2147483647.9", Some(i32::MAX)),
    ("-2147483648", Some(i32::MIN)),
    ("-2147483648.9", Some(i32::MIN)),
    ("2147483648", None),
    ("-2147483649", None),
    ("21474836470", None),
    ("99999999999999999999", None),
    ("", None),
    (" ", None),
    ("+", None),
    ("-", None),
    ("+-1", None),
    ("- 1", None),
    ("1 2", None),
    ("1.a", None),
    ("1.2.3", None),
    ("1.-2", None),
    ("..", None),
    ("1e3", None),
    ("1,000", None),
    ("1_000", None),
    ("0x10", None),
    ("1d", None),
    ("NaN", None),
    ("\u{a0}1", None),
    ("١", None),
];

#[test]
fn ints_are_read_as_by_spark() {
    for (text, expected) in INTS {
        assert_eq!(parse_int(text.as_bytes()), *expected, "{text:?}");
    }
}

#[test]
fn bigints_are_read_as_by_spark() {
    let cases = [
        ("9223372036854775807", Some(i64::MAX)),
        (" +9223372036854775807.99\t", Some(i64::MAX)),
        ("-9223372036854775808", Some(i64::MIN)),
        ("-9223372036854775808.9", Some(i64::MIN)),
        ("9223372036854775808", None),
        ("-9223372036854775809", None),
        ("92233720368547758070", None),
        ("2147483648", Some(2_147_483_648)),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_bigint(text.as_bytes()), expected, "{text:?}");
    }
    for (text, expected) in INTS {
        let is_beyond_int = expected.is_none() && parse_bigint(text.as_bytes()).is_some();
        assert_eq!(is_beyond_int, ["2147483648", "-2147483649", "21474836470"].contains(text), "{text:?}");
    }
}

#[test]
fn a_comma_is_the_decimal_sign_where_it_is_said_to_be() {
    let long = format!("0,{}1", "0".repeat(60));
    let cases = [
        ("1,5", Some(1.5)),
        (" -0,25 ", Some(-0.25)),
        (",5", Some(0.5)),
        ("1,", Some(1.0)),
        ("12", Some(12.0)),
        ("1,000", Some(1.0)),
        ("1,5e3", Some(1500.0)),
        ("Infinity", Some(f64::INFINITY)),
        (&long, Some(1e-61)),
        ("1.5", None),
        ("1.000,5", None),
        ("1,000,5", None),
        (",", None),
        ("", None),
        ("1;5", None),
    ];
    for (text, expected) in cases {
        assert_eq!(parse_double_with(text.as_bytes(), DecimalSign::Comma), expected, "{text:?}");
    }
    assert_eq!(parse_double_with(b"1,5", DecimalSign::Point), None);
    assert_eq!(parse_double_with(b"1.5", DecimalSign::Point), Some(1.5));
}

const DOUBLES: &[(&str, Option<f64>)] = &[
    ("0", Some(0.0)),
    ("-0", Some(-0.0)),
    ("-0e9", Some(-0.0)),
    ("45.9", Some(45.9)),
    ("+1.5", Some(1.5)),
    ("1.", Some(1.0)),
    (".5", Some(0.5)),
    ("-.5", Some(-0.5)),
    ("00.1", Some(0.1)),
    ("1999999.99", Some(1_999_999.99)),
    (" \t\x00\x1f1.5\r\n", Some(1.5)),
    ("1e3", Some(1000.0)),
    ("1.E+3", Some(1000.0)),
    (".1e-0001", Some(0.01)),
    ("1d", Some(1.0)),
    ("1.D", Some(1.0)),
    (".1f", Some(0.1)),
    ("1.1F", Some(1.1)),
    ("1e3d", Some(1000.0)),
    ("9007199254740991", Some(9_007_199_254_740_991.0)),
    ("9007199254740993", Some(9_007_199_254_740_992.0)),
    ("0.30000000000000004", Some(0.1 + 0.2)),
    ("123456789012345678901234567890", Some(1.2345678901234568e29)),
    ("1.7976931348623157e308", Some(f64::MAX)),
    ("1e309", Some(f64::INFINITY)),
    ("-1e99999999999", Some(f64::NEG_INFINITY)),
    ("4.9e-324", Some(5e-324)),
    ("2.4703282292062328e-324", Some(5e-324)),
    ("2.4703282292062327e-324", Some(0.0)),
    ("1e-99999999999", Some(0.0)),
    ("0x1p0", Some(1.0)),
    ("-0X1.8P-1", Some(-0.75)),
    ("0xap0f", Some(10.0)),
    ("-0x0p0", Some(-0.0)),
    ("Infinity", Some(f64::INFINITY)),
    ("-Infinity", Some(f64::NEG_INFINITY)),
    (" +iNFiNiTY ", Some(f64::INFINITY)),
    ("inf", Some(f64::INFINITY)),
    ("-Inf", Some(f64::NEG_INFINITY)),
    ("NaN", Some(f64::NAN)),
    ("-NaN", Some(f64::NAN)),
    ("nan", Some(f64::NAN)),
    ("NAN ", Some(f64::NAN)),
    ("-nan", None),
    ("NaNd", None),
    ("Infinityd", None),
    ("", None),
    (" ", None),
    (".", None),
    ("-", None),
    ("-.", None),
    ("++1", None),
    ("- 1", None),
    ("1 2", None),
    ("1.2.3", None),
    ("1e", None),
    ("1e+", None),
    ("e1", None),
    (".e1", None),
    ("1e5.5", None),
    ("1ff", None),
    ("d", None),
    ("0x1", None),
    ("0x1p0x", None),
    ("1,000.5", None),
    ("1_000", None),
    ("1.5\x7f", None),
    ("\u{a0}1", None),
    ("１", None),
    ("∞", None),
];

#[test]
fn doubles_are_read_as_by_spark() {
    let bits = |value: f64| if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
    for (text, expected) in DOUBLES {
        assert_eq!(parse_double(text.as_bytes()).map(bits), expected.map(bits), "{text:?}");
    }
}

fn written_double(value: f64) -> String {
    let mut out = b"before,".to_vec();
    write_double(value, &mut out);
    let written = out.strip_prefix(b"before,").expect("what was there stays");
    String::from_utf8(written.to_vec()).expect("numbers are ASCII")
}

#[test]
fn doubles_are_written_without_an_exponent() {
    let cases = [
        (3.0, "3.0"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1_999_999.99, "1999999.99"),
        (1e-5, "0.00001"),
        (1.5e-7, "0.00000015"),
        (-1.5e-7, "-0.00000015"),
        (1e15, "1000000000000000.0"),
        (1e16, "10000000000000000.0"),
        (-1.25e20, "-125000000000000000000.0"),
        (12_345_678_901_234_568.0, "12345678901234568.0"),
        (f64::NAN, "NaN"),
        (-f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ];
    for (value, expected) in cases {
        assert_eq!(written_double(value), expected);
    }
}

#[test]
fn an_exponent_is_expanded_wherever_the_point_falls() {
    let cases = [("-1.5", "-2", "-0.015"), ("1", "-1", "0.1"), ("1.25", "+1", "12.5"), ("1.25", "2", "125.0")];
    for (mantissa, exponent, expected) in cases {
        let mut out = Vec::new();
        write_expanded(mantissa.as_bytes(), exponent.as_bytes(), &mut out);
        assert_eq!(out, expected.as_bytes(), "{mantissa}e{exponent}");
    }
}

proptest! {
    #[test]
    fn every_double_is_read_back_as_it_was_written(bits: u64) {
        let value = f64::from_bits(bits);
        let written = written_double(value);
        let read = parse_double(written.as_bytes());
        if value.is_nan() {
            prop_assert_eq!(&written, "NaN");
        } else {
            prop_assert_eq!(read.map(f64::to_bits), Some(bits), "{}", written);
        }
        if value.is_finite() {
            let (integer, fraction) = written.split_once('.').unwrap_or_default();
            let integer = integer.strip_prefix('-').unwrap_or(integer);
            prop_assert!(!integer.is_empty() && integer.bytes().all(|byte| byte.is_ascii_digit()), "{}", written);
            prop_assert!(!fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit()), "{}", written);
            prop_assert!(integer == "0" || !integer.starts_with('0'), "{}", written);
            prop_assert!(fraction == "0" || !fraction.ends_with('0'), "{}", written);
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_long_one(text in "[+-]?[0-9]{0,17}[.]?[0-9]{0,9}|[+-.0-9eE]{0,6}") {
        let short = parse_short_decimal(text.as_bytes()).map(f64::to_bits);
        prop_assert!(short.is_none() || short == parse_any_double(text.as_bytes()).map(f64::to_bits));
    }

    #[test]
    fn a_comma_is_read_as_a_point_would_be(text in "[ +-]?[0-9]{0,40}[,]?[0-9]{0,20}([eE][+-]?[0-9]{1,3})?|[0-9,a-fp]{0,6}") {
        let with_point = parse_double(text.replace(',', ".").as_bytes()).map(f64::to_bits);
        prop_assert_eq!(parse_double_with(text.as_bytes(), DecimalSign::Comma).map(f64::to_bits), with_point);
    }

    #[test]
    fn bigints_are_written_and_read_back(value: i64) {
        let mut out = Vec::new();
        write_int(value, &mut out);
        prop_assert_eq!(parse_bigint(&out), Some(value));
    }

    #[test]
    fn common_decimals_take_the_short_way(text in "-?[0-9]{1,9}([.][0-9]{1,6})?") {
        prop_assert!(parse_short_decimal(text.as_bytes()).is_some());
    }

    #[test]
    fn ints_are_written_and_read_back(value: i64, narrow: i32) {
        let mut out = Vec::new();
        write_int(value, &mut out);
        prop_assert_eq!(&out, &value.to_string().into_bytes());
        out.clear();
        write_int(i64::from(narrow), &mut out);
        prop_assert_eq!(parse_int(&out), Some(narrow));
    }
}

#[test]
fn the_ints_at_both_ends_are_written() {
    for (value, expected) in [(0, "0"), (i64::MAX, "9223372036854775807"), (i64::MIN, "-9223372036854775808")] {
        let mut out = Vec::new();
        write_int(value, &mut out);
        assert_eq!(out, expected.as_bytes());
    }
}
