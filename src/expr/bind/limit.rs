//! Whole numbers compared with a decimal literal. Spark compares them as whole numbers, so that no cast can overflow.

use super::{Comparison, Label, Node};
use crate::contract::{ColumnType, Value};
use crate::expr::Expr;

/// The comparison as Spark rewrites it, if it is one of those that it rewrites.
pub(super) fn rewritten(comparison: Comparison, left: &Expr, right: &Expr) -> Option<Expr> {
    let is_whole = |expr: &Expr| matches!(expr.data_type, ColumnType::Int | ColumnType::BigInt);
    let decimal = |expr: &Expr| match &expr.node {
        Node::Literal(Value::Decimal { unscaled, scale, .. }, label) => Some((*unscaled, *scale, label.clone())),
        _ => None,
    };
    match (decimal(left), decimal(right)) {
        (None, Some(limit)) if is_whole(left) => compare(comparison, left, limit),
        (Some(limit), None) if is_whole(right) => compare(mirrored(comparison), right, limit),
        _ => None,
    }
}

/// The comparison with its sides exchanged.
fn mirrored(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        Comparison::Equal | Comparison::NotEqual | Comparison::NullSafeEqual => comparison,
    }
}

fn compare(comparison: Comparison, whole: &Expr, (unscaled, scale, label): (i128, u8, Option<Label>)) -> Option<Expr> {
    let is_less = match comparison {
        Comparison::Less | Comparison::LessOrEqual => true,
        Comparison::Greater | Comparison::GreaterOrEqual => false,
        Comparison::Equal | Comparison::NotEqual | Comparison::NullSafeEqual => return None,
    };
    let power = 10i128.pow(u32::from(scale));
    let floor = unscaled.div_euclid(power);
    let has_fraction = unscaled.rem_euclid(power) != 0;
    let decided = |value| Some(Expr::literal(ColumnType::Boolean, Value::Boolean(value), None));
    // Also of a row without a number, as Spark has it.
    if floor > i128::from(i64::MAX) || (floor == i128::from(i64::MAX) && has_fraction) {
        return decided(is_less);
    }
    if floor < i128::from(i64::MIN) {
        return decided(!is_less);
    }
    let is_up = has_fraction && matches!(comparison, Comparison::Less | Comparison::GreaterOrEqual);
    let limit = i64::try_from(floor + i128::from(is_up)).ok()?;
    let limit = Expr::literal(ColumnType::BigInt, Value::BigInt(limit), label);
    let operands = [whole.clone().cast(ColumnType::BigInt), limit];
    Some(Expr::new(ColumnType::Boolean, Node::Compare(comparison, Box::new(operands))))
}
