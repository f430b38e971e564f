//! Values of an array as the text that stands for them in CSV.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use spark_cast::boolean::write_boolean;
use spark_cast::date::write_date;
use spark_cast::decimal::write_decimal;
use spark_cast::number::{write_double, write_int};
use spark_cast::timestamp::write_timestamp;

use super::csv::{needs_quotes, write_value};
use crate::contract::ColumnType;
use crate::sinks::formulas::CsvFormulas;

/// An array whose values can be printed.
pub(super) enum Printer<'a> {
    /// Whether no text of it needs quotes is found out once for all.
    Text(&'a StringArray, bool),
    Int(&'a Int32Array),
    BigInt(&'a Int64Array),
    Double(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
}

impl<'a> Printer<'a> {
    /// For an array of a column of this type.
    pub(super) fn of(data_type: ColumnType, array: &'a dyn Array) -> Self {
        match data_type {
            ColumnType::String => {
                let texts = array.as_string::<i32>();
                Self::Text(texts, !needs_quotes(texts.value_data()))
            }
            ColumnType::Int => Self::Int(array.as_primitive::<Int32Type>()),
            ColumnType::BigInt => Self::BigInt(array.as_primitive::<Int64Type>()),
            ColumnType::Double => Self::Double(array.as_primitive::<Float64Type>()),
            ColumnType::Decimal { scale, .. } => Self::Decimal(array.as_primitive::<Decimal128Type>(), scale),
            ColumnType::Boolean => Self::Boolean(array.as_boolean()),
            ColumnType::Date => Self::Date(array.as_primitive::<Date32Type>()),
            ColumnType::Timestamp => Self::Timestamp(array.as_primitive::<TimestampMicrosecondType>()),
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(array, _) => array.is_null(row),
            Self::Int(array) => array.is_null(row),
            Self::BigInt(array) => array.is_null(row),
            Self::Double(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Boolean(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Timestamp(array) => array.is_null(row),
        }
    }

    /// Writes the cell of a row; nothing for a null.
    #[inline]
    pub(super) fn print(&self, row: usize, formulas: CsvFormulas, out: &mut Vec<u8>) {
        match self {
            Self::Text(array, true) if array.is_valid(row) && formulas == CsvFormulas::Keep => {
                out.extend_from_slice(array.value(row).as_bytes());
            }
            Self::Text(array, _) if array.is_valid(row) => write_value(array.value(row).as_bytes(), formulas, out),
            Self::Int(array) if array.is_valid(row) => write_int(array.value(row).into(), out),
            Self::BigInt(array) if array.is_valid(row) => write_int(array.value(row), out),
            Self::Double(array) if array.is_valid(row) => write_double(array.value(row), out),
            Self::Decimal(array, scale) if array.is_valid(row) => write_decimal(array.value(row), *scale, out),
            Self::Boolean(array) if array.is_valid(row) => write_boolean(array.value(row), out),
            Self::Date(array) if array.is_valid(row) => write_date(array.value(row), out),
            Self::Timestamp(array) if array.is_valid(row) => write_timestamp(array.value(row), out),
            Self::Text(..)
            | Self::Int(_)
            | Self::BigInt(_)
            | Self::Double(_)
            | Self::Decimal(..)
            | Self::Boolean(_)
            | Self::Date(_)
            | Self::Timestamp(_) => {}
        }
    }
}
