//! Casts, as Spark's with ANSI off: what does not fit wraps where both are whole numbers, and is null otherwise.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray, PrimitiveArray};
use arrow_buffer::BooleanBuffer;
use spark_cast::date::{parse_date, write_date};
use spark_cast::number::{parse_double, parse_int, write_int};
use spark_cast::timestamp::parse_timestamp;

use super::operand::Operand;
use super::{bug, decimal, number_text, text};
use crate::contract::ColumnType;
use crate::error::Result;

type D = Decimal128Type;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

pub(super) fn cast(value: &Operand, from: ColumnType, to: ColumnType) -> Result<Operand> {
    match from {
        ColumnType::String => from_text(value, to),
        ColumnType::Int => from_whole::<Int32Type>(value, to),
        ColumnType::BigInt => from_whole::<Int64Type>(value, to),
        ColumnType::Double => from_double(value, to),
        ColumnType::Decimal { scale, .. } => from_decimal(value, scale, to),
        ColumnType::Boolean => from_boolean(value, to),
        ColumnType::Date => match to {
            ColumnType::String => date_text(value),
            ColumnType::Date => Ok(value.clone()),
            // Null for days that only dates have room for.
            ColumnType::Timestamp => value.map_optional::<Date32Type, TimestampMicrosecondType>(|days| {
                i64::from(days).checked_mul(MICROS_PER_DAY)
            }),
            ColumnType::Int
            | ColumnType::BigInt
            | ColumnType::Double
            | ColumnType::Decimal { .. }
            | ColumnType::Boolean => Err(no_cast(from, to)),
        },
        ColumnType::Timestamp => match to {
            ColumnType::String => timestamp_text(value),
            ColumnType::Timestamp => Ok(value.clone()),
            ColumnType::Date => value.map_primitive::<TimestampMicrosecondType, Date32Type>(|micros| {
                micros.div_euclid(MICROS_PER_DAY) as i32
            }),
            ColumnType::Int
            | ColumnType::BigInt
            | ColumnType::Double
            | ColumnType::Decimal { .. }
            | ColumnType::Boolean => Err(no_cast(from, to)),
        },
    }
}

fn no_cast(from: ColumnType, to: ColumnType) -> crate::error::Error {
    bug(format!("a cast of {from} to {to}"))
}

fn decimal_form(precision: u8, scale: u8) -> decimal::Form {
    decimal::Form { precision, scale }
}

/// Null where the text is no value of the type.
fn from_text(value: &Operand, to: ColumnType) -> Result<Operand> {
    match to {
        ColumnType::String => Ok(value.clone()),
        ColumnType::Int => read::<Int32Type>(value, |text| parse_int(text.as_bytes())),
        ColumnType::BigInt => read::<Int64Type>(value, |text| parse_bigint(text.as_bytes())),
        ColumnType::Double => read::<Float64Type>(value, |text| parse_double(text.as_bytes())),
        ColumnType::Decimal { precision, scale } => read::<D>(value, |text| {
            let number_text::Digits { unscaled, exponent } = number_text::parse_decimal(text)?;
            with_exponent(unscaled, exponent, decimal_form(precision, scale))
        })?
        .with_form_of(to),
        ColumnType::Boolean => {
            let booleans: BooleanArray = value.texts()?.iter().map(|text| parse_boolean(text?)).collect();
            value.try_map(|_| Ok(Arc::new(booleans)))
        }
        ColumnType::Date => read::<Date32Type>(value, |text| parse_date(text.as_bytes())),
        ColumnType::Timestamp => read::<TimestampMicrosecondType>(value, |text| {
            parse_timestamp(text.as_bytes()).map(|timestamp| timestamp.micros)
        }),
    }
}

fn read<T: ArrowPrimitiveType>(value: &Operand, parse: impl Fn(&str) -> Option<T::Native>) -> Result<Operand> {
    let values: PrimitiveArray<T> = value.texts()?.iter().map(|text| parse(text?)).collect();
    value.try_map(|_| Ok(Arc::new(values)))
}

/// As [`parse_int`], with 64 bits.
fn parse_bigint(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_matches(|char| char <= ' ' || char == '\u{7f}');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        _ if !is_number || text.is_empty() => None,
        "" => Some(0),
        "+" | "-" => text.contains('.').then_some(0),
        _ => whole.parse().ok(),
    }
}

