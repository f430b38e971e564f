//! Comparisons. Arrow orders doubles by their bits; Spark takes all NaN for one value above all others, and -0.0 for 0.0.
//!
//! Arrow's own kernels also compare types that no column has, which costs the function a quarter of a megabyte.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_arith::boolean::not;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{ArrayAccessor, BooleanArray};
use arrow_buffer::BooleanBuffer;

use super::operand::{Operand, Values};
use crate::contract::ColumnType;
use crate::error::Result;
use crate::expr::node::Comparison;

pub(super) fn compare(comparison: Comparison, left: &Operand, right: &Operand, of: ColumnType) -> Result<Operand> {
    let compared = match of {
        ColumnType::Int => ordered(comparison, left.number_values::<Int32Type>()?, right.number_values()?)?,
        ColumnType::BigInt => ordered(comparison, left.number_values::<Int64Type>()?, right.number_values()?)?,
        ColumnType::Date => ordered(comparison, left.number_values::<Date32Type>()?, right.number_values()?)?,
        ColumnType::Timestamp => {
            ordered(comparison, left.number_values::<TimestampMicrosecondType>()?, right.number_values()?)?
        }
        ColumnType::Decimal { .. } => {
            ordered(comparison, left.number_values::<Decimal128Type>()?, right.number_values()?)?
        }
        ColumnType::Double => {
            compared(comparison, left.number_values::<Float64Type>()?, right.number_values()?, is_equal, is_less)?
        }
        ColumnType::Boolean => ordered(comparison, left.boolean_values()?, right.boolean_values()?)?,
        ColumnType::String => ordered(comparison, left.text_values()?, right.text_values()?)?,
    };
    Ok(match (left, right) {
        (Operand::Scalar(_), Operand::Scalar(_)) => Operand::Scalar(Arc::new(compared)),
        _ => Operand::Array(Arc::new(compared)),
    })
}

fn ordered<A: ArrayAccessor<Item: Copy + Ord> + Copy>(
    comparison: Comparison,
    left: Values<A>,
    right: Values<A>,
) -> Result<BooleanArray> {
    compared(comparison, left, right, |left, right| left == right, |left, right| left < right)
}

/// Two kernels are enough for all comparisons: every type has a total order.
fn compared<A: ArrayAccessor<Item: Copy> + Copy>(
    comparison: Comparison,
    left: Values<A>,
    right: Values<A>,
    is_equal: impl Fn(A::Item, A::Item) -> bool,
    is_less: impl Fn(A::Item, A::Item) -> bool,
) -> Result<BooleanArray> {
    Ok(match comparison {
        Comparison::Equal => each(left, right, is_equal),
        Comparison::NotEqual => not(&each(left, right, is_equal))?,
        Comparison::Less => each(left, right, is_less),
        Comparison::Greater => each(right, left, is_less),
        Comparison::LessOrEqual => not(&each(right, left, is_less))?,
        Comparison::GreaterOrEqual => not(&each(left, right, is_less))?,
        Comparison::NullSafeEqual => null_safe(left, right, is_equal),
    })
}

/// Null where one of the two is.
#[inline(never)]
fn each<A: ArrayAccessor<Item: Copy> + Copy>(
    left: Values<A>,
    right: Values<A>,
    kernel: impl Fn(A::Item, A::Item) -> bool,
) -> BooleanArray {
    match (left.single(), right.single()) {
        (None, Some(None)) => BooleanArray::new_null(left.array().len()),
        (Some(None), None) => BooleanArray::new_null(right.array().len()),
        (None, Some(Some(right))) => BooleanArray::from_unary(left.array(), |left| kernel(left, right)),
        (Some(Some(left)), None) => BooleanArray::from_unary(right.array(), |right| kernel(left, right)),
        (None, None) | (Some(_), Some(_)) => BooleanArray::from_binary(left.array(), right.array(), kernel),
    }
}

/// Two nulls are equal, and a null is equal to nothing else.
#[inline(never)]
fn null_safe<A: ArrayAccessor<Item: Copy> + Copy>(
    left: Values<A>,
    right: Values<A>,
    is_equal: impl Fn(A::Item, A::Item) -> bool,
) -> BooleanArray {
    let rows = if left.single().is_some() { right.array().len() } else { left.array().len() };
    let values = BooleanBuffer::collect_bool(rows, |row| match (left.get(row), right.get(row)) {
        (Some(left), Some(right)) => is_equal(left, right),
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    });
    BooleanArray::new(values, None)
}

fn is_equal(left: f64, right: f64) -> bool {
    left == right || (left.is_nan() && right.is_nan())
}

fn is_less(left: f64, right: f64) -> bool {
    left < right || (right.is_nan() && !left.is_nan())
}

/// The order by which Spark sorts them.
pub(super) fn order_of_doubles(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}
