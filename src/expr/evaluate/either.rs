//! CASE and COALESCE: which of two values each row gets.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{ArrayAccessor, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_buffer::BooleanBuffer;

use super::operand::{Operand, Values};
use crate::contract::ColumnType;
use crate::error::Result;

/// `then` where `is_then` is set, and `otherwise` where it is not.
pub(super) fn either(is_then: &BooleanBuffer, then: &Operand, otherwise: &Operand, of: ColumnType) -> Result<Operand> {
    let array: ArrayRef = match of {
        ColumnType::Int => numbers::<Int32Type>(is_then, then, otherwise)?,
        ColumnType::BigInt => numbers::<Int64Type>(is_then, then, otherwise)?,
        ColumnType::Double => numbers::<Float64Type>(is_then, then, otherwise)?,
        ColumnType::Date => numbers::<Date32Type>(is_then, then, otherwise)?,
        ColumnType::Timestamp => numbers::<TimestampMicrosecondType>(is_then, then, otherwise)?,
        ColumnType::Decimal { .. } => {
            return Operand::Array(numbers::<Decimal128Type>(is_then, then, otherwise)?).with_form_of(of);
        }
        ColumnType::Boolean => {
            Arc::new(rows(is_then, then.boolean_values()?, otherwise.boolean_values()?).collect::<BooleanArray>())
        }
        ColumnType::String => {
            Arc::new(rows(is_then, then.text_values()?, otherwise.text_values()?).collect::<StringArray>())
        }
    };
    Ok(Operand::Array(array))
}

fn numbers<T: ArrowPrimitiveType>(is_then: &BooleanBuffer, then: &Operand, otherwise: &Operand) -> Result<ArrayRef> {
    let rows = rows(is_then, then.number_values::<T>()?, otherwise.number_values::<T>()?);
    Ok(Arc::new(rows.collect::<PrimitiveArray<T>>()))
}

fn rows<A: ArrayAccessor + Copy>(
    is_then: &BooleanBuffer,
    then: Values<A>,
    otherwise: Values<A>,
) -> impl Iterator<Item = Option<A::Item>> {
    is_then.iter().enumerate().map(move |(row, is_then)| if is_then { then.get(row) } else { otherwise.get(row) })
}
