//! Comparisons. Arrow orders doubles by their bits; Spark takes all NaN for one value above all others, and -0.0 for 0.0.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::types::Float64Type;
use arrow_array::{Array, BooleanArray, Float64Array};
use arrow_ord::cmp;

use super::operand::Operand;
use crate::contract::ColumnType;
use crate::error::Result;
use crate::expr::node::Comparison;

pub(super) fn compare(comparison: Comparison, left: &Operand, right: &Operand, of: ColumnType) -> Result<Operand> {
    if of == ColumnType::Double {
        return match comparison {
            Comparison::Equal => doubles(left, right, is_equal),
            Comparison::NotEqual => doubles(left, right, |left, right| !is_equal(left, right)),
            Comparison::Less => doubles(left, right, is_less),
            Comparison::LessOrEqual => doubles(left, right, |left, right| !is_less(right, left)),
            Comparison::Greater => doubles(left, right, |left, right| is_less(right, left)),
            Comparison::GreaterOrEqual => doubles(left, right, |left, right| !is_less(left, right)),
            Comparison::NullSafeEqual => null_safe_doubles(left, right),
        };
    }
    let compared = match comparison {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::NotEqual => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::LessOrEqual => cmp::lt_eq(left, right),
        Comparison::Greater => cmp::gt(left, right),
        Comparison::GreaterOrEqual => cmp::gt_eq(left, right),
        Comparison::NullSafeEqual => cmp::not_distinct(left, right),
    };
    Ok(of_both(left, right, compared?))
}

/// Two single values give a single value.
fn of_both(left: &Operand, right: &Operand, compared: BooleanArray) -> Operand {
    match (left, right) {
        (Operand::Scalar(_), Operand::Scalar(_)) => Operand::Scalar(Arc::new(compared)),
        _ => Operand::Array(Arc::new(compared)),
    }
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

fn doubles(left: &Operand, right: &Operand, kernel: impl Fn(f64, f64) -> bool) -> Result<Operand> {
    let (lefts, rights) = (left.primitive::<Float64Type>()?, right.primitive::<Float64Type>()?);
    let compared = match (left, right) {
        (Operand::Array(_), Operand::Scalar(_)) => with_scalar(lefts, rights, kernel),
        (Operand::Scalar(_), Operand::Array(_)) => with_scalar(rights, lefts, |right, left| kernel(left, right)),
        (Operand::Array(_), Operand::Array(_)) | (Operand::Scalar(_), Operand::Scalar(_)) => {
            BooleanArray::from_binary(lefts, rights, kernel)
        }
    };
    Ok(of_both(left, right, compared))
}

fn with_scalar(array: &Float64Array, scalar: &Float64Array, kernel: impl Fn(f64, f64) -> bool) -> BooleanArray {
    if scalar.is_null(0) {
        return BooleanArray::new_null(array.len());
    }
    let scalar = scalar.value(0);
    BooleanArray::from_unary(array, |value| kernel(value, scalar))
}

fn null_safe_doubles(left: &Operand, right: &Operand) -> Result<Operand> {
    let (lefts, rights) = (left.primitive::<Float64Type>()?, right.primitive::<Float64Type>()?);
    let at = |operand: &Operand, array: &Float64Array, row: usize| {
        let row = if matches!(operand, Operand::Scalar(_)) { 0 } else { row };
        array.is_valid(row).then(|| array.value(row))
    };
    let rows = match (left, right) {
        (Operand::Scalar(_), _) => rights.len(),
        (Operand::Array(_), _) => lefts.len(),
    };
    let compared = (0..rows).map(|row| match (at(left, lefts, row), at(right, rights, row)) {
        (Some(left), Some(right)) => is_equal(left, right),
        (None, None) => true,
        (None, Some(_)) | (Some(_), None) => false,
    });
    Ok(of_both(left, right, BooleanArray::from(compared.collect::<Vec<_>>())))
}
