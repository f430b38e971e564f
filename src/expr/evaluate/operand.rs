//! What kernels work on: an array, or one value for all rows.

use std::sync::Arc;

use arrow_arith::arity::binary;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayAccessor, ArrayRef, BooleanArray, Date32Array, Datum, Decimal128Array, Float64Array, Int32Array,
    Int64Array, PrimitiveArray, StringArray, TimestampMicrosecondArray, UInt32Array, new_null_array,
};
use arrow_buffer::BooleanBuffer;
use arrow_select::take::take;

use super::bug;
use crate::contract::{ColumnType, Value};
use crate::error::Result;

/// The value of a part in every row.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// One value a row.
    Array(ArrayRef),
    /// One value for all rows, in an array of length 1.
    Scalar(ArrayRef),
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        match self {
            Self::Array(array) => (array, false),
            Self::Scalar(array) => (array, true),
        }
    }
}

impl Operand {
    pub(super) fn literal(value: &Value, data_type: ColumnType) -> Result<Self> {
        let array: ArrayRef = match value {
            Value::Null => new_null_array(&data_type.arrow(), 1),
            Value::Boolean(value) => Arc::new(BooleanArray::from(vec![*value])),
            Value::Int(value) => Arc::new(Int32Array::from(vec![*value])),
            Value::BigInt(value) => Arc::new(Int64Array::from(vec![*value])),
            Value::Decimal { unscaled, .. } => {
                Arc::new(Decimal128Array::from(vec![*unscaled]).with_data_type(data_type.arrow()))
            }
            Value::Double(value) => Arc::new(Float64Array::from(vec![*value])),
            Value::Date(days) => Arc::new(Date32Array::from(vec![*days])),
            Value::Timestamp(micros) => Arc::new(TimestampMicrosecondArray::from(vec![*micros])),
            Value::String(text) => Arc::new(StringArray::from(vec![text.as_str()])),
        };
        Ok(Self::Scalar(array))
    }

    pub(super) fn array(&self) -> &ArrayRef {
        match self {
            Self::Array(array) | Self::Scalar(array) => array,
        }
    }

    /// One value a row.
    pub(super) fn into_array(self, rows: usize) -> Result<ArrayRef> {
        match self {
            Self::Array(array) if array.len() == rows => Ok(array),
            Self::Array(array) => Err(bug(format!("{} values for {rows} rows", array.len()))),
            Self::Scalar(array) if rows == 1 => Ok(array),
            Self::Scalar(array) => Ok(take(&array, &UInt32Array::from(vec![0; rows]), None)?),
        }
    }

    pub(super) fn into_booleans(self, rows: usize) -> Result<BooleanArray> {
        match self {
            Self::Array(array) => super::booleans(&array).cloned(),
            Self::Scalar(array) => {
                let value = super::booleans(&array)?;
                match value.is_null(0) {
                    true => Ok(BooleanArray::new_null(rows)),
                    false if value.value(0) => Ok(BooleanArray::new(BooleanBuffer::new_set(rows), None)),
                    false => Ok(BooleanArray::new(BooleanBuffer::new_unset(rows), None)),
                }
            }
        }
    }

    /// The same kernel over an array or over the one value.
    pub(super) fn try_map(&self, kernel: impl FnOnce(&ArrayRef) -> Result<ArrayRef>) -> Result<Self> {
        match self {
            Self::Array(array) => kernel(array).map(Self::Array),
            Self::Scalar(array) => kernel(array).map(Self::Scalar),
        }
    }

    pub(super) fn primitive<T: ArrowPrimitiveType>(&self) -> Result<&PrimitiveArray<T>> {
        self.array().as_primitive_opt::<T>().ok_or_else(|| bug(self.array().data_type()))
    }

    pub(super) fn texts(&self) -> Result<&StringArray> {
        self.array().as_string_opt::<i32>().ok_or_else(|| bug(self.array().data_type()))
    }

    pub(super) fn number_values<T: ArrowPrimitiveType>(&self) -> Result<Values<&PrimitiveArray<T>>> {
        Ok(self.values(self.primitive()?))
    }

    pub(super) fn boolean_values(&self) -> Result<Values<&BooleanArray>> {
        Ok(self.values(super::booleans(self.array())?))
    }

    pub(super) fn text_values(&self) -> Result<Values<&StringArray>> {
        Ok(self.values(self.texts()?))
    }

    fn values<A>(&self, array: A) -> Values<A> {
        Values { array, is_single: matches!(self, Self::Scalar(_)) }
    }

    /// A kernel that knows every value.
    pub(super) fn map_primitive<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(
        &self,
        kernel: impl Fn(A::Native) -> O::Native,
    ) -> Result<Self> {
        let result: PrimitiveArray<O> = self.primitive::<A>()?.unary(kernel);
        self.try_map(|_| Ok(Arc::new(result)))
    }

    /// A kernel that has no answer for some values: null.
    pub(super) fn map_optional<A: ArrowPrimitiveType, O: ArrowPrimitiveType>(
        &self,
        kernel: impl Fn(A::Native) -> Option<O::Native>,
    ) -> Result<Self> {
        let result: PrimitiveArray<O> = self.primitive::<A>()?.unary_opt(kernel);
        self.try_map(|_| Ok(Arc::new(result)))
    }