fn parse_boolean(text: &str) -> Option<bool> {
    let text = text.trim_matches(|char| char <= ' ' || char == '\u{7f}');
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["t", "true", "y", "yes", "1"]) {
        Some(true)
    } else if is(&["f", "false", "n", "no", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// `unscaled` times ten to the power of `exponent`, as this form.
fn with_exponent(unscaled: i128, exponent: i32, form: decimal::Form) -> Option<i128> {
    match exponent {
        ..0 => decimal::rescale(unscaled, exponent.unsigned_abs(), form),
        0.. if unscaled == 0 => Some(0),
        0.. => decimal::rescale(unscaled.checked_mul(decimal::power(exponent.unsigned_abs())?)?, 0, form),
    }
}

fn from_whole<T: ArrowPrimitiveType<Native: Into<i64>>>(value: &Operand, to: ColumnType) -> Result<Operand> {
    match to {
        ColumnType::String => write::<T>(value, |number, out| write_int(number.into(), out)),
        ColumnType::Int => value.map_primitive::<T, Int32Type>(|number| number.into() as i32),
        ColumnType::BigInt => value.map_primitive::<T, Int64Type>(Into::into),
        ColumnType::Double => value.map_primitive::<T, Float64Type>(|number| number.into() as f64),
        ColumnType::Decimal { precision, scale } => value
            .map_optional::<T, D>(|number| {
                decimal::rescale(i128::from(number.into()), 0, decimal_form(precision, scale))
            })?
            .with_form_of(to),
        ColumnType::Boolean => is_not_zero::<T>(value, |number| number.into() != 0),
        ColumnType::Date | ColumnType::Timestamp => Err(bug("a cast of a number to a date")),
    }
}

fn from_double(value: &Operand, to: ColumnType) -> Result<Operand> {
    match to {
        // As Java: cut to the limits, NaN is 0.
        ColumnType::Int => value.map_primitive::<Float64Type, Int32Type>(|number| number as i32),
        ColumnType::BigInt => value.map_primitive::<Float64Type, Int64Type>(|number| number as i64),
        ColumnType::Double => Ok(value.clone()),
        ColumnType::Decimal { precision, scale } => value
            .map_optional::<Float64Type, D>(|number| {
                let number_text::Digits { unscaled, exponent } =
                    number.is_finite().then(|| number_text::digits(number))?;
                with_exponent(unscaled, exponent, decimal_form(precision, scale))
            })?
            .with_form_of(to),
        ColumnType::Boolean => is_not_zero::<Float64Type>(value, |number| number != 0.0),
        ColumnType::String | ColumnType::Date | ColumnType::Timestamp => Err(no_cast(ColumnType::Double, to)),
    }
}

fn from_decimal(value: &Operand, from: u8, to: ColumnType) -> Result<Operand> {
    let divisor = decimal::power(u32::from(from)).ok_or_else(|| bug("a decimal of too many digits"))?;
    match to {
        ColumnType::String => write::<D>(value, |number, out| number_text::write_decimal(number, from, out)),
        // As Java: the digits after the point are dropped, and of the rest the low bits stay.
        ColumnType::Int => value.map_primitive::<D, Int32Type>(|number| (number / divisor) as i32),
        ColumnType::BigInt => value.map_primitive::<D, Int64Type>(|number| (number / divisor) as i64),
        ColumnType::Double => {
            value.map_primitive::<D, Float64Type>(|number| number_text::double(number, -i32::from(from)))
        }
        ColumnType::Decimal { precision, scale } => value
            .map_optional::<D, D>(|number| decimal::rescale(number, u32::from(from), decimal_form(precision, scale)))?
            .with_form_of(to),
        ColumnType::Boolean => is_not_zero::<D>(value, |number| number != 0),
        ColumnType::Date | ColumnType::Timestamp => Err(bug("a cast of a number to a date")),
    }
}

fn from_boolean(value: &Operand, to: ColumnType) -> Result<Operand> {
    let booleans = super::booleans(value.array())?;
    let numbers = || booleans.iter().map(|value| value.map(i64::from));
    match to {
        ColumnType::String => {
            let mut texts = text::Texts::with_capacity(booleans.len(), booleans.len() * "false".len());
            for value in booleans {
                texts.push(|out| out.extend_from_slice(if value == Some(true) { b"true" } else { b"false" }))?;
            }
            let texts = texts.finish(booleans.nulls().cloned())?;
            value.try_map(|_| Ok(Arc::new(texts)))
        }
        ColumnType::Boolean => Ok(value.clone()),
        ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Decimal { .. } => {
            let numbers: PrimitiveArray<Int64Type> = numbers().collect();
            from_whole::<Int64Type>(&value.try_map(|_| Ok(Arc::new(numbers)))?, to)
        }
        ColumnType::Date | ColumnType::Timestamp => Err(no_cast(ColumnType::Boolean, to)),
    }
}

fn is_not_zero<T: ArrowPrimitiveType>(value: &Operand, kernel: impl Fn(T::Native) -> bool) -> Result<Operand> {
    let numbers = value.primitive::<T>()?;
    let values = BooleanBuffer::collect_bool(numbers.len(), |row| kernel(numbers.value(row)));
    let booleans = BooleanArray::new(values, numbers.nulls().cloned());
    value.try_map(|_| Ok(Arc::new(booleans)))
}

fn write<T: ArrowPrimitiveType>(value: &Operand, print: impl Fn(T::Native, &mut Vec<u8>)) -> Result<Operand> {
    let values = value.primitive::<T>()?;
    let mut texts = text::Texts::with_capacity(values.len(), values.len() * 8);
    for value in values {
        texts.push(|out| {
            if let Some(value) = value {
                print(value, out);
            }
        })?;
    }
    let texts = texts.finish(values.nulls().cloned())?;
    value.try_map(|_| Ok(Arc::new(texts)))
}

fn date_text(value: &Operand) -> Result<Operand> {
    write::<Date32Type>(value, write_date)
}

/// `yyyy-mm-dd hh:mm:ss`, and the fraction without zeros at its end.
fn timestamp_text(value: &Operand) -> Result<Operand> {
    write::<TimestampMicrosecondType>(value, |micros, out| {
        let (days, rest) = (micros.div_euclid(MICROS_PER_DAY), micros.rem_euclid(MICROS_PER_DAY));
        let (seconds, fraction) = (rest / MICROS_PER_SECOND, rest % MICROS_PER_SECOND);
        write_date(days as i32, out);
        let time = format!(" {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        out.extend_from_slice(time.as_bytes());
        if fraction != 0 {
            out.extend_from_slice(format!(".{fraction:06}").trim_end_matches('0').as_bytes());
        }
    })
}
