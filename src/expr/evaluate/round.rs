//! ROUND: half away from zero. A double is rounded as it is printed, so that 2.675 becomes 2.68.

use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};

use super::operand::Operand;
use super::{bug, decimal, number_text};
use crate::contract::ColumnType;
use crate::error::Result;

pub(super) fn round(value: &Operand, digits: i32, of: ColumnType, result: ColumnType) -> Result<Operand> {
    match of {
        ColumnType::Int => value.map_primitive::<Int32Type, Int32Type>(|value| whole(i128::from(value), digits) as i32),
        ColumnType::BigInt => {
            value.map_primitive::<Int64Type, Int64Type>(|value| whole(i128::from(value), digits) as i64)
        }
        ColumnType::Double => value.map_primitive::<Float64Type, Float64Type>(|value| double(value, digits)),
        ColumnType::Decimal { scale: from, .. } => {
            let ColumnType::Decimal { precision, scale } = result else { return Err(bug("ROUND of another type")) };
            let to = decimal::Form { precision, scale };
            let round = |value| decimal::round(value, from, digits, to);
            value.map_optional::<Decimal128Type, Decimal128Type>(round)?.with_form_of(result)
        }
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => {
            Err(bug("ROUND of no number"))
        }
    }
}

/// What does not fit the type afterwards wraps, as in Spark.
fn whole(value: i128, digits: i32) -> i128 {
    if digits >= 0 {
        return value;
    }
    let zeros = digits.unsigned_abs();
    decimal::without_digits(value, zeros) * decimal::power(zeros).unwrap_or(0)
}

fn double(value: f64, digits: i32) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let number_text::Digits { unscaled, exponent } = number_text::digits(value);
    let surplus = -(exponent + digits);
    if surplus <= 0 && unscaled != 0 {
        return value;
    }
    // A zero has no sign afterwards.
    let rounded = decimal::without_digits(unscaled, surplus.max(0).unsigned_abs());
    number_text::double(rounded, -digits)
}
