//! Java's hexadecimal floating-point texts, such as `0x1.8p3`, which the standard library does not read.

/// Bits of a mantissa that leave room for one more hexadecimal digit in 64.
const MANTISSA_BITS_MAX: u32 = 60;

/// The weight of the last bit of the smallest doubles, as a power of two.
const EXPONENT_MIN: i64 = -1074;

/// Far beyond every exponent that makes a difference, and far from overflowing.
const EXPONENT_LIMIT: i64 = 1 << 40;

/// The value of a text that follows `0x`: digits with an optional point, `p` and a decimal exponent with an optional
/// sign. Rounds to the nearest double, ties to even.
pub(super) fn parse_after_prefix(text: &[u8]) -> Option<f64> {
    let p = text.iter().position(|byte| matches!(byte, b'p' | b'P'))?;
    let (mantissa, exponent) = parse_mantissa(&text[..p])?;
    let power = parse_power(&text[p + 1..])?;
    Some(compose(mantissa, exponent + power))
}

/// The digits as `mantissa × 2^exponent`. Digits that do not fit survive as the lowest bit, which then only tells
/// "a little more" from "exactly": it is far below the bits a double keeps.
fn parse_mantissa(text: &[u8]) -> Option<(u64, i64)> {
    let mut mantissa = 0u64;
    let mut exponent = 0i64;
    let mut lost_bits = false;
    let mut digits = 0usize;
    let mut after_point = false;
    for &byte in text {
        if byte == b'.' && !after_point {
            after_point = true;
            continue;
        }
        let digit = char::from(byte).to_digit(16)?;
        digits += 1;
        if u64::BITS - mantissa.leading_zeros() <= MANTISSA_BITS_MAX {
            mantissa = mantissa << 4 | u64::from(digit);
        } else {
            lost_bits |= digit != 0;
            exponent += 4;
        }
        if after_point {
            exponent -= 4;
        }
    }
    (digits > 0).then_some((mantissa | u64::from(lost_bits), exponent))
}

/// The power of two after the `p`.
fn parse_power(text: &[u8]) -> Option<i64> {
    let (negative, digits) = crate::split_sign(text);
    if digits.is_empty() {
        return None;
    }
    let mut power = 0i64;
    for &byte in digits {
        power = (power * 10 + i64::from(crate::digit(byte)?)).min(EXPONENT_LIMIT);
    }
    Some(if negative { -power } else { power })
}

/// The double nearest to `mantissa × 2^exponent`.
fn compose(mantissa: u64, exponent: i64) -> f64 {
    if mantissa == 0 {
        return 0.0;
    }
    let mantissa_bits = i64::from(u64::BITS - mantissa.leading_zeros());
    let leading = exponent + mantissa_bits - 1;
    if leading > 1023 {
        return f64::INFINITY;
    }
    // A double keeps 53 bits from the leading one on, fewer where it runs out of exponents.
    let last = (leading - 52).max(EXPONENT_MIN);
    let kept = match last - exponent {
        shift @ ..=0 => mantissa << -shift,
        shift @ 1..=64 => round_half_even(u128::from(mantissa), shift),
        _ => 0,
    };
    // The leading bit, where there is one, adds itself to the exponent's field; so does a carry from rounding.
    f64::from_bits((((last - EXPONENT_MIN) as u64) << 52) + kept)
}

fn round_half_even(mantissa: u128, shift: i64) -> u64 {
    let kept = mantissa >> shift;
    let rest = mantissa - (kept << shift);
    let half = 1 << (shift - 1);
    (kept + u128::from(rest > half || (rest == half && kept & 1 == 1))) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text after `0x`, and the double Java reads.
    const CASES: &[(&str, Option<f64>)] = &[
        ("1p0", Some(1.0)),
        ("1.8P-1", Some(0.75)),
        (".8p1", Some(1.0)),
        ("1.p+4", Some(16.0)),
        ("aBp0", Some(171.0)),
        ("0p99999999999", Some(0.0)),
        // Halfway between two doubles, a hair above halfway, and halfway again: ties go to the even one.
        ("1.00000000000008p0", Some(1.0)),
        ("1.0000000000000800000000000000000000001p0", Some(1.0 + f64::EPSILON)),
        ("1.00000000000018p0", Some(1.0 + 2.0 * f64::EPSILON)),
        ("1.fffffffffffff7p1023", Some(f64::MAX)),
        ("1.fffffffffffff8p1023", Some(f64::INFINITY)),
        ("1p1024", Some(f64::INFINITY)),
        ("1p99999999999", Some(f64::INFINITY)),
        ("1p-1022", Some(f64::MIN_POSITIVE)),
        ("0.fffffffffffff8p-1022", Some(f64::MIN_POSITIVE)),
        ("1p-1074", Some(5e-324)),
        ("1p-1075", Some(0.0)),
        ("1.8p-1075", Some(5e-324)),
        ("1p-99999999999", Some(0.0)),
        ("1", None),
        ("1.8", None),
        (".p1", None),
        ("p1", None),
        ("1p", None),
        ("1p-", None),
        ("1p1.5", None),
        ("1.2.3p1", None),
        ("1gp1", None),
        ("-1p1", None),
    ];

    #[test]
    fn hexadecimal_texts_are_read_as_by_java() {
        for (text, expected) in CASES {
            assert_eq!(parse_after_prefix(text.as_bytes()), *expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn integers_round_as_the_hardware_rounds_them(mantissa: u64, dropped_zeros in 0u32..64) {
            let mantissa = mantissa >> dropped_zeros;
            prop_assert_eq!(parse_after_prefix(format!("{mantissa:x}p0").as_bytes()), Some(mantissa as f64));
        }

        #[test]
        fn every_finite_double_is_read_back(bits in 0..f64::INFINITY.to_bits()) {
            let (exponent, fraction) = ((bits >> 52) as i64, bits & ((1 << 52) - 1));
            let text = format!("{}.{fraction:013x}p{}", u8::from(exponent > 0), exponent.max(1) - 1023);
            prop_assert_eq!(parse_after_prefix(text.as_bytes()).map(f64::to_bits), Some(bits));
        }
    }
}
