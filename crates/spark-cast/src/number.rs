//! Numbers as Spark casts them from text, and as the CSV outputs show them.

use crate::DecimalSign;
use crate::{digit, hex_float, split_sign, trim_java, trim_space_and_controls};

/// The 32-bit integer a cell holds, or `None` when Spark's cast gives null: what [`parse_bigint`] reads, if it fits.
pub fn parse_int(text: &[u8]) -> Option<i32> {
    parse_bigint(text).and_then(|value| i32::try_from(value).ok())
}

/// The 64-bit integer a cell holds, or `None` when Spark's cast gives null.
///
/// Accepted, after removing ASCII white space and control characters on both sides: an optional sign, then digits,
/// optionally a point and digits that are dropped (`45.9` is 45, `-0.9` is 0). The digits may be missing on either
/// side of the point, or on both (`.` is 0). No exponent, no group separator; out of range is `None`.
pub fn parse_bigint(text: &[u8]) -> Option<i64> {
    let (negative, digits) = split_sign(trim_space_and_controls(text));
    if digits.is_empty() {
        return None;
    }
    // Counted downwards, because the smallest integer has no positive counterpart.
    let mut value = 0i64;
    for (index, &byte) in digits.iter().enumerate() {
        if byte == b'.' {
            if !digits[index + 1..].iter().all(u8::is_ascii_digit) {
                return None;
            }
            break;
        }
        value = value.checked_mul(10)?.checked_sub(i64::from(digit(byte)?))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// The double a cell holds, or `None` when Spark's cast gives null.
///
/// Accepted, after removing the characters up to U+0020 on both sides, each with an optional sign:
/// - decimals: digits with an optional point, at least one digit in all, optionally `e` or `E` and an exponent with
///   an optional sign, optionally `d`, `D`, `f` or `F`, which change nothing (`1`, `.5`, `1.`, `6.02E+23`, `1.5f`);
/// - hexadecimals: `0x`, hexadecimal digits with an optional point, `p` and a decimal power of two, optionally one
///   of the same four letters (`0x1.8p1`);
/// - `NaN` (in other letter cases only without a sign), `Infinity` and `Inf` in any letter case.
///
/// The result is the nearest double, ties to even: infinite beyond the largest one, zero below the smallest.
pub fn parse_double(text: &[u8]) -> Option<f64> {
    parse_short_decimal(text).or_else(|| parse_any_double(text))
}

/// The double a cell holds whose decimals stand after `sign`.
///
/// With a comma, everything is as [`parse_double`] has it, except that a comma stands where a point would: `1,5` is 1.5. A
/// cell with a point is then `None`, because the point could separate thousands. Texts of more than 32 bytes are copied to
/// the heap, shorter ones to the stack.
pub fn parse_double_with(text: &[u8], sign: DecimalSign) -> Option<f64> {
    match sign {
        DecimalSign::Point => parse_double(text),
        DecimalSign::Comma if text.contains(&b'.') => None,
        DecimalSign::Comma => match <[u8; COPY_BYTES]>::default().get_mut(..text.len()) {
            Some(copy) => {
                copy.copy_from_slice(text);
                parse_double(with_points(copy))
            }
            None => parse_double(with_points(&mut text.to_vec())),
        },
    }
}

/// The longest text that is copied to the stack: longer than the usual form of any double.
const COPY_BYTES: usize = 32;

fn with_points(text: &mut [u8]) -> &[u8] {
    for byte in &mut *text {
        if *byte == b',' {
            *byte = b'.';
        }
    }
    text
}

/// Digits that surely fit 64 bits.
const SHORT_DIGITS_MAX: usize = 19;

/// Doubles hold every integer up to this one.
const EXACT_INTEGER_MAX: u64 = 1 << 53;

/// The powers of ten that doubles hold exactly and that [`SHORT_DIGITS_MAX`] can ask for.
const POWERS_OF_TEN: [f64; SHORT_DIGITS_MAX + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19];

/// The common form: a sign, digits, a point. One division of two exact numbers rounds once, hence correctly.
/// `None` for other forms and for more digits than that allows.
fn parse_short_decimal(text: &[u8]) -> Option<f64> {
    let (negative, text) = split_sign(text);
    let (mantissa, decimals) = short_digits(text)?;
    (mantissa <= EXACT_INTEGER_MAX).then(|| with_sign(negative, mantissa as f64 / POWERS_OF_TEN[decimals]))
}

/// The number that the digits of a text are without their point, and how many stand after it. `None` for anything else and
/// for texts of more than [`SHORT_DIGITS_MAX`] bytes.
fn short_digits(text: &[u8]) -> Option<(u64, usize)> {
    let mut mantissa = 0u64;
    let mut point = None;
    if text.len() > SHORT_DIGITS_MAX {
        return None;
    }
    for (index, &byte) in text.iter().enumerate() {
        if let Some(digit) = digit(byte) {
            mantissa = mantissa * 10 + u64::from(digit);
        } else if byte == b'.' && point.is_none() {
            point = Some(index);
        } else {
            return None;
        }
    }
    let decimals = point.map_or(0, |point| text.len() - 1 - point);
    let digits = text.len() - usize::from(point.is_some());
    (digits > 0).then_some((mantissa, decimals))
}

fn parse_any_double(text: &[u8]) -> Option<f64> {
    let text = trim_java(text);
    let (negative, magnitude) = split_sign(text);
    let value = match magnitude {
        [b'0', b'x' | b'X', rest @ ..] => hex_float::parse_after_prefix(without_type_suffix(rest))?,
        // So the standard library cannot meet the words that only it knows.
        [b'0'..=b'9' | b'.', ..] => std::str::from_utf8(without_type_suffix(magnitude)).ok()?.parse().ok()?,
        b"NaN" => f64::NAN,
        _ if text.eq_ignore_ascii_case(b"nan") => f64::NAN,
        _ if magnitude.eq_ignore_ascii_case(b"infinity") || magnitude.eq_ignore_ascii_case(b"inf") => f64::INFINITY,
        _ => return None,
    };
    Some(with_sign(negative, value))
}

/// The text without the letter by which Java tells `double` from `float`.
fn without_type_suffix(text: &[u8]) -> &[u8] {
    match text {
        [rest @ .., b'd' | b'D' | b'f' | b'F'] => rest,
        _ => text,
    }
}

fn with_sign(negative: bool, magnitude: f64) -> f64 {
    if negative { -magnitude } else { magnitude }
}

/// Appends the fewest digits that are read back as the same double: always with a point and a digit after it, never
/// with an exponent (`3.0`, `0.0001`, `-0.0`), hence up to 327 bytes. `NaN`, `Infinity` and `-Infinity` as in Spark.
pub fn write_double(value: f64, out: &mut Vec<u8>) {
    if value.is_nan() {
        return out.extend_from_slice(b"NaN");
    }
    if value.is_infinite() {
        return out.extend_from_slice(if value > 0.0 { b"Infinity" } else { b"-Infinity" });
    }
    let mut buffer = zmij::Buffer::new();
    let printed = buffer.format_finite(value).as_bytes();
    match printed.iter().position(|&byte| byte == b'e') {
        None => out.extend_from_slice(printed),
        Some(exponent) => write_expanded(&printed[..exponent], &printed[exponent + 1..], out),
    }
}

/// Appends `d.ddd × 10^exponent` without the exponent.
fn write_expanded(mantissa: &[u8], exponent: &[u8], out: &mut Vec<u8>) {
    let (negative, mantissa) = split_sign(mantissa);
    let (exponent_negative, exponent) = split_sign(exponent);
    let zeros = exponent.iter().fold(0, |value, byte| value * 10 + usize::from(byte - b'0'));
    if negative {
        out.push(b'-');
    }
    if exponent_negative {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + zeros - 1, b'0');
        out.extend(mantissa.iter().filter(|&&byte| byte != b'.'));
        return;
    }
    let integer_bytes = out.len() + 1 + zeros;
    out.extend(mantissa.iter().filter(|&&byte| byte != b'.'));
    if out.len() > integer_bytes {
        out.insert(integer_bytes, b'.');
    } else {
        out.resize(integer_bytes, b'0');
        out.extend_from_slice(b".0");
    }
}

/// Appends the decimal digits, after a minus where there is one.
pub fn write_int(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

#[cfg(test)]
mod tests;
