//! The types of results, as Spark's `TypeCoercion` and `DecimalPrecision` have them (ANSI off, loss of precision allowed).

use super::node::Arithmetic;
use crate::contract::{ColumnType, DECIMAL_PRECISION_MAX};

/// Digits after the point that an operation keeps although the digits before the point leave no room for them.
const SCALE_KEPT: i32 = 6;

/// Whether it is a number.
pub(super) fn is_number(data_type: ColumnType) -> bool {
    match data_type {
        ColumnType::Int | ColumnType::BigInt | ColumnType::Double | ColumnType::Decimal { .. } => true,
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => false,
    }
}

/// The decimal that holds every value of a type of exact numbers: precision and scale.
pub(super) fn exact(data_type: ColumnType) -> Option<(u8, u8)> {
    match data_type {
        ColumnType::Int => Some((10, 0)),
        ColumnType::BigInt => Some((20, 0)),
        ColumnType::Decimal { precision, scale } => Some((precision, scale)),
        ColumnType::Double | ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => {
            None
        }
    }
}

/// A decimal type, cut to what there is. Spark cuts scale and precision alike where it looks for a common type.
fn bounded(precision: u32, scale: u32) -> ColumnType {
    let max = u32::from(DECIMAL_PRECISION_MAX);
    ColumnType::Decimal { precision: precision.min(max) as u8, scale: scale.min(max) as u8 }
}

/// The type that holds the values of both, or `None`: no common type without a CAST.
pub(super) fn common(left: ColumnType, right: ColumnType) -> Option<ColumnType> {
    use ColumnType::{BigInt, Date, Decimal, Double, Int, Timestamp};
    match (left, right) {
        _ if left == right => Some(left),
        (Int, BigInt) | (BigInt, Int) => Some(BigInt),
        (Date, Timestamp) | (Timestamp, Date) => Some(Timestamp),
        (Double, other) | (other, Double) if is_number(other) => Some(Double),
        (Decimal { .. }, _) | (_, Decimal { .. }) => common_decimal(exact(left)?, exact(right)?),
        _ => None,
    }
}

/// The decimal that holds the values of both, as far as there is one.
pub(super) fn common_decimal((p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> Option<ColumnType> {
    let scale = s1.max(s2);
    let whole = (p1 - s1).max(p2 - s2);
    Some(bounded(u32::from(whole) + u32::from(scale), u32::from(scale)))
}

/// The type of an operation on two decimals.
pub(super) fn arithmetic(operation: Arithmetic, (p1, s1): (u8, u8), (p2, s2): (u8, u8)) -> ColumnType {
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    match operation {
        Arithmetic::Add | Arithmetic::Subtract => {
            let scale = s1.max(s2);
            adjusted((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        Arithmetic::Multiply => adjusted(p1 + p2 + 1, s1 + s2),
        Arithmetic::Divide => {
            let scale = SCALE_KEPT.max(s1 + p2 + 1);
            adjusted(p1 - s1 + s2 + scale, scale)
        }
    }
}

/// A decimal type; where the precision is too high, digits after the point are given up, but for [`SCALE_KEPT`].
fn adjusted(precision: i32, scale: i32) -> ColumnType {
    let max = i32::from(DECIMAL_PRECISION_MAX);
    if precision <= max {
        return ColumnType::Decimal { precision: precision as u8, scale: scale as u8 };
    }
    let whole = precision - scale;
    let scale = (max - whole).max(scale.min(SCALE_KEPT));
    ColumnType::Decimal { precision: DECIMAL_PRECISION_MAX, scale: scale as u8 }
}

/// The type of ROUND to this many digits.
pub(super) fn rounded(data_type: ColumnType, digits: i32) -> ColumnType {
    let ColumnType::Decimal { precision, scale } = data_type else { return data_type };
    let whole = u32::from(precision - scale) + 1;
    if digits < 0 {
        return bounded(whole.max(digits.unsigned_abs() + 1), 0);
    }
    let scale = u32::from(scale).min(digits.unsigned_abs());
    bounded(whole + scale, scale)
}

/// The type of SUM.
pub(super) fn sum(data_type: ColumnType) -> Option<ColumnType> {
    match data_type {
        ColumnType::Int | ColumnType::BigInt => Some(ColumnType::BigInt),
        ColumnType::Double => Some(ColumnType::Double),
        ColumnType::Decimal { precision, scale } => Some(bounded(u32::from(precision) + 10, u32::from(scale))),
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => None,
    }
}

/// The type of AVG.
pub(super) fn average(data_type: ColumnType) -> Option<ColumnType> {
    match data_type {
        ColumnType::Int | ColumnType::BigInt | ColumnType::Double => Some(ColumnType::Double),
        ColumnType::Decimal { precision, scale } => Some(bounded(u32::from(precision) + 4, u32::from(scale) + 4)),
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => None,
    }
}
