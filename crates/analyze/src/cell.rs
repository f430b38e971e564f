//! A value of a processed row: read from the row, written for people and as JSON.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use serde::{Serialize, Serializer};

use drivendata_transform::contract::ColumnType;
use drivendata_transform::rows::{DerivedColumn, RowChunk};
use drivendata_transform::schema::OutputColumn;
use drivendata_transform::sinks::RowSource;
use spark_cast::boolean::write_boolean;
use spark_cast::date::write_date;
use spark_cast::decimal::write_decimal;
use spark_cast::number::{write_double, write_int};
use spark_cast::timestamp::write_timestamp;

/// A value that is not null.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00 UTC.
    Timestamp(i64),
    /// A whole number.
    Int(i64),
    /// An exact number: its digits, and how many of them stand after the point.
    Decimal(i128, u8),
    /// Any number.
    Double(f64),
}

impl Cell {
    /// What a row holds in a column of this type; `None`: null.
    pub(super) fn of(
        source: RowSource<'_>,
        column: OutputColumn,
        data_type: ColumnType,
        chunk: &RowChunk,
        row: usize,
    ) -> Option<Self> {
        if data_type == ColumnType::String {
            return source.text(column, chunk, row, &mut Vec::new()).map(Self::text);
        }
        Self::of_array(&**values_of(column, chunk)?, data_type, row)
    }

    /// The value in a row of an array of this type; `None`: null.
    pub(super) fn of_array(values: &dyn Array, data_type: ColumnType, row: usize) -> Option<Self> {
        if values.is_null(row) {
            return None;
        }
        Some(match data_type {
            ColumnType::String => Self::Text(values.as_string::<i32>().value(row).to_owned()),
            ColumnType::Int => Self::Int(values.as_primitive::<Int32Type>().value(row).into()),
            ColumnType::BigInt => Self::Int(values.as_primitive::<Int64Type>().value(row)),
            ColumnType::Double => Self::Double(values.as_primitive::<Float64Type>().value(row)),
            ColumnType::Decimal { scale, .. } => {
                Self::Decimal(values.as_primitive::<Decimal128Type>().value(row), scale)
            }
            ColumnType::Boolean => Self::Boolean(values.as_boolean().value(row)),
            ColumnType::Date => Self::Date(values.as_primitive::<Date32Type>().value(row)),
            ColumnType::Timestamp => Self::Timestamp(values.as_primitive::<TimestampMicrosecondType>().value(row)),
        })
    }

    /// Bytes of memory it takes.
    pub(super) fn memory_bytes(&self) -> u64 {
        let text = if let Self::Text(text) = self { text.capacity() } else { 0 };
        (size_of::<Self>() + text) as u64
    }

    pub(super) fn text(bytes: &[u8]) -> Self {
        Self::Text(String::from_utf8_lossy(bytes).into_owned())
    }

    /// The nearest double of a number; NaN for what is none.
    pub(super) fn as_double(&self) -> f64 {
        match self {
            Self::Int(int) => *int as f64,
            Self::Decimal(unscaled, scale) => *unscaled as f64 / 10_f64.powi((*scale).into()),
            Self::Double(double) => *double,
            Self::Text(_) | Self::Boolean(_) | Self::Date(_) | Self::Timestamp(_) => f64::NAN,
        }
    }
}

/// The values of a column with a type that is no text, in the passing rows of a chunk.
pub(super) fn values_of(column: OutputColumn, chunk: &RowChunk) -> Option<&arrow_array::ArrayRef> {
    match column {
        OutputColumn::File(index) => chunk.arrays.column(index),
        OutputColumn::Derived(index) => match chunk.arrays.derived(index)? {
            DerivedColumn::Values(values) => Some(values),
            DerivedColumn::Choices(_) => None,
        },
        OutputColumn::Extra(_) => None,
    }
}

impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut bytes = Vec::new();
        match self {
            Self::Text(text) => return f.write_str(text),
            Self::Boolean(value) => write_boolean(*value, &mut bytes),
            Self::Date(days) => write_date(*days, &mut bytes),
            Self::Timestamp(micros) => write_timestamp(*micros, &mut bytes),
            Self::Int(int) => write_int(*int, &mut bytes),
            Self::Decimal(unscaled, scale) => write_decimal(*unscaled, *scale, &mut bytes),
            Self::Double(double) => write_double(*double, &mut bytes),
        }
        f.write_str(&String::from_utf8_lossy(&bytes))
    }
}

/// Numbers are JSON numbers, but `NaN` and the infinities, which JSON does not know, and exact numbers, which readers
/// would make inexact, are texts like everything else.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Double(double) if double.is_finite() => serializer.serialize_f64(*double),
            other => serializer.collect_str(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_json_does_not_know_become_texts() {
        let cells = [Cell::Int(-7), Cell::Double(0.5), Cell::Double(f64::NAN), Cell::Double(f64::NEG_INFINITY)];
        assert_eq!(serde_json::to_string(&cells).expect("JSON"), r#"[-7,0.5,"NaN","-Infinity"]"#);
        let cells = [Cell::Decimal(-105, 2), Cell::Boolean(true)];
        assert_eq!(serde_json::to_string(&cells).expect("JSON"), r#"["-1.05",true]"#);
    }
}
