//! Between numbers and their decimal digits.

use crate::contract::DECIMAL_PRECISION_MAX;

/// A number: `unscaled` times ten to the power of `exponent`.
pub(super) struct Digits {
    pub(super) unscaled: i128,
    pub(super) exponent: i32,
}

/// The fewest digits that are read back as the same finite double.
pub(super) fn digits(value: f64) -> Digits {
    let mut buffer = zmij::Buffer::new();
    let printed = buffer.format_finite(value);
    let (mantissa, exponent) = printed.split_once('e').unwrap_or((printed, "0"));
    let mut unscaled = 0i128;
    let mut exponent: i32 = exponent.parse().unwrap_or(0);
    let mut is_fraction = false;
    for byte in mantissa.bytes() {
        match byte {
            b'0'..=b'9' => {
                unscaled = unscaled * 10 + i128::from(byte - b'0');
                exponent -= i32::from(is_fraction);
            }
            b'.' => is_fraction = true,
            _ => {}
        }
    }
    // Without the zero that is printed after the point of a whole number.
    while unscaled != 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        exponent += 1;
    }
    Digits { unscaled: if value < 0.0 { -unscaled } else { unscaled }, exponent }
}

/// Doubles hold every integer up to this one, and these powers of ten.
const EXACT_INTEGER_MAX: u128 = 1 << 53;
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The double nearest to `unscaled` times ten to the power of `exponent`.
pub(super) fn double(unscaled: i128, exponent: i32) -> f64 {
    let power = usize::try_from(-exponent).ok().and_then(|exponent| POWERS_OF_TEN.get(exponent));
    match power {
        // One operation on two exact numbers rounds once, hence correctly.
        Some(power) if unscaled.unsigned_abs() <= EXACT_INTEGER_MAX => unscaled as f64 / power,
        // The standard library reads every such text.
        _ => format!("{unscaled}e{exponent}").parse().unwrap_or(f64::NAN),
    }
}

/// The whole number and the scale of a decimal text, as Java's `BigDecimal` reads it: digits with an optional point and
/// an optional exponent.
pub(super) fn parse_decimal(text: &str) -> Option<Digits> {
    let text = text.trim_matches(|char| char <= ' ');
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse().ok()?),
        None => (text, 0),
    };
    let (is_negative, mantissa) = match mantissa.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let mut number = Digits { unscaled: 0, exponent };
    let (mut has_digit, mut has_point, mut is_full) = (false, false, false);
    for &byte in mantissa {
        match byte {
            b'0'..=b'9' if !is_full => {
                has_digit = true;
                let longer = number.unscaled.checked_mul(10).and_then(|ten| ten.checked_add(i128::from(byte - b'0')));
                match longer {
                    Some(longer) => {
                        number.unscaled = longer;
                        number.exponent = number.exponent.checked_sub(i32::from(has_point))?;
                    }
                    // Digits after the point that no decimal has.
                    None if has_point => is_full = true,
                    None => return None,
                }
            }
            b'0'..=b'9' => {}
            b'.' if !has_point => has_point = true,
            _ => return None,
        }
    }
    let digits = number.unscaled.checked_ilog10().map_or(1, |digits| digits + 1);
    // Also a zero with a high exponent is no decimal for Spark.
    let has_room = i64::from(digits) + i64::from(number.exponent) <= i64::from(DECIMAL_PRECISION_MAX);
    if is_negative {
        number.unscaled = -number.unscaled;
    }
    (has_digit && has_room).then_some(number)
}

/// As Java's `BigDecimal.toString` prints it: with an exponent where more than five zeros would follow the point.
pub(super) fn write_decimal(unscaled: i128, scale: u8, out: &mut Vec<u8>) {
    let digits = unscaled.unsigned_abs().to_string();
    let scale = usize::from(scale);
    // The power of ten of the first digit.
    let leading = digits.len() as i32 - 1 - scale as i32;
    if unscaled < 0 {
        out.push(b'-');
    }
    if leading < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        out.extend_from_slice(format!("{first}{point}{rest}E{leading}").as_bytes());
    } else if scale == 0 {
        out.extend_from_slice(digits.as_bytes());
    } else {
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        out.extend_from_slice(format!("{whole}.{fraction}").as_bytes());
    }
}