    /// A kernel of two operands that knows every pair of values.
    pub(super) fn combine<T: ArrowPrimitiveType>(
        &self,
        other: &Self,
        kernel: impl Fn(T::Native, T::Native) -> T::Native,
    ) -> Result<Self> {
        let (left, right) = (self.primitive::<T>()?, other.primitive::<T>()?);
        match (self, other) {
            (Self::Array(_), Self::Scalar(_)) if right.is_valid(0) => {
                let right = right.value(0);
                self.map_primitive::<T, T>(|left| kernel(left, right))
            }
            (Self::Scalar(_), Self::Array(_)) if left.is_valid(0) => {
                let left = left.value(0);
                other.map_primitive::<T, T>(|right| kernel(left, right))
            }
            (Self::Array(rows), Self::Scalar(_)) | (Self::Scalar(_), Self::Array(rows)) => {
                Ok(Self::Array(Arc::new(PrimitiveArray::<T>::new_null(rows.len()))))
            }
            (Self::Array(_), Self::Array(_)) | (Self::Scalar(_), Self::Scalar(_)) => {
                let result = Arc::new(binary::<T, T, _, T>(left, right, kernel)?);
                self.try_map(|_| Ok(result))
            }
        }
    }

    /// A kernel of two operands that has no answer for some pairs: null.
    pub(super) fn combine_optional<A: ArrowPrimitiveType, B: ArrowPrimitiveType, O: ArrowPrimitiveType>(
        &self,
        other: &Self,
        kernel: impl Fn(A::Native, B::Native) -> Option<O::Native>,
    ) -> Result<Self> {
        let (left, right) = (self.primitive::<A>()?, other.primitive::<B>()?);
        let nulls = |rows| Arc::new(PrimitiveArray::<O>::new_null(rows));
        match (self, other) {
            (Self::Array(_), Self::Scalar(_)) if right.is_null(0) => Ok(Self::Array(nulls(left.len()))),
            (Self::Scalar(_), Self::Array(_)) if left.is_null(0) => Ok(Self::Array(nulls(right.len()))),
            (Self::Array(_), Self::Scalar(_)) => {
                let right = right.value(0);
                self.map_optional::<A, O>(|left| kernel(left, right))
            }
            (Self::Scalar(_), Self::Array(_)) => {
                let left = left.value(0);
                other.map_optional::<B, O>(|right| kernel(left, right))
            }
            (Self::Array(_), Self::Array(_)) | (Self::Scalar(_), Self::Scalar(_)) => {
                let pairs = left.iter().zip(right.iter());
                let result: PrimitiveArray<O> = pairs.map(|(left, right)| kernel(left?, right?)).collect();
                self.try_map(|_| Ok(Arc::new(result)))
            }
        }
    }

    /// A decimal result with its precision and scale.
    pub(super) fn with_form_of(self, data_type: ColumnType) -> Result<Self> {
        let array = self.primitive::<Decimal128Type>()?.clone().with_data_type(data_type.arrow());
        self.try_map(|_| Ok(Arc::new(array)))
    }
}

/// The values of an operand.
#[derive(Clone, Copy)]
pub(super) struct Values<A> {
    array: A,
    is_single: bool,
}

impl<A: ArrayAccessor + Copy> Values<A> {
    /// One value a row, or one for all rows.
    pub(super) fn array(&self) -> A {
        self.array
    }

    /// The value of all rows, if there is one for all: `None` within is a null.
    pub(super) fn single(&self) -> Option<Option<A::Item>> {
        self.is_single.then(|| self.get(0))
    }

    /// The value of a row; `None`: null.
    #[inline]
    pub(super) fn get(&self, row: usize) -> Option<A::Item> {
        let row = if self.is_single { 0 } else { row };
        self.array.is_valid(row).then(|| self.array.value(row))
    }
}

/// The first value of an array.
pub(in crate::expr) fn value_of(array: &ArrayRef, data_type: ColumnType) -> Option<Value> {
    if array.is_null(0) {
        return Some(Value::Null);
    }
    Some(match data_type {
        ColumnType::String => Value::String(array.as_string_opt::<i32>()?.value(0).to_owned()),
        ColumnType::Int => Value::Int(array.as_primitive_opt::<Int32Type>()?.value(0)),
        ColumnType::BigInt => Value::BigInt(array.as_primitive_opt::<Int64Type>()?.value(0)),
        ColumnType::Double => Value::Double(array.as_primitive_opt::<Float64Type>()?.value(0)),
        ColumnType::Decimal { precision, scale } => {
            Value::Decimal { unscaled: array.as_primitive_opt::<Decimal128Type>()?.value(0), precision, scale }
        }
        ColumnType::Boolean => Value::Boolean(array.as_boolean_opt()?.value(0)),
        ColumnType::Date => Value::Date(array.as_primitive_opt::<Date32Type>()?.value(0)),
        ColumnType::Timestamp => Value::Timestamp(array.as_primitive_opt::<TimestampMicrosecondType>()?.value(0)),
    })
}
