//! Arithmetic. Whole numbers wrap at their limits, decimals beyond theirs are null, and so is any division by zero.
//!
//! Arrow's own kernels also calculate with types that no column has, which costs the function a megabyte.

use arrow_array::types::{ArrowPrimitiveType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrowNativeTypeOp};

use super::operand::Operand;
use super::{bug, decimal};
use crate::contract::ColumnType;
use crate::error::Result;
use crate::expr::node::Arithmetic;

pub(super) fn arithmetic(
    operation: Arithmetic,
    [left, right]: &[Operand; 2],
    types: [ColumnType; 2],
    result: ColumnType,
) -> Result<Operand> {
    if let (
        [ColumnType::Decimal { scale: left_scale, .. }, ColumnType::Decimal { scale: right_scale, .. }],
        ColumnType::Decimal { precision, scale },
    ) = (types, result)
    {
        let to = decimal::Form { precision, scale };
        let (s1, s2) = (left_scale, right_scale);
        type D = Decimal128Type;
        let computed = match operation {
            Arithmetic::Add => left.combine_optional::<D, D, D>(right, |a, b| decimal::add((a, s1), (b, s2), to)),
            Arithmetic::Subtract => left.combine_optional::<D, D, D>(right, |a, b| decimal::add((a, s1), (-b, s2), to)),
            Arithmetic::Multiply => {
                left.combine_optional::<D, D, D>(right, |a, b| decimal::multiply((a, s1), (b, s2), to))
            }
            Arithmetic::Divide => left.combine_optional::<D, D, D>(right, |a, b| decimal::divide((a, s1), (b, s2), to)),
        };
        return computed?.with_form_of(result);
    }
    match result {
        ColumnType::Int => wrapping::<Int32Type>(operation, left, right),
        ColumnType::BigInt => wrapping::<Int64Type>(operation, left, right),
        ColumnType::Double => match operation {
            Arithmetic::Divide => divide_doubles(left, right),
            Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply => {
                wrapping::<Float64Type>(operation, left, right)
            }
        },
        ColumnType::Decimal { .. }
        | ColumnType::String
        | ColumnType::Boolean
        | ColumnType::Date
        | ColumnType::Timestamp => Err(bug("no numbers")),
    }
}

fn wrapping<T: ArrowPrimitiveType>(operation: Arithmetic, left: &Operand, right: &Operand) -> Result<Operand> {
    match operation {
        Arithmetic::Add => left.combine::<T>(right, T::Native::add_wrapping),
        Arithmetic::Subtract => left.combine::<T>(right, T::Native::sub_wrapping),
        Arithmetic::Multiply => left.combine::<T>(right, T::Native::mul_wrapping),
        Arithmetic::Divide => Err(bug("only doubles and decimals are divided")),
    }
}

fn divide_doubles(left: &Operand, right: &Operand) -> Result<Operand> {
    if let Operand::Scalar(_) = right {
        let divisor = right.primitive::<Float64Type>()?;
        if divisor.null_count() == 0 && divisor.value(0) != 0.0 {
            let divisor = divisor.value(0);
            return left.map_primitive::<Float64Type, Float64Type>(|value| value / divisor);
        }
    }
    left.combine_optional::<Float64Type, Float64Type, Float64Type>(right, |value, divisor| {
        (divisor != 0.0).then(|| value / divisor)
    })
}

pub(super) fn negate(operand: &Operand, data_type: ColumnType) -> Result<Operand> {
    match data_type {
        ColumnType::Int => operand.map_primitive::<Int32Type, Int32Type>(i32::wrapping_neg),
        ColumnType::BigInt => operand.map_primitive::<Int64Type, Int64Type>(i64::wrapping_neg),
        ColumnType::Double => operand.map_primitive::<Float64Type, Float64Type>(|value| -value),
        ColumnType::Decimal { .. } => {
            operand.map_primitive::<Decimal128Type, Decimal128Type>(|value| -value)?.with_form_of(data_type)
        }
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => Err(bug("no number")),
    }
}

/// The smallest whole number has no counterpart and stays itself, as in Java.
pub(super) fn absolute(operand: &Operand, data_type: ColumnType) -> Result<Operand> {
    match data_type {
        ColumnType::Int => operand.map_primitive::<Int32Type, Int32Type>(i32::wrapping_abs),
        ColumnType::BigInt => operand.map_primitive::<Int64Type, Int64Type>(i64::wrapping_abs),
        ColumnType::Double => operand.map_primitive::<Float64Type, Float64Type>(f64::abs),
        ColumnType::Decimal { .. } => {
            operand.map_primitive::<Decimal128Type, Decimal128Type>(i128::abs)?.with_form_of(data_type)
        }
        ColumnType::String | ColumnType::Boolean | ColumnType::Date | ColumnType::Timestamp => Err(bug("no number")),
    }
}
