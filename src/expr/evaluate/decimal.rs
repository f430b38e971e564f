//! Exact numbers, rounded where and how Java's `BigDecimal` rounds them for Spark.

use arrow_buffer::i256;
use spark_cast::decimal::POWERS_OF_TEN;

use crate::contract::DECIMAL_PRECISION_MAX;

/// Digits of a decimal, in all and after the point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) precision: u8,
    pub(super) scale: u8,
}

/// Significant digits that Spark keeps of a product before it rounds it to its scale.
const PRODUCT_DIGITS: u32 = DECIMAL_PRECISION_MAX as u32 + 1;

/// Digits after the point that Spark keeps of a quotient before it rounds it to its scale.
const QUOTIENT_SCALE: u32 = DECIMAL_PRECISION_MAX as u32 + 1;

/// Ten to this power, if it fits.
pub(super) fn power(exponent: u32) -> Option<i128> {
    POWERS_OF_TEN.get(exponent as usize).copied()
}

fn wide_power(exponent: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(exponent)
}

/// The number if it has no more digits than the form allows.
fn fitting(unscaled: i128, form: Form) -> Option<i128> {
    let limit = power(u32::from(form.precision))?;
    (unscaled.unsigned_abs() < limit.unsigned_abs()).then_some(unscaled)
}

/// Divides by a power of ten; half is rounded away from zero.
pub(super) fn without_digits(unscaled: i128, digits: u32) -> i128 {
    let Some(divisor) = power(digits) else { return 0 };
    let (quotient, rest) = (unscaled / divisor, unscaled % divisor);
    let is_up = rest.unsigned_abs() >= divisor.unsigned_abs() - rest.unsigned_abs();
    if is_up && rest != 0 { quotient + unscaled.signum() } else { quotient }
}

fn wide_without_digits(unscaled: i256, digits: u32) -> Option<i256> {
    let divisor = wide_power(digits)?;
    let (quotient, rest) = (unscaled.checked_div(divisor)?, unscaled.checked_rem(divisor)?.wrapping_abs());
    let is_up = rest >= divisor.wrapping_sub(rest) && rest != i256::ZERO;
    Some(if is_up { quotient.wrapping_add(unscaled.signum()) } else { quotient })
}

/// From one scale to a form; `None` if it has too many digits then.
pub(super) fn rescale(unscaled: i128, scale: u32, form: Form) -> Option<i128> {
    let to = u32::from(form.scale);
    let rescaled =
        if to >= scale { unscaled.checked_mul(power(to - scale)?)? } else { without_digits(unscaled, scale - to) };
    fitting(rescaled, form)
}

fn wide_rescale(unscaled: i256, scale: u32, form: Form) -> Option<i128> {
    let to = u32::from(form.scale);
    let rescaled = if to >= scale {
        unscaled.checked_mul(wide_power(to - scale)?)?
    } else {
        wide_without_digits(unscaled, scale - to)?
    };
    fitting(rescaled.to_i128()?, form)
}

#[inline(never)]
pub(super) fn add((a, s1): (i128, u8), (b, s2): (i128, u8), to: Form) -> Option<i128> {
    let scale = u32::from(s1.max(s2));
    let short = |value: i128, from: u8| value.checked_mul(power(scale - u32::from(from))?);
    if let (Some(a), Some(b)) = (short(a, s1), short(b, s2))
        && let Some(sum) = a.checked_add(b)
    {
        return rescale(sum, scale, to);
    }
    let wide = |value: i128, from: u8| i256::from_i128(value).checked_mul(wide_power(scale - u32::from(from))?);
    wide_rescale(wide(a, s1)?.checked_add(wide(b, s2)?)?, scale, to)
}

#[inline(never)]
pub(super) fn multiply((a, s1): (i128, u8), (b, s2): (i128, u8), to: Form) -> Option<i128> {
    let scale = u32::from(s1) + u32::from(s2);
    if let Some(product) = a.checked_mul(b) {
        return rescale(product, scale, to);
    }
    let product = i256::from_i128(a).checked_mul(i256::from_i128(b))?;
    let digits = product.wrapping_abs().checked_ilog10()? + 1;
    match digits.checked_sub(PRODUCT_DIGITS) {
        None | Some(0) => wide_rescale(product, scale, to),
        Some(surplus) if surplus <= scale => wide_rescale(wide_without_digits(product, surplus)?, scale - surplus, to),
        // More digits before the point than any decimal has.
        Some(_) => None,
    }
}

