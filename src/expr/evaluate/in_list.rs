//! IN with many constants: they are sorted (see [`super::super::fold`]), so that a row looks at few of them.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};

use super::compare::order_of_doubles;
use super::operand::Operand;
use crate::contract::{ColumnType, Value};
use crate::error::Result;

/// For so few it is quicker to compare with each.
const FEW: usize = 4;

/// The order of two values of one type; a null comes last.
pub(in crate::expr) fn order(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Int(left), Value::Int(right)) | (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::BigInt(left), Value::BigInt(right)) | (Value::Timestamp(left), Value::Timestamp(right)) => {
            left.cmp(right)
        }
        (Value::Decimal { unscaled: left, .. }, Value::Decimal { unscaled: right, .. }) => left.cmp(right),
        (Value::Double(left), Value::Double(right)) => order_of_doubles(*left, *right),
        (Value::String(left), Value::String(right)) => left.cmp(right),
        _ => (*left == Value::Null).cmp(&(*right == Value::Null)),
    }
}

/// Whether each value is one of the sorted constants; `None`: they are few, or of a type that has few values.
pub(super) fn is_in(operand: &Operand, constants: &[&Value], of: ColumnType) -> Result<Option<Operand>> {
    let (constants, has_null) = match constants {
        [before @ .., Value::Null] => (before, true),
        _ => (constants, false),
    };
    if constants.len() <= FEW {
        return Ok(None);
    }
    let found = match of {
        ColumnType::Boolean => return Ok(None),
        ColumnType::Int => find::<Int32Type>(operand, constants, |value| match value {
            Value::Int(value) => Some(*value),
            _ => None,
        }),
        ColumnType::BigInt => find::<Int64Type>(operand, constants, |value| match value {
            Value::BigInt(value) => Some(*value),
            _ => None,
        }),
        ColumnType::Date => find::<Date32Type>(operand, constants, |value| match value {
            Value::Date(value) => Some(*value),
            _ => None,
        }),
        ColumnType::Timestamp => find::<TimestampMicrosecondType>(operand, constants, |value| match value {
            Value::Timestamp(value) => Some(*value),
            _ => None,
        }),
        ColumnType::Decimal { .. } => find::<Decimal128Type>(operand, constants, |value| match value {
            Value::Decimal { unscaled, .. } => Some(*unscaled),
            _ => None,
        }),
        ColumnType::Double => {
            let doubles = constants.iter().filter_map(|value| match value {
                Value::Double(value) => Some(*value),
                _ => None,
            });
            let doubles: Vec<f64> = doubles.collect();
            let values = operand.primitive::<Float64Type>()?.values();
            Ok(BooleanBuffer::collect_bool(values.len(), |row| {
                doubles.binary_search_by(|double| order_of_doubles(*double, values[row])).is_ok()
            }))
        }
        ColumnType::String => {
            let texts = constants.iter().filter_map(|value| match value {
                Value::String(text) => Some(text.as_str()),
                _ => None,
            });
            let texts: Vec<&str> = texts.collect();
            let values = operand.texts()?;
            Ok(BooleanBuffer::collect_bool(values.len(), |row| texts.binary_search(&values.value(row)).is_ok()))
        }
    };
    let found = found?;
    // What is not found may be the null.
    let known = has_null.then(|| NullBuffer::new(found.clone()));
    let nulls = NullBuffer::union(operand.array().nulls(), known.as_ref());
    let found = Arc::new(BooleanArray::new(found, nulls));
    operand.try_map(|_| Ok(found)).map(Some)
}

fn find<T: ArrowPrimitiveType<Native: Ord>>(
    operand: &Operand,
    constants: &[&Value],
    native: impl Fn(&Value) -> Option<T::Native>,
) -> Result<BooleanBuffer> {
    let constants: Vec<T::Native> = constants.iter().filter_map(|value| native(value)).collect();
    let values = operand.primitive::<T>()?.values();
    Ok(BooleanBuffer::collect_bool(values.len(), |row| constants.binary_search(&values[row]).is_ok()))
}
