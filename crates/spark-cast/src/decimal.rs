//! Exact decimal numbers as Spark casts them from text, and in plain notation.

use crate::DecimalSign;
use crate::{digit, split_sign, trim_java};

/// The most digits of a decimal.
pub const DECIMAL_PRECISION_MAX: u8 = 38;

/// The number a cell holds, times ten to the power of `scale`, or `None` when Spark's cast to `decimal(precision, scale)`
/// gives null.
///
/// Accepted, after removing the characters up to U+0020 on both sides: an optional sign, digits with an optional decimal
/// sign, at least one digit in all, optionally `e` or `E` and a power of ten with an optional sign. Decimals that do not
/// fit `scale` are rounded, halves away from zero. A number with more than `precision` digits is `None`, and so is a zero
/// whose power of ten is 38 or more (Spark counts its digits before the point). Digits of other scripts, which Java
/// knows, are not read.
pub fn parse_decimal(text: &[u8], precision: u8, scale: u8, sign: DecimalSign) -> Option<i128> {
    let (negative, magnitude) = split_sign(trim_java(text));
    let number = Number::split(magnitude, sign)?;
    let rounded = number.times_ten_to_the(scale)?;
    let limit = POWERS_OF_TEN.get(usize::from(precision))?;
    (rounded < *limit).then_some(if negative { -rounded } else { rounded })
}

/// Ten to the power of every index, as far as 128 bits hold it.
pub const POWERS_OF_TEN: [i128; DECIMAL_PRECISION_MAX as usize + 1] = {
    let mut powers = [1; DECIMAL_PRECISION_MAX as usize + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// A number without its sign, as it is written.
struct Number<'a> {
    /// The digits before the decimal sign.
    integer: &'a [u8],
    /// The digits after it.
    fraction: &'a [u8],
    /// The power of ten.
    exponent: i32,
}

impl<'a> Number<'a> {
    fn split(text: &'a [u8], sign: DecimalSign) -> Option<Self> {
        let sign: &[u8] = match sign {
            DecimalSign::Point => b".",
            DecimalSign::Comma => b",",
        };
        let (integer, rest) = split_digits(text);
        let (fraction, rest) = rest.strip_prefix(sign).map_or((&[][..], rest), split_digits);
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', exponent @ ..] => parse_exponent(exponent)?,
            _ => return None,
        };
        (!integer.is_empty() || !fraction.is_empty()).then_some(Self { integer, fraction, exponent })
    }

    /// The number times ten to the power of `scale`, rounded; `None` if it has more digits than any decimal.
    fn times_ten_to_the(&self, scale: u8) -> Option<i128> {
        // What Java calls the scale must fit 32 bits.
        let written_scale = self.fraction.len() as i64 - i64::from(self.exponent);
        i32::try_from(written_scale).ok()?;
        // How many digits stay; the next one decides how they are rounded.
        let kept = self.integer.len() as i64 + i64::from(self.exponent) + i64::from(scale);
        let mut value = 0_i128;
        let mut position = 0_i64;
        for byte in self.integer.iter().chain(self.fraction) {
            let digit = i128::from(byte - b'0');
            if position == kept {
                value += i128::from(digit >= 5);
            }
            if position >= kept {
                return Some(value);
            }
            value = value.checked_mul(10)?.checked_add(digit)?;
            position += 1;
        }
        if value == 0 {
            return (1 - written_scale <= i64::from(DECIMAL_PRECISION_MAX)).then_some(0);
        }
        let power = POWERS_OF_TEN.get(usize::try_from(kept - position).ok()?)?;
        value.checked_mul(*power)
    }
}

/// The digits a text begins with, and the rest of it.
fn split_digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

fn parse_exponent(text: &[u8]) -> Option<i32> {
    let (negative, digits) = split_sign(text);
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0_i32;
    for &byte in digits {
        exponent = exponent.checked_mul(10)?.checked_sub(digit(byte)? as i32)?;
    }
    if negative { Some(exponent) } else { exponent.checked_neg() }
}