#[inline(never)]
pub(super) fn divide((a, s1): (i128, u8), (b, s2): (i128, u8), to: Form) -> Option<i128> {
    if b == 0 {
        return None;
    }
    let unsigned = divide_short((a, s1), (b, s2), to).or_else(|| divide_long((a, s1), (b, s2), to))?;
    Some(if (a < 0) == (b < 0) { unsigned } else { -unsigned })
}

/// The quotient without sign, rounded once. `None` if it does not fit, or if rounding twice could give another.
fn divide_short((a, s1): (i128, u8), (b, s2): (i128, u8), to: Form) -> Option<i128> {
    // Twice differs from once only just below a half, to which no quotient by a smaller number comes so near.
    let divisor = b.checked_abs()?;
    if divisor >= power(QUOTIENT_SCALE.checked_sub(u32::from(to.scale))?)? {
        return None;
    }
    let zeros = (u32::from(to.scale) + u32::from(s2)).checked_sub(u32::from(s1))?;
    let dividend = a.checked_abs()?.checked_mul(power(zeros)?)?;
    let (quotient, rest) = (dividend / divisor, dividend % divisor);
    fitting(quotient + i128::from(rest >= divisor - rest), to)
}

fn divide_long((a, s1): (i128, u8), (b, s2): (i128, u8), to: Form) -> Option<i128> {
    let (dividend, divisor) = (i256::from_i128(a).wrapping_abs(), i256::from_i128(b).wrapping_abs());
    let mut quotient = dividend.checked_div(divisor)?;
    let mut rest = dividend.checked_rem(divisor)?;
    let mut missing = QUOTIENT_SCALE + u32::from(s2) - u32::from(s1);
    while missing > 0 {
        // What is left has at most 38 digits, and as many more fit.
        let digits = missing.min(u32::from(DECIMAL_PRECISION_MAX));
        let power = wide_power(digits)?;
        let shifted = rest.checked_mul(power)?;
        quotient = quotient.checked_mul(power)?.checked_add(shifted.checked_div(divisor)?)?;
        rest = shifted.checked_rem(divisor)?;
        missing -= digits;
    }
    if rest >= divisor.wrapping_sub(rest) {
        quotient = quotient.wrapping_add(i256::ONE);
    }
    wide_rescale(quotient, QUOTIENT_SCALE, to)
}

/// Rounds to this many digits after the point, or zeros before it.
pub(super) fn round(unscaled: i128, scale: u8, digits: i32, to: Form) -> Option<i128> {
    if digits >= 0 {
        return rescale(unscaled, u32::from(scale), to);
    }
    let zeros = digits.unsigned_abs();
    fitting(without_digits(unscaled, u32::from(scale) + zeros).checked_mul(power(zeros)?)?, to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits() -> impl Strategy<Value = i128> {
        (0u32..=38, any::<u128>()).prop_map(|(digits, value)| {
            let limit = power(digits).expect("it fits").unsigned_abs();
            i128::try_from(value % limit).expect("it fits")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_short_division_agrees_with_the_long_one(
            a in digits(),
            b in digits(),
            (s1, s2) in (0u8..38, 0u8..38),
            scale in 6u8..=38,
        ) {
            let to = Form { precision: 38, scale };
            let b = b.max(1);
            let short = divide_short((a, s1), (b, s2), to);
            prop_assert!(short.is_none() || short == divide_long((a, s1), (b, s2), to));
        }

        #[test]
        fn half_is_rounded_away_from_zero(whole in -1_000_000i128..1_000_000, rest in 0i128..1000) {
            let sign = if whole < 0 { -1 } else { 1 };
            let value = whole * 1000 + sign * rest;
            let expected = whole + i128::from(rest >= 500) * sign;
            prop_assert_eq!(without_digits(value, 3), expected);
        }
    }
}