/// Appends `unscaled` divided by ten to the power of `scale`, in plain notation with exactly `scale` decimals: `-0.050`.
pub fn write_decimal(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    let scale = usize::from(scale);
    // The digits from the last one on; 128 bits have 39, and a scale can ask for zeros before them.
    let mut digits = [b'0'; 40];
    let mut count = 0;
    let mut rest = unscaled.unsigned_abs();
    while rest > 0 {
        digits[count] = b'0' + (rest % 10) as u8;
        rest /= 10;
        count += 1;
    }
    if unscaled < 0 {
        out.push(b'-');
    }
    for place in (0..count.max(scale + 1)).rev() {
        out.push(digits.get(place).copied().unwrap_or(b'0'));
        if place == scale && scale > 0 {
            out.push(b'.');
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POINT: DecimalSign = DecimalSign::Point;

    /// The greatest number of 38 digits.
    const MAX: i128 = 99_999_999_999_999_999_999_999_999_999_999_999_999;

    #[test]
    fn decimals_are_read_and_rounded_as_by_spark() {
        let cases: &[(&str, u8, u8, Option<i128>)] = &[
            ("0", 10, 2, Some(0)),
            ("1", 10, 2, Some(100)),
            ("+1.5", 10, 2, Some(150)),
            ("-1.5", 10, 2, Some(-150)),
            (" \t\0 7.25\r\n", 10, 2, Some(725)),
            ("1.", 10, 2, Some(100)),
            (".5", 10, 2, Some(50)),
            ("-.5", 10, 0, Some(-1)),
            ("0.004", 10, 2, Some(0)),
            ("0.005", 10, 2, Some(1)),
            ("-0.005", 10, 2, Some(-1)),
            ("-0.0049999999999999999999999999999999999999999999999", 10, 2, Some(0)),
            ("1.2349", 10, 3, Some(1235)),
            ("2.5", 1, 0, Some(3)),
            ("0.45", 1, 0, Some(0)),
            ("1e3", 10, 2, Some(100_000)),
            ("1.5E+3", 10, 2, Some(150_000)),
            ("1234.5e-3", 10, 2, Some(123)),
            ("12e-1", 10, 0, Some(1)),
            ("5e-3", 10, 2, Some(1)),
            ("5e-4", 10, 2, Some(0)),
            ("9e-99", 10, 2, Some(0)),
            ("1e-2147483647", 10, 2, Some(0)),
            ("1e-2147483648", 10, 2, None),
            ("1e-00000000000000000002", 10, 2, Some(1)),
            ("1e99999999999", 10, 2, None),
            ("00000000000000000000000000000000000000000000000001.5", 2, 1, Some(15)),
            ("99999999.99", 10, 2, Some(9_999_999_999)),
            ("99999999.994", 10, 2, Some(9_999_999_999)),
            ("99999999.995", 10, 2, None),
            ("100000000", 10, 2, None),
            ("-100000000", 10, 2, None),
            ("0.99", 2, 2, Some(99)),
            ("1", 2, 2, None),
            ("99999999999999999999999999999999999999", 38, 0, Some(MAX)),
            ("-99999999999999999999999999999999999999", 38, 0, Some(-MAX)),
            ("99999999999999999999999999999999999999.5", 38, 0, None),
            ("100000000000000000000000000000000000000", 38, 0, None),
            ("200000000000000000000000000000000000000", 38, 0, None),
            ("99999999999999999999999999999999999999999999999999", 38, 0, None),
            ("99999999999999999999999999999999999999.99999999999", 38, 38, None),
            ("0.00000000000000000000000000000000000001", 38, 38, Some(1)),
            ("1e37", 38, 0, Some(10_i128.pow(37))),
            ("1e38", 38, 0, None),
            ("1e37", 38, 2, None),
            ("0e37", 38, 2, Some(0)),
            ("0e38", 38, 2, None),
            ("0.00e39", 38, 2, Some(0)),
            ("0.00e40", 38, 2, None),
            ("", 10, 2, None),
            (" ", 10, 2, None),
            ("+", 10, 2, None),
            (".", 10, 2, None),
            ("e1", 10, 2, None),
            (".e1", 10, 2, None),
            ("1e", 10, 2, None),
            ("1e+", 10, 2, None),
            ("1e1.0", 10, 2, None),
            ("1e 1", 10, 2, None),
            ("--1", 10, 2, None),
            ("1 2", 10, 2, None),
            ("1.2.3", 10, 2, None),
            ("1,5", 10, 2, None),
            ("1_000", 10, 2, None),
            ("1d", 10, 2, None),
            ("1\x7f", 10, 2, None),
            ("0x1", 10, 2, None),
            ("NaN", 10, 2, None),
            ("Infinity", 10, 2, None),
            ("\u{a0}1", 10, 2, None),
        ];
        for &(text, precision, scale, expected) in cases {
            assert_eq!(parse_decimal(text.as_bytes(), precision, scale, POINT), expected, "{text:?}");
        }
    }

    #[test]
    fn a_comma_is_the_decimal_sign_where_it_is_said_to_be() {
        let cases: [(&str, Option<i128>); 8] = [
            ("1,5", Some(150)),
            ("-,005", Some(-1)),
            ("1,", Some(100)),
            ("1,5e1", Some(1500)),
            ("12", Some(1200)),
            ("1.5", None),
            ("1.000,5", None),
            ("1,000,5", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_decimal(text.as_bytes(), 10, 2, DecimalSign::Comma), expected, "{text:?}");
        }
    }

    fn written(unscaled: i128, scale: u8) -> String {
        let mut out = b"before,".to_vec();
        write_decimal(unscaled, scale, &mut out);
        String::from_utf8(out).expect("ASCII").strip_prefix("before,").expect("what was there stays").to_owned()
    }

    #[test]
    fn decimals_are_written_with_all_their_decimals_and_no_exponent() {
        let cases = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 0, "5"),
            (-50, 3, "-0.050"),
            (12_345, 2, "123.45"),
            (-12_345, 5, "-0.12345"),
            (1, 38, "0.00000000000000000000000000000000000001"),
            (MAX, 0, "99999999999999999999999999999999999999"),
            (-MAX, 38, "-0.99999999999999999999999999999999999999"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        ];
        for (unscaled, scale, expected) in cases {
            assert_eq!(written(unscaled, scale), expected);
        }
    }

    proptest! {
        #[test]
        fn every_decimal_is_read_back_as_it_was_written(unscaled in -MAX..=MAX, digits in 0_u32..38, scale in 0_u8..=38) {
            let unscaled = unscaled / 10_i128.pow(digits);
            let text = written(unscaled, scale);
            prop_assert_eq!(parse_decimal(text.as_bytes(), 38, scale, POINT), Some(unscaled), "{}", text);
        }

        #[test]
        fn an_exponent_moves_the_decimal_sign(unscaled in -1_000_000_000_i128..1_000_000_000, exponent in -12_i32..12) {
            let text = format!("{unscaled}e{exponent}");
            prop_assert_eq!(parse_decimal(text.as_bytes(), 38, 12, POINT), Some(unscaled * 10_i128.pow((12 + exponent) as u32)));
        }

        #[test]
        fn halves_are_rounded_away_from_zero(unscaled in -1_000_000_i128..1_000_000, scale in 0_u8..4) {
            let power = 10_i128.pow(4 - u32::from(scale));
            let rounded = (unscaled.abs() + power / 2) / power * unscaled.signum();
            prop_assert_eq!(parse_decimal(written(unscaled, 4).as_bytes(), 38, scale, POINT), Some(rounded));
        }

        #[test]
        fn numbers_of_any_length_are_read_or_not_but_never_fail(text in "[0-9]{0,60}[.]?[0-9]{0,60}(e-?[0-9]{1,2})?", scale in 0_u8..=38) {
            let limit = MAX + 1;
            prop_assert!(parse_decimal(text.as_bytes(), 38, scale, POINT).is_none_or(|unscaled| unscaled < limit));
        }

        #[test]
        fn whole_numbers_are_read_as_bigints_are(text in "[ +-]{0,2}[0-9]{0,19}[ a]?") {
            let bigint = crate::number::parse_bigint(text.as_bytes());
            let decimal = parse_decimal(text.as_bytes(), 38, 0, POINT);
            prop_assert!(bigint.is_none() || decimal == bigint.map(i128::from), "{}", text);
        }
    }
}
